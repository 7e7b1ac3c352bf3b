"""What lessons 5 to 8 compute in the browser is what the engine or captum computes, to 1e-6: real windows and drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page
from tests.browser.script import NEAR, apart, called, scripts

from stillroom.evaluation.metrics import scores
from stillroom.explain.asking import score_of
from stillroom.losses.memory import Memory
from stillroom.losses.stage import spectrum, stage_frequency, stage_time
from stillroom.models.memory import recalled
from stillroom.runs.predictions import predictions_of
from stillroom_app.services import workspace
from stillroom_app.services.lessons import attribution, memory, sets, stages

_DOUBLE = {"dtype": torch.float64}


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """The mathematics of the four lessons."""
    own = ("stages_maths.js", "memory_maths.js", "fewer_maths.js", "attribution_maths.js")
    with scripts(chromium, "maths.js", "signal_maths.js", *own) as one:
        yield one


def tensor(values: Any) -> torch.Tensor:
    return torch.tensor(np.asarray(values), **_DOUBLE)


@pytest.fixture(scope="module")
def features() -> list[tuple[Any, Any, Any]]:
    """Student's features `(channel, time)`, the teacher's, and the variances of its channels: the demo's, and drawn."""
    data, found = stages.data(workspace.entry("demo:smldist")), []
    for stage in data["stages"]:
        for model in ("before", "after", "finished"):
            pairs = zip(stage["models"][model], stage["models"]["teacher"], strict=True)
            found += [(student, teacher, stage["variance"]) for student, teacher in pairs]
    draw = np.random.default_rng(5)
    for time, scale in ((2, 1.0), (3, 1e-4), (8, 1e4), (33, 1.0)):
        student, teacher = (scale * draw.standard_normal((3, time)) for _ in range(2))
        found.append((student.tolist(), teacher.tolist(), teacher.var(axis=1).tolist()))
    return found


def test_both_parts_of_the_stage_term_are_the_engines(page: Page, features: list[tuple[Any, Any, Any]]) -> None:
    plain = called(page, "Features.stageTime", [[student, teacher] for student, teacher, _ in features])
    frequency = called(page, "Features.stageFrequency", [[student, teacher] for student, teacher, _ in features])
    for at, (student, teacher, _) in enumerate(features):
        ours, theirs = tensor([student]), tensor([teacher])
        assert apart(plain[at], stage_time(ours, theirs, standardise=False)[0]) <= NEAR
        assert apart(frequency[at], stage_frequency(ours, theirs)[0]) <= NEAR
        assert apart(called(page, "Features.spectrum", [[one] for one in student]), spectrum(ours)[0]) <= NEAR


def test_the_part_in_time_is_measured_in_the_spread_that_the_engine_takes(page: Page) -> None:
    draw = np.random.default_rng(6)
    student, teacher = draw.standard_normal((4, 3, 12)), draw.standard_normal((4, 3, 12)) * [[[1.0], [5.0], [1e-4]]]
    wanted = stage_time(tensor(student), tensor(teacher), standardise=True)
    variance = teacher.var(axis=(0, 2)).tolist()
    calls = [[one.tolist(), other.tolist(), variance] for one, other in zip(student, teacher, strict=True)]
    assert apart(called(page, "Features.stageTime", calls), wanted) <= NEAR


def test_the_way_downhill_is_the_one_that_torch_finds(page: Page, features: list[tuple[Any, Any, Any]]) -> None:
    for student, teacher, variance in features[::7]:
        ours = tensor(student[0]).requires_grad_()
        theirs = tensor(teacher[0])
        parts = {
            "time": (ours - theirs).square().mean() / (variance[0] + 1e-5),
            "frequency": stage_frequency(ours[None, None], theirs[None, None]).sum(),
        }
        found = called(page, "Features.gradients", [[student[0], teacher[0], variance[0]]])[0]
        for name, part in parts.items():
            assert apart(found[name], torch.autograd.grad(part, ours, retain_graph=True)[0]) <= NEAR, name


def test_a_bin_that_is_pulled_changes_its_height_alone(page: Page, features: list[tuple[Any, Any, Any]]) -> None:
    for student, _, _ in features[::9]:
        before = np.fft.rfft(student[0])
        for place in range(1, len(before) - (len(student[0]) % 2 == 0)):
            after = np.fft.rfft(called(page, "Features.withAmplitude", [[student[0], place, 3.5]])[0])
            wanted = before.copy()
            wanted[place] *= 3.5 / abs(before[place])
            scale = max(1.0, float(abs(wanted).max()))
            assert apart(abs(after - wanted) / scale, np.zeros(len(before))) <= NEAR
        energies = called(page, "Features.energies", [[student[0]]])[0]
        assert apart(energies["bins"], energies["time"]) <= NEAR


def test_a_delay_is_seen_in_time_alone_as_the_lesson_says(page: Page, features: list[tuple[Any, Any, Any]]) -> None:
    for _, teacher, _ in features[:60:6]:
        late = called(page, "Features.later", [[teacher[0], 2]])[0]
        assert late == np.roll(teacher[0], 2).tolist()
        assert called(page, "Features.stageFrequency", [[[late], [teacher[0]]]])[0] < 1e-12
        assert called(page, "Features.stageTime", [[[late], [teacher[0]]]])[0] > 1e-3


def test_frequency_alone_puts_bins_right_and_leaves_the_curve_wrong(page: Page) -> None:
    data = stages.data(workspace.entry("demo:smldist"))
    first = data["stages"][0]
    variance = first["variance"][0]

    def parts(x: Any, teacher: Any) -> tuple[float, float]:
        time = called(page, "Features.stageTime", [[[x], [teacher], [variance]]])[0]
        return time, called(page, "Features.stageFrequency", [[[x], [teacher]]])[0]

    for place in range(len(data["samples"])):
        begin, teacher = (first["models"][name][place][0] for name in ("before", "teacher"))
        time, bins = parts(begin, teacher)
        for pull in ("time", "frequency"):
            way = {name: int(name == pull) for name in ("time", "frequency")}
            end = parts(called(page, "Features.walked", [[begin, teacher, variance, 60, way]])[0], teacher)
            if pull == "time":
                assert end[0] < 0.01 * time and end[1] < 0.1 * bins
            else:
                assert end[1] < 0.2 * bins and end[0] > 0.5 * time


@pytest.fixture(scope="module")
def banks() -> list[tuple[Any, Any, Any]]:
    """What asks as the teacher makes it, as the student makes it, and the patterns: the demo's, and drawn."""
    data = memory.data(workspace.entry("demo:smldist"))
    found = [(one["teacher"], one["student"], data["banks"][one["bank"]]["patterns"]) for one in data["samples"]]
    draw = np.random.default_rng(8)
    for scale in (1e-3, 1.0, 1e3):
        rows = scale * draw.standard_normal((7, 5))
        found.append((rows[0].tolist(), rows[1].tolist(), rows[2:].tolist()))
    return [*found, (found[0][0], found[0][1], found[0][2][:1])]


@pytest.mark.parametrize("beta", [0.01, 0.14, 1.5])
def test_a_memory_recalls_what_the_engines_recalls(page: Page, banks: list[tuple[Any, Any, Any]], beta: float) -> None:
    for state, _, stored in banks:
        wanted, patterns = tensor([state]), tensor(stored)
        for updates in range(4):
            found = called(page, "Recall.recalled", [[state, stored, beta, updates]])[0]
            assert apart(found, recalled(wanted, patterns, beta, updates)[0]) <= NEAR
        shares = torch.softmax(beta * wanted @ patterns.T, dim=1)[0]
        assert apart(called(page, "Recall.shares", [[state, stored, beta]])[0], shares) <= NEAR
        energy = wanted.square().sum() / 2 - torch.logsumexp(beta * wanted @ patterns.T, dim=1).sum() / beta
        assert apart(called(page, "Recall.energy", [[state, stored, beta]])[0], energy) <= NEAR
        normed = torch.nn.functional.layer_norm(wanted, wanted.shape[1:])[0]
        assert apart(called(page, "Recall.normed", [[state]])[0], normed) <= NEAR


def test_no_move_raises_the_energy_and_one_pattern_is_all_there_is(
    page: Page, banks: list[tuple[Any, Any, Any]]
) -> None:
    for state, _, stored in banks:
        for beta in (0.02, 0.3):
            path = [called(page, "Recall.recalled", [[state, stored, beta, n]])[0] for n in range(5)]
            found = np.array(called(page, "Recall.energy", [[one, stored, beta] for one in path]))
            assert (np.diff(found) <= 1e-9 * np.maximum(1, np.abs(found[1:]))).all()
    state, _, one = banks[-1]
    for beta in (0.01, 1.5):
        assert called(page, "Recall.shares", [[state, one, beta]])[0] == [1]


def test_the_memory_term_is_the_engines(page: Page, banks: list[tuple[Any, Any, Any]]) -> None:
    for taught, learned, stored in banks:
        theirs, ours = (called(page, "Recall.scores", [[one, stored, 0.14]])[0] for one in (taught, learned))
        for temperature in (1.0, 2.5):
            wanted = Memory(temperature=temperature).compare(tensor([ours]), tensor([theirs]))
            assert apart(called(page, "maths.hinton", [[ours, theirs, temperature]])[0], wanted[0]) <= NEAR


def test_between_two_patterns_that_are_alike_both_answer_as_the_lesson_says(page: Page) -> None:
    data = memory.data(workspace.entry("demo:smldist"))
    one = data["samples"][0]
    bank = data["banks"][one["bank"]]["patterns"]
    answering = {}
    for beta in (0.01, data["usual"], 1.5):
        settled = called(page, "Recall.recalled", [[one["teacher"], bank, beta, 40]])[0]
        answering[beta] = called(page, "Recall.answering", [called(page, "Recall.shares", [[settled, bank, beta]])])[0]
    low, usual, high = answering.values()
    assert low > 9 and 1.8 < usual < 2.3 and high < 1.3


def test_how_many_patterns_answer_is_counted_once_a_window_and_not_at_every_turn(chromium: Browser) -> None:
    data = memory.data(workspace.entry("demo:smldist"))
    one, bank = data["samples"][0], data["banks"][data["samples"][0]["bank"]]["patterns"]
    with scripts(chromium, "maths.js", "memory_maths.js", "memory.js") as page:
        line, again = page.evaluate(
            "([one, bank]) => { const line = countOf(one, bank); return [line, countOf(one, bank) === line]; }",
            [one, bank],
        )
    assert again and len(line) == 50
    for point in line[::7]:
        assert apart(point["many"], memory.answering(np.array(one["teacher"]), np.array(bank), point["beta"])) <= NEAR


def test_scores_of_counts_are_the_engines(page: Page) -> None:
    run, draw = workspace.entry("demo:tsak"), np.random.default_rng(3)
    kept = predictions_of(run.run, "student")
    pairs = [
        (kept.truth, kept.said, 10),
        *((draw.integers(0, k, n), draw.integers(0, k, n), k + 2) for k, n in ((3, 40), (9, 9))),
    ]
    for truth, said, many in pairs:
        wanted = scores(truth, said, [str(code) for code in range(many)])
        found = called(page, "Counts.scored", [[wanted.confusion.tolist()]])[0]
        assert apart([found["macroF1"], found["balanced"], found["accuracy"]],
                     [wanted.macro_f1, wanted.balanced_accuracy, wanted.accuracy]) <= NEAR  # fmt: skip
        for one, other in zip(found["each"], wanted.per_class.values(), strict=True):
            for name, value in (("f1", other.f1), ("precision", other.precision), ("recall", other.recall)):
                assert (one[name] is None) == (value is None) and apart(one[name] or 0, value or 0) <= NEAR
            assert one["support"] == other.support


def test_the_mean_over_people_is_the_number_that_the_report_prints(page: Page) -> None:
    data = sets.data(workspace.entry("demo:tsak"))
    for one in data["samples"]:
        for role in ("student", "alone"):
            assert apart(called(page, "Counts.overPeople", [[one[role]]])[0], one["printed"][role]) <= NEAR
        assert apart(called(page, "Counts.overPeople", [[data["teacher"]]])[0], one["printed"]["teacher"]) <= NEAR
        first = called(page, "Counts.pairs", [[np.sum(one["student"], axis=0).tolist()]])[0][0]
        assert (first["a"], first["b"]) == (one["pair"]["a"], one["pair"]["b"])
        assert apart(first["share"], one["pair"]["mixed"]) <= NEAR


class SmallNet(torch.nn.Module):
    """The lesson's net, for captum."""

    def __init__(self, net: dict[str, Any]) -> None:
        super().__init__()
        self.of = {name: tensor(values) for name, values in net.items()}

    def forward(self, x: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        hidden = torch.tanh((x - self.of["mean"]) / self.of["sd"] @ self.of["w1"].T + self.of["b1"])
        return score_of(hidden @ self.of["w2"].T + self.of["b2"], targets, "contrast")


@pytest.fixture(scope="module")
def small() -> dict[str, Any]:
    return attribution.data(workspace.entry(workspace.HEADLINE))


@pytest.mark.parametrize("base", ["zero", "mean", "quiet"])
def test_attributions_are_captums(page: Page, small: dict[str, Any], base: str) -> None:
    captum = pytest.importorskip("captum.attr")
    nets = [small["net"], *({**small["net"], **fresh} for fresh in small["untrained"])]
    for one in small["samples"]:
        for net in nets if base == "mean" else nets[:1]:
            model, x, of = SmallNet(net), tensor([one["x"]]), torch.tensor([one["label"]])
            baseline, given = (
                tensor([small["baselines"][base]]),
                [net, one["x"], small["baselines"][base], one["label"]],
            )
            more: dict[str, Any] = {"additional_forward_args": (of,)}
            wanted = {
                "gradient": captum.Saliency(model).attribute(x.clone().requires_grad_(), abs=False, **more),
                "times_input": captum.InputXGradient(model).attribute(x.clone().requires_grad_(), **more),
                "integrated": captum.IntegratedGradients(model).attribute(x, baseline, n_steps=32, **more),
                "occlusion": captum.FeatureAblation(model).attribute(x, baseline, **more),
            }
            for name, value in wanted.items():
                assert apart(called(page, f"Blame.METHODS.{name}", [given])[0], value[0].detach()) <= NEAR, name


def test_bars_of_integrated_gradients_sum_to_what_the_score_gained(page: Page, small: dict[str, Any]) -> None:
    for one in small["samples"]:
        net, x, b, of = small["net"], one["x"], small["baselines"]["mean"], one["label"]
        gained = called(page, "Blame.score", [[net, x, of]])[0] - called(page, "Blame.score", [[net, b, of]])[0]
        assert sum(called(page, "Blame.integrated", [[net, x, b, of]])[0]) == pytest.approx(gained, abs=0.02)


def test_another_unit_changes_the_gradient_and_nothing_else(page: Page, small: dict[str, Any]) -> None:
    one, hum, times = small["samples"][0], small["hum"], 9.81
    net, x, b, of = small["net"], one["x"], small["baselines"]["mean"], one["label"]
    told = called(page, "Blame.inUnit", [[net, hum, times]])[0]
    x2, b2 = ([value * (times if at == hum else 1) for at, value in enumerate(values)] for values in (x, b))
    for name, factor in (("gradient", 1 / times), ("times_input", 1), ("integrated", 1), ("occlusion", 1)):
        before, after = (
            called(page, f"Blame.METHODS.{name}", [[*given, of]])[0] for given in ((net, x, b), (told, x2, b2))
        )
        before[hum] *= factor
        assert apart(after, before) <= NEAR
    assert apart(*(called(page, "Blame.probabilities", [[*given]])[0] for given in ((told, x2), (net, x)))) <= NEAR


def test_twins_share_what_one_had_and_the_answer_stays(page: Page, small: dict[str, Any]) -> None:
    one, twin = small["samples"][0], small["twin"]
    net, x, b, of = small["net"], one["x"], small["baselines"]["mean"], one["label"]
    told = called(page, "Blame.withTwin", [[net, twin, 0.3]])[0]
    both = called(page, "Blame.integrated", [[told, [*x, x[twin]], [*b, b[twin]], of]])[0]
    alone = called(page, "Blame.integrated", [[net, x, b, of]])[0]
    assert apart([both[twin], both[-1]], [0.7 * alone[twin], 0.3 * alone[twin]]) <= NEAR
    shares = [called(page, "Blame.probabilities", [given])[0] for given in ([told, [*x, x[twin]]], [net, x])]
    assert apart(*shares) <= NEAR


def test_what_the_lesson_on_attribution_says_of_its_first_window_is_so(page: Page, small: dict[str, Any]) -> None:
    one, net, hum, pressure = small["samples"][0], small["net"], small["hum"], small["pressure"]

    def bars(method: str, base: str) -> list[float]:
        given = [net, one["x"], small["baselines"][base], one["label"]]
        found: list[float] = called(page, f"Blame.METHODS.{method}", [given])[0]
        return found

    assert one["name"].startswith("drive screws")
    assert np.argmax(np.abs(bars("times_input", "mean"))) == pressure
    assert np.argmax(np.abs(bars("integrated", "zero"))) == pressure
    assert abs(bars("integrated", "mean")[pressure]) < 0.1
    assert bars("integrated", "mean")[hum] < 0.3 and bars("integrated", "quiet")[hum] > 1
    areas = {}
    for method, base in (("times_input", "zero"), ("integrated", "mean")):
        given = [net, one["x"], small["baselines"][base], one["label"]]
        order = called(page, "Blame.order", [[bars(method, base)]])[0]
        random = page.evaluate("(inputs) => Blame.randomOrders(inputs, 20)", len(one["x"]))
        mine, *others = called(page, "Blame.deletion", [[*given, order], *([*given, each] for each in random)])
        areas[method] = (mine["area"], float(np.mean([each["area"] for each in others])))
        assert mine["line"][-1] == pytest.approx(
            called(page, "Blame.probabilities", [[net, given[2]]])[0][one["label"]]
        )
    assert areas["times_input"][0] > areas["times_input"][1] and areas["integrated"][0] < areas["integrated"][1]


def test_ranks_are_compared_as_scipy_does(page: Page) -> None:
    stats = pytest.importorskip("scipy.stats")
    draw = np.random.default_rng(4)
    for one, other in [(draw.integers(0, 6, 13), draw.standard_normal(13)) for _ in range(4)]:
        found = called(page, "Blame.rankCorrelation", [[one.tolist(), other.tolist()]])[0]
        assert apart(found, stats.spearmanr(one, other).statistic) <= NEAR
