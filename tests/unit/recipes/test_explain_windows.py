"""Attributions over folds: each person by the model that never saw them, checks always beside them, folds in one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stillroom.base.errors import InputError, StoppedError
from stillroom.base.events import silent
from stillroom.explain.attribution import attribute
from stillroom.explain.baselines import training_mean
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.explain_windows import Found, explain_windows, merged, portions
from stillroom.recipes.explained import explained
from stillroom.runs.store import Run

from .explain_kit import Make, explainable, poisoned
from .kit import never

METHOD = "feature_ablation"  # asks a model a few times only
CHECKS = {"completeness", "deletion", "randomised", "stability", "coincide"}


@pytest.fixture(scope="module")
def made(experiment: Make, tmp_path_factory: pytest.TempPathFactory) -> tuple[Experiment, Run]:
    folder = tmp_path_factory.mktemp("windows") / "run"
    return explainable(experiment, folder, "teacher", "alone")


def asked(
    experiment: Experiment,
    run: Run,
    method: str = METHOD,
    windows: int = 12,
    removing: str = "sensor",
    stop: Any = never,
) -> tuple[dict[str, Any], dict[str, Found]]:
    return explain_windows(
        experiment, run, windows=windows, method=method, removing=removing, seed=0, emit=silent, stop=stop
    )


def test_each_fold_s_model_explains_the_person_that_it_never_saw(made: tuple[Experiment, Run]) -> None:
    experiment, run = made
    found = asked(*made)[1]["teacher"]
    assert found.unit.tolist() == ["p1"] * 6 + ["p2"] * 6
    assert found.label.tolist() == experiment.index.label[found.ids].tolist()
    for own, (fold, other) in enumerate(zip(experiment.folds, experiment.folds[::-1], strict=True)):
        rows = np.flatnonzero(np.isin(found.ids, fold.test))
        assert len(rows) == 6
        for number, model in enumerate((fold, other)):
            with explained(experiment, run, "teacher", model) as one:
                x, targets = one.windows(experiment, found.ids[rows]), torch.from_numpy(found.label[rows])
                mean = training_mean(one.mean, x.shape[2])
                again = attribute(METHOD, one.ask, x, targets, mean, one.layout)
            assert torch.allclose(again, found.side.attributions[rows], atol=1e-5) == (number == 0), own


def test_nobody_else_s_recording_changes_an_explanation(made: tuple[Experiment, Run]) -> None:
    experiment, run = made
    plain, found = asked(experiment, run)
    again, same = asked(poisoned(experiment, "p1", "p2"), run)
    assert again == plain
    assert all(torch.equal(found[role].side.attributions, same[role].side.attributions) for role in found)
    assert asked(poisoned(experiment, "p1"), run)[0] != plain


@pytest.mark.parametrize("method", ["integrated_gradients", METHOD])
def test_every_model_comes_with_its_checks_and_shares_that_sum_to_one(
    made: tuple[Experiment, Run], method: str
) -> None:
    told, found = asked(*made, method=method)
    assert list(told["models"]) == list(found) == ["teacher", "alone"]
    for role, model in told["models"].items():
        assert model["method"] == method and model["windows"] == 12 and set(model["sanity"]) == CHECKS
        assert (model["sanity"]["completeness"] is None) == (method == METHOD)
        for level in ("sensors", "channels", "sites"):
            assert sum(one["importance"] for one in model[level]) == pytest.approx(1), (role, level)
        assert set(model["classes"]) == {"slow", "brisk", "still"}
        sums = found[role].side.attributions.sum(dim=(1, 2)).mean()
        assert sum(model["signed"].values()) == pytest.approx(float(sums), abs=1e-4)
    agreement = told["agreement"]
    assert agreement["with"] == "teacher" and set(agreement) == {"with", "alone"}
    assert agreement["alone"]["channels"]["channels"] == ["right_wrist.acc.x", "right_wrist.acc.y", "right_wrist.acc.z"]


def test_where_a_forest_is_in_any_model_all_are_explained_by_occlusion(experiment: Make, tmp_path: Path) -> None:
    changes = ("forest_in_teacher=true",)
    made = explainable(experiment, tmp_path / "run", "teacher", "alone", changes=changes, folds=1)
    told = asked(*made, "integrated_gradients", 3)[0]["models"]
    assert {role: model["method"] for role, model in told.items()} == {"teacher": "occlusion", "alone": "occlusion"}
    assert told["teacher"]["sanity"]["randomised"] is None and told["alone"]["sanity"]["randomised"] is not None
    assert asked(*made, METHOD, 3)[0]["models"]["teacher"]["method"] == METHOD, "it asks for no gradient"


def test_windows_are_shared_out_over_folds_and_a_fold_without_any_is_left_out(made: tuple[Experiment, Run]) -> None:
    experiment = made[0]
    assert [len(ids) for _, ids in portions(experiment, 7, 0)] == [4, 3]
    assert [(fold.name, len(ids)) for fold, ids in portions(experiment, 1, 0)] == [("p1", 1)]
    uneven, found = asked(*made, windows=7)
    sums = found["teacher"].side.attributions.sum(dim=(1, 2))
    people = float(sums[:4].mean() + sums[4:].mean()) / 2
    assert sum(uneven["models"]["teacher"]["signed"].values()) == pytest.approx(people, abs=1e-4)
    told = asked(*made, windows=1)[0]
    assert told["models"]["teacher"]["windows"] == 1 and told["models"]["teacher"]["sensors"][0]["low"] is None


@pytest.mark.parametrize("method", [METHOD, "occlusion"])
def test_what_is_removed_together_reaches_the_method(made: tuple[Experiment, Run], method: str) -> None:
    spread = {}
    for removing in ("sensor", "time"):
        found = asked(*made, method, 2, removing)[1]["teacher"]
        layout, values = found.side.layout, found.side.attributions
        own = [values[:, layout.indices_of(layout.select(f"{sensor}.*"))].std(dim=1).max() for sensor in layout.sensors]
        spread[removing] = (float(max(own)), float(values.std(dim=1).max()))
    assert max(spread["sensor"][0], *spread["time"]) < 1e-6 < spread["sensor"][1], "a whole stretch, of every sensor"


def test_gradient_shap_begins_from_training_windows_and_no_other_method_does(made: tuple[Experiment, Run]) -> None:
    experiment, run = made
    others = poisoned(experiment, "p1")  # the fold that tests p1 trained on all others
    for method, same in (("gradient_shap", False), (METHOD, True)):
        plain, again = (asked(one, run, method, 1)[1]["teacher"].side.attributions for one in (experiment, others))
        assert torch.equal(plain, again) == same, method


def test_models_without_a_channel_in_common_are_not_compared(experiment: Make, tmp_path: Path) -> None:
    views = {"teacher_view": "left_wrist.*", "student_view": "right_wrist.acc.*"}
    made = explainable(experiment, tmp_path / "run", "teacher", "alone", folds=1, **views)
    told = asked(*made, windows=3)[0]
    assert list(told["models"]) == ["teacher", "alone"] and told["agreement"] is None


def test_the_checks_of_folds_are_one_by_their_windows() -> None:
    one = {"mean": 1.0, "curve": [0.0, 4.0], "of": {"windows": 3, "undefined": 1, "worst": 0.5}, "none": None}
    other = {"mean": 5.0, "curve": [8.0, 0.0], "of": {"windows": 1, "undefined": 0, "worst": 0.7}, "none": 2.0}
    assert merged([(3, one), (1, other)]) == {
        "mean": 2.0,
        "curve": [2.0, 3.0],
        "of": {"windows": 4, "undefined": 1, "worst": 0.7},
        "none": None,
    }


def test_a_stop_is_heard_at_once_and_an_unknown_method_is_refused_before_any_model_is_asked(
    made: tuple[Experiment, Run],
) -> None:
    with pytest.raises(StoppedError, match="stopped on request"):
        asked(*made, stop=lambda: True)
    with pytest.raises(InputError, match="unknown attribution method 'lime'"):
        asked(*made, method="lime", stop=lambda: True)
