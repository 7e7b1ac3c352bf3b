"""The losses give the stored values; `assets/golden/kd_losses.json` says how the inputs are made."""

import json
from math import prod
from pathlib import Path

import pytest
import torch

from stillroom.losses.cross_entropy import cross_entropy
from stillroom.losses.hinton import hinton

GOLDEN = json.loads((Path(__file__).parents[2] / "assets/golden/kd_losses.json").read_text())["golden"]


def wave(*shape: int, amplitude: float, frequency: float, phase: float) -> torch.Tensor:
    flat = amplitude * torch.sin(frequency * torch.arange(prod(shape), dtype=torch.float64) + phase)
    return flat.reshape(shape)


STUDENT = wave(8, 5, amplitude=2.0, frequency=0.7, phase=0.1)
TEACHER = wave(8, 5, amplitude=3.0, frequency=0.9, phase=0.4)
LABEL = torch.tensor([(3 * i + 1) % 5 for i in range(8)])


def test_cross_entropy_golden():
    assert cross_entropy(STUDENT, LABEL).mean().item() == pytest.approx(GOLDEN["CE(zs,y)"], abs=1e-12)


@pytest.mark.parametrize(("temperature", "name"), [(4.0, "KD T=4 (batchmean*T^2)"), (1.0, "KD T=1"), (20.0, "KD T=20")])
def test_hinton_golden(temperature, name):
    assert hinton(STUDENT, TEACHER, temperature=temperature).mean().item() == pytest.approx(GOLDEN[name], abs=1e-12)


def test_hinton_gradient_golden():
    norms = []
    for temperature in (1.0, 4.0, 20.0):
        logits = STUDENT.clone().requires_grad_()
        hinton(logits, TEACHER, temperature=temperature).mean().backward()
        norms.append(logits.grad.norm().item())
    assert norms == pytest.approx(GOLDEN["KD grad-norm wrt zs T=1/4/20"], abs=1e-12)


def test_hinton_approaches_the_difference_of_centred_logits():
    limit = hinton(STUDENT, TEACHER, temperature=1e4).mean().item()
    assert limit == pytest.approx(GOLDEN["KD T->inf limit"], rel=1e-3)


def test_dense_outputs_weigh_as_much_as_single_ones():
    student = wave(4, 5, 6, amplitude=2.0, frequency=0.7, phase=0.1)
    teacher = wave(4, 5, 6, amplitude=3.0, frequency=0.9, phase=0.4)
    per_frame = GOLDEN["dense KD (ds,dt) T4: sum/B, per-frame"][1]
    assert hinton(student, teacher, temperature=4.0).mean().item() == pytest.approx(per_frame, abs=1e-12)
