"""SMLDist's terms against slow references, what the released forms do, and the flaws that are known of them."""

import math

import numpy as np
import pytest
import torch

from stillroom.base.errors import StillroomError
from stillroom.losses.conditional import Conditional, conditional, conditional_released, conditional_target
from stillroom.losses.memory import Memory
from stillroom.losses.stage import Stage, spectrum, stage_frequency, stage_time
from stillroom.losses.term import Evidence, Shapes

BATCH, CHANNELS, TIME, CLASSES = 5, 3, 15, 8


def drawn(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def slow_spectrum(row):
    """log(1 + |DFT|) of one channel, bin by bin, without the mean, at length one."""
    n = len(row)
    bins = []
    for k in range(1, n // 2 + 1):
        real = sum(x * math.cos(2 * math.pi * k * t / n) for t, x in enumerate(row))
        imaginary = sum(x * math.sin(2 * math.pi * k * t / n) for t, x in enumerate(row))
        bins.append(math.log1p(math.hypot(real, imaginary)))
    length = math.sqrt(sum(value * value for value in bins))
    return [value / length for value in bins]


def test_the_frequency_part_is_the_mean_square_between_spectra_bin_by_bin():
    student, teacher = drawn(1, BATCH, CHANNELS, TIME), drawn(2, BATCH, CHANNELS, TIME)
    found = stage_frequency(student, teacher)
    for ours, theirs, value in zip(student.tolist(), teacher.tolist(), found.tolist(), strict=True):
        apart = [
            (a - b) ** 2
            for one, other in zip(ours, theirs, strict=True)
            for a, b in zip(slow_spectrum(one), slow_spectrum(other), strict=True)
        ]
        assert value == pytest.approx(sum(apart) / len(apart), abs=1e-9)


def test_the_time_part_is_in_units_of_each_teacher_channels_spread_or_raw_as_released():
    student, teacher = drawn(1, BATCH, CHANNELS, TIME), drawn(2, BATCH, CHANNELS, TIME)
    raw = ((student - teacher).numpy() ** 2).mean(axis=(1, 2))
    assert stage_time(student, teacher, standardise=False).numpy() == pytest.approx(raw, abs=1e-12)
    spread = np.var(teacher.numpy(), axis=(0, 2))[None, :, None] + 1e-5
    scaled = ((student - teacher).numpy() ** 2 / spread).mean(axis=(1, 2))
    assert stage_time(student, teacher, standardise=True).numpy() == pytest.approx(scaled, abs=1e-9)
    louder = torch.tensor([10.0, 1.0, 0.1], dtype=torch.float64)[:, None]
    same = stage_time(louder * student, louder * teacher, standardise=True)
    assert same.numpy() == pytest.approx(scaled, rel=2e-3)


def test_a_spectrum_knows_neither_the_mean_nor_where_in_time():
    x = drawn(3, BATCH, CHANNELS, TIME)
    torch.testing.assert_close(spectrum(x + 7), spectrum(x))
    torch.testing.assert_close(spectrum(x.roll(4, dims=2)), spectrum(x))
    assert spectrum(x, dc=True).shape[2] == spectrum(x).shape[2] + 1
    assert (
        stage_frequency(x.roll(4, dims=2), x).abs().max() < 1e-12 < stage_time(x.roll(4, 2), x, standardise=True).min()
    )


def evidence(features):
    return Evidence(torch.zeros(len(features), CLASSES), torch.zeros(len(features), 2), {"anchor_0": features},
                    torch.zeros(len(features), dtype=torch.int64), torch.ones(CLASSES))  # fmt: skip


def test_the_stage_term_adds_both_parts_and_without_frequency_is_as_released():
    student, teacher = drawn(1, BATCH, CHANNELS, TIME), drawn(2, BATCH, CHANNELS, TIME)
    taught = (teacher, torch.zeros(BATCH, dtype=torch.int64))
    both = Stage(frequency=10.0).values(evidence(student), taught)
    parts = stage_time(student, teacher, standardise=True) + 10 * stage_frequency(student, teacher)
    torch.testing.assert_close(both, parts)
    released = Stage(frequency=0.0, standardise=False).values(evidence(student), taught)
    torch.testing.assert_close(released, (student - teacher).square().mean(dim=(1, 2)))


def test_a_student_of_another_shape_is_connected_for_the_stage():
    student, teacher = drawn(1, BATCH, 2, 2 * TIME).float(), drawn(2, BATCH, CHANNELS, TIME).float()
    term = Stage()
    helper = term.helper(Shapes({"anchor_0": (2, 2 * TIME)}, {"teacher.anchor_0": (CHANNELS, TIME)}))
    assert helper is not None and helper.weight.shape == (1, CHANNELS, 2)
    found = term.values(evidence(student), (teacher, torch.zeros(BATCH, dtype=torch.int64)), helper)
    assert found.shape == (BATCH,) and torch.isfinite(found).all()
    assert term.helper(Shapes({"anchor_0": (3, TIME)}, {"teacher.anchor_0": (CHANNELS, TIME)})) is None


def test_no_gradient_reaches_the_teacher_and_silence_has_a_finite_one():
    student = torch.zeros(BATCH, CHANNELS, TIME, requires_grad=True)
    teacher = torch.zeros(BATCH, CHANNELS, TIME, requires_grad=True)
    (stage_frequency(student, teacher) + stage_time(student, teacher, standardise=True)).sum().backward()
    assert teacher.grad is None and torch.isfinite(student.grad).all()


def test_the_memory_term_is_zero_where_both_associate_alike_and_compares_one_bank_with_its_like():
    scores = drawn(1, BATCH, 12)
    some = Evidence(torch.zeros(BATCH, 2), torch.zeros(BATCH, 2), {"association": scores + 3.0},
                    torch.zeros(BATCH, dtype=torch.int64), torch.ones(2))  # fmt: skip
    assert Memory().values(some, (scores,)).abs().max() < 1e-12
    p, q = torch.softmax(drawn(2, BATCH, 12), 1), torch.softmax(scores, 1)
    expected = (p * (p / q).log()).sum(dim=1)
    torch.testing.assert_close(Memory().values(some, (drawn(2, BATCH, 12),)), expected)
    with pytest.raises(StillroomError, match="12 patterns cannot be compared with one of 9"):
        Memory().values(some, (drawn(2, BATCH, 9),))


TEACHER = 3.0 * drawn(4, 200, CLASSES)
LABEL = torch.arange(200) % CLASSES
RIGHT = TEACHER.argmax(dim=1) == LABEL


def test_where_the_teacher_is_right_it_is_kept_and_where_it_is_wrong_the_label_stands():
    target = conditional_target(TEACHER, LABEL, temperature=4.0, smoothing=0.1)
    assert 0 < RIGHT.sum() < 200
    torch.testing.assert_close(target[RIGHT], torch.softmax(TEACHER / 4.0, 1)[RIGHT])
    assert torch.equal(target.argmax(dim=1), LABEL)
    wrong = target[~RIGHT]
    assert wrong.max().item() == pytest.approx(0.9 + 0.1 / CLASSES) and wrong.min().item() == pytest.approx(0.1 / 8)
    torch.testing.assert_close(target.sum(dim=1), torch.ones(200, dtype=torch.float64))


def test_the_sound_rule_is_the_divergence_from_its_target_and_zero_at_it():
    student = drawn(5, 200, CLASSES)
    target = conditional_target(TEACHER, LABEL, temperature=4.0, smoothing=0.1)
    slow = [
        16 * sum(t * (math.log(t) - s) for t, s in zip(row, logs, strict=True))
        for row, logs in zip(target.tolist(), torch.log_softmax(student / 4, 1).tolist(), strict=True)
    ]
    found = conditional(student, TEACHER, LABEL, temperature=4.0, smoothing=0.1)
    assert found.tolist() == pytest.approx(slow, abs=1e-9)
    assert conditional(4 * target.log(), TEACHER, LABEL, temperature=4.0, smoothing=0.1).abs().max() < 1e-12


def test_with_a_teacher_that_is_always_right_it_is_hintons():
    from stillroom.losses.hinton import hinton

    student, label = drawn(5, 200, CLASSES), TEACHER.argmax(dim=1)
    ours = conditional(student, TEACHER, label, temperature=3.0, smoothing=0.1)
    torch.testing.assert_close(ours, hinton(student, TEACHER, temperature=3.0))


def test_the_released_rule_read_literally():
    student = drawn(6, 4, CLASSES)
    for row in range(4):
        z, y, label = TEACHER[row].numpy(), student[row].numpy(), int(LABEL[row])
        p, u = (np.exp(v / np.linalg.norm(v)) / np.exp(v / np.linalg.norm(v)).sum() for v in (z, y))
        t = p if p.argmax() == label else np.eye(CLASSES)[label]
        smooth, q = (np.exp(v) / np.exp(v).sum() for v in (t, u))
        expected = -np.log(q[label]) - (smooth * np.log(q)).sum()
        found = conditional_released(student[row : row + 1], TEACHER[row : row + 1], LABEL[row : row + 1], hardness=1.0)
        assert found.item() == pytest.approx(expected, abs=1e-12)


def test_the_released_rules_flaws_a_flat_answer_and_a_sharper_target_for_the_teachers_mistakes():
    sure = 1e3 * torch.eye(CLASSES, dtype=torch.float64)
    own = torch.arange(CLASSES)
    alone = conditional_released(sure, torch.full_like(sure, -1.0).fill_diagonal_(50.0), own, hardness=1.0)
    twice = torch.softmax(torch.softmax(torch.nn.functional.normalize(sure, dim=1), dim=1), dim=1)
    assert twice.max().item() == pytest.approx(0.1457, abs=1e-4)  # what q_y can reach at most
    assert alone.min() > 1.927
    kept = torch.softmax(torch.softmax(torch.nn.functional.normalize(sure, dim=1), dim=1), dim=1).max().item()
    replaced = torch.softmax(torch.eye(CLASSES, dtype=torch.float64), dim=1).max().item()
    assert kept < 0.15 < 0.27 < replaced < 0.29


def test_the_released_rule_is_chosen_by_its_variant():
    some = Evidence(drawn(5, 200, CLASSES), drawn(1, 200, 2), {}, LABEL, torch.ones(CLASSES))
    found = Conditional(variant="released", hardness=2.0).values(some, (TEACHER,))
    torch.testing.assert_close(found, conditional_released(some.logits, TEACHER, LABEL, hardness=2.0))
    sound = Conditional(temperature=2.0, smoothing=0.2).values(some, (TEACHER,))
    torch.testing.assert_close(sound, conditional(some.logits, TEACHER, LABEL, temperature=2.0, smoothing=0.2))
