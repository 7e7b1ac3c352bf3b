"""Every number that is printed or drawn on a study's report is traced to a file of the study."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from stillroom.evaluation.gain import paired_gain
from stillroom.report.making import make
from stillroom.studies.ranks import rank_methods

from .kit import Page

Told = dict[str, Any]
CALLED = {"acc": "accelerometer", "gyro": "gyroscope", "capacitive": "capacitive sensor"}
MINUS = "\N{MINUS SIGN}"


def signed(value: float, digits: int = 3) -> str:
    said = f"{value:+.{digits}f}"
    return f"{0:.{digits}f}" if not float(said) else said.replace("-", MINUS)


@pytest.fixture(scope="module")
def rows(study: Path) -> list[Told]:
    return list(json.loads((study / "table.json").read_text())["table"])


def chosen_of(rows: list[Told]) -> Told:
    best = max(row["truth"]["macro_f1"] for row in rows)
    near = [row for row in rows if row["truth"]["macro_f1"] >= best - 0.01]
    return min(near, key=lambda row: (row["price"], -row["truth"]["macro_f1"]))


def scored(row: Told) -> str:
    truth = row["truth"]
    return f"{truth['macro_f1']:.2f} ({truth['low']:.2f} to {truth['high']:.2f})"


def test_the_front_tells_of_the_cheapest_set_within_a_point_of_the_best(study_page: Page, rows: list[Told]) -> None:
    chosen, whole = chosen_of(rows), max(rows, key=lambda row: len(row["sensors"]))
    for name in chosen["sensors"]:
        site, _, kind = name.partition(".")
        assert f"{site.replace('_', ' ')} {CALLED[kind]}" in (study_page.words.lower())
    assert chosen["truth"]["macro_f1"] == max(row["truth"]["macro_f1"] for row in rows)
    said = f"scored highest of 24 sets: {scored(chosen)}; all six sensors scored {scored(whole)}, over 10 people"
    assert said in study_page.words
    people = chosen["truth"]["per_person"].items()
    lost = np.array([whole["truth"]["per_person"][who] - value for who, value in people])
    wide = stats.t.ppf(0.975, len(lost) - 1) * lost.std(ddof=1) / np.sqrt(len(lost))
    verb, sign = ("loses", 1) if lost.mean() > 0 else ("gains", -1)
    low, high = sorted((100 * sign * (lost.mean() - wide), 100 * sign * (lost.mean() + wide)))
    ends = f"{signed(low, 1)} to {signed(high, 1)}"
    assert (
        f"this set {verb} {100 * abs(lost.mean()):.1f} points against all sensors (95 % interval {ends}"
        in study_page.words
    )


def test_every_set_stands_with_what_was_measured_and_estimated(study_page: Page, rows: list[Told]) -> None:
    ordered = sorted(rows, key=lambda row: -row["truth"]["macro_f1"])
    assert [row[1:] for row in study_page.table("Sets")] == [
        [f"{row['truth']['macro_f1']:.3f}", f"{row['truth']['low']:.3f} to {row['truth']['high']:.3f}",
         f"{row['estimate']['macro_f1']:.3f}", f"{row['forest']['macro_f1']:.3f}", f"{row['price']:g}",
         str(row["channels"])]
        for row in ordered
    ]  # fmt: skip


def test_calibration_is_the_studys(study_page: Page, study: Path) -> None:
    told = json.loads((study / "calibration.json").read_text())["calibration"]
    for row, (name, one) in zip(study_page.table("How far estimates can be believed"), told.items(), strict=True):
        assert row[3] == ("" if name == "count" else f"{one['mae']:.3f}") and row[4] == f"{one['mae_calibrated']:.3f}"
        for cell, rho in zip(row[1:3], (one["rho_within"], one["rho"]), strict=True):
            bounds = "" if rho["low"] is None else f" ({rho['low']:.2f} to {rho['high']:.2f})"
            assert cell == ("none" if rho["value"] is None else f"{rho['value']:.2f}{bounds}")


def test_every_mark_of_a_set_stands_at_its_values(study_page: Page, rows: list[Told]) -> None:
    price, truth = study_page.drawings["price"], study_page.drawings["truth"]
    for number, row in enumerate(rows):
        assert price.x(f"set{number}") == pytest.approx([row["price"]], abs=0.01)
        assert price.y(f"set{number}") == pytest.approx(row["truth"]["macro_f1"], abs=1e-3)
        assert truth.x(f"set{number}") == pytest.approx([row["estimate"]["macro_f1"]], abs=1e-3)
        assert truth.y(f"set{number}") == pytest.approx(row["truth"]["macro_f1"], abs=1e-3)
    assert {what for what in price.marks if not re.fullmatch(r"set\d+|level--.*|front", what)} == set()
    assert {what for what in truth.marks if not re.fullmatch(r"set\d+|level--.*|equal", what)} == set()


def test_people_stand_with_the_sets_on_the_front(study_page: Page, rows: list[Told]) -> None:
    front = [row for row in rows if row["on_front"]]
    for who, *cells in study_page.table("Scores by person"):
        assert cells == [f"{row['truth']['per_person'][who]:.3f}" for row in front]


def _row(name: str, people: dict[str, float], first: dict[str, float] | None) -> Told:
    values = list(people.values())
    gain = paired_gain(first, people).as_dict() | {"p_holm": 0.5} if first else None
    return {
        "cell": name, "settings": {"strategy": name}, "runs": 1, "done": 1, "seeds": [0], "n": len(people),
        "units": "people", "macro_f1": float(np.mean(values)), "low": min(values), "high": max(values),
        "per_person": people, "seed_sd": None, "teacher": 0.9, "alone": 0.7,
        "gain": paired_gain(dict.fromkeys(people, 0.7), people).as_dict(), "channels": 3, "params": 1000, "macs": 5000,
        "size_bytes": 4096, "against_first": gain, "on_front": False,
    }  # fmt: skip


def made_ablation(folder: Path, kind: str = "ablation", caveats: tuple[str, ...] = ("One seed.",)) -> Path:
    """A study of three settings over eight people, as its commands keep it."""
    draw = np.random.default_rng(3)
    people = [{f"p{n}": float(value) for n, value in enumerate(draw.uniform(0.4, 0.9, 8))} for _ in range(3)]
    names = ("none", "attn_rep", "<b>sc&logit")
    rows = [
        _row(name, own, people[0] if at else None) for at, (name, own) in enumerate(zip(names, people, strict=True))
    ]
    folder.mkdir(parents=True)
    plan = {
        "kind": kind, "asked": {"recipe": "tsak", "data": "factory", "protocol": "persons:4"}, "threads": 1,
        "command": "stillroom study ablation tsak", "cells": [{"name": n, "settings": {"strategy": n}} for n in names],
        "runs": [{"id": f"{at}-s0", "cell": at, "seed": 0} for at in range(3)], "versions": {"python": "3"}, "key": "k",
    }  # fmt: skip
    (folder / "plan.json").write_text(json.dumps(plan))
    told = {"sentence": "against none (macro-F1 0.5), nothing", "caveats": list(caveats), "table": rows, "front": []}
    (folder / "table.json").write_text(json.dumps(told))
    return folder


def test_an_ablation_is_drawn_and_told_setting_by_setting(tmp_path: Path) -> None:
    folder = made_ablation(tmp_path / "abl")
    rows = json.loads((folder / "table.json").read_text())["table"]
    page = Page(make(folder).html)
    drawing = page.drawings["gains"]
    for number, row in enumerate(rows[1:], start=1):
        gain = row["against_first"]
        assert drawing.x(f"r{number}--mean") == pytest.approx([gain["mean"]], abs=1e-3)
        assert drawing.x(f"r{number}--interval") == pytest.approx([gain["low"], gain["high"]], abs=1e-3)
        for person, value in enumerate(gain["per_person"].values()):
            assert drawing.x(f"r{number}--p{person}") == pytest.approx([value], abs=1e-3)
    assert {one for one in drawing.marks if not re.fullmatch(r"zero|r\d+--(mean|interval|p\d+)", one)} == set()
    table = page.table("Settings")
    assert [row[1] for row in table] == [f"{row['macro_f1']:.3f}" for row in rows]
    assert [row[3] for row in table] == ["the first", *(signed(row["against_first"]["mean"]) for row in rows[1:])]
    assert table[2][0] == "<b>sc&logit" and "<b>sc" not in page.html
    by = {row[0]: row[1:] for row in page.table("By person")}
    for who, first in rows[0]["per_person"].items():
        assert by[who] == [f"{first:.3f}", *(signed(row["per_person"][who] - first) for row in rows[1:])]


def test_methods_over_data_sets_are_ranked_as_told(tmp_path: Path) -> None:
    for name in ("one", "two"):
        made_ablation(tmp_path / "m" / name, "methods")
    tables = {name: json.loads((tmp_path / "m" / name / "table.json").read_text())["table"] for name in ("one", "two")}
    ranked = rank_methods(tables)
    kept = {"sentence": "The best is x.", "friedman_p": None, "ranks": ranked}
    (tmp_path / "m" / "methods.json").write_text(json.dumps(kept))
    page = Page(make(tmp_path / "m").html)
    drawing = page.drawings["ranks"]
    for place, entry in enumerate(ranked):
        assert drawing.x(f"m{place}--mean") == pytest.approx([entry["mean_rank"]], abs=0.01)
        for number, name in enumerate(entry["ranks"]):
            assert drawing.x(f"m{place}--d{number}") == pytest.approx([entry["ranks"][name]], abs=0.01)
    assert {"gains-0", "gains-1"} <= set(page.drawings)
