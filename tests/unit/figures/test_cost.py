"""Figures of what models cost: ratios, dots and bands are those that were told, and no estimate stands bare."""

import copy
import math
from typing import Any

import pytest

from stillroom.figures import cost
from stillroom.figures.palette import FACES
from stillroom.figures.theme import DARK, Look

looks = pytest.mark.parametrize(
    "look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)], ids=["light", "dark", "narrow", "both"]
)


def _row(scale: int, parts: list[tuple[str, int, int]]) -> dict[str, Any]:
    told = [{"name": name, "params": held // 4, "macs": macs, "size_bytes": held} for name, macs, held in parts]
    sizes = {"params": 100, "size_bytes": 5000, "activation_bytes": 640, "ops": 9, "kernels": 7}
    return {name: scale * value for name, value in sizes.items()} | {
        "macs": sum(macs for _, macs, _ in parts), "channels": 3, "window_s": 4.0, "parts": told,
    }  # fmt: skip


def _figure(model: str, value: float | None, low: float | None, high: float | None, **more: Any) -> dict[str, Any]:
    usual = {
        "quantity": "latency", "unit": "ms", "device": "this computer", "mode": "1 thread", "runtime": "onnxruntime",
        "precision": "fp32", "dominant": None, "threads": 1, "batch": 1, "busy": False,
        "provenance": "measured here, median of 9 rounds",
    }  # fmt: skip
    return usual | {"model": model, "value": value, "low": low, "high": high} | more


def _board(model: str, value: float | None, low: float | None, high: float | None, **more: Any) -> dict[str, Any]:
    names = {"device": "agx-xavier", "mode": "MAXN", "runtime": "tensorrt", "precision": "fp16", "dominant": "launch"}
    where = _figure(model, value, low, high, **names, provenance="estimate, fitted on 29 networks")
    return {key: one for key, one in where.items() if key not in ("threads", "batch", "busy")} | more


@pytest.fixture
def told() -> dict[str, Any]:
    """What `stillroom cost` tells, with a part, a board and a mode whose names hold tags."""
    teacher = _row(
        10, [("0.lstm", 2600, 4000), ("tape <b>box</b>", 90, 9000), ("0.little", 4, 16), ("Member (itself)", 6, 24)]
    )
    student = _row(1, [("features.0", 60, 3000), ("head", 40, 2000)])
    eager = {"runtime": "eager"}
    return {
        "run": "runs/first", "fold": "p1", "protocol": "person", "teacher": teacher, "student": student,
        "reduction": {"params": 10.0, "macs": 27.0, "size_bytes": 10.0, "activation_bytes": 10.0, "ops": 10.0},
        "speedup": {"onnxruntime": 4.0, "eager": 8.0},
        "host": {"cpu": "A <b>fast</b> one", "cores": 2, "versions": {"torch": "2.13.0", "onnxruntime": None}},
        "figures": [
            _board("student", 0.45, 0.22, 0.9), _board("teacher", 3.6, 1.2, 11.0),
            _figure("teacher", 0.8, 0.7, 0.9), _figure("student", 0.2, 0.15, 0.4),
            _figure("teacher", 2.4, 2.0, 3.0, **eager), _figure("student", 0.3, 0.25, 0.5, **eager),
            _figure("student", 0.6, 0.5, 0.7, batch=32),
            _board("student", 5.0, 2.0, 9.0, device="tape <b>box</b>", mode="<b>full</b>", runtime="own"),
            _board("student", None, 1.1, 44.0, quantity="energy", unit="mJ"),
            _board("student", 28.0, None, 99, quantity="flash", unit="bytes"),
        ],
        "notes": [],
    }  # fmt: skip


def _dots(figure: Any, model: str) -> dict[float, str]:
    """Where a model's dots lie, with their symbols."""
    return {
        value: trace.marker.symbol
        for trace in figure.data
        if trace.mode == "markers" and trace.marker.symbol.startswith(FACES[model].symbol)
        for value in trace.x
        if value is not None
    }


def _bands(figure: Any, wide: bool) -> set[tuple[float, float]]:
    lines = [t for t in figure.data if t.mode == "lines" and t.customdata is not None and (t.line.width > 5) == wide]
    return {(t.x[place], t.x[place + 1]) for t in lines for place in range(0, len(t.x), 3)}


@looks
def test_the_reduction_stands_at_the_ratios_with_the_student_at_one(check, told: Any, look: Look) -> None:
    figure = check(cost.reduction(told, look))
    teacher, student = (next(t for t in figure.data if t.name == FACES[name].title) for name in cost.MODELS)
    assert list(teacher.x) == [10, 27, 10, 10, 10, 10, 8, 4]
    assert set(student.x) == {1}
    assert teacher.marker.color == FACES["teacher"].colour(look.dark)
    assert figure.layout.xaxis.type == "log"
    assert "27 times fewer MACs, 4 to 8 times less time" in figure.layout.title.text.replace("<br>", " ").replace(
        "</b> <b>", " "
    )


def test_a_ratio_of_times_spans_what_the_quartiles_allow(check, told: Any) -> None:
    teacher = next(t for t in check(cost.reduction(told)).data if t.name == "teacher")
    assert teacher.x[-1] - teacher.error_x.arrayminus[-1] == pytest.approx(0.7 / 0.4)
    assert teacher.x[-1] + teacher.error_x.array[-1] == pytest.approx(0.9 / 0.15)
    assert teacher.error_x.array[0] == teacher.error_x.arrayminus[0] == 0, "what is counted has no spread"


def test_the_macs_ratio_is_drawn_down_to_the_times(check, told: Any) -> None:
    line = next(t for t in check(cost.reduction(told)).data if t.mode == "lines" and t.line.dash == "dot")
    assert set(line.x) == {27}
    assert max(line.y) > cost.reduction(told).layout.yaxis.tickvals[-1]


def test_a_student_without_macs_and_a_machine_that_timed_nothing_are_drawn(check, told: Any) -> None:
    told["student"]["macs"], told["reduction"]["macs"], told["figures"] = 0, None, []
    told["speedup"] = {"onnxruntime": None, "eager": None}
    figure = check(cost.reduction(told))
    assert "macs" not in figure.layout.meta["alt"].lower()
    assert "What the student saves" in figure.layout.title.text


def test_a_busy_machine_is_said(check, told: Any) -> None:
    quiet = copy.deepcopy(told)
    told["figures"][3]["busy"] = True
    for draw in (cost.reduction, cost.latency):
        assert "busy" in check(draw(told)).layout.title.subtitle.text
        assert "busy" not in check(draw(quiet)).layout.title.subtitle.text


@looks
def test_measured_is_filled_with_a_thin_line_and_estimated_open_on_a_wide_band(check, told: Any, look: Look) -> None:
    figure = check(cost.latency(told, look))
    assert _dots(figure, "teacher") == {0.8: "square", 2.4: "square", 3.6: "square-open"}
    assert _dots(figure, "student") == {
        0.2: "circle", 0.3: "circle", 0.6: "circle", 0.45: "circle-open", 5.0: "circle-open"
    }  # fmt: skip
    assert _bands(figure, wide=True) == {(1.2, 11.0), (0.22, 0.9), (2.0, 9.0)}
    assert _bands(figure, wide=False) == {(0.7, 0.9), (2.0, 3.0), (0.15, 0.4), (0.25, 0.5), (0.5, 0.7)}
    assert figure.layout.xaxis.type == "log"
    low, high = figure.layout.xaxis.range
    assert 10**low < 0.15
    assert 10**high > 2000, "the hop is in sight"


def test_no_estimate_is_written_as_a_bare_number(check, told: Any) -> None:
    written = {a.text for a in check(cost.latency(told)).layout.annotations}
    assert {"0.22 to 0.9", "2 to 9", "0.2", "0.3", "0.6"} <= written
    assert not written & {"0.45", "5"}


def test_what_was_measured_on_a_board_lies_on_its_estimate(check, told: Any) -> None:
    told["figures"].insert(0, _board("student", 0.5, 0.48, 0.6, provenance="measured on a board, 2026-05-01"))
    figure = check(cost.latency(told))
    at = {
        value: height
        for trace in figure.data
        if trace.mode == "markers" and trace.name is None
        for value, height in zip(trace.x, trace.y, strict=True)
    }
    assert at[0.5] == at[0.45]
    assert "0.5" in {a.text for a in figure.layout.annotations}, "the measured one is written"
    assert "measured there: agx-xavier" in figure.layout.meta["origin"]


def test_this_computer_comes_first_and_every_way_has_a_row_of_its_own(check, told: Any) -> None:
    labels = check(cost.latency(told)).layout.yaxis.ticktext
    assert labels[0] == "<b>this computer</b>"
    assert [label for label in labels if label.startswith("<b>")][1:] == [
        "<b>agx-xavier</b>", "<b>tape &lt;b&gt;box&lt;/b&gt;</b>"
    ]  # fmt: skip
    assert len(set(labels)) == len(labels) == 3 + 5
    assert any("32 windows at once" in label for label in labels)


@pytest.mark.parametrize(("hop_s", "ms"), [(None, 2000), (0.5, 500)])
def test_the_hop_is_a_line_at_half_a_window_or_where_it_is_asked(check, told: Any, hop_s: Any, ms: float) -> None:
    figure = check(cost.latency(told, hop_s=hop_s))
    line = next(t for t in figure.data if t.mode == "lines" and t.line.dash == "dash")
    assert set(line.x) == {ms}
    label = next(a for a in figure.layout.annotations if "window every" in a.text)
    assert label.x == pytest.approx(math.log10(ms))


def test_energy_is_a_bracket_without_a_dot_or_a_hop(check, told: Any) -> None:
    figure = check(cost.latency(told, quantity="energy"))
    assert _bands(figure, wide=True) == {(1.1, 44.0)}
    assert not _dots(figure, "student")
    assert figure.layout.xaxis.title.text == "mJ"
    assert not [t for t in figure.data if t.mode == "lines" and t.line.dash == "dash"]


def test_a_power_that_nobody_published_is_no_band(check, told: Any) -> None:
    told["figures"][-2] |= {"low": 0.0, "high": None}
    figure = check(cost.latency(told, quantity="energy"))
    assert "not known" in {a.text for a in figure.layout.annotations}
    assert not _bands(figure, wide=True)


def test_nothing_of_a_kind_is_an_empty_figure_and_an_unknown_kind_is_refused(check, told: Any) -> None:
    assert "name a board" in check(cost.latency(told | {"figures": []})).layout.title.subtitle.text
    with pytest.raises(ValueError, match="flash"):
        cost.latency(told, quantity="flash")


@looks
def test_parts_are_shares_of_their_own_model(check, told: Any, look: Look) -> None:
    figure = check(cost.parts(told, look))
    for name, traces in (("teacher", figure.data[:2]), ("student", figure.data[2:])):
        for trace in traces:
            assert sum(trace.x) == pytest.approx(100, abs=0.5), "what is left out weighs less than that"
            assert trace.marker.color == FACES[name].colour(look.dark)
    macs, held = figure.data[2:]
    assert list(macs.x) == [60, 40]
    assert list(held.x) == [60, 40]
    assert "teacher in 0.lstm" in figure.layout.meta["alt"]


def test_parts_that_weigh_nothing_are_one_part_and_only_where_they_weigh_together(check, told: Any) -> None:
    assert not [text for text in check(cost.parts(told)).layout.yaxis.ticktext if "little" in text or "rest" in text]
    told["teacher"]["parts"] += [{"name": f"small {n}", "params": 1, "macs": 9, "size_bytes": 4} for n in range(5)]
    figure = check(cost.parts(told))
    assert "the rest" in figure.layout.yaxis.ticktext
    assert figure.data[0].customdata[-1][1] == str(4 + 6 + 5 * 9)


def test_the_origin_tells_the_computer_the_versions_and_the_run(told: Any) -> None:
    for figure in (cost.reduction(told), cost.latency(told), cost.parts(told)):
        origin = figure.layout.meta["origin"]
        for part in ("here: A <b>fast</b> one, 2 cores", "torch 2.13.0", "run first, fold p1"):
            assert part in origin
        assert "onnxruntime" not in origin, "it was not there"
    assert "published measurements" in cost.latency(told).layout.meta["origin"]


def test_what_another_computer_measured_is_not_said_to_be_measured_here(told: Any) -> None:
    told["computer"] = "another computer"
    for figure in (cost.reduction(told), cost.latency(told), cost.parts(told)):
        assert "on another computer: A <b>fast</b> one" in figure.layout.meta["origin"]
        assert "here" not in figure.layout.meta["origin"].split(":")[0]
    assert "<b>another computer</b>" in cost.latency(told).layout.yaxis.ticktext
