"""Every registered term, whatever it compares: one contract, held by introspection; and how terms are declared."""

from typing import get_args

import pytest
import torch
from torch.nn.functional import cross_entropy as torch_cross_entropy

import stillroom.losses  # noqa: F401  (registers every term)
from stillroom.base.errors import InputError, StillroomError
from stillroom.losses.cross_entropy import cross_entropy
from stillroom.losses.hinton import hinton
from stillroom.losses.term import TERMS, Evidence, Shapes, make_terms, needs_of, weighted_sum

BATCH, CLASSES, FEATURES, TAUGHT, PATTERNS = 6, 4, 3, 5, 7
SHAPES = Shapes(
    {
        "logits": (CLASSES,),
        "representation": (FEATURES,),
        "anchor_0": (FEATURES, 10),
        "anchor_1": (2, 8),
        "association": (PATTERNS,),
    },
    {
        "teacher.logits": (CLASSES,),
        "teacher.representation": (TAUGHT,),
        "teacher.anchor_0": (TAUGHT, 13),
        "teacher.anchor_1": (4, 9),
        "teacher.association": (PATTERNS,),
        "teacher.even_0": (FEATURES, 10),
        "teacher.even_1": (2, 9),
    },
)
# Where a term refuses what differs: features that do not.
SETTINGS = {
    "correlation": {"of": "teacher.even_0", "at": "anchor_0"},
    "fsp": {"of": "teacher.even_0", "at": "anchor_0", "of_end": "teacher.even_1", "at_end": "anchor_1"},
}


def variants(name):
    field = TERMS[name].model_fields.get("variant")
    return [{}] if field is None else [{"variant": variant} for variant in get_args(field.annotation)]


CASES = [
    pytest.param(TERMS[name](**SETTINGS.get(name, {}), **chosen), id=" ".join((name, *chosen.values())))
    for name in TERMS
    for chosen in variants(name)
]
EVERY_TERM = pytest.mark.parametrize("term", CASES)
TAUGHT_TERM = pytest.mark.parametrize("term", [case for case in CASES if case.values[0].needs])


def evidence(scale=1.0):
    draw = torch.Generator().manual_seed(0)
    said = {name: scale * torch.randn(BATCH, *shape, generator=draw) for name, shape in SHAPES.student.items()}
    logits, representation, *_ = (one.requires_grad_() for one in said.values())
    parts = {name: one.requires_grad_() for name, one in said.items() if name not in ("logits", "representation")}
    return Evidence(logits, representation, parts, torch.arange(BATCH) % CLASSES, torch.ones(CLASSES))


def answers(scale=1.0):
    draw = torch.Generator().manual_seed(1)
    said = {name: scale * torch.randn(BATCH, *shape, generator=draw) for name, shape in SHAPES.taught.items()}
    return {**said, "teacher.group": torch.zeros(BATCH, dtype=torch.int64)}


def helper_of(term):
    torch.manual_seed(2)
    return term.helper(SHAPES)


def values(term, some, scale=1.0):
    return term.values(some, term.prepare(answers(scale)), helper_of(term))


def reached(some):
    """The gradients that came back, by answer."""
    tensors = {"logits": some.logits, "representation": some.representation, **some.parts}
    return {name: one.grad for name, one in tensors.items() if one.grad is not None}


def rows(some, which):
    """The evidence of some of the samples."""
    few = {name: part[which] for name, part in some.parts.items()}
    return Evidence(some.logits[which], some.representation[which], few, some.label[which], some.class_weight)


@EVERY_TERM
def test_every_term_gives_one_finite_value_a_sample_or_one_between_them(term):
    found = values(term, evidence())
    assert found.shape == (() if term.between else (BATCH,)) and torch.isfinite(found).all()


@EVERY_TERM
@pytest.mark.parametrize("teacher", [-1e4, 1e4, 0.0])
@pytest.mark.parametrize("student", [1e4, 1e-4, 0.0])
def test_every_term_is_finite_at_extreme_answers(term, student, teacher):
    far, helper = evidence(student), helper_of(term)
    found = term.values(far, term.prepare(answers(teacher)), helper)
    found.mean().backward()
    came = [*reached(far).values(), *(one.grad for one in (helper.parameters() if helper else ()))]
    assert torch.isfinite(found).all() and came and all(torch.isfinite(one).all() for one in came)


@EVERY_TERM
def test_every_term_is_finite_for_a_sample_alone(term):
    some, prepared = evidence(), term.prepare(answers())
    found = term.values(rows(some, slice(2, 3)), [part[2:3] for part in prepared], helper_of(term))
    found.mean().backward()
    assert torch.isfinite(found).all() and all(torch.isfinite(grad).all() for grad in reached(some).values())


@EVERY_TERM
def test_gradient_reaches_the_student_and_the_helper_and_never_the_teacher(term):
    some, helper = evidence(), helper_of(term)
    said = {name: one.requires_grad_() if one.is_floating_point() else one for name, one in answers().items()}
    with torch.no_grad():
        prepared = term.prepare(said)
    term.values(some, prepared, helper).mean().backward()
    assert any(grad.abs().sum() > 0 for grad in reached(some).values())
    assert all(one.grad.abs().sum() > 0 for one in (helper.parameters() if helper else ()))
    assert [name for name, one in said.items() if one.grad is not None] == []


@pytest.mark.parametrize("term", [case for case in CASES if case.id != "correlation repdistiller"])
def test_samples_in_another_order_give_the_same_values(term):
    order, some, helper = torch.tensor([4, 2, 0, 5, 1, 3]), evidence(), helper_of(term)
    prepared = term.prepare(answers())
    found = term.values(some, prepared, helper)
    turned = term.values(rows(some, order), [part[order] for part in prepared], helper)
    torch.testing.assert_close(turned, found if term.between else found[order])


@TAUGHT_TERM
def test_a_term_that_needs_a_teacher_says_so_without_one(term):
    with pytest.raises(StillroomError, match="teacher"):
        term.values(evidence(), ())


@EVERY_TERM
def test_a_term_asks_for_the_answers_that_it_reads_and_for_no_others(term):
    few = {need: part for need, part in answers().items() if need in term.needs}
    assert set(few) == term.needs
    for ours, theirs in zip(term.prepare(few), term.prepare(answers()), strict=True):
        assert torch.equal(ours, theirs)


@TAUGHT_TERM
def test_what_is_prepared_for_many_windows_serves_any_batch_of_them(term):
    prepared = term.prepare(answers())
    again = term.prepare({name: one[2:5] for name, one in answers().items()})
    for ours, theirs in zip(again, prepared, strict=True):
        torch.testing.assert_close(ours, theirs[2:5])


def test_whose_answers_are_compared_with_can_be_chosen():
    assert TERMS["hinton"](source="semantic").needs == {"semantic.logits"}
    assert TERMS["representation"](of="teacher.causal").needs == {"teacher.causal", "teacher.group"}
    assert needs_of(make_terms({"cross_entropy": {}, "hinton": {}}, where="here")) == {"teacher.logits"}
    two = {"a": {"loss": "hinton"}, "b": {"loss": "hinton", "source": "semantic"}}
    assert needs_of(make_terms(two, where="here")) == {"teacher.logits", "semantic.logits"}


def test_cross_entropy_reads_the_head_that_it_is_told():
    parts = {"causal_logits": torch.randn(BATCH, CLASSES, generator=torch.Generator().manual_seed(3))}
    some = evidence()._replace(parts=parts)
    ours = TERMS["cross_entropy"](of="causal_logits").values(some, ())
    assert torch.equal(ours, cross_entropy(parts["causal_logits"], some.label))
    with pytest.raises(InputError, match=r"no answer 'casual_logits'.*Did you mean causal_logits"):
        TERMS["cross_entropy"](of="casual_logits").values(some, ())
    with pytest.raises(InputError, match="no further answers"):
        TERMS["cross_entropy"](of="causal_logits").values(some._replace(parts={}), ())


def test_hinton_is_zero_where_student_and_teacher_agree():
    logits = torch.randn(5, 3, generator=torch.Generator().manual_seed(1))
    assert hinton(logits + 7.0, logits, temperature=3.0).abs().max() < 1e-5


def test_no_gradient_reaches_the_teacher():
    some = evidence()
    teacher = torch.randn(6, 4, generator=torch.Generator().manual_seed(1)).requires_grad_()
    hinton(some.logits, teacher, temperature=2.0).mean().backward()
    assert teacher.grad is None and some.logits.grad is not None


def test_class_weights_and_smoothing_follow_torch():
    some = evidence()
    weight = torch.tensor([0.5, 1.0, 2.0, 0.1])
    ours = cross_entropy(some.logits, some.label, class_weight=weight)
    assert torch.allclose(ours, torch_cross_entropy(some.logits, some.label, weight=weight, reduction="none"))
    smooth = cross_entropy(some.logits, some.label, smoothing=0.1).mean()
    assert torch.allclose(smooth, torch_cross_entropy(some.logits, some.label, label_smoothing=0.1))


def test_the_sum_is_weighted_and_each_part_is_told_unweighted():
    terms = make_terms({"cross_entropy": {"weight": 0.5}, "hinton": {"weight": 2.0, "temperature": 2.0}}, where="here")
    some = evidence()
    total, parts = weighted_sum(terms, some, {name: term.prepare(answers()) for name, term in terms.items()})
    assert total.item() == pytest.approx(
        0.5 * parts["cross_entropy"].mean().item() + 2.0 * parts["hinton"].mean().item(), rel=1e-6
    )
    assert not parts["hinton"].requires_grad


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({}, "at least one loss"),
        ({"hintn": {}}, "Did you mean hinton"),
        ({"hinton": {"temperature": 0}}, "greater than 0"),
        ({"hinton": {"tau": 4}}, "tau"),
        ({"hinton": {"source": "semantic.logits"}}, "source"),
        ({"mine": {"weight": 1}}, "unknown loss 'mine'"),
        ({"mine": {"loss": "hintn"}}, "Did you mean hinton"),
        ({"representation": {"of": "attention"}}, "of"),
    ],
)
def test_a_wrong_declaration_is_one_clear_error(declared, said):
    with pytest.raises(InputError, match=said):
        make_terms(declared, where="terms")


def test_what_is_prepared_for_many_windows_serves_each_batch_of_them():
    term, some = TERMS["hinton"](temperature=3.0), evidence()
    teacher = torch.randn(6, 4, generator=torch.Generator().manual_seed(1))
    part = [tensor[2:5] for tensor in term.prepare({"teacher.logits": teacher})]
    few = some._replace(logits=some.logits[2:5], label=some.label[2:5])
    assert torch.equal(term.values(few, part), hinton(some.logits, teacher, temperature=3.0)[2:5])
