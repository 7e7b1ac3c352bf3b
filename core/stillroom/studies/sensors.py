"""Which sensors can go: every set of them estimated by one model that was trained once, and measured by training on it.

The first run trains the network that can be asked about any subset (`any_subset`); each further run trains the student
alone, and a forest, on one set of sensors. Sets are of sites or of single sensors. With few of them every subset is
measured; with many, a fixed sample: all of them, each one alone, each one left out, and random ones.
"""

from __future__ import annotations

import itertools
import math
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from stillroom.base.errors import InputError
from stillroom.base.events import Emit, silent
from stillroom.base.seeding import generator
from stillroom.data.source import open_source
from stillroom.jobs.words import words_of
from stillroom.sensors.layout import Layout
from stillroom.studies.ablation import plan_of, refuse_own
from stillroom.studies.plan import Cell, Plan

By = Literal["site", "sensor"]

KIND, ESTIMATE, JOINT = "sensors", "any subset", " + "
_BAR = ("student_view",)
_AT_LEAST = 2


@dataclass(frozen=True)
class Sensors:
    """What is asked for.

    Attributes:
        options: of `distil`, by name; `teacher_view` says which channels there are to choose from.
        by: whether sites or single sensors are left out.
        seeds: how many, from 0.
        at_most: sets of sensors that are measured.
    """

    options: Mapping[str, Any]
    by: By = "site"
    seeds: int = 1
    at_most: int = 31

    def plan(self, emit: Emit = silent) -> Plan:
        """Plans the runs; each is checked as `distil` would check it, before any begins.

        Raises:
            InputError: anything that could not run, naming what to change.
        """
        refuse_own(self.options)
        for name in _BAR:
            if name in self.options:
                option = f"--{name.replace('_', '-')}"
                mend = "Leave it out; --teacher-view says which channels there are to choose from"
                raise InputError("the student's sensors are what is varied", where=option, mend=mend)
        if self.by not in ("site", "sensor"):
            raise InputError(f"sensors cannot be taken by {self.by!r}", where="--by", mend="Known: site, sensor")
        opened = open_source(self.options["data"], track=self.options.get("track") or None, emit=emit)
        pool = opened.layout.select(self.options.get("teacher_view", "*"))
        views = views_of(pool, self.by)
        asked = {**self.options, "by": self.by, "seeds": self.seeds, "at_most": self.at_most}
        return plan_of(
            KIND,
            "alone",
            self.options,
            [_estimate(views), *(_measured(views, subset) for subset in sampled(list(views), self.at_most))],
            seeds=range(self.seeds),
            asked=asked,
            command=self._command(),
            emit=emit,
            by_seed=True,
        )

    def _command(self) -> str:
        words = [*words_of("alone", self.options)[2:], "--by", self.by, "--seeds", str(self.seeds)]
        return shlex.join(["stillroom", "study", "sensors", *words, "--at-most", str(self.at_most)])


def views_of(pool: Layout, by: By) -> dict[str, str]:
    """Sites or sensors with the channels of each, as a view that takes these and no others.

    Raises:
        InputError: there is one only, so nothing can go.
    """
    of: dict[str, list[str]] = {}
    for channel in pool:
        of.setdefault(channel.site if by == "site" else channel.sensor, []).append(channel.name)
    if len(of) < _AT_LEAST:
        mend = "Widen --teacher-view" + (", or take them by sensor: --by sensor" if by == "site" else "")
        raise InputError(f"there is one {by} only, and nothing to leave out", where=", ".join(of), mend=mend)
    return {name: ",".join(names) for name, names in of.items()}


def sampled(names: Sequence[str], at_most: int) -> list[tuple[str, ...]]:
    """Subsets to measure, by size: every one where that many are allowed, and a fixed sample otherwise.

    A sample holds all of them together, each one alone and each one left out, and random ones of the sizes between, as
    many of each size; equal names give an equal sample.

    Raises:
        InputError: not even the fixed ones are allowed.
    """
    count = len(names)
    if 2**count - 1 <= at_most:
        return [subset for size in range(1, count + 1) for subset in itertools.combinations(names, size)]
    fixed = [(name,) for name in names] + [tuple(other for other in names if other != name) for name in names]
    chosen = dict.fromkeys([*fixed, tuple(names)])
    if len(chosen) > at_most:
        mend = f"Allow {len(chosen)} or more, take fewer channels (--teacher-view), or take them by site"
        raise InputError(f"{at_most} sets cannot hold each one alone and left out", where="--at-most", mend=mend)
    draw = generator(0, "sets of sensors", *names)
    for size in itertools.cycle(range(2, count - 1)):
        if len(chosen) == at_most:
            break
        if sum(len(subset) == size for subset in chosen) < math.comb(count, size):
            chosen.setdefault(_another(names, size, chosen, draw))
    return sorted(chosen, key=lambda subset: (len(subset), [names.index(name) for name in subset]))


def _another(
    names: Sequence[str], size: int, known: Collection[tuple[str, ...]], draw: np.random.Generator
) -> tuple[str, ...]:
    """A subset of some size that is not known yet."""
    while True:
        places = sorted(draw.choice(len(names), size, replace=False).tolist())
        if (found := tuple(names[place] for place in places)) not in known:
            return found


def subset_of(cell: Cell) -> frozenset[str]:
    """The set of sensors that a run measured."""
    return frozenset(cell.name.split(JOINT))


def _estimate(views: Mapping[str, str]) -> Cell:
    whole = ",".join(views.values())
    return Cell(name=ESTIMATE, settings={"recipe": "any_subset", "student_view": whole, "teacher_view": whole})


def _measured(views: Mapping[str, str], subset: Sequence[str]) -> Cell:
    view = ",".join(views[name] for name in subset)
    return Cell(name=JOINT.join(subset), settings={"recipe": "alone", "student_view": view, "teacher_view": view})
