"""The representation term: against a slow reference, and what it moves."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.losses.projection import Projection
from stillroom.losses.representation import Representation, representation_distance
from stillroom.losses.term import Evidence, Shapes

BATCH, INPUTS, OUTPUTS, GROUPS = 7, 3, 5, 3
DRAWN = st.integers(0, 10_000)


def drawn(seed, *shape, dtype=torch.float32):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def evidence(representation):
    return Evidence(torch.zeros(len(representation), 2), representation, {}, torch.zeros(len(representation)).long(),
                    torch.ones(2))  # fmt: skip


def slow(one, other):
    """2 - 2 cos, sample by sample, in Python's own floats."""
    found = []
    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        dot, left, right = (sum(x * y for x, y in zip(*pair, strict=True)) for pair in ((a, b), (a, a), (b, b)))
        found.append(2 - 2 * dot / (left**0.5 * right**0.5))
    return torch.tensor(found, dtype=torch.float64)


@given(DRAWN)
def test_the_distance_is_two_minus_twice_the_cosine(seed):
    ours, theirs = (
        drawn(seed, BATCH, OUTPUTS, dtype=torch.float64),
        drawn(seed + 1, BATCH, OUTPUTS, dtype=torch.float64),
    )
    found = representation_distance(ours, theirs)
    torch.testing.assert_close(found, slow(ours, theirs), atol=1e-12, rtol=0)
    assert (found >= 0).all() and (found <= 4 + 1e-12).all()


def test_only_the_direction_counts_from_zero_for_the_same_to_four_for_the_opposite():
    taught = drawn(1, BATCH, OUTPUTS)
    assert representation_distance(3.7 * taught, taught).abs().max() < 1e-6
    torch.testing.assert_close(representation_distance(-0.1 * taught, 9 * taught), torch.full((BATCH,), 4.0))


def test_the_term_is_the_distance_of_the_projected_representation_each_by_its_group_s_own_map():
    term, group = Representation(of="teacher.causal"), torch.tensor([0, 2, 1, 1, 0, 2, 2])
    given_answers = {"teacher.causal": drawn(2, BATCH, OUTPUTS), "teacher.group": group}
    torch.manual_seed(0)
    helper = term.helper(Shapes({"representation": (INPUTS,)}, {"teacher.causal": (OUTPUTS,)}, GROUPS))
    own = drawn(3, BATCH, INPUTS)
    found = term.values(evidence(own), term.prepare(given_answers), helper)
    rows = [helper.weight[number] @ row for number, row in zip(group.tolist(), own, strict=True)]
    expected = slow(torch.stack(rows).double(), given_answers["teacher.causal"].double())
    torch.testing.assert_close(found.double(), expected, atol=1e-5, rtol=0)


def test_gradient_reaches_student_and_projection_and_neither_the_teacher_nor_another_groups_map():
    student, taught = drawn(3, BATCH, INPUTS).requires_grad_(), drawn(2, BATCH, OUTPUTS).requires_grad_()
    group = torch.tensor([0, 2, 0, 0, 2, 2, 0])
    helper = Projection(GROUPS, INPUTS, OUTPUTS)
    term = Representation()
    prepared = term.prepare({"teacher.representation": taught, "teacher.group": group})
    term.values(evidence(student), prepared, helper).mean().backward()
    representation_distance(helper(student, group), taught).mean().backward()
    assert taught.grad is None
    assert (student.grad.abs().sum(dim=1) > 0).all()
    assert [bool(part.abs().sum() > 0) for part in helper.weight.grad] == [True, False, True]


def test_one_teacher_has_one_map_whatever_group_is_named():
    helper, x = Projection(1, INPUTS, OUTPUTS), drawn(3, BATCH, INPUTS)
    assert torch.equal(helper(x, torch.arange(BATCH)), x @ helper.weight[0].T)


def test_a_map_for_each_group_agrees_with_the_map_alone():
    several, x = Projection(GROUPS, INPUTS, OUTPUTS), drawn(3, BATCH, INPUTS)
    alone = Projection(1, INPUTS, OUTPUTS)
    for number in range(GROUPS):
        alone.weight.data[0] = several.weight.data[number]
        group = torch.full((BATCH,), number)
        torch.testing.assert_close(several(x, group), alone(x, group))


def test_a_representation_that_the_teacher_does_not_give_is_named():
    with pytest.raises(InputError, match=r"no answer 'teacher.casual'.*Did you mean teacher.causal"):
        Representation(of="teacher.casual").helper(Shapes({"representation": (INPUTS,)}, {"teacher.causal": (5,)}))


def test_a_representation_that_is_nothing_yields_no_nan():
    still = torch.zeros(BATCH, OUTPUTS, requires_grad=True)
    found = representation_distance(still, drawn(1, BATCH, OUTPUTS))
    found.mean().backward()
    assert torch.isfinite(found).all() and torch.isfinite(still.grad).all()


def test_whose_an_answer_is_cannot_be_imitated() -> None:
    with pytest.raises(InputError, match="none itself"):
        Representation.from_input({"of": "teacher.group"}, where="recipe")
