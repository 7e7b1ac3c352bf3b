"""Steps and streams: scores and costs are the report's, INT8 joined to what it was made from."""

from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.figures import optimised, streams
from stillroom.figures.palette import FACES
from stillroom.figures.theme import DARK, Look

looks = pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True)], ids=["light", "dark", "narrow"])
SCORES = {"student": 0.7, "pruned_50": 0.66, "student_int8": 0.71, "pruned_50_int8": 0.65}
SMOOTHED = {"none": 0.5, "majority:60s": 0.7, "hysteresis:3": 0.6, "hmm": 0.8}


def _step(name: str, before: str | None, scale: float) -> dict[str, Any]:
    held = 0.4 if name.endswith("int8") else 1.0
    sizes = {
        key: round(scale * held * size) for key, size in (("size_bytes", 8e4), ("ram_bytes", 8e3), ("flash_bytes", 9e4))
    }
    return {
        "step": name, "before": before, "precision": "int8" if held < 1 else "fp32", "params": round(2e4 * scale),
        "macs": round(2e5 * scale), **sizes, "latency_ms": {"median": 0.1, "low": 0.1, "high": 0.2},
    }  # fmt: skip


@pytest.fixture
def told(report: dict[str, Any]) -> dict[str, Any]:
    """A report with steps and smoothings."""
    scored = {role: report["student"] | {"macro_f1": value} for role, value in SCORES.items()}
    made = [_step("student", None, 1.0), _step("pruned_50", "student", 0.25)]
    made += [_step("student_int8", "student", 1.0), _step("pruned_50_int8", "pruned_50", 0.25)]
    bounds = {"low": 0.4, "high": 0.9, "per_person": {}}
    models = {role: {name: {"macro_f1": value, **bounds} for name, value in SMOOTHED.items()} for role in FACES}
    context = {"models": models, "one_activity_each": False, "median_stretch_s": 12.0}
    return report | scored | {"steps": made, "context": context}


@looks
@pytest.mark.parametrize("quantity", ["macs", "params", "size_bytes", "ram_bytes", "flash_bytes"])
def test_each_step_lies_at_its_cost_and_its_score(check, told: Any, quantity: str, look: Look) -> None:
    figure = check(optimised.steps(told, quantity, look=look))
    marks = {x: y for trace in figure.data if "markers" in trace.mode for x, y in zip(trace.x, trace.y, strict=True)}
    assert len([t for t in figure.data if "markers" in t.mode for _ in t.x]) == 4
    if quantity.endswith("bytes"):
        assert marks == {step[quantity]: SCORES[step["step"]] for step in told["steps"]}


def test_lines_join_a_step_to_what_it_was_made_from(check, told: Any) -> None:
    figure = check(optimised.steps(told))
    ways = {(trace.y[0], trace.y[1]): trace.line.dash for trace in figure.data if trace.mode == "lines"}
    assert ways == {(0.7, 0.66): "solid", (0.7, 0.71): "dot", (0.66, 0.65): "dot"}


def test_names_of_two_precisions_at_one_cost_stand_on_different_sides(check, told: Any) -> None:
    full, int8 = (trace for trace in check(optimised.steps(told, "macs")).data if "markers" in trace.mode)
    assert list(full.textposition) == ["bottom center", "top center"], "INT8 scores better once, and worse once"
    assert list(int8.textposition) == ["top center", "bottom center"]


@looks
def test_a_budget_is_drawn_even_where_no_step_comes_near(check, told: Any, look: Look) -> None:
    figure = check(optimised.steps(told, "flash_bytes", budget=640_000, look=look))
    assert [shape.x0 for shape in figure.layout.shapes] == [640_000]
    low, high = (10**end for end in figure.layout.xaxis.range)
    assert low < min(step["flash_bytes"] for step in told["steps"]) and high > 640_000
    assert any("640 kB" in note.text for note in figure.layout.annotations)


def test_a_run_without_steps_and_an_unknown_cost_are_refused(told: Any) -> None:
    with pytest.raises(InputError, match="not optimised"):
        optimised.steps(told | {"steps": []})
    with pytest.raises(InputError, match="no quantity 'colour'"):
        optimised.steps(told, "colour")


@looks
def test_each_smoothing_is_drawn_from_where_the_window_alone_stands(check, told: Any, look: Look) -> None:
    roles = ("teacher", "student")
    figure = check(streams.smoothings(told, roles, look=look))
    marks = [trace.x[0] for trace in figure.data if trace.mode == "markers"]
    assert marks == [*SMOOTHED.values()] * 2
    ways = [tuple(t.x) for t in figure.data if t.mode == "lines" and t.line.width == 3]
    assert ways == [(0.5, value) for value in SMOOTHED.values()] * 2
    labels = " ".join(figure.layout.yaxis.ticktext)
    assert "vote over 60 s" in labels and "3 alike in a row" in labels and "HMM" in labels


def test_one_person_has_no_interval_in_a_stream(check, told: Any) -> None:
    for scored in told["context"]["models"]["student"].values():
        scored |= {"low": None, "high": None}
    figure = check(streams.smoothings(told, ("student",)))
    assert [trace.line.width for trace in figure.data if trace.mode == "lines"] == [3] * 4


def test_a_stream_of_one_activity_is_said_to_be_none(check, told: Any) -> None:
    told["context"]["one_activity_each"] = True
    assert "no stream" in check(streams.smoothings(told, ("student",))).layout.title.subtitle.text.replace("<br>", " ")


def test_a_model_that_was_not_smoothed_is_refused(told: Any) -> None:
    for roles, said in ((("stranger",), "stranger"), ((), "no model was chosen")):
        with pytest.raises(InputError, match=said):
            streams.smoothings(told, roles)
