"""Which columns of a stream are the model's channels, in which unit, and which is the clock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean
from stillroom.sensors.layout import Layout
from stillroom.sensors.units import factor

_CLOCKS = ("t", "time", "timestamp", "stamp", "seconds")
_PARTS_S = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_CLOCK = re.compile(rf"(?:{'|'.join(_CLOCKS)})(?:_({'|'.join(_PARTS_S)}))?", re.IGNORECASE)
_WITH_UNIT = re.compile(r"(.*?)\s*\[(.*)\]")


@dataclass(frozen=True, eq=False)
class Columns:
    """Where a stream's lines hold what the model takes.

    Attributes:
        count: columns of a line.
        places: of the model's channels, in its order.
        names: of those columns, as the stream writes them.
        factors: `(channel,)` that bring each to the model's unit.
        clock: place of the time; -1 where no column tells it.
        clock_name: of that column.
        clock_s: seconds in one of its units.
    """

    count: int
    places: tuple[int, ...]
    names: tuple[str, ...]
    factors: NDArray[np.float64]
    clock: int
    clock_name: str
    clock_s: float


def columns_of(names: Sequence[str], layout: Layout, where: str, *, clock: bool) -> Columns:
    """Finds the model's channels among the columns of a stream.

    Args:
        names: of the columns, each with its unit in brackets where that is another than the model's.
        layout: the channels that are wanted.
        where: the stream, for messages.
        clock: whether a column must tell the time.

    Raises:
        InputError: a channel is missing or stands there twice, a unit is of another quantity, or no clock.
    """
    plain, units = zip(*(_split(name) for name in names), strict=True) if names else ((), ())
    places = []
    for channel in layout:
        found = [place for place, name in enumerate(plain) if name == channel.name]
        if len(found) > 1:
            raise InputError(f"{channel.name} stands there twice", where=where, mend="Name each column once")
        places += found
    if len(places) < len(layout):
        raise _lacking(plain, layout, where)
    factors = [
        factor(units[place], channel.unit) if units[place] else 1.0
        for place, channel in zip(places, layout, strict=True)
    ]
    at = next((place for place, name in enumerate(plain) if _CLOCK.fullmatch(name)), -1) if clock else -1
    if clock and at < 0:
        raise InputError(
            "no column tells the time",
            where=where,
            mend="Name one t (seconds) or t_ms, or say how fast the samples come: --rate-hz 50",
        )
    part = _CLOCK.fullmatch(plain[at]) if at >= 0 else None
    return Columns(
        count=len(names),
        places=tuple(places),
        names=tuple(names[place] for place in places),
        factors=np.array(factors),
        clock=at,
        clock_name=names[at] if at >= 0 else "",
        clock_s=_PARTS_S[(part[1] or "s").lower()] if part else 1.0,
    )


def _split(name: str) -> tuple[str, str]:
    """A column's name, and the unit behind it."""
    found = _WITH_UNIT.fullmatch(name.strip())
    return (found[1], found[2].strip()) if found else (name.strip(), "")


def _lacking(names: Sequence[str], layout: Layout, where: str) -> InputError:
    missing = [name for name in layout.names if name not in names]
    others = [name for name in names if name not in layout.names and not _CLOCK.fullmatch(name)]
    said = (
        f"{missing[0]} is missing" if len(missing) == 1 else f"{len(missing)} channels are missing: {missing[0]}, ..."
    )
    if len(others) >= len(missing) and not any("." in name for name in others):
        mend = f"A channel is site.kind.axis: rename the columns, or give them in order: --columns t,{missing[0]},..."
    elif others:
        mend = did_you_mean(missing[0], others)
    else:
        mend = f"The model takes {', '.join(layout.names[:6])}{', ...' * (len(layout) > 6)}"
    return InputError(said, where=f"{where}: columns {', '.join(names[:8]) or 'none'}", mend=mend)
