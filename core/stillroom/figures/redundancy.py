"""Which sensors repeat each other, seen twice: in what they measure, and in what they are worth.

Both are squares of cells for pairs of sensors. The two views may differ: signals that move together can still tell
different things apart, and scores can stop at a ceiling, which looks like repeating.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.figures.heat import cells
from stillroom.figures.intervals import estimate_of, told, upper
from stillroom.figures.spectra import spoken
from stillroom.figures.theme import LIGHT, Look, finish

Floats = NDArray[np.float64]
_ROW, _BELOW = {False: 32, True: 44}, 90  # a narrow one breaks names into two lines
_MOST = 1.5  # overlaps beyond are ratios of small gains: they are written, but take no more colour


def of_signals(coherence: Mapping[str, Any], *, origin: str, title: str = "", look: Look = LIGHT) -> go.Figure:
    """How far sensors repeat each other in their signals.

    Args:
        coherence: as `stillroom explain` tells of sets of sensors: `sensors`, `values`, `by_chance`, 0 to 1.
        origin: which run.
        title: the pair that shares most, by default.
        look: ground and width.

    Raises:
        InputError: fewer than two sensors.
    """
    names, values = list(coherence["sensors"]), np.array(coherence["values"], dtype=np.float64)
    _refuse_few(names)
    apart = ~np.eye(len(names), dtype=bool)
    one, other = map(int, np.unravel_index(int(np.where(apart, values, -1.0).argmax()), values.shape))
    pair = f"{spoken(names[one])} and {spoken(names[other])}"
    chance = float(np.array(coherence["by_chance"], dtype=np.float64)[apart].max())
    said = title or upper(f"{pair} share most of their signals: {values[one, other]:.0%}")
    note = (
        "Largest mean coherence between any of their channels, in per cent: what a linear filter of the one tells of"
        f" the other. By chance up to {chance:.0%}. Signals that move together can still tell different things apart."
    )
    return _square(
        np.where(apart, values, 0.0),
        names,
        [[f"{spoken(row)} and {spoken(column)}: {values[down, across]:.0%}" if down != across else spoken(row)
          for across, column in enumerate(names)] for down, row in enumerate(names)],
        [[f"{100 * value:.0f}" if down != across else "" for across, value in enumerate(line)]
         for down, line in enumerate(values.tolist())],
        said, note, origin, look,
    )  # fmt: skip


def of_scores(
    names: Sequence[str], overlap: Sequence[Mapping[str, Any]], *, origin: str, units: str = "people", title: str = "",
    look: Look = LIGHT,
) -> go.Figure:  # fmt: skip
    """How far sensors, or sites, repeat each other in what they are estimated to be worth.

    Args:
        names: of them all.
        overlap: of pairs, as `stillroom explain` tells of sets of sensors: `first`, `second`, `overlap`.
        origin: which run.
        units: what intervals are over.
        title: the pair that repeats itself most surely, by default.
        look: ground and width.

    Raises:
        InputError: fewer than two sensors.
    """
    _refuse_few(names)
    at = {name: place for place, name in enumerate(names)}
    values = np.zeros((len(names), len(names)))
    hover = [[spoken(row) for _ in names] for row in names]
    text = [["" for _ in names] for _ in names]
    for one in overlap:
        pair, share = f"{spoken(one['first'])} and {spoken(one['second'])}", one["overlap"]
        for row, column in ((at[one["first"]], at[one["second"]]), (at[one["second"]], at[one["first"]])):
            hover[row][column] = f"{pair}: " + (
                "too little to tell" if share is None else told(estimate_of(share), ".0%")
            )
            text[row][column] = "" if share is None else f"{100 * share['mean']:.0f}"
            values[row, column] = 0.0 if share is None else float(np.clip(share["mean"], -_MOST, _MOST))
    note = (
        "100: the weaker adds nothing to the other; 0: what the two are worth adds up; below 0: they are worth more"
        f" together; empty: too little to tell. Estimates, means over {units}; a ceiling looks like repeating."
    )
    return _square(values, names, hover, text, title or _surest(overlap), note, origin, look, around_zero=True)


def _surest(overlap: Sequence[Mapping[str, Any]]) -> str:
    clear = [one for one in overlap if one["overlap"] and one["overlap"]["low"] is not None]
    if not clear:
        return "No pair of sensors is worth enough alone to tell whether the two repeat each other"
    most = max(clear, key=lambda one: float(one["overlap"]["low"]))
    pair = f"{spoken(most['first'])} and {spoken(most['second'])}"
    return upper(f"{pair} repeat each other most surely: {told(estimate_of(most['overlap']), '.0%')}")


def _square(
    values: Floats, names: Sequence[str], hover: Sequence[Sequence[str]], text: Sequence[Sequence[str]], said: str,
    note: str, origin: str, look: Look, *, around_zero: bool = False,
) -> go.Figure:  # fmt: skip
    shown = [spoken(name) for name in names]
    most = _MOST if around_zero else 1.0
    figure = cells(values, shown, shown, told=hover, written=text, look=look, around_zero=around_zero, most=most)
    height = _ROW[look.narrow] * len(names) + _BELOW
    return finish(figure, title=said, note=note, origin=origin, look=look, height=height,
                  alt=said)  # fmt: skip


def _refuse_few(names: Sequence[str]) -> None:
    if len(names) < 2:
        raise InputError("one sensor alone repeats none", where="redundancy")
