"""`stillroom bench`: rows with the promised keys. How fast anything is, no test asserts."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillroom.losses.term import TERMS
from stillroom.recipes import bench_explain
from stillroom.studies import benchmark as jobs_benchmark
from stillroom.training import bench_losses, benchmark

from .kit import Call

ROW = {"name", "median", "low", "high", "n"}


def test_kd_measures_three_sizes(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [preset.name for preset in benchmark.PRESETS] == ["tiny", "small", "big"]
    few = [preset.changed(batches=2, sites=1, width=64) for preset in benchmark.PRESETS]
    monkeypatch.setattr(benchmark, "PRESETS", few)
    told = call("bench", "kd", "--rounds", 1, "--json")
    assert told.code == 0, told.err
    rows = told.answer["rows"]
    assert all(set(row) >= ROW and row["median"] > 0 and row["n"] == 1 for row in rows)
    ratios = {row["name"]: row["median"] for row in rows if "distilled, cached / plain" in row["name"]}
    assert [name.split(":")[0] for name in ratios] == ["tiny", "small", "big"]
    assert told.answer["worst_ratio"] == max(ratios.values())
    assert "measuring the tiny size" in told.err


def test_losses_measures_every_term_and_three_against_loops(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_losses, "PAIRED", (3, 4, 8))
    monkeypatch.setattr(bench_losses, "SAMPLE_S", 0.0)
    told = call("bench", "losses", "--rounds", 1, "--json")
    assert told.code == 0, told.err
    rows = told.answer["rows"]
    assert all(set(row) == ROW and row["median"] > 0 and row["n"] == 1 for row in rows)
    names = [row["name"] for row in rows]
    assert names[: 1 + len(TERMS)] == [bench_losses.STEP, *(f"{name}, in student's steps" for name in TERMS)]
    rivals = [name.split(":")[0] for name in names[1 + len(TERMS) :]]
    assert rivals == ["nst", "nst", "fsp", "fsp", "correlation"]
    assert "losses beside a student's step" in told.err


def test_windows_measures_speed_memory_and_a_second_opening(call: Call, own: Path) -> None:
    told = call("bench", "windows", "--data", own, "--rounds", 1, "--json")
    assert told.code == 0, told.err
    rows = {row["name"]: row for row in told.answer["rows"]}
    assert all(set(row) >= ROW and row["low"] <= row["median"] <= row["high"] for row in rows.values())
    for what in ("parsing / opening again", "windows a second", "peak memory"):
        assert any(what in name for name in rows)


def test_a_person_gets_a_table(call: Call, own: Path) -> None:
    told = call("bench", "windows", "--data", own, "--rounds", 1)
    assert told.code == 0 and "parsing / opening again" in told.out and "{" not in told.out


@pytest.mark.parametrize(
    "words", [("kd", "--rounds", 0), ("windows", "--data", "nowhere"), ("windows", "--rounds", "x")]
)
def test_a_wrong_option_is_refused(refused: Call, words: tuple[object, ...]) -> None:
    refused("bench", *words)


def test_jobs_are_measured_beside_their_commands_and_many_are_listed(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_benchmark, "MANY", 20)
    told = call("bench", "jobs", "--rounds", 1, "--studies", 0, "--json")
    assert told.code == 0, told.err
    rows = told.answer["rows"]
    assert [row["n"] for row in rows] == [1, 1, 1] and all(set(row) == ROW for row in rows)
    assert rows[1]["median"] == pytest.approx(rows[0]["median"] / 30)


def test_latency_measures_two_students_of_that_size_in_every_form(call: Call) -> None:
    told = call("bench", "latency", "--rounds", 7, "--repeats", 1, "--json")
    assert told.code == 0, told.err
    rows = {row["name"]: row for row in told.answer["rows"]}
    assert all(set(row) == ROW and row["median"] > 0 for row in rows.values())
    for name in ("convolutions", "depthwise"):
        assert 30_000 < rows[f"{name}: parameters"]["median"] < 40_000
        form = {one: rows[f"{name}: {one}, us"]["median"] for one in ("eager", "float over time", "float as image")}
        fastest = min(form["float over time"], form["float as image"])
        assert rows[f"{name}: eager / fastest float (aim: 8)"]["median"] == pytest.approx(form["eager"] / fastest)


def test_bench_explain_tells_times_and_that_no_question_is_larger_than_a_batch(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("SITES", 1), ("WIDTH", 40), ("WINDOWS", 80), ("STEPS", 4)):
        monkeypatch.setattr(bench_explain, name, value)
    told = call("bench", "explain", "--rounds", 1, "--json")
    assert told.code == 0, told.err
    seconds, ratio, rows = told.answer["rows"]
    assert seconds["median"] > 0 and seconds["n"] == ratio["n"] == 1
    assert rows["median"] == 64, "the default batch, whatever the number of windows and steps"
