"""What is assumed about money, as a page and its address hold it, and the sensors that it is about.

In an address: `assume=units=200,price.acc=4:3:6`, only what differs from our assumptions. The sums are
`stillroom.report.money`'s.
"""

from __future__ import annotations

import math

from stillroom.base.errors import InputError
from stillroom.report.assumptions import Assumptions, as_options, from_options
from stillroom.report.money import Savings
from stillroom.report.saved import saved_of
from stillroom.report.sources import Source

_BETWEEN = ","


def from_address(text: str) -> Assumptions:
    """The assumptions that an address names.

    Raises:
        InputError: it names what is none.
    """
    return from_options(one for one in text.split(_BETWEEN) if one)


def to_address(assumptions: Assumptions) -> str:
    """As an address names them; empty for ours."""
    return _BETWEEN.join(as_options(assumptions))


def changed(now: Assumptions, key: str, part: str, text: str) -> Assumptions:
    """The assumptions after somebody wrote over a number of one; a value beyond its ends takes them along,
    and one that is known stays so.

    Args:
        now: before.
        key: whose.
        part: `value`, `low`, `high`; or `ours`, to go back to what we assume.
        text: what was written.

    Raises:
        InputError: no number, a negative one, or ends that do not rise.
    """
    ours = Assumptions().of(key)
    if part == "ours" and ours is not None:
        return now.having(key, ours)
    held, number = now.of(key), _number(text)
    if held is None:
        raise InputError("nothing is assumed under this name", where=key)
    ends = {"low": held.low, "value": held.value, "high": held.high, part: number}
    if part == "value" and held.known:
        ends = dict.fromkeys(ends, number)
    elif part == "value":
        ends |= {"low": min(ends["low"], number), "high": max(ends["high"], number)}
    return from_options([f"{key}={ends['value']!r}:{ends['low']!r}:{ends['high']!r}"], now)


def in_currency(now: Assumptions, currency: str) -> Assumptions:
    """The same numbers in another currency; none is converted.

    Raises:
        InputError: no currency.
    """
    return from_options([f"currency={currency}"], now)


def saved(source: Source, assumptions: Assumptions, device: str = "") -> Savings | None:
    """What a run's student saves beside its teacher, or a study's set beside all sensors; None where it has not both.

    Args:
        source: what a report is about.
        assumptions: under which.
        device: whose energies decide how long batteries last, where they were measured.

    Raises:
        InputError: a file of it is damaged.
    """
    try:
        return saved_of(source, assumptions, device)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(f"a file of it is damaged ({error})", where=source.name, mend="Make it anew") from error


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{text!r} is no number", mend="Write one, as 12.5")
    return value
