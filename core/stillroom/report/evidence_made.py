"""How the numbers came to be: cost with sources, people and folds, the course of training, settings, the command."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stillroom.evaluation.caveats import caveats
from stillroom.jobs.words import words_of
from stillroom.report.charts import WIDE
from stillroom.report.charts_cost import reduction
from stillroom.report.costs import cost_table, remarks
from stillroom.report.parts import Section, Table, Untested
from stillroom.report.sources import RunSource
from stillroom.report.wording import DASH, clean, listed, score

Told = Mapping[str, Any]
_LONG = 220
_SKIPPED = ("recipe", "data_key", "index_key")
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
        f" {kept['rate_hz']:g} samples a second. Statistics, stopping and selection use training and validation people"
        " alone; who is tested is touched once."
    ]
    return Section("People and folds", "folds", lead, (), [("", Table(head, rows, caption="Folds", small=True))])


def course_section(source: RunSource) -> Section:
    """What each training did, phase by phase."""
    by: defaultdict[str, dict[str, str]] = defaultdict(dict)
    folds = [str(fold["fold"]) for fold in source.report["folds"]]
    for one in source.report["phases"]:
        said = f"{one['best_epoch']} of {one['epochs']}, {score(one['validation_macro_f1'], 3)}"
        by[str(one["phase"])][str(one["fold"])] = said
    rows = [[clean(phase), *(own.get(fold, DASH) for fold in folds)] for phase, own in by.items()]
    head = ("phase", *(f">fold {number}" for number in range(1, len(folds) + 1)))
    notes = ["The best epoch of all, and macro-F1 of the validation people then: it chose the epoch, and is no result."]
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
        ["data", f"{clean(report['data_title'])} ({clean(report['data'])})"],
        ["fingerprints", f"settings {clean(facts['key'])}, data {clean(facts['asked'].get('data_key', DASH))},"
         f" windows {clean(facts['asked'].get('index_key', DASH))}"],
        ["teacher sees", listed([clean(one) for one in report["teacher_view"]])],
        ["student sees", listed([clean(one) for one in report["student_view"]])],
        ["seed", clean(report["seed"])],
        ["versions", ", ".join(f"{clean(name)} {clean(one)}" for name, one in (facts.get("versions") or {}).items())],
        ["commit", clean(facts.get("commit") or "not recorded")],
        ["trained on", _machine(machine)],
    ]  # fmt: skip
    words, whole = command_of(facts)
    notes = [] if whole else [
        "The words that were typed were not kept: this command is put together from the settings, and any --set of the"
        " recipe is missing in it; the recipe's settings below tell them."
    ]  # fmt: skip
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
    return [clean(one) for one in caveats(source.report)]


def command_of(facts: Told) -> tuple[list[str], bool]:
    """The command that makes the run again, and whether it is the very one that was typed."""
    if kept := facts.get("command"):
        return ["stillroom", *(str(word) for word in kept)], True
    asked = facts["asked"]
    names = ("data", "teacher_view", "student_view", "protocol", "seed", "fast", "folds", "drop_class", "track")
    options = {name: asked[name] for name in names if asked.get(name)}
    options |= {name: value for name, value in (asked.get("windows") or {}).items() if value is not None}
    if asked.get("teacher_run"):
        options["teacher"] = asked["teacher_run"]
    if asked.get("leaks_known"):
        options["i_know_it_leaks"] = True
    return ["stillroom", *words_of(str(asked["recipe"]["name"]), options)], False


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
            said = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            yield f"{above}{clean(name)}", clean(said, _LONG) or DASH
