"""From the student to what a device runs, as a run does it: pruned and tuned under the same teachers, then INT8."""

import json
from pathlib import Path

import numpy as np
import pytest

from stillroom.base.errors import InputError, StoppedError
from stillroom.base.events import Event, silent
from stillroom.models.bundle import load_model
from stillroom.recipes import making
from stillroom.recipes.distil import distil
from stillroom.recipes.fold import FoldRun
from stillroom.recipes.recipe import RECIPES
from stillroom.recipes.roles import optimised, roles_of
from stillroom.recipes.sharing import Shelf

from .kit import files, made, never, weights

pytest.importorskip("onnxruntime", reason="the extra `export` is not installed")

ON = "cache.mode=on"
TWO = (ON, "optimise.keep=[0.75,0.5]", "optimise.training.epochs=3", "optimise.training.checkpoint_s=0")
WITH_INT8 = (ON, "optimise.keep=[0.5]", "optimise.int8=true")
TAUGHT = ("teacher", "semantic", "student")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture(scope="module")
def quantised(experiment, shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> FoldRun:
    """A fold's student, pruned once, both in INT8."""
    asked = experiment(*WITH_INT8)
    return made(asked, tmp_path_factory.mktemp("quantised"), *TAUGHT, *optimised(asked.recipe), shelf=shelf)


def test_each_step_has_the_share_of_the_student_s_channels_that_it_says(
    experiment, shelf: Path, tmp_path: Path
) -> None:
    asked = experiment(*TWO)
    fold = made(asked, tmp_path, *TAUGHT, "pruned_75", "pruned_50", shelf=shelf)
    sizes = []
    for role in ("student", "pruned_75", "pruned_50"):
        model, facts = load_model(fold.folder(role))
        config = model.members[0].architecture
        sizes.append((*config.widths, config.hidden))
        assert facts["role"] == role and facts["test_people"] == ["p1"]
    assert sizes == [(4, 8, 8), (3, 6, 6), (2, 4, 4)]


def test_a_pruned_student_is_tuned_under_the_student_s_own_terms_for_its_own_epochs(
    experiment, shelf: Path, tmp_path: Path
) -> None:
    changes = (*TWO, "strategy=sc_logit+attn_rep", "cross_fit=2")
    fold = made(experiment(*changes), tmp_path, *TAUGHT, "pruned_75", shelf=shelf)
    history = json.loads((fold.folder("pruned_75") / "history.json").read_text())
    assert len(history) == 3
    assert all(set(epoch["losses"]) == {"cross_entropy", "sc_logit", "attn_rep"} for epoch in history)
    asked = json.loads((fold.folder("pruned_75") / "cache.json").read_text())
    assert asked == {"teacher": "on", "semantic": "on"}


def test_another_teacher_behind_it_makes_another_pruned_student(experiment, shelf: Path, tmp_path: Path) -> None:
    said = []
    for number, temperature in enumerate((1, 8)):
        changes = (*TWO, f"student.terms.sc_logit.temperature={temperature}")
        fold = made(experiment(*changes), tmp_path / str(number), *TAUGHT, "pruned_75", shelf=shelf)
        said.append((fold.folder("pruned_75") / "model.safetensors").read_bytes())
    assert said[0] != said[1]


@pytest.mark.parametrize("epochs", [0, 2])
def test_stopped_while_it_is_tuned_and_resumed_it_ends_bit_for_bit_the_same(
    experiment, shelf: Path, tmp_path: Path, epochs: int
) -> None:
    asked = experiment(*TWO, "strategy=sc_logit+attn_rep")
    made(asked, tmp_path / "whole", *TAUGHT, "pruned_75", "pruned_50")
    heard: list[Event] = []
    steps = iter(range(100))

    def midway() -> bool:
        here = sum(event.kind == "epochs" and event.data["phase"].endswith("pruned_75") for event in heard)
        return here >= epochs and (tmp_path / "parts/folds/p1/pruned_75/cache.json").exists() and next(steps) >= 2

    fold = made(asked, tmp_path / "parts", *TAUGHT)
    fold.emit, fold.stop = heard.append, midway
    with pytest.raises(StoppedError):
        fold.finish("pruned_75")
    assert (fold.folder("pruned_75") / "checkpoint.safetensors").exists()
    made(asked, tmp_path / "parts", "pruned_75", "pruned_50")
    assert weights(tmp_path / "parts") == weights(tmp_path / "whole")
    assert set(files(tmp_path / "parts")) == set(files(tmp_path / "whole"))


def test_calibration_takes_windows_of_training_people_alone(
    experiment, quantised: FoldRun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = quantised.experiment
    names = np.asarray(asked.index.person_names(np.arange(len(asked.index))))
    shown = making.calibration_windows(asked, quantised.fold, quantised.model("student"))
    bank = asked.bank.view(asked.student.layout)
    for window in shown:
        found = [
            name
            for name, start in zip(names, asked.index.start, strict=True)
            if np.array_equal(bank.gather(np.array([start]), asked.index.width)[0], window)
        ]
        assert found and set(found) <= {"p3", "p4"}


def test_whom_it_is_tested_on_changes_no_byte_of_a_quantised_student(
    experiment, quantised: FoldRun, tmp_path: Path
) -> None:
    asked = experiment(*WITH_INT8, poison={"p1": 1e6})
    poisoned = made(asked, tmp_path, *TAUGHT, *optimised(asked.recipe))
    for role in ("student_int8", "pruned_50_int8"):
        ours, theirs = ((fold.folder(role) / "model.onnx").read_bytes() for fold in (poisoned, quantised))
        assert ours == theirs, role


def test_a_quantised_student_has_its_own_answers_near_those_of_the_one_it_was_made_from(quantised: FoldRun) -> None:
    for role in ("student", "pruned_50"):
        plain, whole = (
            np.load(quantised.folder(name) / "predictions.npz", allow_pickle=False) for name in (role, f"{role}_int8")
        )
        assert np.array_equal(plain["ids"], whole["ids"]) and np.array_equal(plain["truth"], whole["truth"])
        assert whole["probabilities"].dtype == np.float32
        np.testing.assert_allclose(whole["probabilities"].sum(axis=1), 1, atol=1e-5)
        apart = np.abs(plain["probabilities"] - whole["probabilities"])
        assert 0 < apart.max() < 0.2


def test_with_a_shelf_every_form_is_bit_for_bit_the_one_without(experiment, quantised: FoldRun, tmp_path: Path) -> None:
    asked = experiment(*WITH_INT8)
    plain = made(asked, tmp_path, *TAUGHT, *optimised(asked.recipe))
    for role in ("semantic", "student", *optimised(asked.recipe)):
        ours, theirs = files(quantised.folder(role)), files(plain.folder(role))
        assert ours == theirs, role


def test_the_report_sets_every_form_beside_the_others(experiment, tmp_path: Path, shelf: Path) -> None:
    asked = experiment(*WITH_INT8)
    report = distil(asked, tmp_path, resume=False, emit=silent, stop=never, shelf=Shelf(shelf))
    steps = {step["step"]: step for step in report["steps"]}
    assert list(steps) == ["student", "pruned_50", "student_int8", "pruned_50_int8"]
    assert [step["before"] for step in steps.values()] == [None, "student", "student", "pruned_50"]
    for what in ("params", "macs", "size_bytes", "flash_bytes"):
        assert steps["pruned_50"][what] < steps["student"][what], what
    for role in ("student", "pruned_50"):
        assert steps[f"{role}_int8"]["flash_bytes"] < steps[role]["flash_bytes"]
    for role in steps:
        assert set(report[role]["per_person"]) == {"p1"} and 0 <= report[role]["macro_f1"] <= 1
    kept = json.loads((tmp_path / "steps.json").read_text())
    assert kept == report["steps"]
    text = (tmp_path / "report.md").read_text()
    assert "optimised step by step" in text and "50 % of the channels, INT8" in text
    assert set(report["context"]["models"]) == set(roles_of(asked.recipe))


def test_the_times_of_a_finished_run_are_not_taken_again(experiment, shelf: Path, tmp_path: Path, monkeypatch) -> None:
    asked = experiment(*WITH_INT8)
    report = distil(asked, tmp_path, resume=False, emit=silent, stop=never, shelf=Shelf(shelf))
    facts = json.loads((tmp_path / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps(facts | {"state": "unfinished"}))
    (tmp_path / "report.json").unlink()

    def timed(*args: object) -> None:
        raise AssertionError("timed again")

    monkeypatch.setattr("stillroom.recipes.report.build_steps", timed)
    assert distil(asked, tmp_path, resume=True, emit=silent, stop=never, shelf=Shelf(shelf)) == report


@pytest.mark.parametrize("keep", ["[0.5,0.5]", "[0.5,0.7]", "[1.0]", "[0.0]", "[-0.5]", "[1.2]"])
def test_shares_that_do_not_fall_are_refused(keep: str) -> None:
    with pytest.raises(InputError, match="between 0 and 1, and fall"):
        RECIPES["tsak"]().with_changes([f"optimise.keep={keep}"])


def test_without_shares_and_int8_nothing_is_optimised(experiment) -> None:
    assert optimised(experiment().recipe) == ()
    assert optimised(experiment("optimise.int8=true").recipe) == ("student_int8",)
    steps = ("pruned_70", "pruned_45")
    both = RECIPES["tsak"]().with_changes(["optimise.keep=[0.7,0.45]", "optimise.int8=true"])
    assert optimised(both) == (*steps, "student_int8", *(f"{role}_int8" for role in steps))
    whole = optimised(RECIPES["tsak"]())
    assert any(role.startswith("pruned_") for role in whole) and "student_int8" in whole
    assert all(optimised(RECIPES[name]()) == () for name in ("hinton", "mahmud"))
