"""The shelf: what is shared is exactly what is alike, and a run with it ends as one without."""

import threading
from pathlib import Path

import pytest

from stillroom.base.errors import StoppedError
from stillroom.base.events import Event, silent
from stillroom.models.bundle import load_model
from stillroom.recipes.distil import distil
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.fold import ROLES
from stillroom.recipes.sharing import Shelf, role_key

from .kit import never, weights

ON = "cache.mode=on"


def keys(made: Experiment) -> dict[str, str]:
    fold = made.folds[0]
    return {role: role_key(made, fold, role, fold.train) for role in ROLES}


def trained(made: Experiment, folder: Path, shelf: Path | None) -> list[str]:
    """Runs it and tells what had to be trained."""
    heard: list[Event] = []
    distil(made, folder, resume=True, emit=heard.append, stop=never, shelf=Shelf(shelf) if shelf else None)
    return [event.data["phase"].rpartition("/")[2] for event in heard if event.kind == "phase.trained"]


def test_every_role_has_a_key_of_its_own(experiment) -> None:
    assert len(set(keys(experiment(ON)).values())) == len(ROLES)


@pytest.mark.parametrize(
    ("changes", "settings", "others"),
    [
        (["student.terms.hinton.temperature=3"], {}, {"student"}),
        (["student.terms.hinton.weight=0.3", "cache.dtype=float32"], {}, {"student"}),
        (["student.model.settings.hidden=16"], {}, {"student", "alone"}),
        (["reference.training.lr=0.01"], {}, {"reference"}),
        (["teacher.training.epochs=3"], {}, {"teacher", "small_teacher", "student"}),
        (["forest.settings.trees=4"], {}, {"teacher", "forest", "student"}),
        (["forest.settings.trees=4", "forest_in_teacher=false"], {}, {"teacher", "forest", "student"}),
        (["augmentation.rotation_deg=10"], {}, set(ROLES)),
        ([], {"seed": 1}, set(ROLES)),
        ([], {"threads": 2}, set(ROLES)),
        ([], {"student_view": "left_wrist.acc.*"}, set(ROLES) - {"teacher"}),
        ([], {"teacher_view": "right_wrist.acc.*"}, {"teacher", "student"}),
        ([], {"windows": {"window_s": 2.0, "stride_s": 0.5}}, set(ROLES)),
    ],
)  # fmt: skip
def test_what_decides_a_model_is_in_its_key_and_nothing_else(experiment, changes, settings, others) -> None:
    before, now = keys(experiment(ON)), keys(experiment(ON, *changes, **settings))
    assert {role for role in ROLES if before[role] != now[role]} == others


def test_another_forest_leaves_a_teacher_without_one_alone(experiment) -> None:
    one, other = (keys(experiment(ON, "forest_in_teacher=false", f"forest.settings.trees={n}")) for n in (3, 4))
    assert {role for role in ROLES if one[role] != other[role]} == {"forest"}


def test_with_a_shelf_the_models_are_bit_for_bit_those_without_and_only_what_differs_is_made_again(
    experiment, tmp_path: Path
) -> None:
    first, second = experiment(ON), experiment(ON, "student.terms.hinton.temperature=3")
    everything = ["teacher", "alone", "student", "small_teacher", "reference"]
    assert trained(first, tmp_path / "a", tmp_path / "shelf") == everything
    assert trained(second, tmp_path / "b", tmp_path / "shelf") == ["student"]
    assert trained(second, tmp_path / "plain", None) == everything
    assert weights(tmp_path / "b") == weights(tmp_path / "plain")
    assert len(list((tmp_path / "shelf").glob("answers-*"))) == 1
    Shelf(tmp_path / "shelf").drop_answers()
    assert not list((tmp_path / "shelf").glob("answers-*")) and len(list((tmp_path / "shelf").iterdir())) == 7


def test_what_lies_on_the_shelf_is_not_changed_through_a_run(experiment, tmp_path: Path) -> None:
    trained(experiment(ON), tmp_path / "a", tmp_path / "shelf")
    for path in (tmp_path / "a").rglob("*"):
        if path.is_file():
            path.unlink()
    assert trained(experiment(ON), tmp_path / "b", tmp_path / "shelf") == []


def test_cross_fitted_teachers_are_shared_as_well(experiment, tmp_path: Path) -> None:
    first = experiment(ON, "cross_fit=2")
    second = experiment(ON, "cross_fit=2", "student.terms.hinton.temperature=3")
    assert {"teacher-1-of-2", "teacher-2-of-2"} <= set(trained(first, tmp_path / "a", tmp_path / "shelf"))
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
    assert not run.is_alive() and heard[-2:] == ["teacher", "student"]


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
