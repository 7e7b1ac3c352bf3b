"""The evidence behind a run's front page: the models, the people, the activities, and what is taken for what."""

from __future__ import annotations

from typing import Any

from stillroom.evaluation.caveats import strangers
from stillroom.evaluation.gain import Gain
from stillroom.figures.amounts import size
from stillroom.report.charts import activities, people
from stillroom.report.charts_confusion import change, confusion
from stillroom.report.finding import ALONE, STUDENT, TEACHER, paired, shown, tested
from stillroom.report.parts import Chart, Section, Table
from stillroom.report.sources import ROLES, RunSource
from stillroom.report.wording import DASH, between, clean, p_value, score, signed, title_of, upper

Told = dict[str, Any]


def sections(source: RunSource) -> list[Section]:
    """What the models reach, from the whole to the single window."""
    report = source.report
    found = [_models(report), _people(report), _activities(report), _confusion(report)]
    if report.get("classifier"):
        found.append(_search(report["classifier"], "people" if strangers(report) else "windows"))
    if report.get("context"):
        found.append(_stream(report["context"]))
    if report.get("steps"):
        found.append(_steps(report))
    return found


def drawn_roles(report: Told) -> list[str]:
    """Whom drawings show: teacher, the student alone and the distilled one, as far as they are there."""
    roles = [role for role in (TEACHER, ALONE, STUDENT) if report.get(role)]
    return roles or [shown(report)]


def _models(report: Told) -> Section:
    own = shown(report)
    rows: list[list[str]] = []
    strong: set[int] = set()
    for role in ROLES:
        if model := report.get(role):
            strong |= {len(rows)} if role == own else set()
            rows.append([
                title_of(role), score(model["macro_f1"], 3), between(model, 3), str(model["channels"]),
                f"{model['params']:,}", f"{model['macs']:,}" if model["macs"] else DASH, size(model["size_bytes"]),
                score(model.get("accuracy"), 3), score((model.get("calibration") or {}).get("ece"), 3),
            ])  # fmt: skip
    head = ("model", ">macro-F1", ">95 % interval", ">channels", ">parameters", ">MACs", ">file", ">accuracy",
            ">calibration error")  # fmt: skip
    table = Table(head, rows, frozenset(strong), caption="All models", small=True)
    notes = [
        f"Means over {tested(report)}; intervals are t intervals over {report['units']}: windows are never treated as"
        " independent. Macro-F1 is the mean over activities of F1, 1 is perfect.",
        "MACs are multiply-accumulates of one window (FLOPs are twice as many). A forest's parameters are the numbers"
        " in its tables of nodes; its comparisons are no MACs.",
        "Calibration error: how far confidence and correctness lie apart on average (ECE, 15 bins of equal mass).",
    ]
    tables = [("", table)]
    if heads := report.get("heads"):
        lines = [[clean(name), score(one["macro_f1"], 3), between(one, 3)] for name, one in heads.items()]
        named = ("representation", ">macro-F1", ">95 % interval")
        tables.append(
            ("What is read from each of the teacher's representations", Table(named, lines, caption="Representations"))
        )
    return Section("Every model, on the same people", "models", (), (), tables, notes)


def _people(report: Told) -> Section:
    roles = drawn_roles(report)
    differences: dict[str, Gain] = {}
    for before, after, name in ((TEACHER, STUDENT, "student - teacher"), (ALONE, STUDENT, "student - alone"),
                                (TEACHER, ALONE, "alone - teacher")):  # fmt: skip
        if (gain := paired(report, before, after)) and (name != "alone - teacher" or STUDENT not in roles):
            differences[name.replace(" - ", " less ")] = gain
    rows = [
        [
            upper(name),
            signed(one.mean),
            between(vars(one), 3, sign=True),
            str(one.n),
            p_value(one.p),
            p_value(one.p_min),
        ]
        for name, one in differences.items()
    ]
    head = ("difference", ">mean", ">95 % interval", ">n", ">sign-flip p", ">least p possible")
    tables = [("Paired differences", Table(head, rows, caption="Paired differences"))] if rows else []
    gain = report.get("gain")
    lead = [f"{upper(gain['sentence'])}."] if gain else []
    return Section("Person by person" if report["units"] == "people" else "Stretch by stretch", "people", lead,
                   [people(report, roles, differences)], tables)  # fmt: skip


def _activities(report: Told) -> Section:
    return Section("Activity by activity", "activities", (), [activities(report, drawn_roles(report))])


def _confusion(report: Told) -> Section:
    own = shown(report)
    charts: list[Chart] = [confusion(report, own)]
    if own != TEACHER and report.get(TEACHER):
        charts.append(change(report, TEACHER, own))
    return Section("What is taken for what", "confusion", (), charts)


def _search(found: Told, whose: str) -> Section:
    """Which classifier validation people (or windows) chose, fold by fold."""
    names = list(next(iter(found["weights"].values())))
    rows = [
        [clean(fold), *(score(weights[name], 2) for name in names), clean(max(weights, key=weights.__getitem__))]
        for fold, weights in found["weights"].items()
    ]
    head = ("fold", *(f">{clean(name)}" for name in names), "chosen")
    notes = [f"Mixing weights under which the labels of validation {whose} are likeliest; the heaviest one stayed."]
    table = Table(head, rows, caption="Classifiers")
    return Section(
        f"The student's classifier, as validation {whose} chose it", "classifier", (), (), [("", table)], notes
    )


def _stream(context: Told) -> Section:
    """The same answers, smoothed over the windows before."""
    names = list(context["smoothings"])
    head = ("model", *(f">{_smoothing(name)}" for name in names))
    rows = [
        [_step_name(role), *(f"{score(by[name]['macro_f1'], 3)} ({between(by[name])})" for name in names)]
        for role, by in context["models"].items()
    ]
    table = Table(head, rows, caption="Scores in a stream", small=True)
    return Section("In a stream", "stream", (), (), [("", table)], [clean(one) for one in context["caveats"]])


def _steps(report: Told) -> Section:
    """The student, pruned and quantised step by step."""
    rows = []
    for one in report["steps"]:
        model, took = report.get(one["step"]) or {}, one["latency_ms"]
        rows.append([
            _step_name(one["step"]), score(model.get("macro_f1"), 3), between(model, 3) if model else DASH,
            f"{one['params']:,}", f"{one['macs']:,}", size(one["size_bytes"]), size(one["ram_bytes"]),
            size(one["flash_bytes"]), f"{1000 * took['median']:.1f} µs",
            f"{1000 * took['low']:.1f} to {1000 * took['high']:.1f}{' (busy)' * bool(one['busy'])}",
        ])  # fmt: skip
    head = ("step", ">macro-F1", ">95 % interval", ">parameters", ">MACs", ">file", ">RAM", ">flash", ">time",
            ">quartiles, µs")  # fmt: skip
    notes = [
        "Counts and times of the first fold's models; files are ONNX; times are ONNX Runtime's on the computer that"
        " made the run, one window, one thread. RAM and flash are a microcontroller's by rule, not measured."
    ]
    return Section("The student, optimised step by step", "steps", (), (),
                   [("", Table(head, rows, caption="Steps", small=True))], notes)  # fmt: skip


def _smoothing(name: str) -> str:
    """As "vote over 60 s" for `majority:60s`."""
    kind, _, size_of = clean(name).partition(":")
    named = {
        "none": "each window alone", "hmm": "HMM", "majority": f"vote over {size_of.removesuffix('s')} s",
        "hysteresis": f"hysteresis, {size_of} windows",
    }  # fmt: skip
    return named.get(kind, clean(name))


def _step_name(role: str) -> str:
    """A model's name; that of an optimised student by what was done to it."""
    base, int8 = role.removesuffix("_int8"), ", INT8" * role.endswith("_int8")
    if base.startswith("pruned_"):
        return f"Student pruned to {clean(base.removeprefix('pruned_'))} % of its channels{int8}"
    return f"{title_of(base)}{int8}"
