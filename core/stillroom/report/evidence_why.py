"""Why the models answer as they do, as far as `stillroom explain` was asked; never without its checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stillroom.figures.checks import checks_of
from stillroom.report.charts import WIDE
from stillroom.report.drawing import Sheet, Symbol, drawn, ticks
from stillroom.report.parts import Chart, Section, Table
from stillroom.report.private import table as privacy_table
from stillroom.report.sources import RunSource
from stillroom.report.wording import between, called, clean, percent, score, signed, spoken, upper

Told = Mapping[str, Any]
_HOLDS = {True: "holds", False: "does not hold", None: "not asked"}


def sections(source: RunSource) -> list[Section]:
    """One for each part that was asked for."""
    told = source.explained
    found = []
    if "windows" in told:
        found.append(_looked_at(told["windows"]))
    if "sets" in told and told["sets"]["dropped"]:
        found.append(_sets(told["sets"]))
    if "frequency" in told:
        found.append(_cut_off(told["frequency"]))
    if "privacy" in told:
        table, notes = privacy_table(told["privacy"])
        found.append(Section("Who can be told from what is kept", "privacy", (), (), [("", table)], notes))
    return found


def _looked_at(part: Told) -> Section:
    charts, tables, lead = [], [], []
    for role, model in part["models"].items():
        if len(model["sensors"]) > 1:
            charts.append(_shares(role, model))
        checks = [[upper(one.name), _HOLDS[one.holds], clean(one.said)] for one in checks_of(model["sanity"])]
        table = Table(("check", "", "what was found"), checks, caption=f"Checks of the {called(role)}'s explanation")
        tables.append((f"What the explanation of the {called(role)} is worth", table))
        held = [one for one in checks if one[1] == "holds"]
        made = [one for one in checks if one[1] != "not asked"]
        lead.append(f"{upper(called(role))}: {len(held)} of {len(made)} checks hold.")
    notes = list(_agreement(part["agreement"])) if part["agreement"] else []
    return Section("What the models look at", "why", lead, charts, tables, notes)


def _shares(role: str, model: Told) -> Chart:
    """Each sensor's share of a model's attributions, with its interval."""
    sensors = sorted(model["sensors"], key=lambda one: (-one["importance"], one["name"]))
    order = {one["name"]: number for number, one in enumerate(model["sensors"])}
    high = min(1.0, 1.05 * max(one["high"] if one["high"] is not None else one["importance"] for one in sensors))
    name, symbol = f"looks-{role}", Symbol.of(role)

    def make() -> Sheet:
        sheet = Sheet(name, WIDE, 6.4 * len(sensors) + 11, left=56, right=15)
        at = ticks(0, high, 6)
        sheet.across(0, high, at, [percent(one) for one in at], "share of what speaks for or against an answer")
        sheet.rows(-0.6, len(sensors) - 0.4)
        for place, one in enumerate(sensors):
            sheet.label(place, spoken(one["name"]))
            if one["low"] is not None:
                sheet.span(f"s{order[one['name']]}--interval", one["low"], one["high"], place, symbol.colour)
            sheet.mark(f"s{order[one['name']]}--mean", one["importance"], place, symbol)
            sheet.at_right(place, percent(one["importance"]))
        return sheet

    rows = [[spoken(one["name"]), percent(one["importance"], 1), between(one, 3)] for one in sensors]
    alt = f"The {called(role)} looks most at {spoken(sensors[0]['name'])}: {percent(sensors[0]['importance'])}"
    note = (
        f"{clean(model['method']).replace('_', ' ').capitalize()} on {model['windows']} tested windows; means with 95 %"
        " intervals over people. A share is no proof that a sensor is needed."
    )
    table = Table(("sensor", ">share", ">95 % interval"), rows, caption=f"Shares, {called(role)}")
    return Chart(name, drawn(make, alt), alt, alt, note, table)


def _agreement(part: Told) -> Iterator[str]:
    for role, one in part.items():
        if role == "with":
            continue
        rank = one["channels"]["rank"]
        if rank is not None:
            yield (
                f"Does the {called(role)} look where the {called(part['with'])} looks? On the channels that both see,"
                f" rank correlation {score(rank['mean'])} ({between(rank)})."
            )


def _sets(part: Told) -> Section:
    shares = {one["group"]: one for one in part["shapley"]["shares"]}
    rows = [
        [spoken(one["name"]), f"{signed(one['mean'])} ({between(one, 3, sign=True)})",
         f"{signed(shares[one['name']]['mean'])} ({between(shares[one['name']], 3, sign=True)})"]
        for one in sorted(part["dropped"], key=lambda one: -one["mean"])
    ]  # fmt: skip
    head = ("without" if part["by"] == "sensor" else "without the site", ">costs, estimated", ">Shapley value")
    notes = [
        "Estimates in macro-F1 by one network that was trained with any of them missing (all of them:"
        f" {score(part['whole']['mean'], 3)}, {between(part['whole'], 3)}). Nothing was trained for a set; stillroom"
        " study sensors measures it."
    ]
    return Section("Which sensors are missed, estimated", "sets", (), (),
                   [("", Table(head, rows, caption="Cost of going without"))], notes)  # fmt: skip


def _cut_off(part: Told) -> Section:
    roles = [name for name in part["cut_off"][0] if name != "cut_hz"] if part["cut_off"] else []
    rows = [
        ["as recorded" if one["cut_hz"] is None else f"{one['cut_hz']:g} Hz",
         *(f"{score(one[role]['macro_f1'], 3)} ({between(one[role])})" for role in roles)]
        for one in part["cut_off"]
    ]  # fmt: skip
    head = ("signals cut above", *(f">{called(role)}" for role in roles))
    notes = ["The models as they are, scored on filtered recordings: one that is trained on these may do better."]
    return Section("Which frequencies are needed", "frequency", (), (),
                   [("", Table(head, rows, caption="Macro-F1 by cut-off"))], notes)  # fmt: skip
