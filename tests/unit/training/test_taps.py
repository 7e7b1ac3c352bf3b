"""Taps read what passes by during their own call, and leave the network as it was."""

import threading

import numpy as np
import pytest
import torch
from torch import nn

from stillroom.base.errors import InputError
from stillroom.base.events import silent
from stillroom.models.output import Output
from stillroom.training.loop import TrainingConfig, train
from stillroom.training.taps import Taps, taps_of
from stillroom.training.targets import Panel, Teachers
from stillroom.training.teacher_cache import CacheConfig, cached


class Net(nn.Module):
    """Two convolutions, one of them unused unless asked for, and an LSTM that gives no tensor."""

    def __init__(self, twice: bool = False) -> None:
        super().__init__()
        self.blocks = nn.Sequential(nn.Conv1d(2, 3, 3), nn.Conv1d(3, 4, 3))
        self.spare = nn.Conv1d(2, 3, 3)
        self.lstm = nn.LSTM(4, 4, batch_first=True)
        self.head = nn.Linear(4, 2)
        self.twice = twice

    def forward(self, x):
        features = self.blocks(x)
        pooled = self.lstm(features.transpose(1, 2))[0][:, -1]
        logits = self.head(pooled) + (self.head(pooled) if self.twice else 0)
        return Output(logits, pooled, {"own": pooled})


X = torch.randn(5, 2, 16, generator=torch.Generator().manual_seed(0))


def test_what_is_tapped_is_the_module_s_output_over_time_with_gradient():
    net = Net()
    with Taps(net, {"first": "blocks.0", "last": "blocks"}) as taps:
        output = taps(X)
    assert torch.equal(output.parts["first"], net.blocks[0](X)) and output.parts["first"].requires_grad
    assert torch.equal(output.parts["last"], net.blocks(X)) and torch.equal(output.parts["own"], output.representation)


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        ({"a": "block.0"}, r"no module 'block.0'.*Did you mean blocks.0"),
        ({"a": "spare"}, r"'spare' never fired"),
        ({"a": "lstm"}, "gives no tensor"),
        ({"own": "blocks.0"}, "answer 'own' of its own"),
        ({"a": ""}, "no module"),
    ],
)
def test_a_wrong_tap_is_one_clear_error(paths, said):
    with pytest.raises(InputError, match=said), Taps(Net(), paths) as taps:
        taps(X)


def test_a_module_that_is_passed_twice_is_refused():
    with pytest.raises(InputError, match="passed twice"), Taps(Net(twice=True), {"a": "head"}) as taps:
        taps(X)


def test_nothing_hangs_on_the_network_or_its_class_afterwards():
    net = Net()
    with pytest.raises(InputError), Taps(net, {"a": "blocks.0", "b": "spare"}) as taps:
        taps(X)
    assert not any(module._forward_hooks for module in net.modules())
    assert set(net(X).parts) == {"own"}


def test_two_taps_on_one_network_never_see_each_others_tensors():
    net = Net().eval()
    other = X + 1
    with Taps(net, {"a": "blocks.0"}) as one, Taps(net, {"a": "blocks.0"}) as two:
        first, second = one(X), two(other)
        net(other)  # a call past both of them
    assert torch.equal(first.parts["a"], net.blocks[0](X)) and torch.equal(second.parts["a"], net.blocks[0](other))


def test_two_threads_that_share_a_teacher_read_their_own_windows():
    net, wrong = Net().eval(), []

    def ask(seed: int) -> None:
        x = torch.randn(3, 2, 16, generator=torch.Generator().manual_seed(seed))
        for _ in range(50):
            with torch.no_grad(), Taps(net, {"a": "blocks.0"}) as taps:
                if not torch.equal(taps(x).parts["a"], net.blocks[0](x)):
                    wrong.append(seed)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_network_s_own_anchors_are_known_by_number_and_others_may_be_declared():
    net = Net()
    net.anchor_paths = ("blocks.0", "blocks.1")
    assert taps_of(net, {"more": "head"}) == {"anchor_0": "blocks.0", "anchor_1": "blocks.1", "more": "head"}


TAPPED = {"first": "features.0"}
TERMS = {"cross_entropy": {}, "pull": {"loss": "fitnets", "of": "teacher.map", "at": "first"}}


def teachers(made, taps):
    one, two = made.teacher(), made.teacher()
    of_window = (made.index.person == made.index.people.index("p3")).astype(np.int64)
    return Teachers([one, two], of_window, made.teacher_view, taps=taps)


def test_the_cache_serves_taps_as_the_teacher_gives_them(bench, tmp_path):
    made, taps = bench(), {"map": "stem"}
    frozen = teachers(made, taps)
    kept = cached(frozen, made.fold.train, index_key=made.index.key(), epochs=9, folder=tmp_path, emit=silent,
                  config=CacheConfig(mode="on", dtype="float32"))  # fmt: skip
    for view in range(frozen.views):
        ours, theirs = kept.get(made.fold.train[3:40], view), frozen.get(made.fold.train[3:40], view)
        assert ours.keys() == theirs.keys() and ours["map"].ndim == 3
        for name in ours:
            torch.testing.assert_close(ours[name], theirs[name], atol=1e-6, rtol=1e-5)


def test_other_taps_are_another_cache(bench, tmp_path):
    made = bench()

    def names(taps):
        kept = cached(teachers(made, taps), made.fold.train, index_key="k", epochs=9, folder=tmp_path, emit=silent,
                      config=CacheConfig(mode="on"))  # fmt: skip
        return set(kept.get(made.fold.train[:2], 0))

    assert "map" in names({"map": "stem"}) and "map" not in names({}) and "other" in names({"other": "stem"})


def test_a_student_learns_from_a_tapped_map_and_keeps_nothing_of_it(bench, tmp_path):
    made = bench()
    student = made.student()
    targets = Panel({"teacher": teachers(made, {"map": "stem"})})
    job = made.job(TERMS, targets)
    job = type(job)(**{**vars(job), "taps": TAPPED})
    before = {name: value.clone() for name, value in student.state_dict().items()}
    history = train(student, job, TrainingConfig(epochs=6, patience=6, batch=16, lr=5e-3), checkpoint=tmp_path / "c",
                    emit=silent, stop=lambda: False)  # fmt: skip
    assert history[3]["losses"]["pull"] < 0.9 * history[0]["losses"]["pull"]  # both see the first view
    assert set(student.state_dict()) == set(before)
    assert not any(module._forward_hooks for module in student.modules())
