"""The table behind a figure holds the figure's numbers, told by the names that stand beside them."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import pytest

from stillroom.figures import comparison, confusion, per_class
from stillroom.figures.heat import cells
from stillroom.figures.table import table_of
from stillroom.figures.theme import DARK, LIGHT, Look


@pytest.mark.parametrize("look", [LIGHT, DARK, Look(narrow=True)], ids=["light", "dark", "narrow"])
def test_each_models_mean_stands_there_with_its_interval(report: dict[str, Any], look: Look) -> None:
    table = table_of(comparison.models(report, look=look))
    student = table[(table.series == "student, distilled") & table.above.notna()]
    assert student.x.tolist() == [report["student"]["macro_f1"]]
    low, high = report["student"]["low"], report["student"]["high"]
    assert (student.x - student.below).item() == pytest.approx(low)
    assert (student.x + student.above).item() == pytest.approx(high)


def test_each_persons_score_stands_there_with_the_name(report: dict[str, Any]) -> None:
    table = table_of(comparison.models(report))
    people = table[(table.series == "teacher") & table.above.isna()]
    assert dict(zip(people.mark, people.x, strict=True)) == report["teacher"]["per_person"]


def test_a_matrix_gives_a_row_for_each_cell(report: dict[str, Any]) -> None:
    table = table_of(confusion.matrix(report))
    assert len(table) == len(report["classes"]) ** 2
    assert set(table.y) == set(report["classes"])


def test_numbers_that_are_written_on_cells_give_no_row_of_their_own() -> None:
    texts = [["0", "1"], ["2", "3"]]
    figure = cells([[0.0, 1.0], [2.0, 3.0]], ["one", "two"], ["left", "right"], told=texts, written=texts, look=LIGHT)
    assert any(trace.mode == "text" for trace in figure.data[1:])
    assert table_of(figure)["value"].tolist() == [0.0, 1.0, 2.0, 3.0]


def test_a_place_on_an_axis_is_told_by_its_name(report: dict[str, Any]) -> None:
    rows = table_of(per_class.classes(report)).y
    assert all(any(str(row).startswith(name) for name in report["classes"]) for row in rows)


def test_gaps_give_no_row_and_signs_that_were_escaped_come_back() -> None:
    figure = go.Figure(go.Scatter(x=[0, 1, 2], y=[1.0, None, float("nan")], name="a &lt;b&gt;<br>c"))
    table = table_of(figure)
    assert table.to_dict("records") == [{"series": "a <b> c", "x": 0, "y": 1.0}]


def test_a_figure_without_numbers_gives_an_empty_table() -> None:
    assert table_of(go.Figure()).empty
