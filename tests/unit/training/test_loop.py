import json

import pytest
import torch

from stillroom.base.errors import InputError, StillroomError, StoppedError
from stillroom.base.events import silent
from stillroom.training.loop import TrainingConfig, train
from stillroom.training.scoring import probabilities
from stillroom.training.targets import Panel, one_teacher

FEW = TrainingConfig(epochs=6, patience=6, batch=16, lr=5e-3)
EVERY_STEP = FEW.changed(checkpoint_s=0.0)
KD = {"cross_entropy": {"weight": 0.5}, "hinton": {"weight": 0.5, "temperature": 2.0}}


def run(bench, path, *, terms=None, targets=None, config=FEW, stop=lambda: False, key="key"):
    model = bench.student()
    history = train(model, bench.job(terms, targets, key), config, checkpoint=path, emit=silent, stop=stop)
    return model, history


def taught_by(made, teacher):
    """The one teacher of every window, by its role."""
    return Panel({"teacher": one_teacher(teacher, len(made.index), made.teacher_view)})


def tensors_of(checkpoint):
    """The names of what a checkpoint holds."""
    with checkpoint.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return set(header) - {"__metadata__"}


def same(one, two):
    ours, theirs = one.state_dict(), two.state_dict()
    return all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_student_learns_what_can_be_learned(bench, tmp_path):
    made = bench()
    model, history = run(made, tmp_path / "c.safetensors", config=FEW.changed(epochs=40, patience=40))
    predicted = probabilities(model, made.student_view, made.fold.test).argmax(axis=1)
    assert (predicted == made.index.label[made.fold.test]).mean() > 0.8
    assert history[-1]["losses"]["cross_entropy"] < history[0]["losses"]["cross_entropy"]


def test_the_same_seed_gives_the_same_weights(bench, tmp_path):
    assert same(run(bench(), tmp_path / "a")[0], run(bench(), tmp_path / "b")[0])


@pytest.mark.parametrize("steps", [1, 11, 29])
def test_a_training_stopped_at_any_step_and_resumed_ends_bit_for_bit_the_same(bench, tmp_path, steps):
    made = bench()
    teacher = made.teacher()

    def targets():
        return taught_by(made, teacher)

    whole, _ = run(made, tmp_path / "whole", terms=KD, targets=targets())
    left = steps

    def stop():
        nonlocal left
        left -= 1
        return left < 0

    with pytest.raises(StoppedError):
        run(made, tmp_path / "parts", terms=KD, targets=targets(), stop=stop)
    resumed, history = run(made, tmp_path / "parts", terms=KD, targets=targets())
    assert same(whole, resumed) and len(history) == 6


def test_the_best_epoch_is_kept_not_the_last(bench, tmp_path):
    made = bench()
    model, history = run(made, tmp_path / "c", config=FEW.changed(epochs=12, lr=0.02))
    best = max(entry["validation_macro_f1"] for entry in history)
    ids = made.fold.validation
    from stillroom.training.scoring import Scored, macro_f1_by_unit

    scored = Scored(ids, made.index.label[ids], made.index.person_names(ids), made.index.classes)
    assert macro_f1_by_unit(probabilities(model, made.student_view, ids), scored) == pytest.approx(best)


def test_patience_ends_a_training_that_no_longer_gains(bench, tmp_path):
    _, history = run(bench(), tmp_path / "c", config=FEW.changed(epochs=40, patience=2))
    scores = [entry["validation_macro_f1"] for entry in history]
    assert len(history) < 40 and max(scores[:-2]) >= max(scores[-2:])


def test_the_teacher_is_bit_identical_after_training_and_gets_no_gradient(bench, tmp_path):
    made = bench()
    teacher = made.teacher()
    before = {name: tensor.clone() for name, tensor in teacher.state_dict().items()}
    run(made, tmp_path / "c", terms=KD, targets=taught_by(made, teacher))
    assert all(torch.equal(before[name], tensor) for name, tensor in teacher.state_dict().items())
    assert all(parameter.grad is None for parameter in teacher.parameters()) and not teacher.training


def test_the_teacher_is_never_in_the_students_checkpoint(bench, tmp_path):
    made = bench()
    teacher = made.teacher()
    targets = taught_by(made, teacher)
    run(made, tmp_path / "c", terms=KD, targets=targets, config=EVERY_STEP.changed(epochs=1))
    kept, own = tensors_of(tmp_path / "c"), set(made.student().state_dict())
    assert {name.partition("/")[2] for name in kept if not name.startswith("optimiser/")} == own
    assert len(set(teacher.state_dict()) - own) > 10  # by their names the two can be told apart


def test_a_teacher_left_in_training_mode_is_refused(bench, tmp_path):
    made = bench()
    targets = taught_by(made, made.teacher())
    targets.roles["teacher"].models[0].train()
    with pytest.raises(RuntimeError, match="eval"):
        run(made, tmp_path / "c", terms=KD, targets=targets)


def test_a_checkpoint_of_another_training_is_refused(bench, tmp_path):
    run(bench(), tmp_path / "c", key="one", config=EVERY_STEP.changed(epochs=1))
    with pytest.raises(InputError, match="other settings or data"):
        run(bench(), tmp_path / "c", key="two")


def test_a_damaged_checkpoint_is_one_clear_error(bench, tmp_path):
    run(bench(), tmp_path / "c", config=EVERY_STEP.changed(epochs=1))
    (tmp_path / "c").write_bytes((tmp_path / "c").read_bytes()[:200])
    with pytest.raises(InputError, match=r"checkpoint is damaged.*Delete it"):
        run(bench(), tmp_path / "c")


def test_a_loss_that_explodes_is_said(bench, tmp_path, monkeypatch):
    made = bench()
    monkeypatch.setattr(made.student_view, "batch", lambda ids, view=0: torch.full((len(ids), 3, 40), torch.inf))
    with pytest.raises(StillroomError, match="no longer finite"):
        run(made, tmp_path / "c")


def test_poisoned_test_people_change_nothing_that_is_fitted(bench, tmp_path):
    # p1 is tested in the first fold; p2 validates
    clean, poisoned = bench(), bench(p1=1e9)
    assert set(clean.index.person_names(clean.fold.test)) == {"p1"}
    normalisers = [made.student_view.normaliser for made in (clean, poisoned)]
    assert (normalisers[0].mean == normalisers[1].mean).all() and (normalisers[0].sd == normalisers[1].sd).all()
    models = [run(made, tmp_path / name)[0] for made, name in ((clean, "a"), (poisoned, "b"))]
    assert same(*models)


def test_poisoned_training_people_do_change_it(bench):
    assert (bench().student_view.normaliser.mean != bench(p3=1e9).student_view.normaliser.mean).any()
