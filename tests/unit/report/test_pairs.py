"""Which figures of cost may stand beside one another, and what the front page says of how they were found."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from stillroom.report.costs import front_table, source_note, time_tile
from stillroom.report.making import make
from stillroom.report.money import energy_of
from stillroom.report.pairs import pairs

from .conftest import Change
from .kit import Page

Told = dict[str, Any]
BOARD = "orin-nano"


def figure(model: str, value: float | None, mode: str = "15W", precision: str = "fp32", **more: Any) -> Told:
    """A figure of one window on a board."""
    plain = {
        "model": model, "quantity": "latency", "value": value, "low": None, "high": None, "unit": "ms",
        "device": BOARD, "mode": mode, "runtime": "onnxruntime", "precision": precision, "busy": False, "remark": "",
        "provenance": f"measured on {BOARD}, {mode}",
    }  # fmt: skip
    return plain | more


def energy(model: str, value: float | None, mode: str = "15W", **more: Any) -> Told:
    return figure(model, value, mode, **{"quantity": "energy", "unit": "mJ", **more})


def cost_of(*figures: Told) -> Told:
    return {"figures": list(figures), "host": {}, "notes": []}


MIXED = (
    figure("teacher", 4.0), figure("student", 1.0), figure("student", 0.3, "30W", "int8"),
    figure("teacher", 2.0, "30W"), figure("teacher", 9.0, "7W"), figure("teacher", 60.0, batch=32),
    figure("student", 0.2, threads=4), figure("teacher", 0.9, threads=4),
)  # fmt: skip


def test_only_figures_of_one_mode_and_number_format_are_compared_in_whatever_order_they_came() -> None:
    for order in itertools.islice(itertools.permutations(MIXED), 0, None, 997):
        (pair,) = pairs(cost_of(*order), BOARD, "latency")
        assert (pair.values, pair.named) == ((4.0, 1.0), "ONNX Runtime, fp32, 15W")


def test_where_no_two_figures_are_alike_nothing_is_compared() -> None:
    cost = cost_of(figure("teacher", 9.0, "7W"), figure("student", 0.3, "30W", "int8"))
    assert pairs(cost, BOARD, "latency") == [] and time_tile(cost, BOARD) is None
    assert "Nothing was measured" in source_note(cost, BOARD)


def test_of_several_pairs_32_bit_and_then_the_smallest_power_mode_counts() -> None:
    both = [
        figure(model, value, mode, precision)
        for mode, precision in (("30W", "fp32"), ("7W", "int8"), ("15W", "fp32"), ("7W", "fp16"))
        for model, value in (("teacher", 4.0), ("student", 1.0))
    ]
    for order in (both, both[::-1]):
        assert [pair.how for pair in pairs(cost_of(*order), BOARD, "latency")] == ["fp32, 15W"]
    assert [pair.how for pair in pairs(cost_of(*both[2:4], *both[6:]), BOARD, "latency")] == ["fp16, 7W"]


def test_a_measured_figure_is_never_paired_with_an_estimate() -> None:
    guessed = [figure(model, value, provenance="estimate") for model, value in (("teacher", 8.0), ("student", 2.0))]
    (pair,) = pairs(cost_of(figure("teacher", 4.0), *guessed), BOARD, "latency")
    assert pair.values == (8.0, 2.0) and not pair.measured


def test_the_row_and_the_tile_say_number_format_and_mode(changed: Change, run: Path) -> None:
    folder = changed()
    cost = json.loads((run / "cost.json").read_text())
    cost["figures"] += MIXED
    (folder / "cost.json").write_text(json.dumps(cost))
    page = Page(make(folder, device=BOARD).html)
    rows = {row[0]: row[1:] for row in page.table("What teacher and student cost")}
    assert rows["answer, ONNX Runtime, fp32, 15W"] == ["4 ms", "1 ms", "4", "measured"]
    assert "one answer, ONNX Runtime, fp32, 15W" in page.words
    assert ["time, ONNX Runtime, fp32, 15W", "4 to 1 ms", "4"] in page.table("Ratios")


def test_money_takes_the_energies_that_the_page_prints() -> None:
    cost = cost_of(
        energy("teacher", 50.0), energy("student", 10.0), energy("teacher", 900.0, "7W", runtime="eager", batch=32),
        energy("student", 2.0, precision="int8", runtime="tensorrt"),
    )  # fmt: skip
    found = energy_of(cost, BOARD, 2.0)
    printed = front_table({}, cost, BOARD).rows[-1]
    assert found is not None and (found.teacher_mj, found.student_mj) == (50.0, 10.0)
    assert printed == ["its energy, ONNX Runtime, fp32, 15W", "50 mJ", "10 mJ", "5", "measured"]
    assert found.where == f"{BOARD}, ONNX Runtime, fp32, 15W"


@pytest.mark.parametrize("odd", [{"unit": "J"}, {"value": None}, {"provenance": "bracket"}])
def test_an_energy_in_another_unit_a_bracket_or_an_estimate_decides_nothing(odd: Told) -> None:
    assert energy_of(cost_of(energy("teacher", 50.0), energy("student", 10.0) | odd), BOARD, 2.0) is None


def test_times_and_energies_each_say_how_they_were_found() -> None:
    times = (figure("teacher", 4.0), figure("student", 1.0))
    brackets = [energy(role, None, low=1, high=9, provenance="bracket") for role in ("teacher", "student")]
    said = source_note(cost_of(*times, *brackets), BOARD)
    assert said.startswith(f"Times measured on {BOARD}: ") and f"Energies estimated, not measured for {BOARD}" in said
    said = source_note(cost_of(*times, energy("teacher", 50.0), energy("student", 10.0)), BOARD)
    assert said.startswith(f"Times and energies measured on {BOARD}: ") and "estimated" not in said
    guessed = [one | {"provenance": "estimate", "low": 1, "high": 9} for one in times]
    said = source_note(cost_of(*guessed, *brackets), BOARD)
    assert (
        said.startswith(f"Times and energies estimated, not measured for {BOARD}: a band") and "measured on" not in said
    )
