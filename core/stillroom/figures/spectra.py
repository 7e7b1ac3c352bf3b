"""What frequencies activities hold: a panel for each, its mean density and the band over people.

Decibels are `10 log10(density / (1 unit^2 / Hz))`. The bin at 0 Hz is not drawn: segments have lost their means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from stillroom.base.errors import InputError
from stillroom.figures.palette import activity_colours, faded
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain
from stillroom.figures.thinning import POINTS, thin

Floats = NDArray[np.float64]

_COLUMNS, _PANEL, _NAME = {False: 4, True: 2}, {False: 112, True: 96}, 30
DEEP_DB = 60.0  # below the loudest, nothing is told apart
_RAMPS = {
    False: ("#fbfaf7", "#b9dcd8", "#4fa3a6", "#11626d", "#072d3b"),
    True: ("#15181d", "#17424b", "#208089", "#6fc6c0", "#eaf8f2"),
}


@dataclass(frozen=True, eq=False)
class Spread:
    """A density over people.

    Attributes:
        mean: `(bin,)` over people.
        low: `(bin,)` the band's lower edge; None of one person.
        high: `(bin,)` its upper edge; None of one person.
        people: how many.
    """

    mean: ArrayLike
    low: ArrayLike | None
    high: ArrayLike | None
    people: int


def ramp(look: Look) -> list[tuple[float, str]]:
    """A colour scale from the ground (nothing) to where the eye is drawn (most); lightness alone tells it."""
    colours = _RAMPS[look.dark]
    return [(place / (len(colours) - 1), colour) for place, colour in enumerate(colours)]


def floor_of(values: Sequence[ArrayLike]) -> float:
    """What silence is drawn as: far below the loudest."""
    loudest = max(float(np.max(one)) for one in values)
    return 10 ** (-DEEP_DB / 10) * loudest if loudest > 0 else 1.0


def in_db(values: ArrayLike, floor: float) -> Floats:
    """Powers as decibels, none below the floor."""
    return np.asarray(10 * np.log10(np.maximum(np.asarray(values, dtype=np.float64), floor)))


def spoken(channel: str) -> str:
    """A channel's or a sensor's name for people."""
    return channel.replace("_", " ").replace(".", " ")


def by_class(
    hertz: ArrayLike,
    spreads: Mapping[str, Spread],
    classes: Sequence[str],
    *,
    channel: str,
    unit: str,
    origin: str,
    decibel: bool = True,
    title: str = "",
    look: Look = LIGHT,
) -> go.Figure:
    """A panel for each activity: its mean density and the band over people, before the means of all the others.

    Args:
        hertz: `(bin,)` rising from 0.
        spreads: of each activity that was recorded.
        classes: every class, which decides order and colours.
        channel: what was measured, as `right_wrist.acc.x`, or a sensor whose axes' densities were added.
        unit: of the signal.
        origin: whose recordings.
        decibel: one logarithmic scale for all; otherwise each panel has a linear scale of its own.
        title: which activity stands out where, by default.
        look: ground and width.

    Raises:
        InputError: no activity, one that `classes` does not know, or densities that do not fit the bins.
    """
    bins = np.asarray(hertz, dtype=np.float64)[1:]
    drawn = {name: _checked(name, spreads[name], len(bins)) for name in classes if name in spreads}
    if not drawn or len(drawn) < len(spreads):
        strange = ", ".join(sorted(set(spreads) - set(classes))) or "none"
        raise InputError(f"no density by class to draw, or of no class: {strange}", where="spreads")
    figure, height = _panels(bins, drawn, activity_colours(classes, not look.dark), decibel, look)
    squared = f"({unit})²/Hz"
    _side_title(figure, f"dB, 0 is 1 {squared}" if decibel else squared, look)
    found = f"{spoken(channel)}: {_stands_out(bins, {name: one.mean for name, one in drawn.items()})}"
    said = title or found[:1].upper() + found[1:]
    return finish(
        figure,
        title=said,
        note=f"Lines: means over people; bands: the middle 80 % of them ({_people(drawn)}); grey: other activities."
        + ("" if decibel else " Each panel has its own scale."),
        origin=origin,
        look=look,
        height=height,
        alt=said,
    )


def _panels(
    bins: Floats, drawn: Mapping[str, Spread], colours: Mapping[str, str], decibel: bool, look: Look
) -> tuple[go.Figure, int]:
    """A panel for each activity, and how high they are together."""
    columns = min(_COLUMNS[look.narrow], len(drawn))
    rows = -(-len(drawn) // columns)
    height = rows * (_PANEL[look.narrow] + _NAME) + 60
    figure = make_subplots(
        rows=rows, cols=columns, shared_xaxes="all", shared_yaxes="all" if decibel else False,
        horizontal_spacing=0.025 if decibel else 0.06, vertical_spacing=_NAME / (height - 60),
    )  # fmt: skip
    floor = floor_of([one.mean for one in drawn.values()])
    scaled = {name: _scaled(one, floor, decibel) for name, one in drawn.items()}
    for number, (name, one) in enumerate(scaled.items()):
        row, column = 1 + number // columns, 1 + number % columns
        others = [np.asarray(other.mean) for label, other in scaled.items() if label != name]
        figure.add_traces(_panel(bins, one, others, name, colours[name], look), rows=row, cols=column)
        figure.update_yaxes(range=_range(list(scaled.values()) if decibel else [one], decibel), row=row, col=column)
        _name(figure, row, column, name, look)
        if number >= len(drawn) - columns:  # the lowest panel of its column
            figure.update_xaxes(title_text="Hz", showticklabels=True, row=row, col=column)
    figure.update_xaxes(range=[0, float(bins[-1])], showgrid=False, zeroline=False, nticks=6)
    figure.update_yaxes(zeroline=False, nticks=5)
    return figure, height


def _checked(name: str, one: Spread, bins: int) -> Spread:
    """A spread without its bin at 0 Hz."""
    parts = [None if part is None else np.asarray(part, dtype=np.float64) for part in (one.mean, one.low, one.high)]
    given = [part for part in parts if part is not None]
    if bins < 1 or any(part.shape != (bins + 1,) or not np.isfinite(part).all() for part in given):
        told = ", ".join(str(part.shape) for part in given)
        raise InputError(f"densities of shapes {told} for {bins + 1} bins", where=name, mend="Give one number a bin")
    low, high = (None if part is None else part[1:] for part in parts[1:])
    return Spread(given[0][1:], low, high, one.people)


def _scaled(one: Spread, floor: float, decibel: bool) -> Spread:
    if not decibel:
        return one
    low, high = (None if part is None else in_db(part, floor) for part in (one.low, one.high))
    return Spread(in_db(one.mean, floor), low, high, one.people)


def _range(spreads: Sequence[Spread], decibel: bool) -> list[float]:
    """From the faintest mean to the loudest band: what lies below a mean's floor tells nothing."""
    high = max(float(np.max(one.mean if one.high is None else one.high)) for one in spreads)
    low = min(float(np.min(one.mean)) for one in spreads) if decibel else 0.0
    edge = 0.05 * ((high - low) or 1.0)
    return [low - edge if decibel else 0.0, high + edge]


def _panel(bins: Floats, one: Spread, others: Sequence[Floats], name: str, colour: str, look: Look) -> list[go.Scatter]:
    quiet = {"mode": "lines", "hoverinfo": "skip", "showlegend": False}
    found = []
    if others:
        thinned = [thin(bins, other, max(3, POINTS // len(others) - 1)) for other in others]
        x, y = (np.concatenate([[*part, np.nan] for part in parts]) for parts in zip(*thinned, strict=True))
        found.append(go.Scatter(x=x, y=y, line={"color": ink_of(look).line, "width": 0.8}, **quiet))
    if one.low is not None and one.high is not None:
        for edge, fill in ((one.low, None), (one.high, "tonexty")):
            x, y = thin(bins, edge)
            found.append(go.Scatter(x=x, y=y, line={"width": 0}, fill=fill, fillcolor=faded(colour, 0.3), **quiet))
    x, y = thin(bins, one.mean)
    told = "%{x:.2f} Hz: %{y:.3g}<extra>" + plain(name) + "</extra>"
    line = {"color": colour, "width": 2}
    return [*found, go.Scatter(x=x, y=y, mode="lines", line=line, hovertemplate=told, showlegend=False)]


def _name(figure: go.Figure, row: int, column: int, name: str, look: Look) -> None:
    across, up = (next(axes).anchor for axes in (figure.select_yaxes(row=row, col=column),
                                                 figure.select_xaxes(row=row, col=column)))  # fmt: skip
    figure.add_annotation(
        text=f"<b>{plain(name)}</b>", x=0, y=1, xref=f"{across} domain", yref=f"{up} domain", xanchor="left",
        yanchor="bottom", showarrow=False, font={"size": 12, "color": ink_of(look).text},
    )  # fmt: skip


def _side_title(figure: go.Figure, text: str, look: Look) -> None:
    """One title for all vertical axes."""
    figure.add_annotation(
        text=plain(text), x=0, y=0.5, xref="paper", yref="paper", xshift=-42, textangle=-90, xanchor="right",
        yanchor="middle", showarrow=False, font={"size": 12, "color": ink_of(look).muted},
    )  # fmt: skip
    figure.update_layout(margin={"l": 62})


def _stands_out(bins: Floats, means: Mapping[str, ArrayLike]) -> str:
    """Which activity rises most above the mean of the others, and where."""
    values = np.stack([np.asarray(one, dtype=np.float64) for one in means.values()])
    if not values.max() > 0:
        return "it never moves"
    if len(values) == 1:
        return f"{next(iter(means))} is strongest at {bins[values[0].argmax()]:.3g} Hz"
    floor = floor_of(list(values))
    others = (values.sum(axis=0) - values) / (len(values) - 1)
    lead = in_db(values, floor) - in_db(others, floor)
    place, where = np.unravel_index(int(lead.argmax()), lead.shape)
    name = list(means)[int(place)]
    return f"{name} stands out at {bins[where]:.3g} Hz, {lead.max():.0f} dB above the mean of the other activities"


def _people(spreads: Mapping[str, Spread]) -> str:
    counts = sorted({one.people for one in spreads.values()})
    told = " to ".join(map(str, dict.fromkeys((counts[0], counts[-1]))))
    return f"{told} {'person, no band' if counts == [1] else 'people'}"
