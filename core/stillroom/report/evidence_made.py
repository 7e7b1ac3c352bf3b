"""How the numbers came to be: cost with sources, people and folds, the course of training, settings, the command."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stillroom.evaluation.caveats import caveats, strangers
from stillroom.jobs.words import words_of
from stillroom.report.charts import WIDE
from stillroom.report.charts_cost import reduction
from stillroom.report.costs import cost_table, remarks
from stillroom.report.finding import leaks
from stillroom.report.parts import Section, Table, Untested
from stillroom.report.paths import NOTE, PATH, commits_said, run_said, setting_said, source_said, words_said
from stillroom.report.sources import RunSource
from stillroom.report.wording import DASH, clean, listed, score

Told = Mapping[str, Any]
_LONG = 220
_SKIPPED = ("recipe", "data_key", "index_key")
_ALWAYS = ("data", "student_view", "protocol", "seed", "threads")
_UNUSUAL = ("teacher_view", "device", "fast", "folds", "drop_class", "track")
_USUAL = {"teacher_view": "*", "device": "cpu"}
_TOLD = ("recipe.name", "recipe.title", "recipe.source")


def cost_section(source: RunSource, device: str) -> Section:
    """Every figure of cost with the number of its source."""
    assert source.cost is not None
    table, sources = cost_table(source.cost)
    chart = reduction(source.cost, device, WIDE)
    listing = Table(
        ("source", ""), [[f"[{number}]", one] for number, one in enumerate(sources, start=1)], caption="Sources"
    )
    host = source.cost.get("host") or {}
    versions = ", ".join(f"{clean(name)} {clean(value)}" for name, value in (host.get("versions") or {}).items())
    lead = [f"Measured on: {clean(host.get('cpu') or DASH)}, {clean(host.get('system') or DASH)}; {versions}."]
    return Section("Cost, with the source of each figure", "cost", lead, [chart] if chart else [],
                   [("", table), ("Sources", listing)], remarks(source.cost))  # fmt: skip


def folds_section(source: RunSource) -> Section:
    """Who trained, who decided when to stop, and who was tested."""
    report = source.report
    rows = [
        [str(number), *(_names(fold[part]) for part in ("train", "validation", "test")),
         *(f"{fold['windows'][part]:,}" for part in ("train", "validation", "test"))]
        for number, fold in enumerate(report["folds"], start=1)
    ]  # fmt: skip
    head = ("fold", "train", "validate", "tested", ">windows, train", ">validate", ">test")
    kept = report["windows"]
    lead = [
        f"Protocol {clean(report['protocol'])}. {kept['windows']:,} windows of {kept['width'] / kept['rate_hz']:g} s at"
        f" {kept['rate_hz']:g} samples a second. {_kept_apart(report)}"
    ]
    return Section("People and folds", "folds", lead, (), [("", Table(head, rows, caption="Folds", small=True))])


def _kept_apart(report: Told) -> str:
    """What was kept from the models, as far as the split kept it."""
    parts = "Statistics, stopping and selection use training and validation"
    if strangers(report):
        return f"{parts} people alone; who is tested is touched once."
    warning = f" {clean(report['warning'])}" if report["warning"] else ""
    if leaks(report):
        return f"{parts} windows; but windows that overlap these are tested, so the test is not apart.{warning}"
    who = "the same people" if report["units"] == "people" else "stretches of the same recordings"
    return f"{parts} windows alone; but {who} stand on both sides of the split.{warning}"


def course_section(source: RunSource) -> Section:
    """What each training did, phase by phase."""
    by: defaultdict[str, dict[str, str]] = defaultdict(dict)
    folds = [str(fold["fold"]) for fold in source.report["folds"]]
    for one in source.report["phases"]:
        said = f"{one['best_epoch']} of {one['epochs']}, {score(one['validation_macro_f1'], 3)}"
        by[str(one["phase"])][str(one["fold"])] = said
    rows = [[clean(phase), *(own.get(fold, DASH) for fold in folds)] for phase, own in by.items()]
    head = ("phase", *(f">fold {number}" for number in range(1, len(folds) + 1)))
    whose = "people" if strangers(source.report) else "windows"
    notes = [
        f"The best epoch of all, and macro-F1 of the validation {whose} then: it chose the epoch, and is no result."
    ]
    table = Table(head, rows, caption="Training by phase", small=len(folds) > 3)
    return Section("The course of training", "course", (), (), [("", table)], notes)


def untested_section(found: Sequence[Untested], known: Sequence[str]) -> Section:
    """All that was not tested, and what the table rests on."""
    rows = [[one.what, f"{clean(one.why)}{f' ({one.ask} asks)' if one.ask else ''}"] for one in found]
    return Section("What was not tested", "untested", (), (),
                   [("", Table(("not tested", "why"), rows, caption="What was not tested"))], known)  # fmt: skip


def made_section(source: RunSource) -> Section:
    """Settings, versions, commit, machine, sources, and the command that makes it again."""
    facts, report = source.facts, source.report
    machine = facts.get("machine") or {}
    rows = [
        ["run", clean(source.name)],
        ["begun", clean(facts.get("began") or DASH)],
        ["recipe", f"{clean(report['recipe'])}: {clean(report['title'])}"],
        ["source of the recipe", clean(report["source"])],
        ["data", f"{clean(report['data_title'])} ({source_said(report['data'])})"],
        ["fingerprints", f"settings {clean(facts['key'])}, data {clean(facts['asked'].get('data_key', DASH))},"
         f" windows {clean(facts['asked'].get('index_key', DASH))}"],
        ["teacher sees", listed([clean(one) for one in report["teacher_view"]])],
        ["student sees", listed([clean(one) for one in report["student_view"]])],
        ["seed", clean(report["seed"])],
        ["versions", ", ".join(f"{clean(name)} {clean(one)}" for name, one in (facts.get("versions") or {}).items())],
        ["commit", commits_said(facts)],
        ["trained on", _machine(machine)],
    ]  # fmt: skip
    words, whole = command_of(facts)
    notes = [] if whole else [
        "This run kept no words of its own: the command is put together from its settings, and any --set of the recipe"
        " is missing in it; the recipe's settings below tell them."
    ]  # fmt: skip
    notes += [NOTE] * any(PATH in word for word in words)
    tables = [("", Table(("", ""), rows, caption="How it was made"))]
    tables.append(("Every setting", _side_by_side([pair for pair in _flat(facts["asked"]) if pair[0] not in _TOLD])))
    return Section("How it was made, and how to make it again", "made", notes, (), tables, (), code=shlex.join(words))


def _side_by_side(pairs: Sequence[tuple[str, str]]) -> Table:
    """Names and values in two columns of each, read down the first and then down the second."""
    half = -(-len(pairs) // 2)
    second = [*pairs[half:], *[("", "")] * (2 * half - len(pairs))]
    rows = [[*one, *other] for one, other in zip(pairs[:half], second, strict=True)]
    return Table(("setting", "value", "setting", "value"), rows, caption="Settings", small=True, even=True)


def basis(source: RunSource) -> list[str]:
    """What a reader must know, as the command line says it."""
    taught = source.report.get("teacher_run")
    report = {**source.report, "teacher_run": run_said(taught) if taught else None}
    return [clean(one) for one in caveats(report)]


def command_of(facts: Told) -> tuple[list[str], bool]:
    """The command that makes the run again, and whether all that decides its result is in it.

    A run keeps the words that lead to it; of one that kept none they are put together from its settings.
    """
    if kept := facts.get("again") or facts.get("command"):
        return ["stillroom", *words_said(kept)], True
    asked = facts["asked"]
    options = {name: asked[name] for name in _ALWAYS if asked.get(name) is not None}
    options |= {name: asked[name] for name in _UNUSUAL if asked.get(name) and asked[name] != _USUAL.get(name)}
    options |= {name: value for name, value in (asked.get("windows") or {}).items() if value is not None}
    if asked.get("teacher_run"):
        options["teacher"] = asked["teacher_run"]
    if asked.get("leaks_known"):
        options["i_know_it_leaks"] = True
    return ["stillroom", *words_said(words_of(str(asked["recipe"]["name"]), options))], False


def _names(people: Sequence[object]) -> str:
    return ", ".join(clean(one) for one in people) or DASH


def _machine(machine: Told) -> str:
    if not machine:
        return "not recorded"
    return f"{clean(machine['cpu'])}, {machine['cores']} cores, {clean(machine['system'])}"


def _flat(tree: Told, above: str = "") -> Iterable[tuple[str, str]]:
    """Settings by their path, as `--set` names them."""
    for name, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{above}{clean(name)}." if above or name != "recipe" else "recipe.")
        elif above or name not in _SKIPPED:
            said = ", ".join(map(str, value)) if isinstance(value, list) else setting_said(name, value)
            yield f"{above}{clean(name)}", clean(said, _LONG) or DASH
