"""One window as its models see it: the signal of each sensor, and behind it what speaks for and against the activity.

A window is an example and no evidence: what a model looks at over all windows is told by shares (`figures.shares`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from stillroom.base.errors import InputError
from stillroom.figures.heat import for_and_against
from stillroom.figures.intervals import called, upper
from stillroom.figures.palette import face_of
from stillroom.figures.signals import by_sensor, name_row
from stillroom.figures.spectra import spoken
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain
from stillroom.figures.thinning import POINTS, thin

Floats = NDArray[np.float64]
Lane = tuple[str, str, Floats]  # role, sensor, attribution of a sample by stretch of time

_LANE, _LOUD = 66, 0.6  # of the colour scale: what lies beyond would hide the line


def window(
    signal: ArrayLike,
    channels: Sequence[str],
    attributions: Mapping[str, tuple[Sequence[str], ArrayLike]],
    *,
    rate_hz: float,
    origin: str,
    activity: str = "",
    blocks: int = 40,
    most: int = 6,
    title: str = "",
    look: Look = LIGHT,
) -> go.Figure:
    """A lane for each model and sensor: the signal, and behind it what speaks for and against the activity.

    Args:
        signal: `(channel, time)` of one window, in physical units.
        channels: its names, as `site.kind.axis`.
        attributions: by role the channels that the model sees and `(channel, time)` over the same window; a model may
            run at a rate of its own.
        rate_hz: samples per second of the signal.
        origin: whose window, by which method.
        activity: that was explained.
        blocks: stretches of time; attributions are averaged over its samples, and summed over a sensor's channels.
        most: lanes of one model; those with the largest share of |attribution| are drawn.
        title: where most speaks for the activity, by default.
        look: ground and width.

    Raises:
        InputError: no model, a channel that was not recorded, or arrays of other shapes than their names.
    """
    values = np.asarray(signal, dtype=np.float64)
    names = list(channels)
    if not attributions or values.ndim != 2 or len(values) != len(names):
        raise InputError(f"a signal of shape {values.shape} for {len(names)} channels", where="window")
    lanes = [lane for role, (own, of) in attributions.items() for lane in _lanes(role, own, of, names, blocks, most)]
    figure = make_subplots(rows=len(lanes), cols=1, shared_xaxes=True, vertical_spacing=0.12 / len(lanes))
    lasts_s, highest = values.shape[1] / rate_hz, {role: _highest(lanes, role) for role in attributions}
    for row, (role, sensor, sums) in enumerate(lanes, start=1):
        members = by_sensor(names)[sensor]
        low, high = _room(values[members])
        figure.add_trace(_heat(sums, highest[role], lasts_s, (low, high), role, look), row=row, col=1)
        for member in members:
            figure.add_trace(_line(values[member], rate_hz, names[member], len(members), look), row=row, col=1)
        name_row(figure, row, sensor, look, unit=f" ({called(role)})" if len(attributions) > 1 else "")
        figure.update_yaxes(range=[low, high], row=row, col=1)
    figure.update_xaxes(range=[0, lasts_s], showgrid=False, zeroline=False)
    figure.update_yaxes(showgrid=False, zeroline=False)
    figure.update_xaxes(title_text="seconds", row=len(lanes), col=1)
    said = title or upper(f"{activity or 'the activity'}: {_peaks(lanes, lasts_s)}")
    left = sum(len(by_sensor(own)) for own, _ in attributions.values()) - len(lanes)
    note = (
        "Lines: a sensor's channels as recorded. Blue-green speaks for the activity, brown against it, each model on"
        " its own scale; one window, so no interval."
        + (f" {left} lanes with smaller shares are left out." * (left > 0))
    )
    return finish(figure, title=said, note=note, origin=origin, look=look, height=_LANE * len(lanes) + 60, alt=said)


def _lanes(role: str, own: Sequence[str], of: ArrayLike, recorded: Sequence[str], blocks: int, most: int) -> list[Lane]:
    """Role, sensor and the attribution of a sample by stretch of time, in the sensors' order."""
    found = np.asarray(of, dtype=np.float64)
    if found.ndim != 2 or len(found) != len(own) or not found.size or not set(own) <= set(recorded):
        what = f"attributions of shape {found.shape} for {len(own)} channels"
        raise InputError(what, where=role, mend="Give a row for each channel that the model sees and that was recorded")
    edges = np.unique(np.linspace(0, found.shape[1], min(blocks, found.shape[1]) + 1).astype(int))
    # by sample: stretches differ in length by one, and sums would show that as stripes
    counts = np.diff(edges)
    sums = {
        name: np.add.reduceat(found[members].sum(axis=0), edges[:-1]) / counts
        for name, members in by_sensor(own).items()
    }
    size = {name: -float(np.abs(found[members]).sum()) for name, members in by_sensor(own).items()}
    kept = set(sorted(sums, key=lambda name: size[name])[:most])
    return [(role, name, line) for name, line in sums.items() if name in kept]


def _highest(lanes: Sequence[Lane], role: str) -> float:
    return max(float(np.abs(sums).max()) for who, _, sums in lanes if who == role) or 1.0


def _heat(sums: Floats, most: float, lasts_s: float, between: tuple[float, float], role: str, look: Look) -> go.Heatmap:
    return go.Heatmap(
        z=sums[None], x=np.linspace(0, lasts_s, len(sums) + 1), y=list(between), zmin=-most / _LOUD, zmax=most / _LOUD,
        colorscale=for_and_against(look), showscale=False, showlegend=False,
        hovertemplate="%{z:+.3g}<extra>" + plain(face_of(role).title) + "</extra>",
    )  # fmt: skip


def _line(values: Floats, rate_hz: float, name: str, among: int, look: Look) -> go.Scatter:
    x, y = thin(np.arange(len(values)) / rate_hz, values, POINTS // max(among, 1))
    told_of = "%{y:.3g} at %{x:.2f} s<extra>" + plain(spoken(name)) + "</extra>"
    line = {"color": ink_of(look).text, "width": 1.1}
    return go.Scatter(x=x, y=y, mode="lines", line=line, showlegend=False, hovertemplate=told_of)


def _room(values: Floats) -> tuple[float, float]:
    """A lane's range, with room above for the sensor's name."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    span = (high - low) or 1.0
    return low - 0.08 * span, high + 0.4 * span


def _peaks(lanes: Sequence[Lane], lasts_s: float) -> str:
    """Where most speaks for the activity, model by model."""
    found = []
    for role in dict.fromkeys(who for who, _, _ in lanes):
        sensor, sums = max(((name, sums) for who, name, sums in lanes if who == role), key=lambda lane: lane[1].max())
        at_s = (int(sums.argmax()) + 0.5) * lasts_s / len(sums)
        where = f"{spoken(sensor)} at {at_s:.1f} s" if sums.max() > 0 else "nowhere"
        found.append(f"{where} ({called(role)})")
    return f"most speaks for it in {', '.join(found)}"
