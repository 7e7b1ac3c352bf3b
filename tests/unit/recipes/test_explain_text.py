"""What an explanation says in sentences: it turns with the checks, and nothing is said of what was not found."""

from __future__ import annotations

from typing import Any

from stillroom.recipes.explain_text import sanity_notes, tables_of


def model(
    deletion: float = 0.3,
    absolute: float | None = 0.1,
    stable: float | None = 0.9,
    complete: float | None = 0.02,
    forest: bool = False,
) -> dict[str, Any]:
    checks = {
        "deletion": {"deletion_area": deletion, "random_area": 0.5, "random_areas": [0.6, 0.4, 0.5], "better": 0.8},
        "completeness": None if complete is None else {"overall": complete},
        "randomised": None
        if forest
        else {"signed": -0.02, "magnitude": 0.7, "absolute": absolute, "absolute_by_chance": 0.05},
        "stability": {"signed": stable},
        "coincide": 0.25,
    }
    return {
        "sanity": checks, "method": "occlusion", "windows": 9, "steps": None, "attention": None,
        "sensors": [{"name": "acc", "importance": 0.6, "low": 0.5, "high": 0.7},
                    {"name": "gyro", "importance": 0.4, "low": None, "high": None}],
        "signed": {"acc": 1.5, "gyro": -0.25},
        "classes": {"walk": [{"importance": 0.2}, {"importance": 0.9}],
                    "sit": [{"importance": 0.7}, {"importance": 0}]},
    }  # fmt: skip


def said(**changes: Any) -> str:
    return " ".join(sanity_notes(model(**changes)))


def test_an_order_no_better_than_chance_is_called_so() -> None:
    assert "falls sooner than in random order: mean 0.30 against 0.50 (in 80 % of the windows)" in said()
    assert "falls no sooner than in random order" in said(deletion=0.5)
    assert "falls no sooner than in random order" in said(deletion=0.45), "one of the random orders did as well"


def test_an_explanation_that_untrained_weights_give_as_well_is_called_so() -> None:
    assert (
        "With untrained weights the explanation is another one (rank correlation of size 0.10, by chance 0.05;"
        " of magnitudes alone +0.70"
    ) in said()
    assert "much the same (rank correlation of size 0.60" in said(absolute=0.6)
    assert "untrained" not in said(absolute=None) and "untrained" not in said(forest=True)


def test_a_baseline_that_matters_is_called_so() -> None:
    assert "rank correlation +0.90 (on 25 % of the channels the two are one)." in said() and "matters" not in said()
    assert "rank correlation +0.40; what is compared with matters here (on 25 %" in said(stable=0.4)
    assert "quiet recording" not in said(stable=None)


def test_sums_are_spoken_of_where_the_method_promises_them() -> None:
    assert "Sums miss the change of the score by 2.0 %." in said()
    assert "Sums" not in said(complete=None)


def test_a_table_has_a_row_for_each_sensor_and_never_stands_without_the_checks() -> None:
    told = {"windows": {"models": {"teacher": model()}, "agreement": None}}
    ((title, columns, rows, notes),) = tables_of(told)
    assert "teacher" in title and "occlusion, 9 windows" in title and len(notes) >= 4
    assert set(sanity_notes(model())) <= set(notes)
    assert [row[: len(columns)] for row in rows] == rows and [row[0] for row in rows] == ["acc", "gyro"]
    assert rows[0][1:4] == ["0.600 (0.500 to 0.700)", "+1.50", "sit (0.70)"]
    assert rows[1][1:4] == ["0.400", "-0.25", "walk (0.90)"]


def test_parts_that_were_not_asked_for_have_no_table() -> None:
    assert list(tables_of({"run": "here"})) == []
