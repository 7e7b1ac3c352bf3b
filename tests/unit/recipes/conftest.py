"""Experiments on the made-up set, small enough to be run whole."""

import pytest

from stillroom.recipes.experiment import Experiment, Settings, prepare
from stillroom.recipes.recipe import RECIPES

SMALL = [
    *(
        f"{phase}.training.{what}"
        for phase in ("teacher", "semantic", "student", "reference", "optimise")
        for what in ("epochs=2", "batch=16")
    ),
    "teacher.training.least_steps=0",
    "teacher.model.settings.token=8", "teacher.model.settings.causal=8", "teacher.model.settings.heads=2",
    "student.model.settings.widths=[4,8]", "student.model.settings.hidden=8", "forest.settings.trees=3",
    "augmentation.views=2", "student.training.epochs=5", "semantic.hidden=8", "optimise.keep=[]", "optimise.int8=false",
    "strategy=sc_logit",
]  # fmt: skip

ATTENTION_HAR = ("width=8", "heads=2", "blocks=1", "feedforward=16", "filters=4")
QUICK = ("epochs=2", "batch=16", "least_steps=0")
# what a recipe on SMLDist's pair of networks is made small by
PAIR = [
    *(f"{phase}.model.settings.width=0.25" for phase in ("teacher", "student")),
    *(f"{phase}.training.least_steps=0" for phase in ("student", "reference")),
]
SEARCH = [f"search.training.{what}" for what in QUICK]
STAGES = [f"stages.*.training.{what}" for what in QUICK]
MORE = {
    "mahmud": [f"teacher.model.settings.{size}" for size in ATTENTION_HAR],
    "field": PAIR,
    "smldist_joint": [*PAIR, *SEARCH],
    "smldist": [*PAIR, *SEARCH, *STAGES],
}
NO_SECOND = ("semantic.", "strategy")
OTHER_NETS = (*NO_SECOND, "teacher.model.", "student.model.")
LACKS = {
    "tsak": (),
    "hinton": NO_SECOND,
    "alone": NO_SECOND,
    "any_subset": (*NO_SECOND, "teacher.model."),
    "mahmud": (*NO_SECOND, "teacher.model."),
    **dict.fromkeys(("field", "smldist", "smldist_joint"), OTHER_NETS),
}


@pytest.fixture(scope="session")
def experiment(make_dataset):
    def make(
        *changes: str, people: int = 4, recipe: str = "tsak", poison: dict[str, float] | None = None, **settings: object
    ) -> Experiment:
        asked = {
            "data": "made", "student_view": "right_wrist.acc.*", "protocol": "person", "folds": 1,
            "windows": {"window_s": 2.0, "stride_s": 1.0}, **settings,
        }  # fmt: skip
        small = [change for change in SMALL if not change.startswith(LACKS[recipe])] + MORE.get(recipe, [])
        made = RECIPES[recipe]().with_changes([*small, *changes])
        dataset = make_dataset(people=people, seconds=12.0, poison=poison)
        return prepare(made, Settings.from_input(asked, where="test"), dataset)

    return make
