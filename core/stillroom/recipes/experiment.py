"""An experiment: a recipe, a data set, two views and a split, ready to be run fold by fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from pydantic import Field

from stillroom.base.config import Config
from stillroom.base.errors import InputError
from stillroom.data.bank import Bank, bank_of
from stillroom.data.dataset import Dataset
from stillroom.data.splits import Fold, Split, split
from stillroom.data.windows import WindowConfig, WindowIndex, cut
from stillroom.models.recogniser import Interface
from stillroom.recipes.recipe import Recipe
from stillroom.sensors.layout import Layout

SHORTEST = 8


class Settings(Config):
    """What a user asks for beside the recipe.

    Attributes:
        data: the SOURCE text.
        teacher_view: globs over channels.
        student_view: globs over channels.
        protocol: see `data.splits`.
        seed: of everything drawn.
        fast: the small setting.
        folds: run only the first so many folds; 0 for all.
        windows: how windows are cut; the data set's own by default.
        drop_class: classes treated as unlabelled.
        track: the annotation kind to learn; the data set's own by default.
        leaks_known: the user has said that a random split leaks.
        threads: of torch; part of what makes a result the same bit for bit.
        device: `cpu` or `cuda`.
        teacher_run: a finished run whose teachers are used instead of training any.
    """

    data: str
    teacher_view: str = "*"
    student_view: str
    protocol: str
    seed: int = Field(default=0, ge=0)
    fast: bool = False
    folds: int = Field(default=0, ge=0)
    windows: WindowConfig
    drop_class: tuple[str, ...] = ()
    track: str | None = None
    leaks_known: bool = False
    threads: int = Field(default=1, ge=1)
    device: str = Field(default="cpu", pattern=r"^(cpu|cuda(:\d+)?)$")
    teacher_run: str | None = None


@dataclass(frozen=True)
class Experiment:
    """Everything that training needs, prepared once.

    Attributes:
        recipe: what is trained, how.
        settings: what was asked for.
        dataset: the recordings' facts; their signals are in the bank.
        index: the windows.
        split: the folds.
        bank: the channels that any model sees.
        teacher: the teacher's interface.
        student: the student's interface.
        device: where tensors lie.
    """

    recipe: Recipe
    settings: Settings
    dataset: Dataset
    index: WindowIndex
    split: Split
    bank: Bank
    teacher: Interface
    student: Interface
    device: torch.device

    @property
    def folds(self) -> tuple[Fold, ...]:
        """The folds that are run."""
        return self.split.folds[: self.settings.folds or None]

    def asked(self) -> dict[str, Any]:
        """Everything that decides the result, for the run's folder."""
        return {
            **self.settings.model_dump(mode="json"),
            "recipe": self.recipe.model_dump(mode="json"),
            "data_key": self.dataset.key,
            "index_key": self.index.key(),
        }


def prepare(recipe: Recipe, settings: Settings, dataset: Dataset) -> Experiment:
    """Cuts windows, divides them, and lays the channels out.

    Raises:
        InputError: views, windows, protocol or device that do not fit the data; nothing has been written then.
    """
    dataset = dataset.without_classes(settings.drop_class)
    samples = round(settings.windows.window_s * dataset.rate_hz)
    if samples < SHORTEST:
        raise InputError(
            f"a window would have {samples} samples, at least {SHORTEST} are needed",
            where=f"{settings.windows.window_s:g} s at {dataset.rate_hz:g} Hz",
            mend="Choose a longer --window-s",
        )
    teacher = dataset.layout.select(settings.teacher_view)
    student = dataset.layout.select(settings.student_view)
    index = cut(dataset, settings.windows)
    divided = split(index, settings.protocol, leaks_known=settings.leaks_known, seed=settings.seed)
    # whole sensors, also where a view takes one axis: what turns, turns together
    union = Layout(channels=tuple(c for c in dataset.layout if c.sensor in {*teacher.sensors, *student.sensors}))

    def interface(layout: Layout) -> Interface:
        return Interface(layout, index.rate_hz, index.width, index.classes)

    return Experiment(
        recipe=recipe,
        settings=settings,
        dataset=dataset,
        index=index,
        split=divided,
        bank=bank_of(dataset.recordings, union),
        teacher=interface(teacher),
        student=interface(student),
        device=_device(settings.device),
    )


def _device(name: str) -> torch.device:
    kind, _, number = name.partition(":")
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        what = "no such CUDA device" if torch.cuda.is_available() else "no CUDA device is available"
        raise InputError(what, where=f"--device {name}", mend="Use --device cpu")
    return torch.device(name)
