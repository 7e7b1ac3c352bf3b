import pytest
import torch
from torch.nn.functional import cross_entropy as torch_cross_entropy

from stillroom.base.errors import InputError, StillroomError
from stillroom.losses.cross_entropy import cross_entropy
from stillroom.losses.hinton import hinton
from stillroom.losses.term import TERMS, Evidence, Shapes, make_terms, needs_of, weighted_sum

BATCH, CLASSES, FEATURES, TAUGHT = 6, 4, 3, 5
SHAPES = Shapes(
    {"logits": (CLASSES,), "representation": (FEATURES,)},
    {"teacher.logits": (CLASSES,), "teacher.representation": (TAUGHT,)},
)


def evidence():
    draw = torch.Generator().manual_seed(0)
    logits = torch.randn(BATCH, CLASSES, generator=draw, requires_grad=True)
    representation = torch.randn(BATCH, FEATURES, generator=draw, requires_grad=True)
    return Evidence(logits, representation, {}, torch.arange(BATCH) % CLASSES, torch.ones(CLASSES))


def answers(scale=1.0):
    draw = torch.Generator().manual_seed(1)
    said = {name: scale * torch.randn(BATCH, *shape, generator=draw) for name, shape in SHAPES.taught.items()}
    return {**said, "teacher.group": torch.zeros(BATCH, dtype=torch.int64)}


def values(term, some, scale=1.0):
    torch.manual_seed(2)
    return term.values(some, term.prepare(answers(scale)), term.helper(SHAPES))


@pytest.mark.parametrize("name", list(TERMS))
def test_every_term_gives_one_finite_value_a_sample(name):
    found = values(TERMS[name](), evidence())
    assert found.shape == (BATCH,) and torch.isfinite(found).all()


@pytest.mark.parametrize("name", list(TERMS))
def test_every_term_is_finite_at_extreme_answers(name):
    some = evidence()
    far = some._replace(
        logits=(1e4 * some.logits).detach().requires_grad_(),
        representation=(1e4 * some.representation).detach().requires_grad_(),
    )
    found = values(TERMS[name](), far, scale=-1e4)
    found.mean().backward()
    reached = [part.grad for part in (far.logits, far.representation) if part.grad is not None]
    assert torch.isfinite(found).all() and reached and all(torch.isfinite(grad).all() for grad in reached)


@pytest.mark.parametrize("name", [name for name in TERMS if TERMS[name]().needs])
def test_a_term_that_needs_a_teacher_says_so_without_one(name):
    with pytest.raises(StillroomError, match="teacher"):
        TERMS[name]().values(evidence(), ())


@pytest.mark.parametrize("name", list(TERMS))
def test_a_term_asks_for_the_answers_that_it_reads_and_for_no_others(name):
    term = TERMS[name]()
    few = {need: part for need, part in answers().items() if need in term.needs}
    assert set(few) == term.needs
    for ours, theirs in zip(term.prepare(few), term.prepare(answers()), strict=True):
        assert torch.equal(ours, theirs)


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
        TERMS["cross_entropy"](of="causal_logits").values(evidence(), ())


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
