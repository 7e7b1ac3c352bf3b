"""A recogniser takes physical units, mixes its members' probabilities, and owns what it was given."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stillroom.models.forest import Forest
from stillroom.models.recogniser import Interface, Member, Recogniser
from stillroom.models.student import TsakStudentConfig
from stillroom.signal.normalisation import Normaliser, fit_normaliser


def answers(model: Recogniser, x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return model(x).logits


@pytest.mark.parametrize("weights", [None, [0.7, 0.2, 0.1], [0.5, 0.5, 0.0]])
def test_an_ensemble_is_the_weighted_mean_of_probabilities(make, x, weights: list[float] | None) -> None:
    model = make("tsak_student", "reference", "forest", weights=weights)
    with torch.no_grad():
        shares = [torch.softmax(member(x).logits, dim=1).double().numpy() for member in model.members]
    expected = np.average(np.stack(shares), axis=0, weights=weights)
    np.testing.assert_allclose(answers(model, x).exp().numpy(), expected, atol=1e-6)


def test_an_ensemble_answers_where_a_probability_vanishes(make, x) -> None:
    model = make("tsak_student", "reference")
    with torch.no_grad():
        model.members[0].net.head.bias += torch.tensor([2000.0, 0.0, 0.0])
    mixed = answers(model, x)
    assert torch.isfinite(mixed).all()
    torch.testing.assert_close(mixed.exp().sum(dim=1), torch.ones(5))


def test_one_member_answers_for_itself(make, x) -> None:
    model = make("reference")
    with torch.no_grad():
        assert torch.equal(answers(model, x), model.members[0](x).logits)


def test_an_ensemble_shows_its_first_member_s_representation(make, x) -> None:
    model = make("reference", "tsak_student")
    with torch.no_grad():
        assert torch.equal(model(x).representation, model.members[0](x).representation)


def test_it_takes_physical_units_and_its_network_standardised_ones(make, x) -> None:
    model = make("tsak_student")
    member = model.members[0]
    with torch.no_grad():
        torch.testing.assert_close(answers(model, x), member.net((x - member.mean) / member.sd).logits)
    assert member.mean.abs().max() > 0 and member.sd.max() == 2


def test_a_forest_takes_them_as_they_are(make, x) -> None:
    member = make("forest").members[0]
    assert isinstance(member.net, Forest)
    assert torch.equal(member(x).logits, member.net(x).logits)


def test_a_channel_that_never_moved_in_training_harms_no_answer(face: Interface, x) -> None:
    signal = np.random.default_rng(0).normal(size=(6, 500)).astype(np.float32)
    signal[2] = 9.81
    normaliser = fit_normaliser(signal, np.arange(0, 400, 20), 40)
    model = Recogniser(face, [Member(TsakStudentConfig(), face.shape, normaliser)]).eval()
    assert torch.isfinite(answers(model, x)).all()


def test_weights_that_are_loaded_leave_the_normaliser_it_was_given(face: Interface) -> None:
    normaliser = Normaliser(np.zeros(6, np.float32), np.ones(6, np.float32))
    member = Member(TsakStudentConfig(), face.shape, normaliser)
    state = member.state_dict()
    member.load_state_dict({**state, "mean": state["mean"] + 5, "sd": state["sd"] * 3})
    assert member.mean.max() == 5 and member.sd.max() == 3
    assert not normaliser.mean.any() and (normaliser.sd == 1).all()


def test_parameters_are_counted_as_by_hand(make) -> None:
    student = sum(i * o * 5 + 2 * o for i, o in ((6, 16), (16, 32), (32, 64))) + 64 * 96 + 96 + 96 * 3 + 3
    assert make("tsak_student").parameter_count() == student
    reference = (6 * 5 + 6 * 32 + 2 * 32) + (32 * 5 + 32 * 64 + 2 * 64)
    reference += 2 * (3 * 16 * (64 + 16) + 2 * 3 * 16) + (32 * 32 + 32 + 32) + 32 * 3 + 3
    assert make("reference").parameter_count() == reference
    forest = make("forest")
    trees, nodes = forest.members[0].net.feature.shape
    assert forest.parameter_count() == trees * nodes * (1 + 1 + 2 + 3)
    both = make("tsak_student", "forest").parameter_count()
    assert both == student + forest.parameter_count()


def test_the_interface_says_what_networks_are_built_for(face: Interface) -> None:
    assert (len(face.shape.layout), face.shape.width, face.shape.classes) == (6, 40, 3)
