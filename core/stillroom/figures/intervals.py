"""Estimates with their intervals: as marks in rows, and as words.

Several kinds of mark share a row, each a little above or below the others, so that no interval hides another. An
estimate without an interval (of one person) is drawn and told without one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go

from stillroom.figures.palette import face_of
from stillroom.figures.theme import Look, plain

_LONG = 14  # letters of a name that a narrow figure breaks
_APART = 0.7  # of a row's height, shared by the kinds of mark in it


class Estimate(NamedTuple):
    """A mean and its interval; bounds are None where there is none."""

    value: float
    low: float | None = None
    high: float | None = None


class Mark(NamedTuple):
    """How one kind of estimate is drawn: its name, colour and symbol."""

    title: str
    colour: str
    symbol: str


def mark_of(role: str, look: Look) -> Mark:
    """A model's mark."""
    face = face_of(role)
    return Mark(face.title, face.colour(look.dark), face.symbol)


def called(role: str) -> str:
    """A model's name within a sentence."""
    first, _, second = face_of(role).title.partition(", ")
    return f"{second} {first}" if second == "distilled" else f"{first} {second}".strip()


def upper(sentence: str) -> str:
    """With a capital at its beginning."""
    return sentence[:1].upper() + sentence[1:]


def estimate_of(one: Mapping[str, Any], key: str = "mean") -> Estimate:
    """From an object with bounds, as reports and explanations hold them.

    Args:
        one: `{key, low, high}`.
        key: under which its mean stands.
    """
    return Estimate(one[key], one["low"], one["high"])


def told(one: Estimate, form: str = ".2f") -> str:
    """As "0.56 (0.46 to 0.65)", or "12 % (8 to 15 %)" in the form `.0%`."""

    def bare(value: float) -> str:
        return format(value, form).removesuffix("%")

    unit = " %" if form.endswith("%") else ""
    if one.low is None or one.high is None:
        return f"{bare(one.value)}{unit}"
    return f"{bare(one.value)}{unit} ({bare(one.low)} to {bare(one.high)}{unit})"


def places(kinds: int) -> list[float]:
    """How far below a row's middle each of several kinds of mark stands, in rows; the first on top."""
    return [_APART * ((number + 0.5) / kinds - 0.5) for number in range(kinds)]


def marks(rows: Mapping[float, Estimate], mark: Mark, *, form: str = ".2f", names: Sequence[str] = ()) -> go.Scatter:
    """One kind of estimate, a mark with its interval in each row.

    Args:
        rows: estimates by their place from above.
        mark: name, colour and symbol.
        form: of the numbers that hovering tells.
        names: of the rows, for hovering.
    """
    shown, colour = list(rows.values()), mark.colour
    up, down = ([0.0 if edge is None else abs(edge - one.value) for one in shown for edge in (one[side],)]
                for side in (2, 1))  # fmt: skip
    said = [": ".join(filter(None, (plain(name), told(one, form)))) for name, one in zip(
        names or [""] * len(shown), shown, strict=True)]  # fmt: skip
    return go.Scatter(
        x=[one.value for one in shown], y=list(rows), mode="markers", name=plain(mark.title), customdata=said,
        marker={"color": colour, "symbol": mark.symbol, "size": 10, "line": {"color": colour, "width": 1.5}},
        error_x={"array": up, "arrayminus": down, "color": colour, "thickness": 1.4, "width": 4,
                 "visible": any(one.low is not None for one in shown)},
        hovertemplate="%{customdata}<extra>" + plain(mark.title) + "</extra>",
    )  # fmt: skip


def label_rows(figure: go.Figure, names: Sequence[str], look: Look) -> None:
    """Rows of one height from above, each with its name."""
    shown = broken(names, look)
    figure.update_yaxes(
        tickvals=list(range(len(names))), ticktext=shown, range=[len(names) - 0.5, -0.5], showgrid=False, zeroline=False
    )


def broken(names: Sequence[str], look: Look) -> list[str]:
    """Names beside an axis: in a narrow figure long ones stand on two lines."""
    lines = [name.rsplit(" ", 1) if look.narrow and len(name) > _LONG else [name] for name in names]
    return ["<br>".join(map(plain, parts)) for parts in lines]
