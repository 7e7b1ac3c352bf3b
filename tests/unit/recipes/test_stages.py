"""A student that comes to be in stages: its head copied, resumed anywhere, with a shelf or without."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from stillroom.base.errors import InputError, StoppedError
from stillroom.base.events import Event, silent
from stillroom.models.bundle import load_model
from stillroom.recipes.check import check
from stillroom.recipes.distil import distil
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.fold import FoldRun
from stillroom.recipes.networks import untrained
from stillroom.recipes.report import build_report
from stillroom.recipes.roles import TEACHER, chain, phase_of
from stillroom.recipes.sharing import Shelf
from stillroom.recipes.students import copy_part
from stillroom.training.taps import network_of

from .kit import files, made, never, weights

ON = "cache.mode=on"
NET = "members.0.net."
STAGED = ("student-stage_0", "student-stage_1", "student-mixed", "student")
TRAINED = ("teacher", "alone-mixed", "alone", *STAGED, "small_teacher", "reference")

# a student of two classifiers, and no term on the others
FEWER = (
    'student.model.settings.head=["linear","mlp"]', "student.frozen=[]", "student.terms.memory=none",
    *(f"{terms}.{name}=none" for terms in ("student.terms", "alone_terms") for name in ("hopfield", "cosine")),
)  # fmt: skip


@pytest.fixture(scope="module")
def asked(experiment) -> Experiment:
    return experiment(ON, recipe="smldist")


@pytest.fixture(scope="module")
def whole(asked: Experiment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of all models that nothing interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    distil(asked, folder, resume=False, emit=silent, stop=never)
    return folder


def tensors(folder: Path) -> dict[str, Tensor]:
    return {name.removeprefix(NET): tensor for name, tensor in load_file(folder / "model.safetensors").items()}


def part(held: dict[str, Tensor], *prefixes: str) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in held.items() if name.startswith(prefixes)}


def unlike(one: dict[str, Tensor], other: dict[str, Tensor]) -> set[str]:
    assert set(one) == set(other)
    return {name for name, tensor in one.items() if not torch.equal(tensor, other[name])}


def begun(fold: FoldRun) -> dict[str, Tensor]:
    """A student as it is before its first training, its head as the teacher's."""
    model = untrained(fold, "student", phase_of(fold.recipe, "student-stage_0"), fold.fold.train)
    copy_part(model, fold.model(TEACHER), "head")
    return {name.removeprefix(NET): tensor for name, tensor in model.state_dict().items()}


def at_epoch(role: str, heard: list[Event], epochs: int = 1) -> Callable[[], bool]:
    """Asks for a stop once a training has ended so many epochs."""
    return lambda: sum(e.kind == "epochs" and e.data["phase"].endswith(f"/{role}") for e in heard) >= epochs


def test_every_model_is_trained_once_and_in_its_order(whole: Path) -> None:
    events = [json.loads(line) for line in (whole / "events.jsonl").read_text().splitlines()]
    phases = [e["data"]["phase"].partition("/")[2] for e in events if e["kind"] == "phase.trained"]
    assert phases == list(TRAINED)


def without(whole: Path, folder: Path, *roles: str) -> None:
    """A copy of the run as it was before some of its models were begun."""
    shutil.copytree(whole, folder, dirs_exist_ok=True)
    for role in roles:
        shutil.rmtree(folder / "folds/p1" / role)
    for name in ("report.json", "report.md"):
        (folder / name).unlink()
    facts = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(facts | {"state": "unfinished"}))


@pytest.mark.parametrize("role", STAGED)
def test_stopped_in_any_of_its_trainings_and_resumed_it_is_bit_for_bit_the_same(
    asked: Experiment, whole: Path, tmp_path: Path, role: str
) -> None:
    without(whole, tmp_path, *STAGED[STAGED.index(role) :])
    heard: list[Event] = []
    with pytest.raises(StoppedError) as stopped:
        distil(asked, tmp_path, resume=True, emit=heard.append, stop=at_epoch(role, heard))
    assert stopped.value.where == f"p1/{role}"
    trained: list[Event] = []
    distil(asked, tmp_path, resume=True, emit=trained.append, stop=never)
    rest = STAGED[STAGED.index(role) :]
    assert [e.data["phase"].partition("/")[2] for e in trained if e.kind == "phase.trained"] == list(rest)
    assert weights(tmp_path) == weights(whole) and set(files(tmp_path)) == set(files(whole))
    for name in ("student", "alone"):
        assert (tmp_path / f"folds/p1/{name}/search.json").read_bytes() == (
            whole / f"folds/p1/{name}/search.json"
        ).read_bytes()


def test_stopped_between_two_trainings_it_goes_on_from_the_earlier_one_s_weights(
    asked: Experiment, whole: Path, tmp_path: Path
) -> None:
    without(whole, tmp_path, *STAGED[1:])
    done = tmp_path / "folds/p1/student-stage_1/predictions.npz"
    with pytest.raises(StoppedError):
        distil(asked, tmp_path, resume=True, emit=silent, stop=done.exists)
    distil(asked, tmp_path, resume=True, emit=silent, stop=never)
    assert weights(tmp_path) == weights(whole)


def test_with_a_shelf_every_stage_has_the_weights_that_it_has_without(
    asked: Experiment, experiment, whole: Path, tmp_path: Path
) -> None:
    shelf = Shelf(tmp_path / "shelf")
    distil(asked, tmp_path / "a", resume=False, emit=silent, stop=never, shelf=shelf)
    assert weights(tmp_path / "a") == weights(whole)
    assert (tmp_path / "a/folds/p1/student/search.json").read_bytes() == (
        whole / "folds/p1/student/search.json"
    ).read_bytes()
    heard: list[Event] = []
    other = experiment(ON, "stages.stage_1.terms.stage_1.weight=3", recipe="smldist")
    distil(other, tmp_path / "b", resume=False, emit=heard.append, stop=never, shelf=shelf)
    trained = [e.data["phase"].partition("/")[2] for e in heard if e.kind == "phase.trained"]
    assert trained == list(STAGED[1:])
    made(other, tmp_path / "plain", "teacher", *STAGED)
    shared, plain = weights(tmp_path / "b"), weights(tmp_path / "plain")
    assert {name: shared[name] for name in plain} == plain and len(plain) == 5


def test_before_its_first_training_the_head_is_the_teacher_s_bit_for_bit_and_the_rest_its_own(
    asked: Experiment, tmp_path: Path
) -> None:
    fold = made(asked, tmp_path, "teacher")
    theirs, ours = tensors(fold.folder("teacher")), begun(fold)
    assert part(ours, "head.") and not unlike(part(ours, "head."), part(theirs, "head."))
    alone = untrained(fold, "alone", phase_of(fold.recipe, "alone"), fold.fold.train)
    own = {name.removeprefix(NET): tensor for name, tensor in alone.state_dict().items()}
    assert {name for name in unlike(ours, own) if not name.startswith("head.")} == set()
    assert unlike(ours, own)


def test_the_student_alone_copies_nothing(asked: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from stillroom.recipes import students

    def never_asked(*_: object) -> None:
        raise AssertionError("a student alone has no teacher to copy from")

    monkeypatch.setattr(students, "copy_part", never_asked)
    made(asked, tmp_path, "alone-mixed")


def test_the_first_stage_moves_nothing_behind_its_anchor_but_what_norms_count(asked: Experiment, whole: Path) -> None:
    fold = made(asked, whole)
    before, after = begun(fold), tensors(whole / "folds/p1/student-stage_0")
    net = network_of(load_model(whole / "folds/p1/student-stage_0")[0])
    first, second = (int(path.rpartition(".")[2]) for path in net.anchor_paths)  # type: ignore[union-attr]
    learn = {name for name, _ in net.named_parameters()}
    moved = unlike(before, after) & learn
    behind = {name for name in learn if name.startswith(("tail.", "head."))}
    behind |= {f for f in learn if f.startswith("blocks.") and int(f.split(".")[1]) > first}
    assert moved and not moved & behind and behind
    # every filter up to the anchor learned
    assert {name for name in learn if name.endswith("weight")} - behind <= moved
    then = unlike(after, tensors(whole / "folds/p1/student-stage_1")) & learn
    assert not any(name.startswith(("tail.", "head.")) for name in then)
    assert any(name.startswith(f"blocks.{second}.") for name in then)


def test_each_stage_goes_on_from_the_one_before_it(asked: Experiment, tmp_path: Path) -> None:
    """With nothing to learn from (weights of zero) every stage leaves the weights as it found them."""
    still = [f"stages.stage_{n}.terms.stage_{n}.weight=0" for n in (0, 1)]
    # AdamW decays what has a gradient of zero too
    still += ["stages.*.training.weight_decay=0"]
    recipe = asked.recipe.with_changes(still)
    fold = made(Experiment(**{**vars(asked), "recipe": recipe}), tmp_path, "teacher", *STAGED[:2])
    learn = {name for name, _ in network_of(fold.model(STAGED[0])).named_parameters()}
    first, second = (tensors(fold.folder(role)) for role in STAGED[:2])
    assert not unlike(begun(fold), first) & learn and not unlike(first, second) & learn


def test_a_stage_keeps_its_last_epoch_and_the_report_says_so(asked: Experiment, whole: Path, experiment) -> None:
    report = json.loads((whole / "report.json").read_text())
    for phase in report["phases"]:
        history = json.loads((whole / f"folds/p1/{phase['phase']}/history.json").read_text())
        scores = [epoch["validation_macro_f1"] for epoch in history]
        if phase["phase"].startswith("student-stage_"):
            assert (phase["best_epoch"], phase["validation_macro_f1"]) == (len(scores), scores[-1])
        else:
            assert phase["validation_macro_f1"] == max(scores)


@pytest.mark.parametrize("phase", ["teacher", "student", "reference", "search"])
def test_what_keeps_its_last_epoch_is_told_so_in_every_phase(
    experiment, tmp_path: Path, phase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stillroom.recipes import report
    from stillroom.runs.store import Run

    asked = experiment(f"{phase}.training.keep=last", recipe="smldist")
    history = [{"epoch": n, "validation_macro_f1": score} for n, score in ((1, 0.9), (2, 0.1))]
    for role in TRAINED:
        (tmp_path / "folds/p1" / role).mkdir(parents=True)
        (tmp_path / "folds/p1" / role / "history.json").write_text(json.dumps(history))
    told = {one["phase"]: one["best_epoch"] for one in report._phases(asked, Run(tmp_path))}
    lasting = {
        "teacher": {"teacher", "small_teacher"}, "student": {"student-mixed", "alone-mixed"},
        "reference": {"reference"}, "search": {"student", "alone"},
    }[phase] | {"student-stage_0", "student-stage_1"}  # fmt: skip
    assert {role for role, epoch in told.items() if epoch == 2} == lasting and list(told) == list(TRAINED)


def test_the_report_names_what_was_taught_and_compares_no_step(asked: Experiment, whole: Path) -> None:
    report = build_report(asked, made(asked, whole).run)
    assert report["taught"] and not [name for name in report if "-" in name]
    assert [one["phase"] for one in report["phases"]] == list(TRAINED)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (FEWER, "the student's head cannot begin as the teacher's"),
        (("student.model.settings.pooled=24",), "the student's head cannot begin as the teacher's"),
        (("teacher.model.settings.memory.per_class=3",), "the student's head cannot begin as the teacher's"),
        (("copied=hed",), "the student's hed cannot begin as the teacher's"),
        (("forest_in_teacher=true",), "a teacher with a forest has no single network"),
    ],
)  # fmt: skip
def test_a_head_that_cannot_be_copied_is_one_clear_error(experiment, changes: tuple[str, ...], said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        check(experiment(*changes, recipe="smldist"))
    assert "--set" in f"{refused.value.where} {refused.value.mend}"


def test_without_a_copy_other_heads_are_no_hindrance(experiment) -> None:
    asked = experiment(*FEWER, "copied=none", recipe="smldist")
    check(asked)
    assert chain(asked.recipe, "student") == STAGED
