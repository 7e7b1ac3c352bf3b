"""A run's report as Markdown: the table first, then what it rests on, then what it cannot say.

Names of people, classes, folds and data sets are escaped: they come from files that others wrote.
"""

from __future__ import annotations

from typing import Any

from stillroom.base.markdown import code, plain
from stillroom.evaluation.caveats import caveats as caveats_of
from stillroom.recipes.context import HEADINGS as STREAM_HEADINGS
from stillroom.recipes.context import context_rows
from stillroom.recipes.optimising import steps_table, title_of

ROWS = (
    ("teacher", "teacher"),
    ("semantic", "semantic classifier over it"),
    ("small_teacher", "teacher's net, student's sensors"),
    ("student", "student, distilled"),
    ("alone", "student, alone"),
    ("reference", "reference net"),
    ("forest", "random forest"),
)


def table_rows(report: dict[str, Any]) -> list[list[str]]:
    """The comparison as rows of text: model, macro-F1, interval, channels, parameters, MACs, file size."""
    return [[title, *_cells(report[role])] for role, title in ROWS if report.get(role)]


HEADINGS = ("model", "macro-F1", "95 % interval", "channels", "parameters", "MACs", "file")


def to_markdown(report: dict[str, Any]) -> str:
    """The whole text."""
    parts = [
        f"# {plain(report['title'])}",
        _opening(report),
        _table([list(HEADINGS), *table_rows(report)]),
        _gain(report),
        _representations(report),
        _search(report),
        _steps(report),
        _stream(report),
        _people(report),
        _classes(report),
        _footing(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def caveats(report: dict[str, Any]) -> list[str]:
    """What a reader must know before believing the table, as Markdown."""
    return caveats_of(report, plain=plain, code=code, strong=lambda text: f"**{text}**")


def _opening(report: dict[str, Any]) -> str:
    return (
        f"{plain(report['data_title'])} ({code(report['data'])}), protocol {code(report['protocol'])},"
        f" {report['n']} {report['units']} tested, seed {report['seed']}."
        f" The teacher sees {len(report['teacher_view'])} channels, the student {len(report['student_view'])}."
        f" {plain(report['source'])}"
    )


def _cells(model: dict[str, Any]) -> list[str]:
    return [
        *_score(model),
        str(model["channels"]),
        f"{model['params']:,}",
        _macs(model),
        _bytes(model["size_bytes"]),
    ]


def _score(model: dict[str, Any]) -> list[str]:
    low, high = model["low"], model["high"]
    return [f"{model['macro_f1']:.3f}", "one only" if low is None else f"{low:.3f} to {high:.3f}"]


def _gain(report: dict[str, Any]) -> str:
    gain = report["gain"]
    if gain is None:
        return ""
    listed = ", ".join(f"{plain(name)} {value:+.3f}" for name, value in gain["per_person"].items())
    sentence = gain["sentence"]
    return f"**What distillation added.** {sentence[0].upper()}{sentence[1:]}. Each one's gain: {listed}."


def _representations(report: dict[str, Any]) -> str:
    """What can be read from each of the teacher's representations."""
    heads = dict(report["heads"])
    if not heads:
        return ""
    rows = [[plain(name), *_score(found)] for name, found in heads.items()]
    if "semantic" in report:
        rows.append(["all three, by the semantic classifier", *_score(report["semantic"])])
    return "## The teacher's representations, each by a head of its own\n\n" + _table(
        [["representation", "macro-F1", "95 % interval"], *rows]
    )


def _search(report: dict[str, Any]) -> str:
    """Which classifier validation people chose, fold by fold."""
    if "classifier" not in report:
        return ""
    by_fold = report["classifier"]["weights"]
    head = ["fold", *next(iter(by_fold.values()))]
    rows = [[plain(fold), *_largest_bold(weights)] for fold, weights in by_fold.items()]
    note = "Mixing weights under which validation people's labels are likeliest; the classifier in bold stayed."
    return f"## The student's classifier, as validation people chose it\n\n{_table([head, *rows])}\n\n{note}"


def _largest_bold(weights: dict[str, float]) -> list[str]:
    largest = max(weights, key=lambda name: weights[name])
    return [f"**{weight:.2f}**" if name == largest else f"{weight:.2f}" for name, weight in weights.items()]


def _steps(report: dict[str, Any]) -> str:
    """The student, pruned and quantised step by step."""
    if not report["steps"]:
        return ""
    head, rows = steps_table(report["steps"], report)
    notes = (
        "Counts and times of the first fold's models; files are ONNX; times are ONNX Runtime's here, one window, one"
        " thread. RAM and flash are a microcontroller's by the house's rule (budget: 20 kB, 64 kB, 60,000 MACs)."
    )
    return "## The student, optimised step by step\n\n" + _table([list(head), *rows]) + "\n\n" + notes


def _stream(report: dict[str, Any]) -> str:
    """What the same models reach where windows follow one another."""
    context = report["context"]
    titles = {role: title_of(role) for role in context["models"]} | dict(ROWS)
    notes = "\n".join(f"- {caveat}" for caveat in context["caveats"])
    return "## In a stream\n\n" + _table([list(STREAM_HEADINGS), *context_rows(context, titles)]) + "\n\n" + notes


def _people(report: dict[str, Any]) -> str:
    shown = [(role, title) for role, title in ROWS if report.get(role)]
    names = list(report[shown[0][0]]["per_person"])
    head = [report["units"][:-2] if report["units"] == "stretches" else "person", *(title for _, title in shown)]
    rows = [[plain(name), *(f"{report[role]['per_person'][name]:.3f}" for role, _ in shown)] for name in names]
    return "## Macro-F1 of each\n\n" + _table([head, *rows])


def _classes(report: dict[str, Any]) -> str:
    shown = [(role, title) for role, title in ROWS if role in ("teacher", "student", "alone") and report.get(role)]
    head = ["activity", "windows", *(title for _, title in shown)]
    counts = report["windows"]["per_class"]
    rows = [
        [
            plain(name),
            str(counts[name]),
            *(_number(report[role]["per_class"][name]) for role, _ in shown),
        ]
        for name in report["classes"]
    ]
    return "## F1 of each activity, mean over people\n\n" + _table([head, *rows])


def _footing(report: dict[str, Any]) -> str:
    notes = [
        *caveats(report),
        "Intervals are t intervals over people (or stretches); windows are never treated as independent.",
        "MACs are multiply-accumulates of one window (FLOPs are twice as many), parameters and file sizes of the first"
        " fold's models; a forest's parameters are the numbers in its tables of nodes; its comparisons are no MACs.",
    ]
    return "## What this rests on\n\n" + "\n".join(f"- {note}" for note in notes)


def _table(rows: list[list[str]]) -> str:
    head, *body = ([cell.replace("|", "\\|") for cell in row] for row in rows)
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in body)])


def _macs(model: dict[str, Any]) -> str:
    if not model["macs"]:
        return "a forest"
    grown = any(member["kind"] == "forest" for member in model["members"])
    return f"{model['macs']:,}{' + forest' if grown else ''}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"
