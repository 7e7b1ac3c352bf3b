"""What the reports of all studies share: title, what must be known of them, what they did not test, their plan."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from stillroom.evaluation.gain import Units
from stillroom.evaluation.significance import is_pilot
from stillroom.report.parts import Badge, Section, Table, Untested
from stillroom.report.paths import NOTE, PATH, commits_said, setting_said, source_said, words_said
from stillroom.report.sources import StudySource
from stillroom.report.wording import DASH, clean, units

_SIGNS = {"simulated data": "simulated", "fast setting": "fast setting", "a pilot, not a proof": "a pilot"}

_ELSEWHERE = "another site, shift or make of sensor: all recordings are"
_COMMON = (
    Untested("Speed and memory", "nothing was measured on any device", "stillroom cost"),
    Untested("INT8", "students were scored with 32-bit numbers alone", "stillroom export --int8"),
    Untested("Disturbances", "noise, another sampling rate, a sensor that slips", "stillroom runs robustness"),
)
_WEAR = Untested("Weeks of wear", "batteries, comfort, drift and loss of sensors in use")

Told = dict[str, Any]


def title_of(source: StudySource) -> str:
    """What was asked about."""
    asked = source.plan["asked"]
    data = clean(source_said(asked.get("data", "")).partition(":")[0], 60).replace(PATH, "recordings of one's own")
    if source.plan["kind"] == "sensors":
        return f"Sensors of {data}"
    if source.plan["kind"] == "methods":
        return f"Methods on {data}"
    settings = ", ".join(clean(name) for name in source.plan["cells"][0]["settings"])
    return f"Ablation of {clean(asked.get('recipe', ''))}: {settings}"[:120]


def knew(source: StudySource) -> list[str]:
    """What a reader must know, as the study says it; its signs of Markdown are taken out."""
    return [clean(str(one).replace("**", "").replace("\\_", "_")) for one in source.table["caveats"]]


def badges_of(source: StudySource) -> list[Badge]:
    """What holds of everything on the page."""
    known = knew(source)
    found = [Badge("demo", "These results came with Stillroom.")] * source.demo
    for word, sign in _SIGNS.items():
        if said := next((one for one in known if sign in one), ""):
            found.append(Badge(word, said))
    return found


def over(source: StudySource) -> Units:
    """What intervals are over: stretches where blocks of recordings were held out."""
    return "stretches" if str(source.plan["asked"].get("protocol", "")).startswith("blocks") else "people"


def untested_of(source: StudySource, tested: int) -> list[Untested]:
    """What no study tests, and what this one did not.

    Args:
        source: the study.
        tested: how many people, or stretches.
    """
    return [*_particular(source, tested), *_COMMON, Untested("Another place", f"{_ELSEWHERE} of one data set"), _WEAR]


def untested_over(studies: Mapping[str, StudySource]) -> list[Untested]:
    """The same of a study over several data sets: whatever holds of one of them, named where it is not all.

    Args:
        studies: by their data set's name.
    """
    found: dict[str, dict[str, str]] = {}
    for name, one in studies.items():
        for lacking in _particular(one, one.table["table"][0]["n"] or 0):
            found.setdefault(lacking.what, {})[clean(name, 24)] = lacking.why
    several = f"{_ELSEWHERE} of {len(studies)} data sets" if len(studies) > 1 else f"{_ELSEWHERE} of one data set"
    return [*(Untested(what, _whose(whys, len(studies))) for what, whys in found.items()),
            *_COMMON, Untested("Another place", several), _WEAR]  # fmt: skip


def badges_over(studies: Mapping[str, StudySource]) -> list[Badge]:
    """What holds of everything on the page, and what holds of some data sets with their names."""
    found: dict[str, dict[str, str]] = {}
    for name, one in studies.items():
        for badge in badges_of(one):
            found.setdefault(badge.word, {})[clean(name, 24)] = badge.why
    return [
        Badge(word if len(whys) == len(studies) else f"{word}: {', '.join(whys)}", _whose(whys, len(studies)))
        for word, whys in found.items()
    ]


def _whose(whys: Mapping[str, str], many: int) -> str:
    """The reason of all, or each data set's own."""
    if len(whys) == many and len(set(whys.values())) == 1:
        return next(iter(whys.values()))
    return "; ".join(f"{name}: {why}" for name, why in whys.items())


def _particular(source: StudySource, tested: int) -> Iterator[Untested]:
    known, asked = " ".join(knew(source)), source.plan["asked"]
    if "simulated" in known:
        yield Untested("Real people", "the recordings are simulated: nobody wore anything")
    if over(source) == "stretches" or is_pilot(tested):
        yield Untested("Enough people", f"{units(tested, over(source))} tested: a pilot, not a proof")
    if not str(asked.get("protocol", "")).startswith("person"):
        yield Untested("Strangers", f"protocol {clean(asked.get('protocol', DASH))} does not leave people out")
    if "fast setting" in known:
        yield Untested("A full training", "the fast setting was used: a longer training may score otherwise")
    if "Folds were left out" in known:
        yield Untested("Everybody", "folds were left out on request")
    if said := next((one for one in knew(source) if "are not there" in one), ""):
        yield Untested("Every run", said.rstrip("."))
    if len({run["seed"] for run in source.plan["runs"]}) == 1:
        yield Untested("Another seed", "one training of each; how much another changes is in no interval")


def made_section(source: StudySource) -> Section:
    """The plan, versions and commit, and the command that makes it again."""
    plan, facts = source.plan, source.facts or {}
    runs = Counter(run["cell"] for run in plan["runs"])
    seeds = sorted({run["seed"] for run in plan["runs"]})
    rows = [
        ["study", clean(source.name)],
        ["kind", clean(plan["kind"])],
        ["begun", clean(facts.get("began") or "not recorded")],
        ["asked", "; ".join(f"{clean(name)} {setting_said(name, value)}" for name, value in plan["asked"].items())],
        ["runs", f"{len(plan['runs'])} planned, {len(runs)} settings, seeds {', '.join(map(str, seeds))}"],
        ["threads of each run", clean(plan["threads"])],
        ["fingerprint of the plan", clean(plan.get("key") or DASH)],
        ["versions", ", ".join(f"{clean(name)} {clean(value)}" for name, value in plan["versions"].items())],
        ["commit", commits_said(facts)],
    ]
    cells = [
        [clean(cell["name"], 80), str(runs[number]), _set(cell["settings"])]
        for number, cell in enumerate(plan["cells"])
    ]
    tables = [
        ("", Table(("", ""), rows, caption="How it was made")),
        ("The plan", Table(("setting", ">runs", "what is set"), cells, caption="Plan", small=True)),
    ]
    command = shlex.join(words_said(shlex.split(plan["command"])))
    notes = [NOTE] * (PATH in command)
    return Section("How it was made, and how to make it again", "made", notes, (), tables, (),
                   code=f"{clean(command)} --out {clean(source.name)}")  # fmt: skip


def _set(settings: Told) -> str:
    return "; ".join(f"{clean(name)} {clean(setting_said(name, value), 120)}" for name, value in settings.items())
