"""SMLDist's stage term as a picture: a student's and a teacher's spectra at an anchor, and how far they lie apart.

    l = log(1 + |rfft(f)|) without bin 0, each channel's brought to length 1;    (l_s - l_t)^2, bin by bin

Bars are means over windows and channels, so that the mean of the bars is the term's part in frequency (see
`losses.stage`, which the tests hold them against). Its part in time is not drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from stillroom.base.errors import InputError
from stillroom.figures.palette import face_of, faded
from stillroom.figures.theme import LIGHT, Look, finish, plain

Floats = NDArray[np.float64]

_HEIGHT = {False: 430, True: 410}
_PALE, _SHORTEST = 0.4, 1e-12


def spectrum(features: ArrayLike) -> Floats:
    """`(window, channel, time)` to log-amplitude spectra of length 1, `(window, channel, bin)`, without bin 0."""
    bins = np.fft.rfft(np.asarray(features, dtype=np.float64), axis=2)[..., 1:]
    # a silent channel is given a flat spectrum, as the loss gives it one
    logs = np.log1p(np.sqrt(np.square(np.abs(bins)) + _SHORTEST))
    return np.asarray(logs / np.maximum(np.linalg.norm(logs, axis=2, keepdims=True), _SHORTEST))


def before_after(
    teacher: ArrayLike,
    before: ArrayLike,
    after: ArrayLike,
    *,
    window_s: float,
    anchor: str,
    step: str,
    origin: str,
    role: str = "student",
    look: Look = LIGHT,
) -> go.Figure:
    """Mean spectra at an anchor, and the squared difference from the teacher's, before and after a training.

    Args:
        teacher: `(window, channel, time)` at the anchor.
        before: the same of the student that has learned nothing.
        after: the same of the student that has.
        window_s: what a window lasts, which says how fast a bin goes up and down.
        anchor: its name.
        step: after which training, as "after stage 0".
        origin: which models, whose windows.
        role: whose `before` and `after` are.
        look: ground and width.

    Raises:
        InputError: no window, fewer than two samples of time, or features of different shapes.
    """
    taught, *ours = _checked(teacher, before, after)
    spectra = [spectrum(one) for one in (taught, *ours)]
    squares = [np.square(one - spectra[0]).mean(axis=(0, 1)) for one in spectra[1:]]
    hertz = np.arange(1, spectra[0].shape[2] + 1) / window_s
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.07, row_heights=[0.55, 0.45])
    title = face_of(role).title.partition(",")[0]
    names = (face_of("teacher").title, f"{title}, untrained", f"{title}, {plain(step)}")
    for name, values, style in zip(names, spectra, _styles(role, look), strict=True):
        figure.add_trace(_line(name, hertz, values.mean(axis=(0, 1)), style), row=1, col=1)
    for number, values in enumerate(squares):
        figure.add_trace(_bars(names[1 + number], hertz, values, role, number == 0, look), row=2, col=1)
    figure.update_layout(barmode="overlay", hovermode="x unified")
    figure.update_yaxes(title_text="log amplitude,<br>unit length", row=1, col=1)
    figure.update_yaxes(title_text="squared<br>difference", rangemode="tozero", row=2, col=1)
    figure.update_xaxes(showgrid=False, zeroline=False)
    figure.update_xaxes(title_text=f"times a second, in bins of {hertz[0]:.3g}", row=2, col=1)
    was, now = (float(values.mean()) for values in squares)
    said = f"{anchor.replace('_', ' ').capitalize()}, {step}: {_nearer(was, now)}"
    windows, channels = taught.shape[:2]
    note = (
        f"Means over {windows} windows and {channels} channels. The mean of the bars is the stage term's part in"
        f" frequency: {was:.4f} untrained (pale), {now:.4f} {step}. Lines are averaged first and bars squared first, so"
        " lines may meet where bars stand."
    )
    return finish(
        figure, title=said, note=note, origin=origin, look=look, height=_HEIGHT[look.narrow],
        alt=f"{said}: from {was:.4f} to {now:.4f}",
    )  # fmt: skip


def _checked(*features: ArrayLike) -> list[Floats]:
    arrays = [np.asarray(one, dtype=np.float64) for one in features]
    shape = arrays[0].shape
    if len(shape) != 3 or 0 in shape or shape[2] < 2 or any(one.shape != shape for one in arrays):
        told = ", ".join(str(one.shape) for one in arrays)
        mend = "Give (window, channel, time) of the same windows, of an anchor that both networks have"
        raise InputError(f"features of shapes {told} have no spectra to compare", where="an anchor", mend=mend)
    return arrays


def _styles(role: str, look: Look) -> Sequence[dict[str, object]]:
    colour = face_of(role).colour(look.dark)
    return (
        {"color": face_of("teacher").colour(look.dark), "width": 2.5},
        {"color": colour, "width": 1.8, "dash": "dot"},
        {"color": colour, "width": 2.5},
    )


def _line(name: str, hertz: Floats, values: Floats, style: dict[str, object]) -> go.Scatter:
    """From bin to bin, each of them marked: an anchor has few, and nothing is known between them."""
    marker = {"color": style["color"], "size": 6}
    return go.Scatter(
        x=hertz, y=values, mode="lines+markers", name=name, line=style, marker=marker, hovertemplate="%{y:.3f}"
    )


def _bars(name: str, hertz: Floats, values: Floats, role: str, pale: bool, look: Look) -> go.Bar:
    """Wide and pale before, narrow and full after: the one stays in sight behind the other."""
    colour = face_of(role).colour(look.dark)
    return go.Bar(
        x=hertz,
        y=values,
        name=name,
        width=(0.86 if pale else 0.46) * float(hertz[0]),
        marker={"color": faded(colour, _PALE) if pale else colour, "line": {"width": 0}},
        hovertemplate="%{y:.4f}",
        showlegend=False,
    )


def _nearer(was: float, now: float) -> str:
    if not was > 0:
        return "the spectra were the teacher's from the beginning"
    change = now / was - 1
    way = "nearer to the teacher's than" if change < 0 else "further from the teacher's than"
    return f"spectra {abs(change):.0%} {way} untrained"
