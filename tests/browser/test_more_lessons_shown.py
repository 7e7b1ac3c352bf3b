"""What lessons 5 to 8 show, read off the page: tiles, tables, bars and lines of numbers are what the engine computes.

That the formulas are right is said in `test_more_lessons_equal`; here, that the right one is shown at its place.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.browser import lesson_page as shown
from tests.browser.kit import Tab

from stillroom.evaluation.metrics import scores
from stillroom.losses.memory import Memory
from stillroom.losses.stage import stage_frequency, stage_time
from stillroom.models.memory import recalled
from stillroom.runs.predictions import predictions_of
from stillroom_app.services import workspace
from stillroom_app.services.lessons import attribution, memory, sets, stages


def tensor(values: Any) -> torch.Tensor:
    return torch.tensor(np.asarray(values), dtype=torch.float64)


def losses(student: Any, teacher: Any, variance: float) -> tuple[float, float, float]:
    """Raw, in time and in frequency, by the engine."""
    one, other = tensor([[student]]), tensor([[teacher]])
    raw = float(stage_time(one, other, standardise=False))
    return raw, raw / (variance + 1e-5), float(stage_frequency(one, other))


@pytest.mark.parametrize(
    ("stage", "model", "sample", "channel", "weight"), [(0, "finished", 4, 1, 10), (1, "after", 7, 3, 2.5)]
)
def test_the_stage_loss_is_shown_with_its_parts_and_its_weight(
    wide: Tab, stage: int, model: str, sample: int, channel: int, weight: float
) -> None:
    held = stages.data(workspace.entry("demo:smldist"))["stages"][stage]
    student, teacher = (held["models"][name][sample][channel - 1] for name in (model, "teacher"))
    raw, time, frequency = losses(student, teacher, held["variance"][channel - 1])
    knobs = {"stage": ("first", "second")[stage], "model": model, "sample": sample, "channel": channel}
    page = shown.at(wide, "stages", step=3, edit=0, height=1, weight=weight, **knobs)
    assert shown.number(page, "In time") == pytest.approx(time, abs=6e-4)
    assert shown.number(page, "In frequency") == pytest.approx(frequency, abs=6e-5)
    assert shown.number(page, "Stage loss") == pytest.approx(time + weight * frequency, abs=6e-4)
    said = shown.numbers_in(shown.formula(page))
    assert said == pytest.approx([time, weight, frequency, time + weight * frequency], abs=6e-4)
    squares = shown.rows(page)[0]
    apart = np.subtract(student, teacher)
    assert [float(one) for one in squares[1:]] == pytest.approx([float(apart @ apart)] * 2, rel=1e-3)
    page = shown.at(wide, "stages", step=1, **knobs)
    assert shown.number(page, "Raw, as released") == pytest.approx(raw, abs=6e-3)
    assert shown.numbers_in(shown.formula(page))[-1] == pytest.approx(raw, abs=6e-3)


def test_a_delay_is_shown_in_time_and_nowhere_else(wide: Tab) -> None:
    held = stages.data(workspace.entry("demo:smldist"))["stages"][0]
    teacher = held["models"]["teacher"][2][0]
    page = shown.at(wide, "stages", step=2, guess=2, late=3, sample=2, channel=1)
    _, time, _ = losses(np.roll(teacher, 3), teacher, held["variance"][0])
    assert shown.number(page, "In time") == pytest.approx(time, abs=6e-4) and time > 0.01
    assert shown.number(page, "In frequency") == 0


@pytest.mark.parametrize(("pull", "far"), [("time", (0.01, 0.1)), ("frequency", (None, 0.2))])
def test_training_is_shown_where_the_part_that_pulls_leads(wide: Tab, pull: str, far: tuple[Any, float]) -> None:
    held = stages.data(workspace.entry("demo:smldist"))["stages"][0]
    _, *begun = losses(held["models"]["before"][1][0], held["models"]["teacher"][1][0], held["variance"][0])
    page = shown.at(wide, "stages", step=4, model="before", n=60, pull=pull, sample=1, channel=1)
    ended = [shown.number(page, part) for part in ("In time", "In frequency")]
    assert ended[1] < far[1] * begun[1]
    assert ended[0] < far[0] * begun[0] if far[0] else ended[0] > 0.5 * begun[0]


@pytest.fixture(scope="module")
def banks() -> dict[str, Any]:
    return memory.data(workspace.entry("demo:smldist"))


def test_shares_are_shown_of_the_pattern_that_they_belong_to(wide: Tab, banks: dict[str, Any]) -> None:
    one = banks["samples"][5]
    stored = tensor(banks["banks"][one["bank"]]["patterns"])
    shares = torch.softmax(0.05 * stored @ tensor(one["teacher"]), 0).numpy()
    page = shown.at(wide, "memory", step=1, beta=0.05, sample=5)
    found = shown.texts(page, 1)[3:]
    assert found[::2] == banks["classes"]
    assert [shown.numbers_in(said)[0] for said in found[1::2]] == pytest.approx(100 * shares, abs=0.51)
    assert shown.numbers_in(shown.formula(page))[-1] == pytest.approx(shares.max(), abs=6e-4)


def test_the_memory_term_is_shown_from_the_teacher_s_side(wide: Tab, banks: dict[str, Any]) -> None:
    def both(one: dict[str, Any]) -> tuple[Any, Any]:
        stored = tensor(banks["banks"][one["bank"]]["patterns"])
        theirs, ours = (0.14 * tensor([one[role]]) @ stored.T for role in ("teacher", "student"))
        return theirs, ours

    def term(taught: Any, learned: Any) -> float:
        return float(Memory(temperature=1.0).compare(learned, taught))

    ways = [(term(*both(one)), term(*both(one)[::-1])) for one in banks["samples"]]
    sample = int(np.argmax([abs(there - back) for there, back in ways]))
    assert abs(ways[sample][0] - ways[sample][1]) > 0.01  # turned round it would be another number
    page = shown.at(wide, "memory", step=6, beta=0.14, sample=sample)
    assert shown.number(page, "Memory term") == pytest.approx(ways[sample][0], abs=6e-4)
    assert shown.numbers_in(shown.formula(page))[-1] == pytest.approx(ways[sample][0], abs=6e-4)
    shares = [torch.softmax(scores, 1)[0].numpy() for scores in both(banks["samples"][sample])]
    for role, share in zip(("teacher", "student"), shares, strict=True):
        assert shown.tile(page, f"Reminds the {role} of") == banks["classes"][int(share.argmax())]
    found = shown.texts(page)[3:]
    for role, share in enumerate(shares):
        said = [shown.numbers_in(one)[0] for one in found[1 + role :: 3]]
        assert said == pytest.approx(100 * share, abs=0.51)


_ENDS = """() => { const svg = document.querySelector('.pictures svg') ?? [...document.querySelectorAll('*')]
  .map((one) => one.shadowRoot?.querySelector('.pictures svg')).find(Boolean);
  const bars = [...svg.querySelectorAll('rect')];
  const said = [...svg.querySelectorAll('text')].filter((one) => one.style.fill);
  return bars.map((bar, at) => [Number(bar.getAttribute('x')) + Number(bar.getAttribute('width')),
    Number(said[at].getAttribute('x')), getComputedStyle(bar).fill, getComputedStyle(said[at]).fill,
    Number(said[at].getAttribute('y')) - Number(bar.getAttribute('y')), Number(bar.getAttribute('height'))]); }"""


def test_a_number_stands_at_the_end_of_its_own_bar_in_its_colour(wide: Tab) -> None:
    page = shown.at(wide, "memory", step=6, beta=0.14, sample=0)
    found = page.evaluate(_ENDS)
    assert len(found) == 20
    for end, said, bar, text, line, high in found:
        assert 0 < said - end < 12 and bar == text and 0 < line <= high


def test_recall_lands_on_a_pattern_in_one_move_as_the_words_say(wide: Tab, banks: dict[str, Any]) -> None:
    step = memory.LESSON.steps[2]
    one = banks["samples"][int(step.sets["sample"])]
    stored = tensor(banks["banks"][one["bank"]]["patterns"])
    energies = {}
    for n in (0, 1, 3):
        page = shown.at(wide, "memory", step=3, n=n)
        energies[n] = shown.number(page, "Energy")
        if n:
            assert shown.number(page, "Patterns that answer") == 1
            assert "likeness 1.00" in page.locator(".numbers").inner_text()
    assert energies[0] > energies[1] == energies[3]
    page = shown.at(wide, "memory", step=3, n=3, beta=0.02)
    assert shown.number(page, "Patterns that answer") > 3  # turned down, it ends in a mixture
    clear = recalled(tensor([one["teacher"]]), stored, 0.5, 2)
    energy = clear.square().sum() / 2 - torch.logsumexp(0.5 * clear @ stored.T, 1).sum() / 0.5
    page = shown.at(wide, "memory", step=3, n=2, noise=0, beta=0.5)
    assert shown.number(page, "Energy") == pytest.approx(float(energy), abs=6e-3)


@pytest.mark.parametrize("beta", [0.03, 0.14, 1.2])
def test_what_recall_settles_on_is_shown(wide: Tab, banks: dict[str, Any], beta: float) -> None:
    one = banks["samples"][0]
    rows = np.array(banks["banks"][one["bank"]]["patterns"])
    page = shown.at(wide, "memory", step=4, beta=beta, sample=0)
    wanted = memory.answering(np.array(one["teacher"]), rows, beta)
    label = page.locator(".pictures svg").nth(1).get_attribute("aria-label")
    assert label and shown.numbers_in(label)[0] == pytest.approx(wanted, abs=0.051)


def test_what_is_mixed_up_and_what_is_lost_is_shown_as_counted(wide: Tab) -> None:
    data = sets.data(workspace.entry("demo:tsak"))
    entry = workspace.entry(data["samples"][1]["run"])
    kept = {role: predictions_of(entry.run, role) for role in ("teacher", "student")}
    found = {role: scores(one.truth, one.said, data["classes"]) for role, one in kept.items()}
    page = shown.at(wide, "fewer", step=1, who="student", sample=1)
    counts = found["student"].confusion
    mixed = np.triu((counts + counts.T) / np.add.outer(counts.sum(1), counts.sum(1)), 1)
    a, b = np.unravel_index(int(mixed.argmax()), mixed.shape)
    assert shown.rows(page)[0][0] == f"{data['classes'][a]}, {data['classes'][b]}"
    assert shown.numbers_in(shown.rows(page)[0][-1])[0] == pytest.approx(100 * mixed.max(), abs=0.06)
    page = shown.at(wide, "fewer", step=3, by="student", sample=1)
    teacher, student = ([one.recall for one in found[role].per_class.values()] for role in ("teacher", "student"))
    change = np.subtract(student, teacher)
    assert shown.tile(page, "Loses most") == data["classes"][int(change.argmin())]
    points = [shown.numbers_in(said)[0] for said in shown.texts(page)[4::2]]
    assert points == pytest.approx(100 * change, abs=0.51)


def test_scores_and_gains_are_shown_as_the_reports_print_them(wide: Tab) -> None:
    data = sets.data(workspace.entry("demo:tsak"))
    reports = [workspace.entry(one["run"]).run.report for one in data["samples"]]
    page = shown.at(wide, "fewer", step=4, who="student", sample=2)
    score = shown.number(page, "Macro-F1, mean over people")
    assert score == pytest.approx(reports[2]["student"]["macro_f1"], abs=6e-4)
    page = shown.at(wide, "fewer", step=5)
    for place, (row, one, report) in enumerate(zip(shown.rows(page), data["samples"], reports, strict=True), 1):
        gain = report["gain"]
        wanted = [report["alone"]["macro_f1"], report["student"]["macro_f1"], gain["mean"], gain["p"]]
        assert row[0] in (one["name"], str(place))
        assert [shown.numbers_in(cell)[0] for cell in row[1:]] == pytest.approx(wanted, abs=5.1e-3)
    assert f"Over {reports[0]['gain']['n']} people" in page.locator(".pictures .note").last.inner_text()


@pytest.fixture(scope="module")
def small() -> dict[str, Any]:
    return attribution.data(workspace.entry(workspace.HEADLINE))


def logits(net: dict[str, Any], x: torch.Tensor) -> torch.Tensor:
    of = {name: tensor(values) for name, values in net.items()}
    return torch.tanh((x - of["mean"]) / of["sd"] @ of["w1"].T + of["b1"]) @ of["w2"].T + of["b2"]


def integrated(net: dict[str, Any], x: Any, baseline: Any, label: int) -> NDArray[np.float64]:
    """By 2000 slopes along the straight way."""
    start, far = tensor(baseline), tensor(x) - tensor(baseline)
    way = (start + (torch.arange(2000)[:, None] + 0.5) / 2000 * far).requires_grad_()
    said = logits(net, way)
    score = said[:, label] - (said.sum(1) - said[:, label]) / (said.shape[1] - 1)
    found: NDArray[np.float64] = (torch.autograd.grad(score.sum(), way)[0].mean(0) * far).numpy()
    return found


def test_bars_are_shown_of_the_input_that_they_belong_to(wide: Tab, small: dict[str, Any]) -> None:
    one = small["samples"][3]
    values = integrated(small["net"], one["x"], small["baselines"]["quiet"], one["label"])
    page = shown.at(wide, "attribution", step=1, method="integrated", base="quiet", sample=3)
    found = shown.texts(page)
    names = [given["name"].replace(" wrist", "") for given in small["inputs"]]
    assert found[::2] == names
    assert [shown.numbers_in(said)[0] for said in found[1::2]] == pytest.approx(values, abs=6e-3)
    share = float(torch.softmax(logits(small["net"], tensor(one["x"])), 0)[one["label"]])
    assert shown.number(page, "The net says") == pytest.approx(100 * share, abs=0.51)
    assert shown.number(page, "Sum of bars") == pytest.approx(values.sum(), abs=6e-3)
    assert shown.number(page, "Longest bar") == pytest.approx(values[np.abs(values).argmax()], abs=6e-3)


@pytest.mark.parametrize(("base", "sample"), [("mean", 1), ("quiet", 0)])
def test_deletion_begins_with_what_speaks_most_for_the_answer(
    wide: Tab, small: dict[str, Any], base: str, sample: int
) -> None:
    one, baseline = small["samples"][sample], small["baselines"][base]
    values = integrated(small["net"], one["x"], baseline, one["label"])
    areas = {}
    for name, order in (
        ("for", np.argsort(-values)),
        ("against", np.argsort(values)),
    ):
        now, line = np.array(one["x"], dtype=float), []
        for i in (None, *order):
            if i is not None:
                now[i] = baseline[i]
            line.append(float(torch.softmax(logits(small["net"], tensor(now)), 0)[one["label"]]))
        areas[name] = float(np.trapezoid(line) / len(order))
    page = shown.at(wide, "attribution", step=5, method="integrated", base=base, sample=sample)
    assert shown.number(page, "Mean height, this order") == pytest.approx(areas["for"], abs=6e-3)
    assert abs(areas["for"] - areas["against"]) > 0.05
    assert "speaks most for the answer first" in page.locator(".legend").last.inner_text()


def test_of_another_activity_the_lesson_says_that_its_words_are_not_about_it(wide: Tab) -> None:
    assert (
        "the words are about" not in shown.at(wide, "attribution", step=3, sample=0).locator(".pictures").inner_text()
    )
    said = shown.at(wide, "attribution", step=3, sample=2).locator(".pictures").inner_text()
    assert "the words are about drive screws" in said


def test_the_badge_of_the_small_net_names_the_net_and_not_a_run(wide: Tab) -> None:
    page = shown.at(wide, "attribution", step=1)
    origin = wide.key("lesson_origin").inner_text()
    assert "a small net fitted to it" in origin and "demo:tsak" not in origin
    assert "answers rightly" in origin and page.locator(".lesson").count() == 1
