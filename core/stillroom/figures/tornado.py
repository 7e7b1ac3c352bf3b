"""What an outcome hangs on: a bar for each assumption, from its low to its high end, all others standing as they are.

Nothing here was measured, so no bar has a model's colour; the low end is pale and the high end dark, each with its
value beside it, so that the two are told apart without colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from stillroom.base.errors import InputError
from stillroom.figures.cost_wording import label_rows, small, upright
from stillroom.figures.palette import faded
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain

MOST = 9
_ROW, _WIDTH, _LONG, _SIDE = 42, 0.5, 22, 0.16
_PALE, _DARK = 0.32, 0.85


class Move(NamedTuple):
    """An assumption and what it does.

    Attributes:
        name: for people.
        unit: of its ends.
        low: its low end.
        high: its high end.
        at_low: the outcome there.
        at_high: the outcome at its high end.
    """

    name: str
    unit: str
    low: float
    high: float
    at_low: float
    at_high: float

    @property
    def width(self) -> float:
        """How far it moves the outcome."""
        return abs(self.at_high - self.at_low)


def moves(
    rows: Sequence[Move], outcome: float, *, unit: str, origin: str, title: str = "", look: Look = LIGHT
) -> go.Figure:
    """The assumptions that move an outcome most, the widest on top.

    Args:
        rows: of each assumption its ends and the outcome there.
        outcome: where every assumption stands as it is.
        unit: of the outcome, as "EUR saved in 3 years".
        origin: what is assumed, of which run.
        title: what moves it most, by default.
        look: ground and width.

    Raises:
        InputError: nothing moves it.
    """
    drawn = sorted((row for row in rows if row.width > 0), key=lambda row: -row.width)[:MOST]
    if not drawn:
        raise InputError("no assumption moves this", where="rows", mend="Give one a low and a high end")
    figure = go.Figure()
    for end in ("low", "high"):
        figure.add_trace(_bars(drawn, end, outcome, look))
    bottom = len(drawn) - 0.4
    figure.add_trace(upright(outcome, (-0.5, bottom), look, dash="solid"))
    figure.add_annotation(
        x=outcome, y=-0.5, yanchor="bottom", showarrow=False, font={"size": 12, "color": ink_of(look).text},
        text=f"<b>{_round(outcome)}</b> as assumed",
    )  # fmt: skip
    label_rows(figure, [(place, _label(row, look)) for place, row in enumerate(drawn)], top=1.0)
    low, high = _reach(drawn, outcome)
    side = (2 if look.narrow else 1) * _SIDE * (high - low)
    figure.update_xaxes(title_text=plain(unit), zeroline=low - side < 0 < high + side, range=[low - side, high + side])
    figure.update_layout(barmode="overlay")
    left = sum(row.width > 0 for row in rows) - len(drawn)
    more = f" {left} that move it less are left out." * bool(left)
    return finish(
        figure,
        title=title or f"What moves it most: {drawn[0].name[:1].lower()}{drawn[0].name[1:]}",
        note=f"One assumption at a time at its low and at its high end; all others as they stand.{more}",
        origin=origin,
        look=look,
        height=_ROW * len(drawn) + 84,
        alt=f"{_round(outcome)} {unit} as assumed. " + "; ".join(map(_told, drawn)),
    )


def _bars(rows: Sequence[Move], end: str, outcome: float, look: Look) -> go.Bar:
    low = end == "low"
    at = [row.at_low if low else row.at_high for row in rows]
    said = [f"{plain(row.name)} {_ends(row, end)}: {_round(value)}" for row, value in zip(rows, at, strict=True)]
    return go.Bar(
        orientation="h",
        name=f"at its {end} end",
        base=[outcome] * len(rows),
        x=[value - outcome for value in at],
        y=list(range(len(rows))),
        width=_WIDTH,
        marker={"color": faded(ink_of(look).muted, _PALE if low else _DARK), "line": {"width": 0}},
        text=[_number(row.low if low else row.high) for row in rows],
        textposition="outside",
        textfont={"size": 11, "color": ink_of(look).muted},
        cliponaxis=False,
        customdata=said,
        hovertemplate="%{customdata}<extra></extra>",
    )


def _label(row: Move, look: Look) -> str:
    lines = list(_wrapped(row.name)) if look.narrow else [row.name]
    return f"{'<br>'.join(map(plain, lines))}<br>{small(f'{_number(row.low)} to {_number(row.high)} {row.unit}', look)}"


def _wrapped(name: str) -> Iterator[str]:
    line = ""
    for word in name.split():
        if line and len(line) + len(word) >= _LONG:
            yield line
            line = ""
        line = f"{line} {word}".strip()
    yield line


def _reach(rows: Sequence[Move], outcome: float) -> tuple[float, float]:
    ends = [outcome, *(value for row in rows for value in (row.at_low, row.at_high))]
    return min(ends), max(ends)


def _told(row: Move) -> str:
    return f"{row.name} {_ends(row, 'low')}: {_round(row.at_low)}, {_ends(row, 'high')}: {_round(row.at_high)}"


def _ends(row: Move, end: str) -> str:
    return f"at {_number(row.low if end == 'low' else row.high)} {row.unit}".rstrip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 or value == round(value) else f"{value:.3g}"


def _round(value: float) -> str:
    """To three digits, as assumptions carry no more."""
    return f"{round(value, min(0, 3 - len(str(int(abs(value)))))):,.0f}".replace("-", "\N{MINUS SIGN}")
