"""A set of sensors that somebody considers, and what is known of it: the words in which the Sensors page says so.

Nothing is computed that was not asked before: where a set was not estimated, that is said. Costs are in points of
macro-F1 (a hundredth), above 0 where the score falls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stillroom.evaluation.significance import Interval
from stillroom_app.services.estimates import Estimates
from stillroom_app.services.sensors import Kept, Sensor, channels_of, said, spoken

_WAYS = {"mean": "held at its mean", "permutation": "permuted"}


@dataclass(frozen=True)
class Choice:
    """What is kept of a data set's sensors.

    Attributes:
        sensors: all of them.
        kept: names of those that are kept.
        estimates: where estimates are read; None where there are none.
    """

    sensors: tuple[Sensor, ...]
    kept: Kept
    estimates: Estimates | None = None

    @cached_property
    def group(self) -> Kept | None:
        """The set as the estimates know it; None where they cannot."""
        return self.estimates.group(self.kept, self.sensors) if self.estimates else None

    @property
    def all(self) -> Kept:
        """The sensors that one comes from: those that were asked about, or all."""
        return self.estimates.seen(self.sensors) if self.estimates else frozenset(one.name for one in self.sensors)

    @property
    def gone(self) -> Kept:
        """The sensors that are left out."""
        return self.all - self.kept

    @property
    def worth(self) -> Interval | None:
        """What it is estimated to score; None where that was not asked."""
        return self.estimates.worth(self.group) if self.estimates and self.group else None

    @property
    def cost(self) -> Interval | None:
        """What it is estimated to cost against all; None where that was not asked, or nothing is left out."""
        return self.estimates.cost(self.group) if self.estimates and self.group else None

    @property
    def price(self) -> tuple[float, float] | None:
        """Price points of what is left out, and of all; None where nobody assumed any."""
        of = _points(self.estimates, "price")
        if not of or self.estimates is None or self.group is None:
            return None
        return sum(of[name] for name in self.estimates.whole - self.group), sum(of.values())


def headline(choice: Choice) -> str:
    """The one sentence: what leaving the others out is estimated to cost."""
    if not choice.kept:
        return "Keep at least one sensor"
    if not choice.gone:
        return _of_all(choice)
    gone = said(choice.gone, choice.sensors)
    if choice.estimates is None:
        return f"Dropping *{gone}*: nothing is estimated yet"
    if choice.cost is None:
        return f"Dropping *{gone}* was not estimated"
    return f"Dropping *{gone}* is estimated to {_costs(choice.cost)} of macro-F1"


def details(choice: Choice) -> list[str]:
    """What belongs to it: what is saved, whether it can be told from nothing, and why there is no estimate."""
    found = []
    if choice.gone and choice.kept:
        total = channels_of(choice.all, choice.sensors)
        saved = f"It removes {channels_of(choice.gone, choice.sensors)} of {total} channels"
        price = choice.price
        found.append(f"{saved} and {price[0]:g} of {price[1]:g} price points." if price else f"{saved}.")
    if (cost := choice.cost) and choice.estimates:
        found += _clear(cost, choice.estimates)
    elif choice.estimates and choice.gone and choice.kept:
        found.append(_why_not(choice, choice.estimates))
    return found


def ablations(choice: Choice) -> str:
    """What the teacher itself loses without the one that goes, in both ways, and whether the two agree."""
    told = (choice.estimates.part.get("ablation") or {}) if choice.estimates else {}
    if not told or choice.estimates is None or not choice.group:
        return ""
    gone = choice.estimates.whole - choice.group
    if len(gone) != 1:
        return "The teacher itself was asked without each sensor alone, not without several: see *What each costs*." * (
            len(gone) > 1
        )
    name = next(iter(gone))
    drops = {way: _interval(one["drop"][name]) for way, one in told.items()}
    words = " and ".join(f"{_range(drop)} points with it {_WAYS.get(way, way)}" for way, drop in drops.items())
    return f"The teacher as it is loses {words}. {_agreement(list(drops.values()))}"


def agree(one: Interval, other: Interval) -> bool:
    """Whether two ablations say the same: their intervals meet, and both or neither are told from nothing."""
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return abs(one.mean - other.mean) < 0.02
    return one.low <= other.high and other.low <= one.high and _told_apart(one) == _told_apart(other)


def in_points(cost: Interval) -> str:
    """As "costs 0.8 ± 0.5 points"."""
    return f"{'costs' if cost.mean >= 0 else 'gains'} {_size(cost)} points"


def table(choice: Choice) -> list[dict[str, Any]]:
    """A row for each sensor; what is not known is None. Costs and shares in points; a site's are those of all of it."""
    part: Mapping[str, Any] = choice.estimates.part if choice.estimates else {}
    dropped = {one["name"]: _interval(one) for one in part.get("dropped") or []}
    shares = {one["group"]: _interval(one) for one in (part.get("shapley") or {}).get("shares", [])}
    of, twins = _points(choice.estimates, "price"), _twins(part)
    by_site = bool(choice.estimates and choice.estimates.by == "site")
    rows = []
    for one in choice.sensors:
        group = one.site if by_site else one.name
        cost, share, twin = dropped.get(group), shares.get(group), twins.get(one.name)
        rows.append(
            {
                "keep": one.name in choice.kept,
                "sensor": one.name,
                "site": spoken(one.site),
                "kind": one.kind,
                "channels": one.channels,
                "unit": one.unit,
                "price": of.get(group),
                "cost": None if cost is None else 100 * cost.mean,
                "cost_range": "" if cost is None else _between(cost),
                "share": None if share is None else 100 * share.mean,
                "twin": twin[0] if twin else "",
                "shared": 100 * twin[1] if twin else None,
            }
        )
    return rows


def _of_all(choice: Choice) -> str:
    count = f"All {len(choice.all)} sensors" if len(choice.all) > 1 else "The one sensor"
    if choice.worth is None:
        return f"{count}, {channels_of(choice.all, choice.sensors)} channels: nothing is left out yet"
    return f"{count} are estimated to reach {choice.worth.mean:.3f} macro-F1"


def _costs(cost: Interval) -> str:
    return f"{'cost' if cost.mean >= 0 else 'gain'} **{_size(cost)} points**"


def _size(cost: Interval) -> str:
    reach = "" if cost.low is None or cost.high is None else f" ± {50 * (cost.high - cost.low):.1f}"
    return f"{100 * abs(cost.mean):.1f}{reach}"


def _clear(cost: Interval, estimates: Estimates) -> list[str]:
    if cost.low is None:
        return [f"One of the {estimates.units} alone: nothing tells how far others differ." if estimates.n == 1
                else "Each person's scores are not kept here, so the difference has no interval."]  # fmt: skip
    over = f"over these {estimates.n} {estimates.units}"
    if not _told_apart(cost):
        return [f"The interval holds zero: {over} it cannot be told from no change at all."]
    if cost.mean < 0:
        return ["The whole interval is a gain: by the estimate it does better without. Measure before you believe it."]
    return []


def _why_not(choice: Choice, estimates: Estimates) -> str:
    if choice.group is None and not set(choice.kept) <= set(choice.all):
        return f"Nobody asked about {said(choice.kept - choice.all, choice.sensors)}: the run behind it never saw them."
    if choice.group is None:
        return "These estimates are of whole sites; ask them by sensor, or measure this set."
    asked = f"{len(estimates.means)} of {2 ** len(estimates.names) - 1} sets"
    return f"Only {asked} were asked about, and this is none of them. Ask, measure it, or start from a suggested set."


def _agreement(drops: Sequence[Interval]) -> str:
    if len(drops) < 2:
        return ""
    if agree(drops[0], drops[1]):
        return "The two agree."
    return (
        "**The two disagree**: at the mean the teacher meets windows such as it never saw, and permuted ones contradict"
        " what other sensors repeat. Trust neither alone."
    )


def _told_apart(one: Interval) -> bool:
    return one.low is not None and one.high is not None and (one.low > 0 or one.high < 0)


def _range(one: Interval) -> str:
    return f"{100 * one.mean:.1f}" + ("" if one.low is None else f" ({_between(one)})")


def _between(one: Interval) -> str:
    return "" if one.low is None or one.high is None else f"{100 * one.low:.1f} to {100 * one.high:.1f}"


def _interval(one: Mapping[str, Any]) -> Interval:
    return Interval(one["mean"], one["low"], one["high"])


def _points(estimates: Estimates | None, what: str) -> dict[str, float]:
    suggested = (estimates.part.get("suggested") or {}) if estimates else {}
    return dict((suggested.get(what) or {}).get("of") or {})


def _twins(part: Mapping[str, Any]) -> dict[str, tuple[str, float]]:
    """For each sensor the one whose signals share most with its own, and how much, 0 to 1."""
    told = part.get("coherence") or {"sensors": [], "values": []}
    found = {}
    for place, name in enumerate(told["sensors"]):
        others = [(value, other) for other, value in zip(told["sensors"], told["values"][place], strict=True)
                  if other != name]  # fmt: skip
        if others:
            value, other = max(others)
            found[name] = (spoken(other), float(value))
    return found
