"""Methods over data sets: what holds of one of them is said of it, and no winner is named where none was shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stillroom.report.making import make
from stillroom.studies.ranks import rank_methods

from .kit import Page
from .test_traced_studies import made_ablation

CAVEATS = {
    "one": ("The data is **simulated**: it shows how.", "One seed."),
    "two": ("This is the **fast setting**.", "5 people tested: a pilot, not a proof.", "One seed."),
}


def methods(folder: Path, *sets: str, p: float | None = None, shown: str = "") -> Page:
    """The page of a study over these sets; one method may be given a gain that was shown."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for number, name in enumerate(sets):
        path = made_ablation(folder / name, "methods", CAVEATS[name])
        table = json.loads((path / "table.json").read_text())
        for row in table["table"]:
            row["n"] = 8 - 3 * number
            if row["cell"] == shown:
                row["against_first"] |= {"mean": 0.1, "low": 0.05, "high": 0.15, "p_holm": 0.01}
        (path / "table.json").write_text(json.dumps(table))
        tables[name] = table["table"]
    kept = {"sentence": "The best mean rank is x's.", "friedman_p": p, "ranks": rank_methods(tables)}
    (folder / "methods.json").write_text(json.dumps(kept))
    return Page(make(folder).html)


def test_what_one_of_several_sets_lacks_is_said_of_it(tmp_path: Path) -> None:
    page = methods(tmp_path / "m", "one", "two")
    rows = dict(page.table("What was not tested"))
    assert rows["Real people"].startswith("one: ") and rows["A full training"].startswith("two: ")
    assert rows["Enough people"] == "two: 5 people tested: a pilot, not a proof"
    assert rows["Another place"].endswith("all recordings are of 2 data sets")
    assert not rows["Another seed"].startswith("one: "), "what holds of all is said once"
    assert "simulated data: one" in page.words and "fast setting: two" in page.words


def test_over_one_set_no_mean_rank_is_told(tmp_path: Path) -> None:
    page = methods(tmp_path / "m", "one")
    assert "mean rank" not in page.words.lower() and "ranks" not in page.drawings
    assert "Gains shown" in page.words and "0 of 2" in page.words and "Largest gain" in page.words
    assert ": not shown" in page.words and "all recordings are of one data set" in page.words


@pytest.mark.parametrize("p", [None, 0.3])
def test_ranks_that_no_test_tells_apart_name_no_winner(tmp_path: Path, p: float | None) -> None:
    words = methods(tmp_path / "m", "one", "two", p=p).words
    assert "that mean ranks differ was not shown" in words and "Best mean rank" not in words
    assert "No method gained over none so that it could be shown on any data set" in words


def test_what_was_shown_is_told(tmp_path: Path) -> None:
    words = methods(tmp_path / "m", "one", "two", p=0.01, shown="attn_rep").words
    assert "A gain over none was shown for attn_rep on one (+0.100, Holm's p = 0.01) and attn_rep on two" in words
    assert "Mean ranks differ (Friedman's p = 0.01)" in words and "Best mean rank" in words and "2 of 4" in words


def test_the_highest_of_some_settings_stands_with_what_was_shown_of_it(tmp_path: Path) -> None:
    folder = made_ablation(tmp_path / "abl")
    rows = json.loads((folder / "table.json").read_text())["table"]
    best = max(rows, key=lambda row: row["macro_f1"])
    words = Page(make(folder).html).words
    assert "The best" not in words
    assert best["cell"] == "attn_rep"
    assert f"attn_rep: {best['against_first']['mean']:+.2f}" in words and "), not shown" in words
