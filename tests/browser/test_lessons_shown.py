"""What lessons 1 to 4 show is what the engine says: tiles, formulas, bars, arrows and curves, read off the page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tests.browser import shown
from tests.browser.kit import Tab
from tests.browser.test_lessons_equal import RULES, descent, line, lowest, mixed, of_torch

from stillroom.data.source import open_source
from stillroom.data.windows import WindowConfig, cut
from stillroom.losses.hinton import soften
from stillroom_app.services import workspace
from stillroom_app.services.lessons import answers, rhythms, stretches

_HALF = 0.0051  # of the last digit of two that a tile shows


@pytest.fixture(scope="module")
def demo() -> workspace.Entry:
    return workspace.entry(workspace.HEADLINE)


@pytest.fixture(scope="module")
def asked(demo: workspace.Entry) -> list[dict[str, Any]]:
    """The windows of lessons 3 and 4."""
    found: list[dict[str, Any]] = answers.data(demo)["samples"]
    return found


def softened(logits: Any, T: float = 1.0) -> np.ndarray[Any, Any]:
    """The engine's shares."""
    return np.asarray(soften(torch.tensor([list(logits)], dtype=torch.float64), T)[1].exp()[0])


@pytest.mark.parametrize("place", [0, 5])
def test_a_windows_purity_and_how_many_are_kept_are_the_engines(wide: Tab, demo: workspace.Entry, place: int) -> None:
    sample = stretches.data(demo)["samples"][0]
    dataset = open_source(demo.data)
    recording = next(one for one in dataset.recordings if one.name == sample["name"].partition(",")[0])
    first = round(sample["start"] * dataset.rate_hz)
    stretch = replace(recording, segments=np.array([[first, first + sample["count"]]]))
    only = replace(dataset, recordings=(stretch,))
    kept, every = (
        cut(only, WindowConfig(window_s=4, stride_s=2, purity=purity, min_windows=0)) for purity in (0.5, 0.01)
    )
    page = shown.shown(wide, "windows", 3, w=place, purity=0.5, length=4, stride=2)
    told = shown.tile(page, "Windows")
    assert f"{len(kept)} kept" in told and shown.value(page, "Samples in a window") == every.width
    at = every.start.tolist().index(first + place * round(2 * dataset.rate_hz))
    share = float(every.purity[at])
    assert shown.formula(page)[:3] == pytest.approx([round(share * every.width), every.width, share], abs=6e-4)
    assert ("kept as " + every.classes[every.label[at]] in page.locator("p.formula").inner_text()) == (share >= 0.5)


def test_a_wave_and_its_numbers_are_numpys(wide: Tab, demo: workspace.Entry) -> None:
    data = rhythms.data(demo)
    signal = np.array(data["samples"][0]["signal"])
    bins, long = np.fft.rfft(signal), len(signal)
    power = np.abs(bins[1:]) ** 2 * np.where(2 * np.arange(1, len(bins)) == long, 1, 2)
    for bin_ in (3, 7):
        page = shown.shown(wide, "spectrum", 3, bin=bin_, sample=0)
        assert shown.value(page, "Frequency") == pytest.approx(bin_ * data["rate"] / long, abs=_HALF)
        assert shown.value(page, "Amplitude") == pytest.approx(2 * abs(bins[bin_]) / long, abs=6e-4)
        assert shown.value(page, "Share of the variance") == pytest.approx(
            100 * power[bin_ - 1] / power.sum(), abs=0.051
        )
        assert shown.formula(page)[-1] == pytest.approx(2 * abs(bins[bin_]) / long, abs=6e-4)
        _drawn_over(page, signal, np.fft.irfft(np.where(np.isin(np.arange(len(bins)), [0, bin_]), bins, 0), long))
    strongest = 1 + np.argsort(-power)[:4]
    page = shown.shown(wide, "spectrum", 4, k=4, sample=0)
    kept = 100 * power[strongest - 1].sum() / power.sum()
    assert shown.value(page, "Variance kept") == pytest.approx(kept, abs=0.051)
    assert shown.value(page, "Strongest") == pytest.approx(strongest[0] * data["rate"] / long, abs=_HALF)
    _drawn_over(page, signal, np.fft.irfft(np.where(np.isin(np.arange(len(bins)), [0, *strongest]), bins, 0), long))


def _drawn_over(page: Any, signal: Any, wave: Any) -> None:
    """The second curve is the wave, on the scale of the first, which is the signal."""
    measured, built = shown.curves(page)
    scale, zero = np.polyfit(signal, measured, 1)
    assert built == pytest.approx(scale * wave + zero, abs=0.05)


@pytest.mark.parametrize("T", [1, 4])
def test_the_softened_answer_is_the_engines(wide: Tab, asked: list[dict[str, Any]], T: int) -> None:
    page = shown.shown(wide, "temperature", 2, T=T, sample=1)
    shares = softened(asked[1]["teacher"], T)
    most = np.sort(shares)[::-1]
    assert shown.value(page, "First answer") == pytest.approx(100 * most[0], abs=0.051)
    assert shown.value(page, "Second answer") == pytest.approx(100 * most[1], abs=0.051)
    assert shown.value(page, "Entropy") == pytest.approx(-(shares * np.log2(shares)).sum(), abs=_HALF)
    assert shown.formula(page)[-1] == pytest.approx(most[0], abs=6e-4)
    assert shown.at_bars(page) == pytest.approx(100 * shares, abs=0.51)


@pytest.mark.parametrize(("rule", "place", "steps"), [
    ("hinton", 0, 0), ("hinton", 2, 5), ("conditional", 4, 5), ("released", 3, 5),
    ("standardised", 3, 0), ("standardised", 1, 5),
])  # fmt: skip
def test_the_push_the_loss_and_the_answer_after_some_steps_are_the_engines(
    wide: Tab, asked: list[dict[str, Any]], rule: str, place: int, steps: int
) -> None:
    one, scores = asked[place], np.array(asked[place]["student"])

    def at(where: Any) -> tuple[float, Any]:
        loss, gradient = of_torch(RULES[rule](4.0), (list(where), one["teacher"], one["label"]))
        return loss, np.array(gradient)

    for _ in range(steps):
        scores = scores - at(scores)[1]
    loss, gradient = at(scores)
    page = shown.shown(wide, "temperature", 5, T=4, n=steps, sample=place, rule=rule)
    assert shown.value(page, "Loss") == pytest.approx(loss, abs=6e-4)
    assert shown.value(page, "Longest push") == pytest.approx(-gradient.min(), abs=6e-4)
    answer = softened(scores)
    assert shown.value(page, "The student says") == pytest.approx(100 * answer.max(), abs=0.51)
    right = "right" if answer.argmax() == one["label"] else "wrong"
    assert f"at T = 1: {said_by(answer)}, {right}" in shown.tile(page, "The student says")
    _points_along(shown.arrows(page), -gradient)
    if rule == "standardised":
        assert "T = 2" in shown.tile(page, "Loss")
    if rule == "hinton":
        bars = np.stack([softened(one["teacher"], 4), softened(scores, 4)], axis=1).ravel()
        assert shown.at_bars(page) == pytest.approx(100 * bars, abs=0.51)


def said_by(shares: Any) -> str:
    """The activity of the largest share."""
    return str(workspace.entry(workspace.HEADLINE).run.report["classes"][int(np.argmax(shares))])


def _points_along(drawn: list[float], pushes: Any) -> None:
    """Each arrow goes where its score is pushed, and as far in proportion; the shortest are dots."""
    scale = max(map(abs, drawn)) / np.abs(pushes).max() if max(map(abs, drawn)) else 0
    assert len(drawn) == len(pushes)
    assert drawn == pytest.approx(scale * pushes, abs=2.6)


def test_without_its_factor_the_push_is_as_much_smaller(wide: Tab, asked: list[dict[str, Any]]) -> None:
    found = {}
    for factor in ("with", "without"):
        page = shown.shown(wide, "temperature", 3, T=4, sample=0, factor=factor)
        found[factor] = [shown.value(page, name) for name in ("Loss", "Longest push")]
        assert shown.formula(page)[-1] == pytest.approx(found[factor][1], abs=1e-9)
        assert "T = 4" in page.locator(".lesson .legend").inner_text()
    assert found["without"] == pytest.approx(np.array(found["with"]) / 16, abs=6e-4)


@pytest.mark.parametrize(("place", "alpha", "T"), [(3, 0.0, 4), (3, 0.05, 4), (0, 0.5, 1), (4, 1.0, 4)])
def test_the_lowest_place_and_what_a_student_says_there_are_the_engines(
    wide: Tab, asked: list[dict[str, Any]], place: int, alpha: float, T: int
) -> None:
    one = asked[place]
    least = lowest(one, alpha, T)
    page = shown.shown(wide, "hard_soft", 3, alpha=alpha, T=T, sample=place)
    assert shown.value(page, "Lowest place") == pytest.approx(100 * least, abs=0.51)
    ends, way = line(one)
    scores = ends + least * way
    loss = of_torch(mixed(alpha, T), (scores.tolist(), one["teacher"], one["label"]))[0]
    assert shown.value(page, "Loss there") == pytest.approx(loss, abs=6e-4)
    assert shown.value(page, "A student there says") == pytest.approx(100 * softened(scores).max(), abs=0.51)
    told = shown.formula(page)
    assert told[0] * told[1] + told[2] * told[3] == pytest.approx(told[4], abs=2e-3)
    _, _, thick = shown.curves(page)
    picture = page.locator(".lesson svg").first
    mark = float(picture.locator("polygon").get_attribute("points").split(",")[0])  # type: ignore[union-attr]
    lines = [float(one.get_attribute("x1") or 0) for one in picture.locator("line.rule").all()]
    assert (mark - lines[0]) / (lines[1] - lines[0]) == pytest.approx(least, abs=2e-3)
    losses = [
        of_torch(mixed(alpha, T), ((ends + at * way).tolist(), one["teacher"], one["label"]))[0] for at in strip(one)
    ]
    scale, zero = np.polyfit(losses, thick, 1)
    assert scale > 0 and thick == pytest.approx(scale * np.array(losses) + zero, abs=0.05)


def strip(one: dict[str, Any]) -> Any:
    """The places whose loss is drawn: the whole way, and the student's, with a margin."""
    ends, way = line(one)
    at = float((np.array(one["student"]) - ends) @ way / (way @ way))
    return np.linspace(min(0.0, at) - 0.15, max(1.0, at) + 0.15, 121)


@pytest.mark.parametrize("place", [0, 3])
def test_the_dot_begins_where_the_student_stands_and_rolls_as_the_engine_says(
    wide: Tab, asked: list[dict[str, Any]], place: int
) -> None:
    one = asked[place]
    for steps in (0, 9):
        page = shown.shown(wide, "hard_soft", 4, alpha=0.5, T=4, n=steps, sample=place)
        at = descent(one, 0.5, 4, steps)[-1]
        assert shown.value(page, f"After {steps} steps") == pytest.approx(100 * at, abs=0.51)
        ends, way = line(one)
        loss = of_torch(mixed(0.5, 4), ((ends + at * way).tolist(), one["teacher"], one["label"]))[0]
        assert shown.value(page, "Loss there") == pytest.approx(loss, abs=6e-4)
