"""The shelf: what is shared is exactly what is alike, and a run with it ends as one without."""

import threading
from pathlib import Path

import pytest

from stillroom.base.errors import StoppedError
from stillroom.base.events import Event, silent
from stillroom.models.bundle import load_model
from stillroom.recipes.distil import distil
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.roles import roles_of
from stillroom.recipes.sharing import Shelf, role_key

from .kit import never, weights

ON = "cache.mode=on"
OPTIMISED = (ON, "forest_in_teacher=true", "optimise.keep=[0.7,0.5]", "optimise.int8=true")
TEACHERS, PRUNED = {"teacher", "semantic"}, {"pruned_70", "pruned_50"}
INT8 = {f"{role}_int8" for role in {"student", *PRUNED}}
STUDENTS = {"student", *PRUNED, *INT8}
ROLES = TEACHERS | STUDENTS | {"forest", "alone", "small_teacher", "reference"}


def keys(made: Experiment) -> dict[str, str]:
    fold = made.folds[0]
    return {role: role_key(made, fold, role, fold.train) for role in roles_of(made.recipe)}


def trained(made: Experiment, folder: Path, shelf: Path | None) -> list[str]:
    """Runs it and tells what had to be trained."""
    heard: list[Event] = []
    distil(made, folder, resume=True, emit=heard.append, stop=never, shelf=Shelf(shelf) if shelf else None)
    return [event.data["phase"].rpartition("/")[2] for event in heard if event.kind == "phase.trained"]


def test_every_role_has_a_key_of_its_own(experiment) -> None:
    found = keys(experiment(*OPTIMISED))
    assert set(found) == ROLES and len(set(found.values())) == len(ROLES)


@pytest.mark.parametrize(
    ("changes", "settings", "others"),
    [
        (["student.terms.sc_logit.temperature=3"], {}, STUDENTS),
        (["strategy=t_logit"], {}, STUDENTS),
        (["cross_fit=2"], {}, STUDENTS),
        (["recorded_targets=true"], {}, STUDENTS),
        (["student.terms.sc_logit.weight=0.3", "cache.dtype=float32"], {}, STUDENTS | {"semantic"}),
        (["student.model.settings.hidden=16"], {}, STUDENTS | {"alone"}),
        (["optimise.training.epochs=7"], {}, STUDENTS - {"student", "student_int8"}),
        (["optimise.keep=[0.7,0.4]"], {}, {"pruned_50", "pruned_50_int8", "pruned_40", "pruned_40_int8"}),
        (["optimise.keep=[0.6,0.5]"], {}, PRUNED | INT8 - {"student_int8"} | {"pruned_60", "pruned_60_int8"}),
        (["optimise.int8=false"], {}, INT8),
        (["reference.training.lr=0.01"], {}, {"reference"}),
        (["teacher.training.epochs=3"], {}, TEACHERS | STUDENTS | {"small_teacher"}),
        (["semantic.hidden=12"], {}, STUDENTS | {"semantic"}),
        (["forest.settings.trees=4"], {}, TEACHERS | STUDENTS | {"forest"}),
        (["forest.settings.trees=4", "forest_in_teacher=false"], {}, TEACHERS | STUDENTS | {"forest"}),
        (["augmentation.rotation_deg=10"], {}, ROLES),
        ([], {"seed": 1}, ROLES),
        ([], {"threads": 2}, ROLES),
        ([], {"student_view": "left_wrist.acc.*"}, ROLES - TEACHERS),
        ([], {"teacher_view": "right_wrist.acc.*"}, TEACHERS | STUDENTS),
        ([], {"windows": {"window_s": 2.0, "stride_s": 0.5}}, ROLES),
    ],
)  # fmt: skip
def test_what_decides_a_model_is_in_its_key_and_nothing_else(experiment, changes, settings, others) -> None:
    before, now = keys(experiment(*OPTIMISED)), keys(experiment(*OPTIMISED, *changes, **settings))
    assert {role for role in {*before, *now} if before.get(role) != now.get(role)} == others


def test_another_forest_leaves_a_teacher_without_one_alone(experiment) -> None:
    one, other = (keys(experiment(ON, "forest_in_teacher=false", f"forest.settings.trees={n}")) for n in (3, 4))
    assert {role for role in one if one[role] != other[role]} == {"forest"}


def test_a_student_depends_on_the_teachers_that_its_strategy_asks_and_on_no_other(experiment) -> None:
    for strategy, depends in (("none", False), ("t_logit", False), ("attn_rep", False), ("sc_logit+attn_rep", True)):
        one, other = (keys(experiment(ON, f"strategy={strategy}", f"semantic.hidden={size}")) for size in (8, 12))
        assert {role for role in one if one[role] != other[role]} == {"semantic"} | ({"student"} if depends else set())


def test_with_a_shelf_the_models_are_bit_for_bit_those_without_and_only_what_differs_is_made_again(
    experiment, tmp_path: Path
) -> None:
    first, second = experiment(ON), experiment(ON, "student.terms.sc_logit.temperature=3")
    everything = ["teacher", "semantic", "alone", "student", "small_teacher", "reference"]
    assert trained(first, tmp_path / "a", tmp_path / "shelf") == everything
    assert trained(second, tmp_path / "b", tmp_path / "shelf") == ["student"]
    assert trained(second, tmp_path / "plain", None) == everything
    assert weights(tmp_path / "b") == weights(tmp_path / "plain")
    assert len(list((tmp_path / "shelf").glob("answers-*"))) == 2  # the teacher's and the semantic classifier's
    Shelf(tmp_path / "shelf").drop_answers()
    assert not list((tmp_path / "shelf").glob("answers-*")) and len(list((tmp_path / "shelf").iterdir())) == 8
    assert not list((tmp_path / "plain").rglob("answers*"))


def test_what_lies_on_the_shelf_is_not_changed_through_a_run(experiment, tmp_path: Path) -> None:
    trained(experiment(ON), tmp_path / "a", tmp_path / "shelf")
    for path in (tmp_path / "a").rglob("*"):
        if path.is_file():
            path.unlink()
    assert trained(experiment(ON), tmp_path / "b", tmp_path / "shelf") == []


def test_cross_fitted_teachers_are_shared_as_well(experiment, tmp_path: Path) -> None:
    first = experiment(ON, "cross_fit=2")
    second = experiment(ON, "cross_fit=2", "student.terms.sc_logit.temperature=3")
    cross_fitted = {f"{role}-{number}-of-2" for role in TEACHERS for number in (1, 2)}
    assert cross_fitted <= set(trained(first, tmp_path / "a", tmp_path / "shelf"))
    assert trained(second, tmp_path / "b", tmp_path / "shelf") == ["student"]
    assert trained(second, tmp_path / "plain", None)
    assert weights(tmp_path / "b") == weights(tmp_path / "plain")


def test_what_another_run_is_making_is_left_for_later(experiment, tmp_path: Path) -> None:
    made, shelf = experiment(ON), Shelf(tmp_path / "shelf")
    fold = made.folds[0]
    heard: list[str] = []
    free = threading.Event()

    def emit(event: Event) -> None:
        if event.kind == "phase.trained":
            heard.append(event.data["phase"].rpartition("/")[2])
            if heard[-1] == "reference":  # the last that needs no teacher
                free.set()

    with shelf.tried("teacher", role_key(made, fold, "teacher", fold.train)) as place:
        assert place is not None
        run = threading.Thread(
            target=distil, args=(made, tmp_path / "run"),
            kwargs={"resume": False, "emit": emit, "stop": never, "shelf": shelf},
        )  # fmt: skip
        run.start()
        assert free.wait(60) and "teacher" not in heard and "student" not in heard
    run.join(60)
    assert not run.is_alive() and heard[-3:] == ["teacher", "semantic", "student"]


def test_waiting_for_another_run_ends_when_a_stop_is_asked_for(experiment, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    with shelf.tried("answers", "k") as ours, shelf.tried("answers", "k") as theirs:
        assert ours == tmp_path / "answers-k" and theirs is None
        with pytest.raises(StoppedError), shelf.held("answers", "k", lambda: True):
            pass


def test_a_stopped_training_leaves_its_best_epoch_as_a_model_until_it_is_finished(experiment, tmp_path: Path) -> None:
    made = experiment(ON, "student.training.epochs=6", "student.training.patience=6")
    heard: list[Event] = []

    def after_three_epochs() -> bool:
        return sum(e.kind == "epochs" and e.data["phase"].endswith("/student") for e in heard) >= 3

    with pytest.raises(StoppedError):
        distil(made, tmp_path, resume=False, emit=heard.append, stop=after_three_epochs)
    student = tmp_path / "folds" / made.folds[0].name / "student"
    model, provenance = load_model(student / "best")
    scores = [e.data["validation_macro_f1"] for e in heard if e.kind == "epochs" and "/student" in e.data["phase"]]
    assert provenance["validation_macro_f1"] == max(scores) == scores[provenance["best_epoch"] - 1]
    assert provenance["stopped_in_epoch"] == 4 and model.interface == made.student
    distil(made, tmp_path, resume=True, emit=silent, stop=never)
    assert not (student / "best").exists() and (student / "model.json").exists()
