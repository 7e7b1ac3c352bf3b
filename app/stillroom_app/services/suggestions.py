"""Sets of sensors that are worth a look: each way of searching gives the cheapest of its sets that costs little enough.

The engine looked for them four ways and kept the front of price and score; here one is only chosen from each. Sets that
several ways give are one. Beside them stand the best estimate of all, and the next cheapest sets that cost so little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stillroom.evaluation.significance import Interval
from stillroom_app.services.estimates import Estimates
from stillroom_app.services.sensors import Kept, Sensor

MOST = 5  # sets that are suggested

WAYS = {
    "front": "best for its price",
    "forward": "adding what helps most",
    "backward": "leaving out what helps least",
    "by_price": "most gain for a price point",
    "by_comfort": "least in the way",
}


@dataclass(frozen=True)
class Suggested:
    """A set that is suggested.

    Attributes:
        sensors: names of the sensors that are kept.
        group: the same as the estimates know it.
        ways: that led to it, in words.
        score: its estimate.
        cost: against all, person by person; None of all of them.
        price: points.
        discomfort: points.
    """

    sensors: Kept
    group: Kept
    ways: tuple[str, ...]
    score: Interval
    cost: Interval | None
    price: float
    discomfort: float


def suggested(estimates: Estimates, sensors: Sequence[Sensor], allowed: float) -> list[Suggested]:
    """The suggested sets, the cheapest first.

    Args:
        estimates: that hold suggestions; none of them gives none.
        sensors: of the data set.
        allowed: macro-F1 that a set may be estimated to lose against all sensors.
    """
    told: Mapping[str, Any] = estimates.part.get("suggested") or {}
    whole = estimates.worth(estimates.whole)
    if not told or whole is None:
        return []
    price, least = told["price"]["of"], whole.mean - allowed - 1e-9
    fits = {group for group, score in estimates.means.items() if score.mean >= least and group < estimates.whole}
    cheapest = sorted(fits, key=lambda group: (_sum(group, price), len(group), -estimates.means[group].mean))
    ways: dict[Kept, list[str]] = {}
    for way, words in WAYS.items():
        own = {frozenset(step["subset"]) for step in told.get(way, [])}
        for group in [group for group in cheapest if group in own][:1]:
            ways.setdefault(group, []).append(words)
    if fits:
        ways.setdefault(max(cheapest, key=lambda group: estimates.means[group].mean), []).append("the highest estimate")
    for group in cheapest:
        if len(ways) < MOST:
            ways.setdefault(group, ["next in price"])
    found = [_suggested(estimates, sensors, group, tuple(words)) for group, words in ways.items()]
    return sorted(found, key=lambda one: (one.price, one.discomfort, -one.score.mean))


def _suggested(estimates: Estimates, sensors: Sequence[Sensor], group: Kept, ways: tuple[str, ...]) -> Suggested:
    names = frozenset(one.name for one in sensors if (one.name if estimates.by == "sensor" else one.site) in group)
    told = estimates.part["suggested"]
    price = _sum(group, told["price"]["of"])
    return Suggested(
        names, group, ways, estimates.means[group], estimates.cost(group), price, _worn(group, told["discomfort"]["of"])
    )


def _sum(group: Kept, of: Mapping[str, float]) -> float:
    return float(sum(of[name] for name in sorted(group)))


def _worn(group: Kept, of: Mapping[str, float]) -> float:
    """A second sensor at a site adds only what exceeds the first's, as the engine counts it."""
    sites: dict[str, float] = {}
    for name in sorted(group):
        site = name.split(".")[0]
        sites[site] = max(sites.get(site, 0.0), of[name])
    return float(sum(sites.values()))
