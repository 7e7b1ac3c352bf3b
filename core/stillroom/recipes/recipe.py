"""A recipe: which models, which losses, how trained, in which order."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any

from pydantic import Field, model_validator

from stillroom.base.config import Config
from stillroom.base.errors import InputError
from stillroom.base.registry import Registry, did_you_mean
from stillroom.models.architecture import ARCHITECTURES, Architecture
from stillroom.recipes.strategies import alone_terms, strategy_terms
from stillroom.training.augmentation import AugmentationConfig
from stillroom.training.loop import TrainingConfig
from stillroom.training.teacher_cache import CacheConfig

MIXED = "mixed"  # the training of all classifiers, before one of them is chosen


class ModelConfig(Config):
    """An architecture by name.

    Attributes:
        name: as registered.
        settings: of that architecture.
    """

    name: str
    settings: dict[str, Any] = Field(default_factory=dict)

    def architecture(self) -> Architecture:
        """The architecture with these settings.

        Raises:
            InputError: an unknown name or setting.
        """
        return ARCHITECTURES[self.name].from_input(dict(self.settings), where=f"settings of {self.name}")


class Phase(Config):
    """One training.

    Attributes:
        model: what is trained.
        terms: named losses with their settings and weights.
        training: how.
        taps: dotted paths of the network's modules whose outputs terms look at, by name; what a network names itself
            (its anchors) is there without.
        frozen: dotted paths of parts of the network that do not learn.
        frozen_share: for which share of the epochs, from the first one.
    """

    model: ModelConfig
    terms: dict[str, dict[str, Any]]
    training: TrainingConfig = TrainingConfig()
    taps: dict[str, str] = Field(default_factory=dict)
    frozen: tuple[str, ...] = ()
    frozen_share: float = Field(default=1.0, ge=0, le=1)


class Stage(Config):
    """A training of the student before its own phase, which goes on from the weights that it leaves.

    Attributes:
        name: of the stage.
        terms: named losses.
        training: how.
        frozen: dotted paths of parts of the network that do not learn.
    """

    name: str = Field(pattern=r"^[a-z]\w*$")
    terms: dict[str, dict[str, Any]]
    training: TrainingConfig = TrainingConfig()
    frozen: tuple[str, ...] = ()


class Search(Config):
    """The choice among a student's classifiers: validation people weigh them, the best one stays and is tuned.

    Attributes:
        terms: named losses of the tuning of a distilled student.
        alone_terms: the same of one that learned alone.
        training: of the tuning.
    """

    terms: dict[str, dict[str, Any]]
    alone_terms: dict[str, dict[str, Any]]
    training: TrainingConfig = TrainingConfig()


class Semantic(Config):
    """TSAK's second stage: a classifier over the teacher's three frozen representations.

    Attributes:
        hidden: width of its hidden layer.
        dropout: on that layer, in training.
        terms: named losses.
        training: how; the validation people say when to stop.
    """

    hidden: int = Field(default=64, ge=4)
    dropout: float = Field(default=0.3, ge=0, lt=1)
    terms: dict[str, dict[str, Any]]
    training: TrainingConfig = TrainingConfig()


class Optimise(Config):
    """What is done to a distilled student: channels are pruned step by step, then each step goes to INT8.

    Attributes:
        keep: shares of the student's channels that are left after each step, falling.
        training: of each step's fine-tuning, under the student's own terms.
        int8: quantise the student and each step; needs the extra `export`.
    """

    keep: tuple[float, ...] = ()
    training: TrainingConfig = TrainingConfig()
    int8: bool = False

    @model_validator(mode="after")
    def _falls(self) -> Optimise:
        if any(not 0 < now < before for before, now in pairwise((1.0, *self.keep))):
            raise ValueError("the shares of channels to keep must lie between 0 and 1, and fall")
        percent = [round(100 * share) for share in self.keep]
        if len(set(percent)) < len(percent) or not all(0 < share < 100 for share in percent):
            raise ValueError("the shares of channels to keep must differ by a per cent, from .01 to .99")
        return self


class Recipe(Config):
    """Ordered phases: teacher, semantic classifier, student, optimisation; the baselines stand beside them.

    Attributes:
        name: as registered.
        title: for people.
        source: what it follows, and how freely.
        teacher: trained on the teacher's view.
        semantic: the second stage over the teacher's representations; none for a teacher of one stage.
        forest_in_teacher: mix a random forest into the teacher, its share chosen on validation people.
        cross_fit: number of groups of training people for cross-fitted targets; 0 for plain targets.
        recorded_targets: the teacher is shown each window as recorded, however it is turned for the student.
        strategy: what the student is taught with, as `sc_logit+attn_rep`; to set it by `with_changes` sets the terms of
            the student and of the student alone.
        stages: trainings of the student before its own phase, in order.
        copied: a dotted path of the student's network (its head) that begins as a copy of the teacher's; or none.
        student: trained on the student's view with the teacher's answers; `alone` is the same without them.
        search: the choice among the student's classifiers; none where it has one.
        optimise: what is done to the student afterwards.
        alone_terms: the losses of the student trained alone.
        reference: the small published-style net, trained alone on the student's view.
        forest: the random forest's settings.
        forest_views: how many of the seeded views of each window a forest is grown on.
        augmentation: the seeded views of training windows, the same for every model.
        cache: how the teacher's answers are kept.
        only: the models that are made and compared, where it is not all of them.
    """

    name: str
    title: str
    source: str
    teacher: Phase
    semantic: Semantic | None = None
    forest_in_teacher: bool = True
    cross_fit: int = Field(default=0, ge=0)
    recorded_targets: bool = False
    strategy: str = ""
    stages: tuple[Stage, ...] = ()
    copied: str | None = None
    student: Phase
    search: Search | None = None
    optimise: Optimise = Optimise()
    alone_terms: dict[str, dict[str, Any]]
    reference: Phase
    forest: ModelConfig = ModelConfig(name="forest")
    forest_views: int = Field(default=3, ge=1)
    augmentation: AugmentationConfig = AugmentationConfig()
    cache: CacheConfig = CacheConfig()
    only: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _stages_differ(self) -> Recipe:
        names = [MIXED, *(stage.name for stage in self.stages)]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"two trainings of the student are named {twice[0]}: name each of the stages once")
        return self

    def with_changes(self, changes: list[str]) -> Recipe:
        """A copy with `path=value` changes, as `student.terms.attn_rep.weight=2`.

        Where a number of epochs is set, nothing lengthens it (`least_steps`), unless that is set as well.

        Raises:
            InputError: a path that leads nowhere, or a value that does not fit.
        """
        raw = self.model_dump(mode="json")
        # a strategy names all of the student's terms, so it comes before what is changed in them; so do epochs, since
        # who says how many means so many
        for change in sorted(changes, key=_place):
            path, equals, value = change.partition("=")
            if not equals:
                raise InputError(
                    "a change is PATH=VALUE", where=f"--set {change}", mend="As augmentation.rotation_deg=30"
                )
            taken = _parse(value)
            if path == "strategy":  # `none` is the name of one
                taken, raw["student"]["terms"], raw["alone_terms"] = value, strategy_terms(value), alone_terms(value)
            _put(raw, path.split("."), taken, change)
        return Recipe.from_input(raw, where="--set")

    def fast(self) -> Recipe:
        """The small setting of the same recipe: few epochs at a higher rate, few views, few trees."""
        parts: dict[str, Any] = {
            "forest": {"name": self.forest.name, "settings": {**self.forest.settings, "trees": 50}}
        }
        for name, phase, epochs in (
            ("teacher", self.teacher, 10),
            ("student", self.student, min(30, math.ceil(0.75 * self.student.training.epochs))),
            ("reference", self.reference, 20),
        ):
            parts[name] = phase.changed(training=_few(phase.training, epochs)).model_dump()
        # few windows make few steps: with its usual batches a teacher of few epochs is hardly trained at all
        if self.teacher.training.batch > 64:
            parts["teacher"]["training"]["batch"] = 32
        if self.semantic:
            parts["semantic"] = self.semantic.changed(training=_few(self.semantic.training, 12)).model_dump()
        parts["stages"] = [one.changed(training=_few(one.training, 4)).model_dump() for one in self.stages]
        if self.search:
            parts["search"] = self.search.changed(training=_few(self.search.training, 4)).model_dump()
        parts["optimise"] = self.optimise.changed(training=_few(self.optimise.training, 10)).model_dump()
        return self.changed(**parts, forest_views=2, augmentation=self.augmentation.changed(views=4).model_dump())


RECIPES: Registry[Callable[[], Recipe]] = Registry("recipe")


def _few(training: TrainingConfig, epochs: int) -> dict[str, Any]:
    return training.changed(epochs=epochs, patience=epochs, least_steps=0, lr=3e-3).model_dump()


def _parse(text: str) -> Any:
    words: dict[str, Any] = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    if text.startswith("["):
        with suppress(ValueError):
            return json.loads(text)
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def _put(tree: dict[str, Any], path: list[str], value: Any, change: str) -> None:
    """Sets what lies at a path; `*` in it means each that is there, `stages.NAME` one of the stages."""
    here = tree
    if path[0] != "stages" and "*" in path[:-1]:
        for one in _each(tree, path):
            _put(tree, one, value, change)
        return
    for number, part in enumerate(path[:-1]):
        if part == "stages" and number == 0:
            _put_into_stages(here["stages"], path[1:], value, change)
            return
        if number and path[number - 1] == "settings":  # a group of settings that the declaration leaves as it is
            here.setdefault(part, {})
        if not isinstance(here.get(part), dict):
            raise InputError(f"no setting {part!r}", where=f"--set {change}", mend=did_you_mean(part, list(here)))
        here = here[part]
    # the settings of an architecture or a loss may be absent from the declaration: their own configs check them
    free = len(path) > 1 and (path[-2] == "taps" or {"settings", "terms", "alone_terms"} & set(path[:-1]))
    if here.get(path[-1], here) is not here and path[-2:-1] in (["terms"], ["alone_terms"]) and value is None:
        del here[path[-1]]
        return
    if path[-1] not in here and not free:
        raise InputError(f"no setting {path[-1]!r}", where=f"--set {change}", mend=did_you_mean(path[-1], list(here)))
    here[path[-1]] = value
    if path[-2:] == ["training", "epochs"] and "least_steps" in here:
        here["least_steps"] = 0


def _place(change: str) -> int:
    return 0 if change.startswith("strategy=") else 1 if change.partition("=")[0].endswith(".epochs") else 2


def _each(tree: dict[str, Any], path: list[str]) -> list[list[str]]:
    """The paths that a path with `*` means."""
    at, here = path.index("*"), tree
    for part in path[:at]:
        here = here.get(part) if isinstance(here, dict) else None  # type: ignore[assignment]
    if not here or not isinstance(here, dict):
        raise InputError("`*` means nothing here", where=f"--set {'.'.join(path)}", mend="As student.terms.*.weight=2")
    return [[*path[:at], name, *path[at + 1 :]] for name in here]


def _put_into_stages(stages: list[dict[str, Any]], path: list[str], value: Any, change: str) -> None:
    meant = [stage for stage in stages if path[0] in ("*", stage["name"])]
    if not meant:
        known = [stage["name"] for stage in stages]
        mend = did_you_mean(path[0], [*known, "*"]) if known else "This recipe has no stages"
        raise InputError(f"no stage {path[0]!r}", where=f"--set {change}", mend=mend)
    if len(path) < 2:
        mend = f"As stages.{path[0]}.training.epochs=3"
        raise InputError("a stage is no value itself", where=f"--set {change}", mend=mend)
    refusals = []
    for stage in meant:
        try:
            _put(stage, path[1:], value, change)
        except InputError as error:
            refusals.append(error)
    if len(refusals) == len(meant):  # what some stages have and others have not is set where it is
        raise refusals[0]
