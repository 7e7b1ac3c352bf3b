"""Projections are trained beside the student and thrown away: they change it, and are nowhere in it."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from stillroom.base.errors import StoppedError
from stillroom.base.events import silent
from stillroom.training.checkpoint import Progress, load_checkpoint
from stillroom.training.loop import Training, TrainingConfig, train
from stillroom.training.targets import Panel, Teachers, one_teacher
from stillroom.training.teacher_cache import CacheConfig, cached

CONFIG = TrainingConfig(epochs=4, patience=4, batch=16, lr=5e-3)
PULLED = {
    "cross_entropy": {"weight": 0.5},
    "hinton": {"weight": 0.5},
    "attn_rep": {"loss": "representation", "of": "teacher.attention"},
    "combi_rep": {"loss": "representation", "of": "teacher.representation", "weight": 0.5},
}


def never():
    return False


def two_teachers(made):
    """One for p3, one for all the others, as cross-fitting has them."""
    one, two = made.teacher(), made.teacher()
    with torch.no_grad():
        for parameter in two.parameters():
            parameter.mul_(0.8)
    of_window = (made.index.person == made.index.people.index("p3")).astype(np.int64)
    return Teachers([one, two], of_window, made.teacher_view)


def run(made, path, targets, terms=PULLED, stop=never, config=CONFIG):
    student = made.student()
    history = train(
        student, made.job(terms, Panel({"teacher": targets})), config, checkpoint=path, emit=silent, stop=stop
    )
    return student, history


def one(made):
    return one_teacher(made.teacher(), len(made.index), made.teacher_view)


def after(steps):
    """Asks for a stop after so many steps."""
    left = iter(range(steps))
    return lambda: next(left, None) is None


@pytest.mark.parametrize("steps", [1, 7, 8, 19])
def test_stopped_at_any_step_and_resumed_it_ends_bit_for_bit_the_same(bench, tmp_path, steps):
    made = bench()
    whole, history = run(made, tmp_path / "whole", two_teachers(made))
    with pytest.raises(StoppedError):
        run(made, tmp_path / "parts", two_teachers(made), stop=after(steps))
    resumed, again = run(made, tmp_path / "parts", two_teachers(made))
    assert again == history and len(history) == CONFIG.epochs
    assert all(torch.equal(tensor, resumed.state_dict()[name]) for name, tensor in whole.state_dict().items())


def test_the_student_has_nothing_of_them_and_the_checkpoint_has_it_all(bench, tmp_path):
    made = bench()
    student, history = run(made, tmp_path / "c", two_teachers(made), config=CONFIG.changed(epochs=1, checkpoint_s=0.0))
    assert set(student.state_dict()) == set(made.student().state_dict())
    assert set(history[0]["losses"]) == set(PULLED)
    job = made.job(PULLED, Panel({"teacher": two_teachers(made)}))
    training = Training(made.student(), job, CONFIG, tmp_path / "none")
    before = {name: tensor.clone() for name, tensor in training.helpers.state_dict().items()}
    assert {name: tuple(tensor.shape) for name, tensor in before.items()} == {
        "attn_rep.weight": (2, 8, 8),
        "combi_rep.weight": (2, 16, 8),
    }
    loaded = load_checkpoint(tmp_path / "c", training.model, training.helpers, training.optimiser, "key")
    assert loaded is not None
    progress: Progress = loaded[1]
    assert json.dumps(progress)
    assert all(not torch.equal(before[name], part) for name, part in training.helpers.state_dict().items())


def test_they_are_trained_and_their_loss_falls(bench, tmp_path):
    made = bench()
    _, history = run(made, tmp_path / "c", one(made), config=CONFIG.changed(epochs=12, patience=12))
    for name in ("attn_rep", "combi_rep"):
        first, last = (history[number]["losses"][name] for number in (0, -1))
        assert 0 < last < 0.8 * first < 4


def test_a_projection_held_still_is_another_training(bench, tmp_path):
    made = bench()
    job = made.job(PULLED, Panel({"teacher": one(made)}))
    training = Training(made.student(), job, CONFIG, tmp_path / "c")
    before = {name: parameter.detach().clone() for name, parameter in training.helpers.named_parameters()}
    training.begin_epoch()
    training.advance()
    moved = {name: not torch.equal(before[name], now) for name, now in training.helpers.named_parameters()}
    assert set(moved) == {"attn_rep.weight", "combi_rep.weight"} and all(moved.values())
    assert all(parameter.grad is not None for parameter in training.trained)


def test_it_moves_the_student_and_not_the_teacher(bench, tmp_path):
    made, plain = bench(), {name: PULLED[name] for name in ("cross_entropy", "hinton")}
    teachers = one(made)
    before = {name: tensor.clone() for name, tensor in teachers.models[0].state_dict().items()}
    with_it, without = (run(made, tmp_path / str(len(terms)), teachers, terms)[0] for terms in (PULLED, plain))
    features = "members.0.net.features.0.0.weight"
    assert not torch.equal(with_it.state_dict()[features], without.state_dict()[features])
    assert all(torch.equal(before[name], now) for name, now in teachers.models[0].state_dict().items())
    assert all(parameter.grad is None for parameter in teachers.models[0].parameters())


def test_a_term_of_weight_zero_leaves_the_student_bit_for_bit_alone(bench, tmp_path):
    made, plain = bench(), {name: PULLED[name] for name in ("cross_entropy", "hinton")}
    idle = {**plain, "attn_rep": {"loss": "representation", "of": "teacher.attention", "weight": 0.0}}
    ours, theirs = (run(made, tmp_path / str(len(terms)), one(made), terms)[0].state_dict() for terms in (idle, plain))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_of_a_cache_only_the_answers_that_are_needed_are_read(bench, tmp_path):
    made = bench()

    def kept(*needs):
        return cached(
            two_teachers(made), made.fold.train, index_key="i", epochs=9, folder=tmp_path / "answers",
            config=CacheConfig(mode="on", dtype="float32"), emit=silent, needs=frozenset(needs) or None,
        )  # fmt: skip

    everything = kept().get(made.fold.train, 1)
    assert set(everything) >= {"logits", "representation", "attention", "causal", "group"}
    some = kept("attention", "group").get(made.fold.train, 1)
    assert set(some) == {"attention", "group"}
    assert all(torch.equal(part, everything[name]) for name, part in some.items())
    assert set(kept("logits").get(made.fold.train, 0)) == {"logits"}
    assert set(everything["group"].tolist()) == {0, 1}


def test_a_student_pulled_from_the_cache_is_the_one_pulled_online(bench, tmp_path):
    made = bench()
    teachers = two_teachers(made)
    kept = cached(
        teachers, made.fold.train, index_key="i", epochs=9, folder=tmp_path / "answers",
        config=CacheConfig(mode="on", dtype="float32"), emit=silent, needs=frozenset({"logits", "attention",
        "representation", "group"}),
    )  # fmt: skip
    ours, theirs = (run(made, tmp_path / str(n), t)[0].state_dict() for n, t in enumerate((teachers, kept)))
    assert max((ours[name].double() - theirs[name].double()).abs().max().item() for name in ours) <= 1e-5


def test_teachers_shown_windows_as_recorded_answer_alike_to_every_view(bench):
    made = bench()
    recorded = replace(one_teacher(made.teacher(), len(made.index), made.teacher_view), recorded=True)
    ids = made.fold.train[:6]
    views = [recorded.get(ids, view)["logits"] for view in range(3)]
    assert torch.equal(views[1], views[0]) and torch.equal(views[2], views[0])
    turned = one(made)
    assert torch.equal(turned.get(ids, 0)["logits"], views[0]) and not torch.equal(
        turned.get(ids, 1)["logits"], views[0]
    )


def test_a_cache_of_recorded_answers_keeps_each_window_once(bench, tmp_path):
    made = bench()
    recorded = replace(one_teacher(made.teacher(), len(made.index), made.teacher_view), recorded=True)
    kept = cached(
        recorded, made.fold.train, index_key="i", epochs=9, folder=tmp_path,
        config=CacheConfig(mode="on", dtype="float32"), emit=silent,
    )  # fmt: skip
    assert np.load(tmp_path / "logits.npy").shape == (1, len(made.fold.train), 3)
    for view in range(3):
        torch.testing.assert_close(
            kept.get(made.fold.train, view)["logits"], recorded.get(made.fold.train, 0)["logits"]
        )
