"""The semantic classifier: what it reads, how it is described, and which teachers it refuses."""

from __future__ import annotations

import pytest
import torch

from stillroom.base.errors import InputError, StillroomError
from stillroom.models.architecture import describe, restore
from stillroom.models.bundle import load_model, save_model
from stillroom.models.output import Output
from stillroom.models.recogniser import Interface, Member, Recogniser
from stillroom.models.semantic import SemanticConfig, SemanticHead, semantic_input
from stillroom.models.teacher import TsakTeacherConfig

STAGE_1 = {"token": 8, "heads": 2, "causal": 12, "combined": "mix", "sensor_dropout": 0.2}


def config() -> SemanticConfig:
    return SemanticConfig(teacher={"name": "tsak_teacher", "settings": STAGE_1}, hidden=10)


def test_it_reads_attention_causal_and_combined_in_this_order() -> None:
    parts = {"causal": torch.full((2, 3), 2.0), "attention": torch.full((2, 2), 1.0), "causal_logits": torch.ones(2, 9)}
    found = semantic_input(Output(torch.zeros(2, 4), torch.full((2, 4), 3.0), parts))
    assert found.tolist() == [[1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0, 3.0]] * 2


@pytest.mark.parametrize("left", [{}, {"attention": torch.ones(2, 3)}])
def test_a_teacher_without_the_representations_is_named_with_a_mend(left: dict[str, torch.Tensor]) -> None:
    missing = "causal" if left else "attention"
    with pytest.raises(StillroomError, match=missing) as caught:
        semantic_input(Output(torch.zeros(2, 4), torch.zeros(2, 4), left))
    assert "tsak_teacher" in caught.value.mend


def test_the_head_is_its_formula_on_standardised_inputs() -> None:
    torch.manual_seed(1)
    head = SemanticHead(5, 4, 3, 0.5)
    x = torch.randn(400, 5) * torch.tensor([0.2, 1.0, 30.0, 1.0, 5.0]) + torch.tensor([0.0, 3.0, 0.0, -40.0, 0.0])
    for _ in range(120):
        head.train()(x)
    output = head.eval()(x)
    standard = (x - x.mean(dim=0)) / x.std(dim=0)
    hidden = torch.relu(standard @ head.hidden.weight.T + head.hidden.bias)
    torch.testing.assert_close(output.representation, hidden, atol=2e-2, rtol=1e-2)
    torch.testing.assert_close(output.logits, output.representation @ head.head.weight.T + head.head.bias)
    assert not output.parts


def test_the_teacher_is_described_in_full_and_alike_however_it_was_written() -> None:
    full = describe(TsakTeacherConfig())
    for written in ({"name": "tsak_teacher"}, {"name": "tsak_teacher", "settings": {"token": 64}}, full):
        assert SemanticConfig(teacher=written) == SemanticConfig()
        assert SemanticConfig(teacher=written).fingerprint() == SemanticConfig().fingerprint()
    assert SemanticConfig().teacher == full
    assert config().stage1 == TsakTeacherConfig(**STAGE_1)
    assert restore(describe(config()), where="here") == config()


@pytest.mark.parametrize(
    ("teacher", "said"),
    [
        ({"name": "reference", "settings": {}}, "reference has no attention"),
        ({"name": "semantic", "settings": {}}, "semantic has no attention"),
        ({"name": "tsak_techer", "settings": {}}, "Did you mean tsak_teacher"),
        ({"name": "tsak_teacher", "settings": {"token": 9}}, "token of 9"),
        ({"name": "tsak_teacher", "settings": {"tokens": 9}}, "tokens"),
        ({"name": "tsak_teacher", "settings": 3}, "teacher"),
        ({"settings": {}}, "name"),
        ({"name": "tsak_teacher", "weights": "x"}, "name and its settings"),
    ],
)
def test_a_teacher_that_cannot_be_stage_1_is_refused(teacher: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        SemanticConfig.from_input({"teacher": teacher}, where="my recipe")
    assert "my recipe" in str(caught.value)


def test_the_head_s_width_fits_the_teacher_s(face: Interface, x: torch.Tensor) -> None:
    net = config().build(face.shape).eval()
    assert net.head.hidden.in_features == semantic_input(net.stage1(x)).shape[1] == 2 * (8 + 12)
    assert net(x).representation.shape == (5, 10)


def test_both_stages_are_kept_and_stay_frozen_when_loaded(face: Interface, x: torch.Tensor, tmp_path) -> None:
    member = Member(config(), face.shape)
    member.train()(x)
    model = Recogniser(face, [member]).eval()
    save_model(model, tmp_path, {})
    again, _ = load_model(tmp_path)
    with torch.no_grad():
        ours, theirs = model(x).answers(), again(x).answers()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    stage1 = again.train().members[0].net.stage1
    assert not stage1.training and not any(parameter.requires_grad for parameter in stage1.parameters())
