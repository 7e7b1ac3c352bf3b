"""What lessons 1 to 4 compute in the browser is what the engine computes, to 1e-6: real windows, golden and extreme."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page
from scipy.optimize import minimize_scalar
from tests.browser.script import NEAR, apart, called, scripts

from stillroom.base.errors import InputError
from stillroom.data.recording import Span
from stillroom.data.source import open_source
from stillroom.data.windows import WindowConfig, cut
from stillroom.losses.conditional import conditional, conditional_released, conditional_target
from stillroom.losses.cross_entropy import cross_entropy
from stillroom.losses.hinton import hinton, soften
from stillroom.losses.logit_std import logit_std
from stillroom_app.services import workspace
from stillroom_app.services.lessons import answers, rhythms, stretches

GOLDEN = json.loads((Path(__file__).parents[2] / "assets/golden/kd_losses.json").read_text())["golden"]
TEMPERATURES = (1.0, 4.0, 20.0)
Case = tuple[list[float], list[float], int]


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """The mathematics of the four lessons."""
    with scripts(chromium, "maths.js", "signal_maths.js", "answer_bars.js", "hard_soft.js") as one:
        yield one


@pytest.fixture(scope="module")
def taught(chromium: Browser) -> Iterator[Page]:
    """Lesson 3 with its mathematics."""
    with scripts(chromium, "maths.js", "temperature.js") as one:
        yield one


@pytest.fixture(scope="module")
def demo() -> workspace.Entry:
    return workspace.entry(workspace.HEADLINE)


def golden() -> list[Case]:
    student, teacher = (
        (amplitude * np.sin(frequency * np.arange(40) + phase)).reshape(8, 5)
        for amplitude, frequency, phase in ((2.0, 0.7, 0.1), (3.0, 0.9, 0.4))
    )
    return [(student[i].tolist(), teacher[i].tolist(), (3 * i + 1) % 5) for i in range(8)]


@pytest.fixture(scope="module")
def cases(demo: workspace.Entry) -> list[Case]:
    """Student's logits, teacher's, label: the lessons' own windows, the golden ones, and drawn ones up to +-600."""
    found: list[Case] = [(one["student"], one["teacher"], one["label"]) for one in answers.data(demo)["samples"]]
    draw = np.random.default_rng(9)
    for classes in (2, 3, 10, 25):
        for scale in (1e-3, 1.0, 30.0, 600.0):
            student, teacher = (draw.standard_normal(classes) * scale for _ in range(2))
            found.append((student.tolist(), teacher.tolist(), int(draw.integers(classes))))
    return found + golden()


def of_torch(loss: Callable[..., torch.Tensor], case: Case) -> tuple[float, list[float]]:
    """A loss of the engine for one window, and its gradient by the student's logits."""
    student = torch.tensor([case[0]], dtype=torch.float64, requires_grad=True)
    value = loss(student, torch.tensor([case[1]], dtype=torch.float64), torch.tensor([case[2]])).sum()
    value.backward()
    assert student.grad is not None
    return value.item(), student.grad[0].tolist()


LOSSES: dict[str, tuple[Callable[[Case], list[Any]], Callable[..., torch.Tensor]]] = {
    "crossEntropy": (lambda case: [case[0], case[2]], lambda s, t, y: cross_entropy(s, y)),
    "crossEntropy smoothed": (
        lambda case: [case[0], case[2], 0.1], lambda s, t, y: cross_entropy(s, y, smoothing=0.1)
    ),
    **{
        f"hinton T={T:g}": (
            lambda case, T=T: [case[0], case[1], T], lambda s, t, y, T=T: hinton(s, t, temperature=T)
        ) for T in TEMPERATURES
    },
    **{
        f"logitStd T={T:g}": (
            lambda case, T=T: [case[0], case[1], T], lambda s, t, y, T=T: logit_std(s, t, temperature=T)
        ) for T in (1.0, 2.0)
    },
    **{
        f"conditional T={T:g}": (
            lambda case, T=T: [*case, T, 0.1],
            lambda s, t, y, T=T: conditional(s, t, y, temperature=T, smoothing=0.1),
        ) for T in TEMPERATURES
    },
    **{
        f"released h={h:g}": (
            lambda case, h=h: [*case, h], lambda s, t, y, h=h: conditional_released(s, t, y, hardness=h)
        ) for h in (1.0, 5.0)
    },
}  # fmt: skip


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_and_its_gradient_are_the_engines(page: Page, cases: list[Case], name: str) -> None:
    given, loss = LOSSES[name]
    function, arguments = f"maths.{name.partition(' ')[0]}", [given(case) for case in cases]
    wanted = [of_torch(loss, case) for case in cases]
    values, gradients = called(page, function, arguments), called(page, f"{function}Gradient", arguments)
    assert apart(values, [value for value, _ in wanted]) <= NEAR
    assert max(apart(found, told) for found, (_, told) in zip(gradients, wanted, strict=True)) <= NEAR


def test_the_golden_values_come_out_of_the_browser(page: Page) -> None:
    means = {T: np.mean(called(page, "maths.hinton", [[s, t, T] for s, t, _ in golden()])) for T in TEMPERATURES}
    assert apart(means[4.0], GOLDEN["KD T=4 (batchmean*T^2)"]) <= NEAR
    assert apart(means[1.0], GOLDEN["KD T=1"]) <= NEAR and apart(means[20.0], GOLDEN["KD T=20"]) <= NEAR
    hard = np.mean(called(page, "maths.crossEntropy", [[s, y] for s, _, y in golden()]))
    scores = np.mean(called(page, "maths.logitStd", [[s, t, 2.0] for s, t, _ in golden()]))
    assert apart(hard, GOLDEN["CE(zs,y)"]) <= NEAR
    assert apart(scores, GOLDEN["LogitStd KD T2 (unbiased std, *T^2)"]) <= NEAR


def test_targets_and_their_entropy_are_the_engines(page: Page, cases: list[Case]) -> None:
    for T in TEMPERATURES:
        shares = called(page, "maths.softmax", [[teacher, T] for _, teacher, _ in cases])
        targets = called(page, "maths.conditionalTarget", [[*case[1:], T, 0.1] for case in cases])
        for found, target, (_, teacher, label) in zip(shares, targets, cases, strict=True):
            logits = torch.tensor([teacher], dtype=torch.float64)
            assert apart(found, soften(logits, T)[1].exp()[0]) <= NEAR
            wanted = conditional_target(logits, torch.tensor([label]), temperature=T, smoothing=0.1)[0]
            assert apart(target, wanted) <= NEAR
            held = wanted[wanted > 0]
            assert apart(called(page, "maths.entropyBits", [[target]])[0], -(held * held.log2()).sum()) <= NEAR


def test_scores_without_any_difference_do_not_break_the_standardised_loss(page: Page) -> None:
    case: Case = ([2.0, 2.0, 2.0], [1.0, 0.0, -1.0], 0)
    value, gradient = of_torch(lambda s, t, y: logit_std(s, t, temperature=2.0), case)
    assert apart(called(page, "maths.logitStd", [[*case[:2], 2.0]])[0], value) <= NEAR
    assert apart(called(page, "maths.logitStdGradient", [[*case[:2], 2.0]])[0], gradient) <= NEAR


def test_label_and_teacher_are_weighed_as_in_the_engine_all_the_way_down(page: Page, demo: workspace.Entry) -> None:
    for one in answers.data(demo)["samples"]:
        for alpha, T in ((0.0, 4.0), (0.35, 1.0), (0.5, 4.0), (1.0, 20.0)):
            case: Case = (one["student"], one["teacher"], one["label"])
            value, gradient = of_torch(mixed(alpha, T), case)
            state = {"alpha": alpha, "T": T}
            assert apart(called(page, "mixed", [[one["student"], one, state]])[0], value) <= NEAR
            assert apart(called(page, "mixedGradient", [[one["student"], one, state]])[0], gradient) <= NEAR
            way = page.evaluate("([one, state]) => descent(one, lineOf(one), state, 25)", [one, state])
            assert apart(way, descent(one, alpha, T, 25)) <= NEAR
            place = page.evaluate("([one, state]) => lowest(one, lineOf(one), state)", [one, state])
            assert place == pytest.approx(lowest(one, alpha, T), abs=1e-5)


def mixed(alpha: float, T: float) -> Callable[..., torch.Tensor]:
    """Label, softened to 99 %, and teacher."""
    return lambda s, t, y: (
        (1 - alpha) * cross_entropy(s, y, smoothing=0.01 * s.shape[1] / (s.shape[1] - 1))
        + alpha * hinton(s, t, temperature=T)
    )


def line(one: dict[str, Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logits that give the label 99 %, and the way from there to the teacher's."""
    teacher = np.array(one["teacher"])
    ends = np.where(np.arange(len(teacher)) == one["label"], np.log(0.99 * (len(teacher) - 1) / 0.01), 0.0)
    ends -= ends.mean()
    return ends, teacher - ends


def descent(one: dict[str, Any], alpha: float, T: float, steps: int) -> list[float]:
    """The same walk with the engine's losses: steps of size 1 in logits, seen along the line."""
    ends, way = line(one)
    found = [float((np.array(one["student"]) - ends) @ way / (way @ way))]
    for _ in range(steps):
        logits = (ends + found[-1] * way).tolist()
        slope = np.dot(of_torch(mixed(alpha, T), (logits, one["teacher"], one["label"]))[1], way)
        found.append(float(found[-1] - slope / (way @ way)))
    return found


def lowest(one: dict[str, Any], alpha: float, T: float) -> float:
    """Where the engine's loss along the line is least."""
    ends, way = line(one)
    loss = mixed(alpha, T)
    found = minimize_scalar(
        lambda at: of_torch(loss, ((ends + at * way).tolist(), one["teacher"], one["label"]))[0],
        bounds=(-2, 3), method="bounded", options={"xatol": 1e-9},
    )  # fmt: skip
    return float(found.x)


def test_each_of_both_losses_is_least_at_its_own_end(page: Page, demo: workspace.Entry) -> None:
    for one in answers.data(demo)["samples"]:
        for alpha, end in ((0.0, 0.0), (1.0, 1.0)):
            state = {"alpha": alpha, "T": 4}
            slope = page.evaluate(
                "([one, state, end]) => maths.dot(mixedGradient(lineOf(one).at(end), one, state), lineOf(one).way)",
                [one, state, end],
            )
            assert abs(slope) <= NEAR


RULES: dict[str, Callable[[float], Callable[..., torch.Tensor]]] = {
    "hinton": lambda T: lambda s, t, y: hinton(s, t, temperature=T),
    "conditional": lambda T: lambda s, t, y: conditional(s, t, y, temperature=T, smoothing=0.1),
    "released": lambda T: lambda s, t, y: conditional_released(s, t, y, hardness=1.0),
    "standardised": lambda T: lambda s, t, y: logit_std(s, t, temperature=T / 2),
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("T", [1.0, 4.0])
def test_what_lesson_3_teaches_and_each_step_of_it_is_the_engines(
    taught: Page, demo: workspace.Entry, rule: str, T: float
) -> None:
    loss = RULES[rule](T)
    for one in answers.data(demo)["samples"]:
        value, gradient = of_torch(loss, (one["student"], one["teacher"], one["label"]))
        assert apart(called(taught, f"RULES.{rule}.loss", [[one["student"], one, T]])[0], value) <= NEAR
        assert apart(called(taught, f"RULES.{rule}.gradient", [[one["student"], one, T]])[0], gradient) <= NEAR
        for steps, factor in ((1, 1.0), (6, 1.0), (6, 1 / 16)):
            scores = np.array(one["student"])
            for _ in range(steps):
                scores -= factor * np.array(of_torch(loss, (scores.tolist(), one["teacher"], one["label"]))[1])
            asked = [one, rule, T, steps, factor]
            found = taught.evaluate("([one, rule, ...more]) => walked(one, RULES[rule], ...more)", asked)
            assert apart(found, scores) <= NEAR


@pytest.mark.parametrize("rule", ["hinton", "conditional", "standardised"])
def test_where_the_students_bar_is_the_targets_bar_nothing_pushes(
    taught: Page, demo: workspace.Entry, rule: str
) -> None:
    for one in answers.data(demo)["samples"]:
        shares = called(taught, f"RULES.{rule}.target", [[one, 4]])[0]
        scores = np.log(shares)
        scores -= scores.mean()
        at = one["teacher"] if rule == "standardised" else (4 * scores).tolist()
        assert apart(called(taught, f"RULES.{rule}.said", [[at, 4]])[0], shares) <= NEAR
        assert apart(called(taught, f"RULES.{rule}.gradient", [[at, one, 4]])[0], np.zeros(len(shares))) <= NEAR


@pytest.mark.parametrize("length", [0.5, 1.5, 4.0])
def test_windows_are_those_that_the_engine_cuts(page: Page, demo: workspace.Entry, length: float) -> None:
    data, dataset = stretches.data(demo), open_source(demo.data)
    for sample in data["samples"]:
        name, begin_s = sample["name"].partition(",")[0], sample["start"]
        recording = next(one for one in dataset.recordings if one.name == name)
        marked = recording.tracks[dataset.card.track]
        spans = [Span(one.start_s - begin_s, one.end_s - begin_s, one.label) for one in marked]
        for stride, purity in ((0.5, 0.5), (1.3, 0.8), (2.5, 1.0)):
            how = {"rate": data["rate"], "length": length, "stride": stride, "purity": purity}
            _cuts_alike(page, dataset, sample["spans"], spans, sample["count"], how)


def test_of_two_activities_that_share_a_window_evenly_the_first_is_its_label(page: Page) -> None:
    dataset = open_source("factory")
    second = round(dataset.rate_hz)
    codes = [4, 1, -1, 1, 4, 2, 1, 2] * 3
    given = [[at * second, (at + 1) * second, code] for at, code in enumerate(codes)]
    spans = [Span(at, at + 1, dataset.classes[code]) for at, code in enumerate(codes) if code >= 0]
    for length, stride in ((2.0, 1.0), (3.0, 0.5), (4.0, 1.0)):
        how = {"rate": dataset.rate_hz, "length": length, "stride": stride, "purity": 0.25}
        _cuts_alike(page, dataset, given, spans, len(codes) * second, how)


def _cuts_alike(page: Page, dataset: Any, given: Any, spans: list[Span], count: int, how: dict[str, float]) -> None:
    """The browser's windows of a stretch, given as samples, are the engine's of the same, given as spans of time."""
    recording = dataset.recordings[0]
    stretch = replace(
        recording, signal=np.zeros((len(recording.signal), count), dtype=np.float32), segments=np.array([[0, count]]),
        tracks={dataset.card.track: spans},
    )  # fmt: skip
    found = called(page, "signals.cut", [[given, count, how]])[0]
    mine = [(one["start"], dataset.classes[one["label"]], one["purity"]) for one in found["windows"] if one["kept"]]
    wanted = _cut(replace(dataset, recordings=(stretch,)), how["length"], how["stride"], how["purity"])
    assert [one[:2] for one in mine] == [one[:2] for one in wanted]
    assert apart([one[2] for one in mine], [one[2] for one in wanted]) <= NEAR


def _cut(dataset: Any, length: float, stride: float, purity: float) -> list[tuple[int, str, float]]:
    config = WindowConfig(window_s=length, stride_s=stride, purity=purity, min_windows=0)
    try:
        index = cut(dataset, config)
    except InputError:
        return []
    rows = zip(index.start.tolist(), index.label.tolist(), index.purity.tolist(), strict=True)
    return [(start, index.classes[label], share) for start, label, share in rows]


def signals_of(demo: workspace.Entry) -> list[NDArray[np.float64]]:
    draw = np.random.default_rng(2)
    made = [draw.standard_normal(long) * scale for long, scale in ((2, 1.0), (7, 1e-6), (64, 1e6), (101, 1.0))]
    return [np.array(one["signal"]) for one in rhythms.data(demo)["samples"]] + made


def test_a_spectrum_is_numpys_and_gives_the_signal_back(page: Page, demo: workspace.Entry) -> None:
    for signal in signals_of(demo):
        scale, wanted = float(np.abs(signal).max()), np.fft.rfft(signal)
        found = called(page, "signals.rfft", [[(signal / scale).tolist()]])[0]
        assert apart(found["re"], wanted.real / scale) <= NEAR and apart(found["im"], wanted.imag / scale) <= NEAR
        bins = [*range(len(wanted))]
        assert apart(called(page, "signals.rebuilt", [[found, bins]])[0], signal / scale) <= NEAR
        some = [0, *called(page, "signals.strongest", [called(page, "signals.held", [[found]])])[0][:3]]
        kept = np.where(np.isin(bins, some), wanted, 0)
        assert (
            apart(called(page, "signals.rebuilt", [[found, some]])[0], np.fft.irfft(kept, len(signal)) / scale) <= NEAR
        )


def test_the_shares_of_all_waves_are_the_variance(page: Page, demo: workspace.Entry) -> None:
    for signal in signals_of(demo):
        found = called(page, "signals.rfft", [[signal.tolist()]])[0]
        held, swing = called(page, "signals.held", [[found]])[0], called(page, "signals.amplitudes", [[found]])[0]
        assert apart(sum(held), 1.0) <= NEAR
        last = len(swing) - 1 if len(signal) % 2 == 0 else -1
        power = sum(one**2 / (1 if bin_ == last else 2) for bin_, one in enumerate(swing) if bin_)
        assert power == pytest.approx(signal.var(), rel=1e-9)
