"""TSAK's second stage: a classifier beside a teacher that it leaves as it is, fitted and chosen on the right people."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from stillroom.base.errors import InputError, StoppedError
from stillroom.base.events import Event, silent
from stillroom.models.bundle import load_model
from stillroom.recipes import teachers
from stillroom.recipes.check import check
from stillroom.recipes.distil import distil
from stillroom.recipes.fold import FoldRun
from stillroom.recipes.teaching import student_targets
from stillroom.training.scoring import macro_f1_by_unit, probabilities

from .kit import files, made, never, weights

ON = "cache.mode=on"
# one epoch of the teacher, so that its validation people have nothing to choose
LONGER = (ON, "teacher.training.epochs=1", "semantic.training.epochs=6", "semantic.training.patience=6")


def history(fold: FoldRun, role: str = "semantic") -> list[dict]:
    return list(json.loads((fold.folder(role) / "history.json").read_text()))


def tensors(fold: FoldRun, role: str) -> dict[str, torch.Tensor]:
    return load_file(fold.folder(role) / "model.safetensors")


@pytest.fixture(scope="module")
def fitted(experiment, tmp_path_factory: pytest.TempPathFactory) -> FoldRun:
    """A fold with both stages."""
    return made(experiment(*LONGER), tmp_path_factory.mktemp("fitted"), "teacher", "semantic")


def test_it_leaves_the_teacher_s_files_and_weights_bit_identical_and_holds_them_as_stage_1(
    experiment, tmp_path: Path
) -> None:
    asked = experiment(ON)
    fold = made(asked, tmp_path, "teacher")
    before = files(fold.folder("teacher"))
    made(asked, tmp_path, "semantic")
    assert files(fold.folder("teacher")) == before
    stage1, both = tensors(fold, "teacher"), tensors(fold, "semantic")
    prefix = "members.0.net."
    assert {name for name in both if ".stage1." in name} == {
        name.replace(prefix, f"{prefix}stage1.") for name in stage1 if name.startswith(prefix)
    }
    for name, tensor in stage1.items():
        assert torch.equal(both[name.replace(prefix, f"{prefix}stage1.")], tensor), name


def test_its_first_stage_says_what_the_teacher_says(fitted: FoldRun) -> None:
    x = fitted.teacher_view.batch(fitted.fold.test)
    with torch.no_grad():
        first, both = (load_model(fitted.folder(role))[0](x) for role in ("teacher", "semantic"))
    assert torch.equal(both.parts["stage1_logits"], first.logits)
    assert torch.equal(both.parts["attention"], first.parts["attention"])
    assert not torch.equal(both.logits, first.logits)


def test_the_epoch_that_is_kept_is_the_best_on_validation_people(fitted: FoldRun) -> None:
    scores = [epoch["validation_macro_f1"] for epoch in history(fitted)]
    model = load_model(fitted.folder("semantic"))[0]
    kept = macro_f1_by_unit(probabilities(model, fitted.teacher_view, fitted.validation.ids), fitted.validation)
    assert kept == pytest.approx(max(scores)) and len(scores) == 6
    assert set(fitted.validation.unit) == {"p2"}


@pytest.mark.parametrize("fill", [1e9, 0.0])
def test_whom_it_is_tested_on_changes_nothing(experiment, fitted: FoldRun, tmp_path: Path, fill: float) -> None:
    poisoned = made(experiment(*LONGER, poison={"p1": fill}), tmp_path, "teacher", "semantic")
    assert history(poisoned) == history(fitted)
    for role in ("teacher", "semantic"):
        ours, theirs = ((fold.folder(role) / "model.safetensors").read_bytes() for fold in (poisoned, fitted))
        assert ours == theirs


def test_who_validates_chooses_the_epoch_and_teaches_nothing(experiment, fitted: FoldRun, tmp_path: Path) -> None:
    poisoned = made(experiment(*LONGER, poison={"p2": 0.0}), tmp_path, "teacher", "semantic")
    assert [epoch["losses"] for epoch in history(poisoned)] == [epoch["losses"] for epoch in history(fitted)]
    ours, theirs = ([epoch["validation_macro_f1"] for epoch in history(fold)] for fold in (poisoned, fitted))
    assert ours != theirs


def test_who_trains_does_teach_it(experiment, fitted: FoldRun, tmp_path: Path) -> None:
    louder = made(experiment(*LONGER, poison={"p3": 5.0}), tmp_path, "teacher", "semantic")
    assert history(louder)[0]["losses"] != history(fitted)[0]["losses"]


@pytest.mark.parametrize("mode", ["on", "off"])
def test_it_is_the_same_classifier_whether_the_teacher_is_cached_or_asked(
    experiment, fitted: FoldRun, tmp_path: Path, mode: str
) -> None:
    changes = (*LONGER, f"cache.mode={mode}", "cache.dtype=float32")
    other = made(experiment(*changes), tmp_path, "teacher", "semantic")
    ids = fitted.fold.test
    ours, theirs = (
        probabilities(load_model(fold.folder("semantic"))[0], fold.teacher_view, ids) for fold in (other, fitted)
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_a_forest_in_the_teacher_is_mixed_into_the_classifier_as_well(
    experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teachers, "SHARES", (0.75,))
    fold = made(experiment(ON, "forest_in_teacher=true"), tmp_path, "teacher", "semantic")
    stage1, both = (load_model(fold.folder(role))[0] for role in ("teacher", "semantic"))
    assert [len(model.members) for model in (stage1, both)] == [2, 2]
    assert both.weights.tolist() == stage1.weights.tolist() == [0.75, 0.25]
    forests = [model.members[1].state_dict() for model in (stage1, both)]
    assert all(torch.equal(tensor, forests[1][name]) for name, tensor in forests[0].items())
    x = fold.teacher_view.batch(fold.fold.test)
    with torch.no_grad():
        classifier, forest = (torch.softmax(member(x).logits, dim=1) for member in both.members)
        said = torch.softmax(both(x).logits, dim=1)
    torch.testing.assert_close(said, 0.75 * classifier + 0.25 * forest)


def test_where_validation_people_want_no_forest_there_is_none(
    experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teachers, "SHARES", (1.0,))
    fold = made(experiment(ON, "forest_in_teacher=true"), tmp_path, "teacher", "semantic")
    assert len(load_model(fold.folder("semantic"))[0].members) == 1


def test_stopped_while_it_is_fitted_and_resumed_every_model_is_bit_for_bit_the_same(experiment, tmp_path: Path) -> None:
    asked = experiment(*LONGER)
    heard: list[Event] = []

    def in_its_third_epoch() -> bool:
        return sum(event.kind == "epochs" and "/semantic" in event.data["phase"] for event in heard) >= 2

    with pytest.raises(StoppedError) as stopped:
        distil(asked, tmp_path / "parts", resume=False, emit=heard.append, stop=in_its_third_epoch)
    assert stopped.value.where == "p1/semantic"
    distil(asked, tmp_path / "parts", resume=True, emit=silent, stop=never)
    distil(asked, tmp_path / "whole", resume=False, emit=silent, stop=never)
    assert weights(tmp_path / "parts") == weights(tmp_path / "whole")
    assert set(files(tmp_path / "parts")) == set(files(tmp_path / "whole"))


@pytest.mark.parametrize("role", ["teacher-1-of-2", "semantic-2-of-2"])
def test_stopped_while_a_cross_fitted_stage_is_trained_it_goes_on_and_leaves_nothing_behind(
    experiment, tmp_path: Path, role: str
) -> None:
    asked = experiment(ON, "cross_fit=2", "semantic.training.epochs=3", "teacher.training.epochs=3")
    heard: list[Event] = []

    def after_an_epoch() -> bool:
        return any(event.kind == "epochs" and event.data["phase"].endswith(role) for event in heard)

    fold = made(asked, tmp_path / "parts", "teacher", "semantic")
    fold.emit, fold.stop = heard.append, after_an_epoch
    with pytest.raises(StoppedError):
        fold.finish("student")
    for name in ("parts", "whole"):
        made(asked, tmp_path / name, "teacher", "semantic", "student")
    assert weights(tmp_path / "parts") == weights(tmp_path / "whole")
    assert set(files(tmp_path / "parts")) == set(files(tmp_path / "whole"))


def test_cross_fitted_it_answers_for_those_whom_neither_of_its_stages_saw(experiment, tmp_path: Path) -> None:
    fold = made(experiment(ON, "cross_fit=2", people=6), tmp_path, "teacher", "semantic", "student")
    pulled = fold.recipe.student.changed(terms={"pull": {"loss": "representation", "of": "semantic.representation"}})
    targets = student_targets(fold, tmp_path / "again", pulled)
    assert targets is not None
    asked = targets.get(fold.fold.train, 0)["semantic.group"].numpy()
    for number in (1, 2):
        both, stage1 = (fold.folder(f"{role}-{number}-of-2") for role in ("semantic", "teacher"))
        facts, first = (load_model(folder)[1] for folder in (both, stage1))
        assert facts["answers_for"] == first["answers_for"] and facts["train_people"] == first["train_people"]
        assert sorted(facts["answers_for"] + facts["train_people"]) == fold.people(fold.fold.train)
        assert facts["answers_for"] == fold.people(fold.fold.train[asked == number - 1]) != []
        prefix, held = "members.0.net.", load_file(both / "model.safetensors")
        for name, tensor in load_file(stage1 / "model.safetensors").items():
            assert torch.equal(held[name.replace(prefix, f"{prefix}stage1.")], tensor)
        assert {path.name for path in both.iterdir()} == {
            "model.json",
            "model.safetensors",
            "history.json",
            "cache.json",
        }


def test_a_teacher_without_the_representations_is_refused_before_anything_is_trained(experiment) -> None:
    asked = experiment()
    teacher = asked.recipe.teacher.changed(model={"name": "reference", "settings": {}}, terms=asked.recipe.alone_terms)
    wrong = asked.recipe.changed(teacher=teacher.model_dump())
    with pytest.raises(InputError, match="attention representation"):
        check(type(asked)(**{**vars(asked), "recipe": wrong}))
