"""What changes in the course of a training: parts that rest at first, weights that grow or fall, when it ends."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch

from stillroom.base.errors import InputError, StoppedError
from stillroom.base.events import silent
from stillroom.losses.term import Evidence, make_terms, weighted_sum
from stillroom.training.loop import Training, TrainingConfig, parameters_below, train
from stillroom.training.taps import network_of

SIX = TrainingConfig(epochs=6, patience=6, batch=16, lr=5e-3)
FROZEN = ("features.0",)


def never() -> bool:
    return False


def changed(job, **fields):
    return type(job)(**{**vars(job), **fields})


def run(made, path, config=SIX, stop=never, frozen=FROZEN, share=0.5):
    model = made.student()
    job = changed(made.job(), frozen=frozen, frozen_share=share)
    return model, train(model, job, config, checkpoint=path, emit=silent, stop=stop)


def states(made, path, monkeypatch, share, config=SIX):
    """The resting part and the rest after each epoch, beginning with none."""
    seen = []
    close = Training.close_epoch

    def closed(self, *more):
        seen.append({name: tensor.clone() for name, tensor in network_of(self.model).state_dict().items()})
        close(self, *more)

    with monkeypatch.context() as patch:
        patch.setattr(Training, "close_epoch", closed)
        begun = {name: tensor.clone() for name, tensor in network_of(made.student()).state_dict().items()}
        run(made, path, config, share=share)
    return [begun, *seen]


def moved(states, learn):
    """After which epochs what was said to rest, and what was not, has moved."""
    rests = {name for name in learn if name.startswith(FROZEN[0])}
    assert rests and learn - rests
    pairs = list(pairwise(states))
    return [
        [any(not torch.equal(one[name], other[name]) for name in names) for one, other in pairs]
        for names in (rests, learn - rests)
    ]


@pytest.mark.parametrize(
    ("share", "still"), [(0.5, 3), (0.0, 0), (1.0, 6), (0.4, 3)], ids=["half", "never", "always", "rounded up"]
)
def test_a_part_rests_for_its_share_of_the_epochs_and_learns_afterwards(bench, tmp_path, monkeypatch, share, still):
    made = bench()
    learn = {name for name, _ in network_of(made.student()).named_parameters()}
    resting, others = moved(states(made, tmp_path / "c", monkeypatch, share), learn)
    assert resting == [False] * still + [True] * (6 - still)
    assert all(others)


def test_the_share_is_of_the_epochs_that_there_are_and_not_of_those_asked_for(bench, tmp_path, monkeypatch):
    made = bench()
    learn = {name for name, _ in network_of(made.student()).named_parameters()}
    few = SIX.changed(epochs=2, patience=2, least_steps=8 * steps_of(made))
    resting, _ = moved(states(made, tmp_path / "c", monkeypatch, 0.5, few), learn)
    assert resting == [False] * 4 + [True] * 4


def test_what_rested_may_learn_again_when_the_training_has_ended(bench, tmp_path):
    model, _ = run(bench(), tmp_path / "c", share=1.0)
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize("stop_at", [1, 7, 15, 16, 22])
def test_stopped_while_a_part_rests_or_after_and_resumed_it_ends_bit_for_bit_the_same(bench, tmp_path, stop_at):
    made = bench()
    whole, _ = run(made, tmp_path / "whole")
    left = stop_at

    def stop():
        nonlocal left
        left -= 1
        return left < 0

    with pytest.raises(StoppedError):
        run(made, tmp_path / "parts", stop=stop)
    resumed, history = run(made, tmp_path / "parts")
    ours, theirs = resumed.state_dict(), whole.state_dict()
    assert len(history) == 6 and all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize(
    ("path", "meant"),
    [("featurs", "features"), ("featurs.0", "features.0"), ("features.0.0.wight", "features.0.0.weight")],
)
def test_a_path_that_leads_nowhere_is_refused_with_the_one_that_was_meant(bench, path, meant):
    with pytest.raises(InputError, match="has nothing at") as refused:
        parameters_below(bench().student(), [path])
    assert refused.value.where == "frozen"
    said = str(refused.value.mend).removeprefix("Did you mean ").rstrip("?")
    assert meant in said.split(" or ")


def test_an_empty_path_means_nothing(bench):
    with pytest.raises(InputError, match="has nothing at ''"):
        parameters_below(bench().student(), [""])


def test_a_path_means_a_whole_part_or_one_parameter_and_no_namesake(bench):
    model = bench().student()
    net = network_of(model)
    below = parameters_below(model, ["features.0"])
    assert {id(p) for p in below} == {id(p) for p in net.features[0].parameters()}
    (first, only), *_ = net.named_parameters()
    assert [id(p) for p in parameters_below(model, [first])] == [id(only)]


def test_the_last_epoch_is_kept_where_it_is_asked_for_and_nothing_ends_it_early(bench, tmp_path, monkeypatch):
    made = bench()
    config = SIX.changed(epochs=8, patience=1, lr=0.05, keep="last")
    last = states(made, tmp_path / "a", monkeypatch, 0.0, config)[-1]
    model, history = run(made, tmp_path / "b", config, share=0.0)
    scores = [entry["validation_macro_f1"] for entry in history]
    assert len(history) == 8 and max(scores) > scores[-1], "else it cannot be told from the best"
    kept = network_of(model).state_dict()
    assert all(torch.equal(kept[name], tensor) for name, tensor in last.items())
    best, _ = run(made, tmp_path / "c", config.changed(keep="best", patience=8), share=0.0)
    assert any(not torch.equal(one, other) for one, other in zip(best.parameters(), model.parameters(), strict=True))


def steps_of(made, config=SIX):
    return Training(made.student(), made.job(), config, Path("no checkpoint lies here")).steps


@pytest.mark.parametrize(
    ("epochs", "patience", "least", "steps", "expected"),
    [(6, 3, 0, 5, (6, 3)), (6, 3, 30, 5, (6, 3)), (6, 3, 31, 5, (7, 4)), (6, 2, 120, 5, (24, 8)), (1, 1, 7, 3, (3, 3))],
)
def test_few_windows_make_more_epochs_and_a_longer_patience(epochs, patience, least, steps, expected):
    config = TrainingConfig(epochs=epochs, patience=patience, least_steps=least).lengthened(steps)
    assert (config.epochs, config.patience) == expected


def test_a_training_of_few_windows_takes_its_least_steps(bench, tmp_path):
    made = bench()
    steps = steps_of(made)
    _, history = run(made, tmp_path / "c", SIX.changed(epochs=2, patience=2, least_steps=4 * steps), share=0.0)
    assert len(history) == 4


def weights_at(done, **settings):
    term = make_terms({"cross_entropy": {"weight": 3.0, **settings}}, where="test")["cross_entropy"]
    return term.weight_at(done)


@pytest.mark.parametrize(
    ("settings", "weights"),
    [
        ({}, (3.0, 3.0, 3.0)),
        ({"warm_up": 1.0}, (0.0, 1.5, 3.0)),
        ({"warm_up": 0.5}, (0.0, 3.0, 3.0)),
        ({"fade": 1.0}, (3.0, 1.5, 0.0)),
        ({"fade": 0.5}, (3.0, 0.0, 0.0)),
        ({"fade": 0.8}, (3.0, 1.125, 0.0)),
        ({"warm_up": 1.0, "fade": 1.0}, (0.0, 0.75, 0.0)),
    ],
)
def test_a_weight_grows_from_nothing_and_falls_to_exactly_nothing(settings, weights):
    assert tuple(weights_at(done, **settings) for done in (0.0, 0.5, 1.0)) == pytest.approx(weights)
    for done, weight in zip((0.0, 0.5, 1.0), weights, strict=True):
        if weight == 0:
            assert weights_at(done, **settings) == 0


@pytest.mark.parametrize("done", [0.6, 0.60001, 0.75, 1.0])
def test_what_has_faded_is_gone_and_stays_gone(done):
    assert weights_at(done, fade=0.6) == 0.0 < weights_at(0.599, fade=0.6)


@pytest.mark.parametrize("settings", [{"warm_up": 1.1}, {"warm_up": -0.1}, {"fade": 2.0}, {"fade": -1.0}])
def test_a_share_that_is_none_is_refused(settings):
    with pytest.raises(InputError, match=next(iter(settings))):
        weights_at(0.0, **settings)


def test_the_loss_is_the_sum_of_what_the_weights_are_at_that_moment():
    torch.manual_seed(0)
    logits, label = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
    evidence = Evidence(logits, torch.zeros(4, 2), {}, label, torch.ones(3))
    terms = make_terms(
        {"stays": {"loss": "cross_entropy"}, "fades": {"loss": "cross_entropy", "weight": 2.0, "fade": 0.5}},
        where="test",
    )
    plain = float(torch.nn.functional.cross_entropy(logits, label))
    totals = [float(weighted_sum(terms, evidence, {}, done=done)[0]) for done in (0.0, 0.25, 0.5, 1.0)]
    assert totals == pytest.approx([3 * plain, 2 * plain, plain, plain], rel=1e-6)


def test_the_share_that_is_done_goes_from_nothing_to_almost_one_step_by_step(bench, tmp_path, monkeypatch):
    from stillroom.training import loop

    shares = []

    def asked(terms, evidence, taught, helpers, done):
        shares.append(done)
        return weighted_sum(terms, evidence, taught, helpers, done)

    monkeypatch.setattr(loop, "weighted_sum", asked)
    made = bench()
    steps = steps_of(made)
    run(made, tmp_path / "c", share=0.0)
    assert shares == pytest.approx([step / (6 * steps) for step in range(6 * steps)])
