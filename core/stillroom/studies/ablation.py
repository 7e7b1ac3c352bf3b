"""An ablation: what each value of a setting is worth, everything else being equal, over seeds and people."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stillroom.base.config import fingerprint
from stillroom.base.errors import InputError
from stillroom.base.events import Emit, silent
from stillroom.data.dataset import Dataset
from stillroom.data.source import open_source
from stillroom.jobs.words import words_of
from stillroom.recipes.check import check
from stillroom.recipes.options import experiment_of
from stillroom.recipes.recipe import RECIPES
from stillroom.recipes.roles import ALONE, STUDENT, compared
from stillroom.recipes.strategies import COMPARED
from stillroom.runs.store import versions
from stillroom.studies.plan import Cell, Plan, Planned
from stillroom.studies.vary import apply, cells, label, parse_axis

# whether the cache pays is timed, and what is timed is not the same twice: in a study it is always on
_ALIKE = "cache.mode=on"
# the table compares students as they are; what they are pruned to is looked at only where it is asked for
_AS_THEY_ARE = ("optimise.keep=[]", "optimise.int8=false")
_OWN = ("seed", "run", "resume", "shelf", "json")


@dataclass(frozen=True)
class Ablation:
    """What is asked for.

    Attributes:
        recipe: by name.
        options: of `distil`, by name; those left out have their defaults.
        vary: `KEY=V1,V2` each; nothing for TSAK's strategies, where the recipe knows them.
        seeds: how many, from 0.
    """

    recipe: str
    options: Mapping[str, Any]
    vary: Sequence[str]
    seeds: int = 1

    @property
    def varied(self) -> Sequence[str]:
        """What is varied."""
        known = not self.vary and RECIPES[self.recipe]().semantic is not None
        return [f"strategy={','.join(COMPARED)}"] if known else self.vary

    def plan(self, emit: Emit = silent) -> Plan:
        """Plans the runs; each is checked as `distil` would check it, before any begins.

        Raises:
            InputError: anything that could not run, naming what to change.
        """
        axes = [parse_axis(text) for text in self.varied]
        _refuse(axes=[axis.key for axis in axes], options=self.options)
        _refuse_without_student(self.recipe)
        told = [*self.options.get("change", ()), *self.varied]
        plain = () if any(text.startswith("optimise.") for text in told) else _AS_THEY_ARE
        return plan_of(
            "ablation",
            self.recipe,
            {**self.options, "change": [*plain, *self.options.get("change", ())]},
            [Cell(name=label(settings), settings=settings) for settings in cells(axes)],
            seeds=range(self.seeds),
            asked={"recipe": self.recipe, **self.options, "vary": list(self.varied), "seeds": self.seeds},
            command=self._command(),
            emit=emit,
        )

    def _command(self) -> str:
        varied = [word for text in self.varied for word in ("--vary", text)]
        own = words_of(self.recipe, self.options)[2:]
        return shlex.join(["stillroom", "study", "ablation", self.recipe, *own, *varied, "--seeds", str(self.seeds)])


def plan_of(
    kind: str,
    recipe: str,
    options: Mapping[str, Any],
    found: Sequence[Cell],
    *,
    seeds: Sequence[int],
    asked: dict[str, Any],
    command: str,
    emit: Emit,
    by_seed: bool = False,
) -> Plan:
    """Plans a run for each combination and seed; each is checked as `distil` would check it, before any begins.

    Args:
        kind: of the study.
        recipe: of combinations that name none.
        options: of `distil`, by name.
        found: the combinations, the first one being what the others are compared with.
        seeds: of everything drawn.
        asked: what was asked for, for people and for comparison.
        command: that asks for it again.
        emit: hears of the data being read.
        by_seed: all combinations of a seed before any of the next, so that an unfinished study compares all of them.

    Raises:
        InputError: anything that could not run, naming what to change.
    """
    own = {**options, "threads": int(options.get("threads") or 1), "change": [_ALIKE, *options.get("change", ())]}
    dataset = open_source(own["data"], track=own.get("track") or None, emit=emit)
    runs = [
        run for number, cell in enumerate(found) for run in _runs(number, cell.settings, recipe, own, seeds, dataset)
    ]
    return Plan(
        kind=kind,
        asked=asked,
        command=command,
        cells=tuple(found),
        runs=tuple(sorted(runs, key=lambda run: run.seed) if by_seed else runs),
        threads=own["threads"],
        versions=versions(),
    )


def _runs(
    number: int, settings: dict[str, str], recipe: str, options: dict[str, Any], seeds: Sequence[int], dataset: Dataset
) -> list[Planned]:
    recipe, own = apply(settings, recipe, options)
    experiment = experiment_of(recipe, own, dataset=dataset)
    check(experiment)
    asked = experiment.asked()
    return [
        Planned(
            id=f"{number + 1:02d}-s{seed}",
            cell=number,
            seed=seed,
            words=tuple(words_of(recipe, {**own, "seed": seed})),
            key=fingerprint({**asked, "seed": seed}),
        )
        for seed in seeds
    ]


def _refuse(axes: list[str], options: Mapping[str, Any]) -> None:
    if not axes:
        raise InputError("nothing is varied", where="--vary", mend="As --vary student.terms.attn_rep.weight=1,2,4")
    if twice := [key for key in axes if axes.count(key) > 1]:
        raise InputError(f"{twice[0]} is varied twice", where="--vary", mend="Give all its values in one --vary")
    if both := [key for key in axes if key in options]:
        raise InputError(
            f"{both[0].replace('_', '-')} is given and varied", where="--vary", mend="Leave one of them out"
        )
    refuse_own(options)
    if "data" not in options:
        raise InputError("which recordings?", where="--data", mend="As --data factory")
    if "student_view" not in {*options, *axes}:
        raise InputError("what does the student see?", where="--student-view", mend="As 'right_wrist.acc.*'")


def _refuse_without_student(recipe: str) -> None:
    """An ablation compares students, each with itself alone."""
    made = compared(RECIPES[recipe]())
    if lacking := [role for role in (STUDENT, ALONE) if role not in made]:
        mend = "Vary a recipe that teaches a student, as tsak; `stillroom study sensors` compares sets of sensors"
        raise InputError(f"the recipe {recipe} makes no model {lacking[0]}", where=recipe, mend=mend)


def refuse_own(options: Mapping[str, Any]) -> None:
    """Refuses options that a study sets itself, or that would make its runs unlike.

    Raises:
        InputError: naming the option.
    """
    if own := [name for name in _OWN if name in options]:
        raise InputError(f"a study sets --{own[0]} itself", where=f"--{own[0]}", mend="Leave it out")
    if any(change.replace(" ", "") == "cache.mode=auto" for change in options.get("change", ())):
        raise InputError(
            "whether the cache pays is timed, so runs would not be alike",
            where="--set cache.mode=auto",
            mend="Choose on (the study's default) or off",
        )
