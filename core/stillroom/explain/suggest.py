"""Which sensors to keep: subsets that are suggested, each with its estimate, its price and its discomfort.

Four greedy ways, each a list of steps: `forward` adds what helps most, `backward` takes away what is missed least,
`by_price` adds the best gain for a price point, `by_comfort` adds what disturbs least first. Beside them the Pareto
front of price and score. A greedy way can miss the best subset; the front misses none where all were asked.
Prices and discomfort are points, not money; ours are assumptions and are marked so. The interval of a step tells how
people differ, and not that the best of many estimates tends to be too high.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stillroom.base.errors import InputError
from stillroom.base.events import Emit, silent
from stillroom.explain.shapley import EXACT_GROUPS
from stillroom.explain.subsets import (
    EMPTY,
    Remembered,
    Subset,
    Value,
    all_subsets,
    distinct,
    order_of,
    remembered,
    table,
    worth,
)
from stillroom.sensors.layout import Layout

# What a sensor of a kind costs in parts, power and radio, relative to an accelerometer: assumed, not measured.
PRICE_BY_KIND: Mapping[str, float] = {
    "acc": 1, "gyro": 2, "mag": 2, "magn": 2, "quat": 3, "capacitive": 2, "bvp": 3, "eda": 3, "temp": 1, "baro": 1,
    "other": 2,
}  # fmt: skip

# How much a device disturbs by the part of the body that the site's name ends with: assumed, not asked of anybody.
DISCOMFORT_BY_SITE: Mapping[str, float] = {
    "wrist": 1, "pocket": 1, "arm": 2, "torso": 2, "chest": 2, "waist": 2, "hand": 3, "leg": 3, "thigh": 3, "shin": 3,
    "ankle": 3, "head": 4,
}  # fmt: skip
_ELSEWHERE = 3.0

# Means that differ by less are ties.
_DIGITS = 12


@dataclass(frozen=True)
class Points:
    """Points of each group.

    Attributes:
        of: by group, 0 or more.
        assumed: groups whose points are, at least in part, our assumption and not the user's.
    """

    of: Mapping[str, float]
    assumed: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return {"of": dict(self.of), "assumed": list(self.assumed)}


@dataclass(frozen=True)
class Step:
    """A subset on the way.

    Attributes:
        subset: which groups are worn.
        mean: estimated score, over people.
        low: of the interval over people; None with one person.
        high: of the interval over people.
        price: points of all its groups.
        discomfort: points of all sites that are worn; a second sensor at a site adds only what exceeds the first's.
    """

    subset: Subset
    mean: float
    low: float | None
    high: float | None
    price: float
    discomfort: float

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return {**vars(self), "subset": sorted(self.subset)}


@dataclass(frozen=True)
class Suggestions:
    """The suggested subsets.

    Attributes:
        forward: smallest first.
        backward: largest first.
        by_price: smallest first.
        by_comfort: smallest first.
        front: cheapest first, each better than all that are cheaper.
        whole: the front is that of all subsets; otherwise of those that the four ways looked at.
        price: the points that were used.
        discomfort: the points that were used.
    """

    forward: tuple[Step, ...]
    backward: tuple[Step, ...]
    by_price: tuple[Step, ...]
    by_comfort: tuple[Step, ...]
    front: tuple[Step, ...]
    whole: bool
    price: Points
    discomfort: Points

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        ways = ("forward", "backward", "by_price", "by_comfort", "front")
        return {
            **{way: [step.as_dict() for step in getattr(self, way)] for way in ways},
            "whole": self.whole,
            "price": self.price.as_dict(),
            "discomfort": self.discomfort.as_dict(),
        }


def price_points(names: Collection[str], layout: Layout, by_kind: Mapping[str, float] | None = None) -> Points:
    """The price of each group: the sum over the sensors in it.

    Args:
        names: sensors (`right_wrist.acc`) or sites (`right_wrist`) of the layout.
        layout: says which sensors a site has.
        by_kind: the user's own, instead of `PRICE_BY_KIND` kind by kind.

    Raises:
        InputError: a group that the layout does not have, or points below 0.
    """
    own = by_kind or {}
    kinds = {name: [sensor.split(".")[1] for sensor in _sensors(name, layout)] for name in names}
    points = {**PRICE_BY_KIND, **own}
    return _points(
        {name: sum(points.get(kind, points["other"]) for kind in some) for name, some in kinds.items()},
        (name for name, some in kinds.items() if not set(some) <= set(own)),
    )


def discomfort_points(names: Collection[str], layout: Layout, by_site: Mapping[str, float] | None = None) -> Points:
    """The discomfort of each group: that of its site.

    Args:
        names: sensors or sites of the layout.
        layout: says which there are.
        by_site: the user's own by site (`right_wrist`) or by the word that ends its name (`wrist`).

    Raises:
        InputError: a group that the layout does not have, or points below 0.
    """
    own = by_site or {}
    sites = {name: _sensors(name, layout)[0].split(".")[0] for name in names}
    return _points(
        {name: _of_site(site, {**DISCOMFORT_BY_SITE, **own}) for name, site in sites.items()},
        (name for name, site in sites.items() if site not in own and site.split("_")[-1] not in own),
    )


def suggest(
    names: Collection[str],
    value: Value,
    price: Points,
    discomfort: Points,
    *,
    budget: float | None = None,
    level: float = 0.95,
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
) -> Suggestions:
    """Suggests subsets.

    Args:
        names: of the groups.
        value: each person's score (0..1) with a subset; the empty one is asked as well.
        price: of each group.
        discomfort: of each group.
        budget: the highest price of a subset that is told; no limit by default.
        level: coverage of the intervals.
        emit: hears `explain.subsets` with `done` and `of`.
        stop: asked before each subset.

    Raises:
        InputError: names that are not distinct, or a group without points.
        StoppedError: on request.
    """
    groups, whole = distinct(names), len(names) <= EXACT_GROUPS
    for points, what in ((price, "price"), (discomfort, "discomfort")):
        if missing := [name for name in groups if name not in points.of]:
            raise InputError(f"no {what} for {missing[0]}", where=what, mend="Give points for each group")
    search = _Search(groups, remembered(value), price.of, discomfort.of, budget, level, emit, stop)
    if whole:
        table(search.value, [EMPTY, *all_subsets(groups)], emit, stop)
    ways = search.forward(_most), search.backward(), search.forward(_most_for_price), search.forward(_least_discomfort)
    affordable = [search.step(subset) for subset in search.value.known if subset <= frozenset(groups)]
    return Suggestions(*ways, front(step for step in affordable if search.fits(step.subset)), whole, price, discomfort)


def front(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps that no other beats in both price and mean; of equals the smallest, then the first by name."""
    kept: list[Step] = []
    for step in sorted(steps, key=lambda step: (step.price, -round(step.mean, _DIGITS), *order_of(step.subset))):
        if step.subset and (not kept or round(step.mean, _DIGITS) > round(kept[-1].mean, _DIGITS)):
            kept.append(step)
    return tuple(kept)


# What a step adds is judged by: before, after; the smallest comes first.
_Judge = Callable[[Step, Step], float]


def _most(_: Step, after: Step) -> float:
    return -after.mean


def _most_for_price(before: Step, after: Step) -> float:
    gain, price = after.mean - before.mean, max(after.price - before.price, 1e-9)
    return -gain / price if gain > 0 else -gain * price


def _least_discomfort(before: Step, after: Step) -> float:
    return after.discomfort - before.discomfort


@dataclass(frozen=True)
class _Search:
    """What the greedy ways have in common."""

    groups: list[str]
    value: Remembered
    price: Mapping[str, float]
    discomfort: Mapping[str, float]
    budget: float | None
    level: float
    emit: Emit
    stop: Callable[[], bool]
    _steps: dict[Subset, Step] = field(default_factory=dict)

    def step(self, subset: Subset) -> Step:
        if subset not in self._steps:
            estimate = worth(self.value, subset, level=self.level, possible=(0.0, 1.0))
            self._steps[subset] = Step(subset, *estimate, self._price(subset), self._discomfort(subset))
        return self._steps[subset]

    def fits(self, subset: Subset) -> bool:
        return self.budget is None or self._price(subset) <= self.budget

    def forward(self, judge: _Judge) -> tuple[Step, ...]:
        steps = [self.step(EMPTY)]
        while added := [subset for subset in self._larger(steps[-1].subset) if self.fits(subset)]:
            steps.append(self._best(steps[-1], added, judge))
        return tuple(steps[1:])

    def backward(self) -> tuple[Step, ...]:
        steps = [self.step(frozenset(self.groups))]
        while len(subset := steps[-1].subset) > 1:
            steps.append(self._best(steps[-1], [subset - {name} for name in sorted(subset)], _most))
        return tuple(step for step in steps if self.fits(step.subset))

    def _larger(self, subset: Subset) -> list[Subset]:
        return [subset | {name} for name in self.groups if name not in subset]

    def _best(self, before: Step, subsets: list[Subset], judge: _Judge) -> Step:
        table(self.value, subsets, self.emit, self.stop)

        def key(step: Step) -> tuple[float, float, float, float, list[str]]:
            judged, mean = round(judge(before, step), _DIGITS), round(step.mean, _DIGITS)
            return judged, -mean, step.price, step.discomfort, sorted(step.subset)

        return min((self.step(subset) for subset in subsets), key=key)

    def _price(self, subset: Subset) -> float:
        return float(sum(self.price[name] for name in sorted(subset)))

    def _discomfort(self, subset: Subset) -> float:
        sites: dict[str, float] = {}
        for name in sorted(subset):
            site = name.split(".")[0]
            sites[site] = max(sites.get(site, 0.0), self.discomfort[name])
        return float(sum(sites.values()))


def _sensors(name: str, layout: Layout) -> list[str]:
    found = [sensor for sensor in layout.sensors if name in (sensor, sensor.split(".")[0])]
    if not found:
        raise InputError(f"no sensor or site {name!r}", mend=f"Sensors here: {', '.join(layout.sensors)}")
    return found


def _of_site(site: str, points: Mapping[str, float]) -> float:
    return points.get(site, points.get(site.split("_")[-1], _ELSEWHERE))


def _points(of: dict[str, float], assumed: Iterable[str]) -> Points:
    if below := [name for name, value in of.items() if not value >= 0]:
        raise InputError(f"{of[below[0]]:g} points are below 0", where=below[0], mend="Give 0 or more")
    return Points({name: float(value) for name, value in of.items()}, tuple(assumed))
