"""What the reports of all studies share: title, what must be known of them, what they did not test, their plan."""

from __future__ import annotations

from collections import Counter
from typing import Any

from stillroom.evaluation.significance import is_pilot
from stillroom.report.parts import Badge, Section, Table, Untested
from stillroom.report.sources import StudySource
from stillroom.report.wording import DASH, clean, units

_SIGNS = {"simulated data": "simulated", "fast setting": "fast setting", "a pilot, not a proof": "a pilot"}

Told = dict[str, Any]


def title_of(source: StudySource) -> str:
    """What was asked about."""
    asked = source.plan["asked"]
    data = clean(str(asked.get("data", "")).partition(":")[0], 60)
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


def untested_of(source: StudySource, people: int) -> list[Untested]:
    """What no study tests, and what this one did not."""
    known, asked = " ".join(knew(source)), source.plan["asked"]
    seeds = len({run["seed"] for run in source.plan["runs"]})
    found = []
    if "simulated" in known:
        found.append(Untested("Real people", "the recordings are simulated: nobody wore anything"))
    if is_pilot(people):
        found.append(Untested("Enough people", f"{units(people, 'people')} tested: a pilot, not a proof"))
    if not str(asked.get("protocol", "")).startswith("person"):
        found.append(Untested("Strangers", f"protocol {clean(asked.get('protocol', DASH))} does not leave people out"))
    if "fast setting" in known:
        found.append(Untested("A full training", "the fast setting was used: a longer training may score otherwise"))
    if said := next((one for one in knew(source) if "are not there" in one), ""):
        found.append(Untested("Every run", said.rstrip(".")))
    if seeds == 1:
        found.append(Untested("Another seed", "one training of each; how much another changes is in no interval"))
    return [
        *found,
        Untested("Speed and memory", "nothing was measured on any device", "stillroom cost"),
        Untested("INT8", "students were scored with 32-bit numbers alone", "stillroom export --int8"),
        Untested("Disturbances", "noise, another sampling rate, a sensor that slips", "stillroom runs robustness"),
        Untested("Another place", "another site, shift or make of sensor: all recordings are of one data set"),
        Untested("Weeks of wear", "batteries, comfort, drift and loss of sensors in use"),
    ]


def made_section(source: StudySource) -> Section:
    """The plan, versions and commit, and the command that makes it again."""
    plan, facts = source.plan, source.facts or {}
    runs = Counter(run["cell"] for run in plan["runs"])
    seeds = sorted({run["seed"] for run in plan["runs"]})
    rows = [
        ["study", clean(source.name)],
        ["kind", clean(plan["kind"])],
        ["begun", clean(facts.get("began") or "not recorded")],
        ["asked", "; ".join(f"{clean(name)} {clean(value)}" for name, value in plan["asked"].items())],
        ["runs", f"{len(plan['runs'])} planned, {len(runs)} settings, seeds {', '.join(map(str, seeds))}"],
        ["threads of each run", clean(plan["threads"])],
        ["fingerprint of the plan", clean(plan.get("key") or DASH)],
        ["versions", ", ".join(f"{clean(name)} {clean(value)}" for name, value in plan["versions"].items())],
        ["commit", clean(facts.get("commit") or "not recorded")],
    ]
    cells = [
        [clean(cell["name"], 80), str(runs[number]), _set(cell["settings"])]
        for number, cell in enumerate(plan["cells"])
    ]
    tables = [
        ("", Table(("", ""), rows, caption="How it was made")),
        ("The plan", Table(("setting", ">runs", "what is set"), cells, caption="Plan", small=True)),
    ]
    return Section("How it was made, and how to make it again", "made", (), (), tables, (),
                   code=f"{clean(plan['command'])} --out {clean(source.name)}")  # fmt: skip


def _set(settings: Told) -> str:
    return "; ".join(f"{clean(name)} {clean(value, 120)}" for name, value in settings.items())
