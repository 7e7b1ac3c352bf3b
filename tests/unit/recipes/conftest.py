"""Experiments on the made-up set, small enough to be run whole."""

import pytest

from stillroom.recipes.experiment import Experiment, Settings, prepare
from stillroom.recipes.recipe import RECIPES

SMALL = [
    *(f"{phase}.training.{what}" for phase in ("teacher", "student", "reference") for what in ("epochs=2", "batch=16")),
    "teacher.model.settings.token=8", "teacher.model.settings.causal=8", "teacher.model.settings.heads=2",
    "student.model.settings.widths=[4,8]", "student.model.settings.hidden=8", "forest.settings.trees=3",
    "augmentation.views=2", "student.training.epochs=5",
]  # fmt: skip


@pytest.fixture
def experiment(make_dataset):
    def make(*changes: str, people: int = 4, **settings: object) -> Experiment:
        asked = {
            "data": "made", "student_view": "right_wrist.acc.*", "protocol": "person", "folds": 1,
            "windows": {"window_s": 2.0, "stride_s": 1.0}, **settings,
        }  # fmt: skip
        recipe = RECIPES["tsak"]().with_changes([*SMALL, *changes])
        return prepare(recipe, Settings.from_input(asked, where="test"), make_dataset(people=people, seconds=12.0))

    return make
