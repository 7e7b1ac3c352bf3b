"""Every number that is printed or drawn on a run's report is traced to a file of the run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from stillroom.report import money
from stillroom.report.making import make

from .kit import Drawing, Page

Told = dict[str, Any]
NAMES = {
    "teacher": "Teacher", "semantic": "Semantic classifier", "small_teacher": "Teacher's net, student's sensors",
    "student": "Student, distilled", "alone": "Student, alone", "reference": "Reference net",
    "forest": "Random forest",
}  # fmt: skip
DRAWN = ("teacher", "alone", "student")
MINUS = "\N{MINUS SIGN}"


def signed(value: float, digits: int = 3) -> str:
    said = f"{value:+.{digits}f}"
    return f"{0:.{digits}f}" if not float(said) else said.replace("-", MINUS)


def bounds(one: Told, digits: int = 3) -> str:
    return f"{one['low']:.{digits}f} to {one['high']:.{digits}f}"


def explained(run: Path, part: str) -> Told:
    return dict(json.loads((run / "explain" / f"{part}.json").read_text())["told"])


def size(value: float) -> str:
    return f"{value / 2**20:.1f} MiB" if value >= 2**20 else f"{value / 1024:.1f} KiB"


def near(found: Iterable[float], wanted: Iterable[float], of: float = 1.0) -> None:
    """Places on paper hold a value to a thousandth of what the axis spans."""
    assert list(found) == pytest.approx(list(wanted), abs=1e-3 * of)


def test_the_front_says_what_the_report_says(page: Page, told: Told) -> None:
    student, teacher, gain = told["student"], told["teacher"], told["gain"]
    found = "One right wrist accelerometer instead of six sensors scores"
    found += (
        f" {student['macro_f1']:.2f} ({bounds(student, 2)}) against {teacher['macro_f1']:.2f} ({bounds(teacher, 2)})"
    )
    unclear = "a loss was neither shown nor excluded"
    assert f"{found}, over {told['n']} people nobody trained on: {unclear}." in page.words
    lost = [teacher["per_person"][who] - value for who, value in student["per_person"].items()]
    half = stats.t.ppf(0.975, len(lost) - 1) * np.std(lost, ddof=1) / np.sqrt(len(lost))
    mean, low, high = np.mean(lost), np.mean(lost) - half, np.mean(lost) + half
    assert low < 0 < high, "what the first sentence says"
    edges = f"{signed(100 * low, 1)} to {signed(100 * high, 1)}"
    assert f"loses {100 * mean:.1f} points (95 % interval {edges})" in page.words
    assert f"{100 * mean:.1f} points lost ({edges}), {told['n']} people" in page.words
    assert f"({signed(gain['mean'], 2)}, {signed(gain['low'], 2)} to {signed(gain['high'], 2)})" in page.words


def test_every_models_row_is_its_own(page: Page, told: Told) -> None:
    rows = page.table("All models")
    assert [row[0] for row in rows] == list(NAMES.values())
    for row, role in zip(rows, NAMES, strict=True):
        one = told[role]
        assert row[1:] == [
            f"{one['macro_f1']:.3f}", bounds(one), str(one["channels"]), f"{one['params']:,}",
            f"{one['macs']:,}" if one["macs"] else "\N{EN DASH}", size(one["size_bytes"]), f"{one['accuracy']:.3f}",
            f"{one['calibration']['ece']:.3f}",
        ]  # fmt: skip
    assert page.table("Representations") == [
        [name, f"{one['macro_f1']:.3f}", bounds(one)] for name, one in told["heads"].items()
    ]


def test_every_persons_score_is_their_own(page: Page, told: Told) -> None:
    by = {role: told[role]["per_person"] for role in DRAWN}
    rows = page.table("Scores of each person")
    assert {row[0] for row in rows} == set(by["teacher"])
    for row in rows:
        teacher, alone, student = (by[role][row[0]] for role in DRAWN)
        assert row[1:4] == [f"{value:.3f}" for value in (teacher, alone, student)]
        assert row[4:] == [signed(student - teacher), signed(student - alone)]
    losses = [by["student"][row[0]] - by["teacher"][row[0]] for row in rows]
    assert losses == sorted(losses), "who loses most stands on top"


def test_paired_differences_are_t_intervals_over_people(page: Page, told: Told) -> None:
    for row, before in zip(page.table("Paired differences"), ("teacher", "alone"), strict=True):
        own = np.array([told["student"]["per_person"][who] - told[before]["per_person"][who]
                        for who in told["student"]["per_person"]])  # fmt: skip
        mean, wide = own.mean(), stats.t.ppf(0.975, len(own) - 1) * own.std(ddof=1) / np.sqrt(len(own))
        assert row[1:4] == [signed(mean), f"{signed(mean - wide)} to {signed(mean + wide)}", str(len(own))]
        exact = stats.permutation_test((own,), np.mean, permutation_type="samples", n_resamples=np.inf)
        assert row[4:] == [f"{exact.pvalue:.2g}", f"{2 / 2 ** len(own):.2g}"]


def test_every_activity_and_every_count_is_the_runs(page: Page, told: Told) -> None:
    rows = page.table("F1 of each activity")
    assert rows == [
        [name, str(told["windows"]["per_class"][name]), *(f"{told[role]['per_class'][name]:.3f}" for role in DRAWN)]
        for name in told["classes"]
    ]
    counts = [[name, *map(str, line)] for name, line in zip(told["classes"], told["student"]["confusion"], strict=True)]
    assert page.table("Counts of windows") == counts
    shares = {role: np.array(told[role]["confusion"]) / np.sum(told[role]["confusion"], axis=1, keepdims=True)
              for role in ("teacher", "student")}  # fmt: skip
    moved = 100 * (shares["student"] - shares["teacher"])
    assert page.table("Differences in points") == [
        [name, *(signed(value, 1) for value in line)]
        for name, line in zip(told["classes"], moved.tolist(), strict=True)
    ]


def test_stream_steps_folds_and_course_are_the_runs(page: Page, told: Told) -> None:
    context = told["context"]
    assert [row[1:] for row in page.table("Scores in a stream")] == [
        [f"{by[name]['macro_f1']:.3f} ({bounds(by[name], 2)})" for name in context["smoothings"]]
        for by in context["models"].values()
    ]
    for row, step in zip(page.table("Steps"), told["steps"], strict=True):
        took = step["latency_ms"]
        assert row[1:] == [
            f"{told[step['step']]['macro_f1']:.3f}", bounds(told[step["step"]]), f"{step['params']:,}",
            f"{step['macs']:,}", *(size(step[key]) for key in ("size_bytes", "ram_bytes", "flash_bytes")),
            f"{1000 * took['median']:.1f} µs", f"{1000 * took['low']:.1f} to {1000 * took['high']:.1f}",
        ]  # fmt: skip
    parts = ("train", "validation", "test")
    assert [row[1:] for row in page.table("Folds")] == [
        [*(", ".join(fold[part]) for part in parts), *(f"{fold['windows'][part]:,}" for part in parts)]
        for fold in told["folds"]
    ]
    known = {(one["phase"], one["fold"]): one for one in told["phases"]}
    for phase, *cells in page.table("Training by phase"):
        for fold, cell in zip(told["folds"], cells, strict=True):
            one = known[phase, fold["fold"]]
            assert cell == f"{one['best_epoch']} of {one['epochs']}, {one['validation_macro_f1']:.3f}"


def test_every_figure_of_cost_stands_with_its_source(page: Page, run: Path) -> None:
    cost = json.loads((run / "cost.json").read_text())
    sources = [row[1] for row in page.table("Sources")]
    rows = page.table("Every figure of cost")
    assert len(rows) == len(cost["figures"])
    for row, one in zip(rows, cost["figures"], strict=True):
        assert row[0] == one["model"] and row[1].startswith(one["quantity"])
        assert sources[int(row[-1].strip("[]")) - 1] == one["provenance"].replace("measured here", "measured there")
        low, high = (np.format_float_positional(float(f"{one[edge]:.3g}"), trim="-") for edge in ("low", "high"))
        if one["value"] is None:
            assert row[-2].replace(",", "") == f"{low} to {high} {one['unit']}"
            continue
        said, unit = row[-2].split(" ")[:2]
        assert float(said.replace(",", "")) == pytest.approx(one["value"] * (1000 if unit == "µs" else 1), rel=6e-3)
        estimated = not one["provenance"].startswith("measured")
        assert ("(" in row[-2]) is estimated
        if estimated:
            assert f"({low} to {high})" in row[-2].replace(",", "")


def test_the_fronts_costs_are_counted_or_measured_as_they_say(page: Page, run: Path) -> None:
    cost = json.loads((run / "cost.json").read_text())
    rows = {row[0]: row[1:] for row in page.table("What teacher and student cost")}
    for name, key, form in (("parameters", "params", None), ("file", "size_bytes", size),
                            ("working memory, at most", "activation_bytes", size)):  # fmt: skip
        pair = [cost[model][key] for model in ("teacher", "student")]
        if form:
            assert rows[name][:2] == [form(value) for value in pair]
        assert float(rows[name][2].replace(",", "")) == pytest.approx(pair[0] / pair[1], rel=0.05)
        assert rows[name][3] == "counted"
    asked = {"quantity": "latency", "device": "this computer", "runtime": "onnxruntime", "threads": 1, "batch": 1}
    own = [one for one in cost["figures"] if all(one.get(key) == value for key, value in asked.items())]
    pair = [next(one for one in own if one["model"] == model) for model in ("teacher", "student")]
    teacher, student, ratio, how = rows["answer, ONNX Runtime, fp32, 1 thread"]
    assert teacher == f"{pair[0]['value']:.3g} ms" and student == f"{1000 * pair[1]['value']:.3g} µs"
    assert float(ratio) == pytest.approx(pair[0]["value"] / pair[1]["value"], rel=0.05) and how == "measured"
    assert cost["host"]["cpu"] in page.words and "this computer's" not in page.words


def test_explanations_checks_and_privacy_are_as_told(page: Page, run: Path) -> None:
    windows, sets = explained(run, "windows"), explained(run, "sets")
    shares = sorted(windows["models"]["teacher"]["sensors"], key=lambda one: -one["importance"])
    assert [row[1:] for row in page.table("Shares, teacher")] == [
        [f"{100 * one['importance']:.1f} %", bounds(one)] for one in shares
    ]
    for role, name in (("teacher", "teacher"), ("student", "distilled student"), ("alone", "student alone")):
        sanity = windows["models"][role]["sanity"]
        rows = {row[0]: row[1:] for row in page.table(f"Checks of the {name}'s explanation")}
        curves = sanity["deletion"]
        ordered = curves["deletion_area"] < curves["random_area"] < curves["insertion_area"]
        assert rows["Its order matters"][0] == ("holds" if ordered else "does not hold")
        assert f"{curves['deletion_area']:.2f} taken away" in rows["Its order matters"][1]
        agrees = sanity["stability"]["signed"] >= 0.6
        assert rows["Another baseline agrees"][0] == ("holds" if agrees else "does not hold")
    for role, cells in (("student", "distilled student"), ("alone", "student alone")):
        rank = windows["agreement"][role]["channels"]["rank"]
        assert f"Does the {cells} look where the teacher looks?" in page.words
        assert f"rank correlation {rank['mean']:.2f} ({bounds(rank, 2)})" in page.words
    worth = {one["group"]: one for one in sets["shapley"]["shares"]}
    dropped = sorted(sets["dropped"], key=lambda one: -one["mean"])
    assert [row[1:] for row in page.table("Cost of going without")] == [
        [f"{signed(one['mean'])} ({signed(one['low'])} to {signed(one['high'])})" for one in pair]
        for pair in ((one, worth[one["name"]]) for one in dropped)
    ]
    cut = explained(run, "frequency")["cut_off"]
    assert [row[1:] for row in page.table("Macro-F1 by cut-off")] == [
        [f"{one[role]['macro_f1']:.3f} ({bounds(one[role], 2)})" for role in ("teacher", "student")] for one in cut
    ]
    probe = explained(run, "privacy")
    assert [row[2] for row in page.table("Who can be told")] == [
        f"{100 * one['mean']:.1f} %" for seen in probe["models"].values() for one in seen.values()
    ]
    student = probe["models"]["student"]["inputs"]
    assert f"{100 * student['mean']:.0f} % from what the distilled student sees" in page.words
    assert f"guessing gives {100 * probe['chance']:.0f} %" in page.words


def test_money_follows_from_the_printed_assumptions(page: Page, report: Any) -> None:
    kept, dropped = report.told["kept"], report.told["dropped"]
    saved = money.savings(dropped, kept)
    assert [row[1:] for row in page.table("Costs by part")] == [
        [money.amount(value, "EUR") for value in (part.before, part.after, part.saved)]
        for part in (*saved.parts, saved.total)
    ]
    assert [row[5] for row in page.table("Assumptions")] == [line.key for line in saved.lines]
    assert {row[4] for row in page.table("Assumptions")} == {"our assumption"}
    for row, line in zip(page.table("Assumptions"), saved.lines, strict=True):
        assert row[1] == f"{line.given.value:,g}" and row[2] == f"{line.given.low:,g} to {line.given.high:,g}"
    swings = money.tornado(saved)
    assert [row[2:] for row in page.table("Savings at the ends of each assumption")] == [
        [money.amount(one.at_low, "EUR"), money.amount(one.at_high, "EUR")] for one in swings
    ]
    assert money.sentence(saved, swings) in page.words
    for name, shown in (("tornado", swings), ("money", swings[:4])):
        drawing = page.drawings[name]
        span = max(abs(end) for one in shown for end in (one.at_low, one.at_high))
        for place, one in enumerate(shown):
            for end, value in (("low", one.at_low), ("high", one.at_high)):
                near(_ends(drawing, f"s{place}--{end}"), sorted((saved.total.saved, value)), span)
        near(drawing.x("base")[:1], [saved.total.saved], span)


def _ends(drawing: Drawing, what: str) -> list[float]:
    found = drawing.x(what)
    return [found[0], found[-1]]


def test_every_mark_of_the_scores_stands_at_its_value(page: Page, told: Told) -> None:
    drawing = page.drawings["scores"]
    for role in DRAWN:
        near(drawing.x(f"{role}--mean"), [told[role]["macro_f1"]])
        near(drawing.x(f"{role}--interval"), [told[role]["low"], told[role]["high"]])
        for number, value in enumerate(told[role]["per_person"].values()):
            near(drawing.x(f"{role}--p{number}"), [value])


def test_every_mark_of_people_and_activities_stands_at_its_value(page: Page, told: Told) -> None:
    people, activities = page.drawings["people"], page.drawings["activities"]
    for role in DRAWN:
        for number, value in enumerate(told[role]["per_person"].values()):
            near(people.x(f"{role}--p{number}"), [value])
        for number, name in enumerate(told["classes"]):
            near(activities.x(f"{role}--c{number}"), [told[role]["per_class"][name]])
    for number, who in enumerate(told["teacher"]["per_person"]):
        ends = [told[role]["per_person"][who] for role in ("teacher", "student")]
        near(_ends(people, f"p{number}--way"), sorted(ends))
        assert people.said(f"p{number}--change") == signed(ends[1] - ends[0])
    for number, name in enumerate(told["classes"]):
        ends = [told[role]["per_class"][name] for role in ("teacher", "student")]
        near(_ends(activities, f"c{number}--way"), sorted(ends))


def test_every_cell_says_its_share(page: Page, told: Told) -> None:
    shares = {role: np.array(told[role]["confusion"]) / np.sum(told[role]["confusion"], axis=1, keepdims=True)
              for role in ("teacher", "student")}  # fmt: skip
    moved = shares["student"] - shares["teacher"]
    for name, values, form in (("confusion-student", shares["student"], "{:.0f}"),
                               ("change-student-teacher", moved, "{:+.0f}")):  # fmt: skip
        drawing = page.drawings[name]
        for row, column in np.ndindex(*values.shape):
            what, value = f"r{row}--c{column}", values[row, column]
            assert what in drawing.marks
            if abs(value) >= 0.005:
                assert drawing.said(f"{what}--said") == form.format(100 * value).replace("-", MINUS)
            else:
                assert f"{what}--said" not in drawing.marks


def test_ratios_and_shares_stand_at_their_values(page: Page, run: Path) -> None:
    cost, drawing = json.loads((run / "cost.json").read_text()), page.drawings["reduction"]
    for key in ("params", "macs", "size_bytes", "activation_bytes"):
        ratio = cost["teacher"][key] / cost["student"][key]
        near([drawing.x(f"{key}--teacher")[0] / ratio, drawing.x(f"{key}--student")[0]], [1, 1], 10)
        near([_ends(drawing, f"{key}--way")[1] / ratio], [1], 10)
        assert drawing.said(f"{key}--times").startswith(f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}")
    for runtime in ("onnxruntime", "eager"):
        near([drawing.x(f"latency-{runtime}--teacher")[0] / cost["speedup"][runtime]], [1], 10)
    looks = page.drawings["looks-teacher"]
    for number, one in enumerate(explained(run, "windows")["models"]["teacher"]["sensors"]):
        near(looks.x(f"s{number}--mean"), [one["importance"]])
        near(looks.x(f"s{number}--interval"), [one["low"], one["high"]])


def test_the_body_is_marked_where_sensors_stay_and_go(page: Page) -> None:
    assert set(page.drawings["body"].marks) == {"s0--kept", "s1--dropped"}


def test_no_table_and_no_mark_is_left_untraced(page: Page) -> None:
    """A new table or mark needs a test of its own above; this one names it."""
    traced = {
        "All models", "Representations", "Scores of each person", "Paired differences", "F1 of each activity",
        "Counts of windows", "Differences in points", "Scores in a stream", "Steps", "Folds", "Training by phase",
        "Sources", "Every figure of cost", "What teacher and student cost", "Shares, teacher",
        "Checks of the teacher's explanation", "Checks of the distilled student's explanation",
        "Checks of the student alone's explanation", "Cost of going without", "Macro-F1 by cut-off",
        "Who can be told", "Costs by part", "Assumptions", "Savings at the ends of each assumption", "Ratios",
    }  # fmt: skip
    words_alone = {"What was not tested", "How it was made", "Settings"}
    assert page.captions - words_alone == traced
    kinds = {
        "scores": r"\w+--(mean|interval|p\d+)", "people": r"(\w+--p\d+|p\d+--(way|change))",
        "activities": r"(\w+--c\d+|c\d+--way)", "confusion-student": r"r\d+--c\d+(--said)?",
        "change-student-teacher": r"r\d+--c\d+(--said)?", "reduction": r"[\w-]+--(way|teacher|student|times)",
        "looks-teacher": r"s\d+--(mean|interval)", "tornado": r"(base|s\d+--(low|high))",
        "money": r"(base|s\d+--(low|high))", "body": r"s\d+--(kept|dropped)",
    }  # fmt: skip
    assert set(page.drawings) == set(kinds)
    for name, drawing in page.drawings.items():
        assert [what for what in drawing.marks if not re.fullmatch(kinds[name], what)] == []


def test_the_classifier_that_was_chosen_stands_fold_by_fold(run: Path) -> None:
    folder = run.parent / "smldist"
    by_fold = json.loads((folder / "report.json").read_text())["classifier"]["weights"]
    assert Page(make(folder).html).table("Classifiers") == [
        [fold, *(f"{value:.2f}" for value in weights.values()), max(weights, key=lambda name: weights[name])]
        for fold, weights in by_fold.items()
    ]
