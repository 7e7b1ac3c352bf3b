"""The losses give the stored values; `assets/golden/kd_losses.json` says how the inputs are made."""

import json
import math
from pathlib import Path

import pytest
import torch

import stillroom.losses  # noqa: F401  (registers every term)
from stillroom.losses.cross_entropy import cross_entropy
from stillroom.losses.dkd import decoupled
from stillroom.losses.fsp import flow, fsp
from stillroom.losses.hinton import hinton
from stillroom.losses.logit_std import logit_std
from stillroom.losses.rkd import relations
from stillroom.losses.term import TERMS, Evidence, Shapes

GOLDEN = json.loads((Path(__file__).parents[2] / "assets/golden/kd_losses.json").read_text())["golden"]


def wave(*shape: int, amplitude: float, frequency: float, phase: float) -> torch.Tensor:
    flat = amplitude * torch.sin(frequency * torch.arange(math.prod(shape), dtype=torch.float64) + phase)
    return flat.reshape(shape)


STUDENT = wave(8, 5, amplitude=2.0, frequency=0.7, phase=0.1)
TEACHER = wave(8, 5, amplitude=3.0, frequency=0.9, phase=0.4)
LABEL = torch.tensor([(3 * i + 1) % 5 for i in range(8)])
MADE = {
    "fs": wave(8, 6, 10, 1, amplitude=1.0, frequency=0.37, phase=0.2),
    "ft": wave(8, 6, 10, 1, amplitude=1.5, frequency=0.53, phase=0.5),
    "fs2": wave(8, 6, 10, 1, amplitude=0.8, frequency=0.29, phase=0.7),
    "ft2": wave(8, 6, 10, 1, amplitude=1.1, frequency=0.61, phase=0.3),
    "ftw": wave(8, 12, 10, 1, amplitude=1.5, frequency=0.53, phase=0.5),
    "es": wave(8, 7, amplitude=1.0, frequency=0.83, phase=0.3),
    "et": wave(8, 7, amplitude=1.2, frequency=0.47, phase=0.6),
}
OVER_TIME = {name: made.squeeze(3) if made.ndim > 3 else made for name, made in MADE.items()}


def exactly(name: str):
    return pytest.approx(GOLDEN[name], abs=1e-12)


def test_cross_entropy_golden():
    assert cross_entropy(STUDENT, LABEL).mean().item() == exactly("CE(zs,y)")


@pytest.mark.parametrize(("temperature", "name"), [(4.0, "KD T=4 (batchmean*T^2)"), (1.0, "KD T=1"), (20.0, "KD T=20")])
def test_hinton_golden(temperature, name):
    assert hinton(STUDENT, TEACHER, temperature=temperature).mean().item() == exactly(name)


def test_hinton_gradient_golden():
    norms = []
    for temperature in (1.0, 4.0, 20.0):
        logits = STUDENT.clone().requires_grad_()
        hinton(logits, TEACHER, temperature=temperature).mean().backward()
        norms.append(logits.grad.norm().item())
    assert norms == exactly("KD grad-norm wrt zs T=1/4/20")


def test_hinton_approaches_the_difference_of_centred_logits():
    limit = hinton(STUDENT, TEACHER, temperature=1e4).mean().item()
    assert limit == pytest.approx(GOLDEN["KD T->inf limit"], rel=1e-3)


def test_dense_outputs_weigh_as_much_as_single_ones():
    student = wave(4, 5, 6, amplitude=2.0, frequency=0.7, phase=0.1)
    teacher = wave(4, 5, 6, amplitude=3.0, frequency=0.9, phase=0.4)
    per_frame = GOLDEN["dense KD (ds,dt) T4: sum/B, per-frame"][1]
    assert hinton(student, teacher, temperature=4.0).mean().item() == pytest.approx(per_frame, abs=1e-12)


def test_both_parts_of_dkd_golden():
    target, others = decoupled(STUDENT, TEACHER, LABEL, temperature=4.0)
    assert target.mean().item() == exactly("DKD TCKD T4")
    assert others.mean().item() == exactly("DKD NCKD T4")


def test_logit_std_golden():
    found = logit_std(STUDENT, TEACHER, temperature=2.0).mean().item()
    assert found == exactly("LogitStd KD T2 (unbiased std, *T^2)")


@pytest.mark.parametrize(
    ("loss", "settings", "name"),
    [
        ("hinton", {}, "KD T=4 (batchmean*T^2)"),
        ("dkd", {}, "DKD a1 b8 T4"),
        ("dist", {}, "DIST b1 g1 tau1"),
        ("dist", {"variant": "released"}, "DIST b1 g1 tau1"),
        ("dist", {"variant": "released", "temperature": 4}, "DIST b1 g1 tau4 (*tau^2)"),
        ("logit_std", {}, "LogitStd KD T2 (unbiased std, *T^2)"),
    ],
)
def test_a_logit_term_golden(loss, settings, name):
    some = Evidence(STUDENT, STUDENT, {}, LABEL, torch.ones(5))
    term = TERMS[loss](**settings)
    assert term.values(some, term.prepare({"teacher.logits": TEACHER})).mean().item() == exactly(name)


def test_dist_in_the_paper_is_not_multiplied_by_the_square_of_its_temperature():
    found = TERMS["dist"](temperature=4).compare(STUDENT, (TEACHER,), LABEL).item()
    assert 16 * found == exactly("DIST b1 g1 tau4 (*tau^2)")


@pytest.mark.parametrize("made", [MADE, OVER_TIME], ids=["four axes", "three axes"])
@pytest.mark.parametrize(
    ("loss", "settings", "student", "teacher", "name"),
    [
        ("fitnets", {}, "fs", "ft", "FitNet mse(fs,ft)"),
        ("attention_transfer", {}, "fs", "ft", "AT code(fs,ft)"),
        ("attention_transfer", {}, "fs", "ftw", "AT code(fs,ftw)"),
        ("attention_transfer", {"variant": "paper"}, "fs", "ft", "AT paper(fs,ft)"),
        ("similarity", {}, "fs", "ft", "SP L2 (fs,ft)"),
        ("similarity", {"variant": "torchdistill"}, "fs", "ft", "SP L1 = torchdistill bug (fs,ft)"),
        ("rkd", {}, "es", "et", "RKD 25/50"),
        ("rkd", {"distance": 1, "angle": 0}, "es", "et", "RKD-D (es,et)"),
        ("rkd", {"distance": 0, "angle": 1}, "es", "et", "RKD-A (es,et)"),
        (
            "rkd",
            {"distance": 1, "angle": 0, "normalise": True},
            "es",
            "et",
            "RKD-D with L2-normed inputs (mmrazor)",
        ),
        ("pkt", {}, "es", "et", "PKT (es,et)"),
        ("correlation", {}, "es", "et", "CC gaussian mse L2-normed (KD-Zoo)"),
        ("correlation", {"variant": "repdistiller"}, "es", "et", "CC RepDistiller (es,et)"),
        ("correlation", {"variant": "torchdistill"}, "es", "et", "CC gaussian fro/B^2 no norm (torchdistill)"),
        ("nst", {}, "fs", "ft", "NST poly (fs,ft)"),
    ],
)
def test_a_feature_term_golden(loss, settings, student, teacher, name, made):
    assert TERMS[loss](**settings).compare(made[student], made[teacher]).mean().item() == exactly(name)


def test_the_two_relations_of_rkd_golden():
    distance, angle = relations(MADE["es"], MADE["et"])
    assert distance.item() == exactly("RKD-D (es,et)")
    assert angle.item() == exactly("RKD-A (es,et)")


@pytest.mark.parametrize(
    ("variant", "name"),
    [("released", "FSP mse (fs,fs2|ft,ft2)"), ("torchdistill", "FSP torchdistill norm form")],
)
def test_fsp_golden(variant, name):
    ours, theirs = flow(MADE["fs"], MADE["fs2"]), flow(MADE["ft"], MADE["ft2"])
    assert fsp(ours, theirs, variant=variant).mean().item() == exactly(name)
    some = Evidence(STUDENT, STUDENT, {"anchor_0": OVER_TIME["fs"], "anchor_1": OVER_TIME["fs2"]}, LABEL, torch.ones(5))
    term = TERMS["fsp"](variant=variant)
    taught = term.prepare({"teacher.anchor_0": OVER_TIME["ft"], "teacher.anchor_1": OVER_TIME["ft2"]})
    assert term.values(some, taught).mean().item() == exactly(name)


def test_vid_golden():
    term = TERMS["vid"](of="teacher.early")
    helper = term.helper(Shapes({"early": (6, 10)}, {"teacher.early": (6, 10)})).double()
    for one in helper.maps:
        one.weight.data[0] = torch.eye(6)
    assert helper.rho.tolist() == [pytest.approx([math.log(math.expm1(5 - 1e-5))] * 6, rel=1e-6)]  # single precision
    helper.rho.data.fill_(math.log(math.expm1(5 - 1e-5)))
    some = Evidence(STUDENT, STUDENT, {"early": OVER_TIME["fs"]}, LABEL, torch.ones(5))
    answers = {"teacher.early": OVER_TIME["ft"], "teacher.group": torch.zeros(8, dtype=torch.int64)}
    assert term.values(some, term.prepare(answers), helper).mean().item() == exactly("VID identity regressor var5")
