import pytest
import torch
from torch.nn.functional import cross_entropy as torch_cross_entropy

from stillroom.base.errors import InputError, StillroomError
from stillroom.losses.cross_entropy import cross_entropy
from stillroom.losses.hinton import hinton
from stillroom.losses.term import TERMS, Evidence, make_terms, weighted_sum


def evidence(batch=6, classes=4):
    logits = torch.randn(batch, classes, generator=torch.Generator().manual_seed(0), requires_grad=True)
    return Evidence(logits, torch.zeros(batch, 3), torch.arange(batch) % classes, torch.ones(classes))


def taught(term, batch=6, classes=4, scale=1.0):
    generator = torch.Generator().manual_seed(1)
    logits = scale * torch.randn(batch, classes, generator=generator)
    return term.prepare(logits, torch.randn(batch, 5, generator=generator))


@pytest.mark.parametrize("name", list(TERMS))
def test_every_term_gives_one_finite_value_a_sample(name):
    term = TERMS[name]()
    values = term.values(evidence(), taught(term))
    assert values.shape == (6,) and torch.isfinite(values).all()


@pytest.mark.parametrize("name", list(TERMS))
def test_every_term_is_finite_at_extreme_logits(name):
    some = evidence()
    far = some._replace(logits=(1e4 * some.logits).detach().requires_grad_())
    term = TERMS[name]()
    values = term.values(far, taught(term, scale=-1e4))
    values.mean().backward()
    assert torch.isfinite(values).all() and torch.isfinite(far.logits.grad).all()


@pytest.mark.parametrize("name", [name for name in TERMS if TERMS[name]().needs])
def test_a_term_that_needs_a_teacher_says_so_without_one(name):
    with pytest.raises(StillroomError, match="teacher"):
        TERMS[name]().values(evidence(), ())


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
    total, parts = weighted_sum(terms, some, {name: taught(term) for name, term in terms.items()})
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
    ],
)
def test_a_wrong_declaration_is_one_clear_error(declared, said):
    with pytest.raises(InputError, match=said):
        make_terms(declared, where="terms")


def test_what_is_prepared_for_many_windows_serves_each_batch_of_them():
    term, some = TERMS["hinton"](temperature=3.0), evidence()
    teacher = torch.randn(6, 4, generator=torch.Generator().manual_seed(1))
    part = [tensor[2:5] for tensor in term.prepare(teacher, torch.empty(0))]
    few = some._replace(logits=some.logits[2:5], label=some.label[2:5])
    assert torch.equal(term.values(few, part), hinton(some.logits, teacher, temperature=3.0)[2:5])
