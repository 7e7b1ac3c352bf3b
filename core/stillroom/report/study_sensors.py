"""The report of a study of sensors: which set would do, what each reaches, and how far the estimate can be believed."""

from __future__ import annotations

from typing import Any

from stillroom.evaluation.significance import is_pilot
from stillroom.figures.amounts import count, size, times
from stillroom.report import private, saving
from stillroom.report.assumptions import Assumptions
from stillroom.report.body import body, by_site
from stillroom.report.charts import WIDE
from stillroom.report.charts_study import against_truth, by_price, named
from stillroom.report.chosen import choose, parted
from stillroom.report.costs import ASSUMED, COUNTED, MEASURED
from stillroom.report.evidence_made import untested_section
from stillroom.report.parts import Front, Section, Table, Tile, Untested
from stillroom.report.sources import StudySource
from stillroom.report.study_found import finding, is_best, sentences, whole_of
from stillroom.report.study_made import badges_of, knew, made_section, over, title_of, untested_of
from stillroom.report.wording import (
    DASH,
    between,
    clean,
    many,
    percent,
    score,
    signed,
    spoken,
    upper,
)

_HALF = 88.0
_COUNTS = (("channels", "channels", str), ("parameters", "params", count), ("MACs per answer", "macs", count),
           ("file", "size_bytes", size))  # fmt: skip

Told = dict[str, Any]


def front_and_sections(source: StudySource, assumed: Assumptions | None) -> tuple[Front, list[Section], dict[str, Any]]:
    """All of it.

    Args:
        source: the study.
        assumed: about money.
    """
    rows = source.table["table"]
    chosen = choose(rows)
    kept, dropped = parted(source)
    money = saving.money_of(source, kept, assumed)
    missing = _untested(source, _groups(source))
    front = _front(source, chosen, money, missing)
    sections = [
        _sets(source), _estimates(source), _people(source, chosen), *([saving.section(money, WIDE)] if dropped else []),
        untested_section(missing, knew(source)), made_section(source),
    ]  # fmt: skip
    told = {"of": "study", "name": source.name, "kind": "sensors", "kept": list(kept), "dropped": list(dropped),
            "device": None, "money": money.saved.as_dict()}  # fmt: skip
    return front, [one for one in sections if one.charts or one.tables], told


def _groups(source: StudySource) -> list[str]:
    """What is kept or dropped as one: sensors, or sites; all that any measured set holds."""
    return list(dict.fromkeys(name for row in source.table["table"] for name in row["sensors"]))


def _front(source: StudySource, chosen: Told, money: saving.Money, missing: list[Untested]) -> Front:
    rows, groups = source.table["table"], _groups(source)
    kept, dropped = money.saved.kept, money.saved.dropped
    whole = whole_of(rows)
    return Front(
        kicker=f"Which sensors can go: {many(len(rows), 'set')} measured",
        title=title_of(source),
        finding=finding(source, chosen),
        more=sentences(source, chosen),
        badges=badges_of(source),
        tiles=_tiles(rows, chosen, whole, groups),
        body=body(kept, dropped),
        kept=by_site(kept),
        dropped=by_site(dropped),
        scores=by_price(rows, chosen, _HALF),
        cost=_cost(chosen, whole) if whole and whole is not chosen else None,
        cost_note="Counts of the student that was trained on each set alone. Time and memory were not measured.",
        money=money.sentence if dropped else "No sensor goes, so none is saved.",
        tornado=money.front(_HALF),
        privacy=private.line(dropped, kept, None),
        untested=missing,
        foot=f"study {clean(source.name, 60)}",
        money_note=saving.READING if money.swings else "",
    )


def _tiles(rows: list[Told], chosen: Told, whole: Told | None, groups: list[str]) -> list[Tile]:
    sets = 2 ** len(groups) - 1
    tiles = [
        Tile(
            "Sensors" if any("." in one for one in groups) else "Places",
            str(len(groups)),
            str(len(chosen["sensors"])),
            "all to the set told of",
            COUNTED,
        )
    ]
    before = score(whole["truth"]["macro_f1"]) if whole and whole is not chosen else ""
    best = max(row["truth"]["macro_f1"] for row in rows)
    note = f"the highest of {many(len(rows), 'set')}" if is_best(rows, chosen) else f"the highest: {score(best)}"
    tiles.append(Tile("Score", before, score(chosen["truth"]["macro_f1"]), note, MEASURED))
    points_of = f"{whole['price']:g}" if whole and whole is not chosen else ""
    tiles.append(Tile("Price points", points_of, f"{chosen['price']:g}", "an accelerometer is 1", ASSUMED))
    share = percent(len(rows) / sets) if sets < 1e6 else DASH
    tiles.append(Tile("Sets measured", "", f"{len(rows)}", f"of {sets:,} possible, {share}", COUNTED))
    return tiles


def _cost(chosen: Told, whole: Told) -> Table | None:
    """Counts of both students; None where an earlier version kept none."""
    rows = [
        [title, said(whole[key]), said(chosen[key]), times(whole[key] / chosen[key]), COUNTED]
        for title, key, said in _COUNTS
        if whole.get(key) and chosen.get(key)
    ]
    head = ("", ">all sensors", ">told of", ">ratio", "found by")
    return Table(head, rows, caption="What the students cost") if rows else None


def _sets(source: StudySource) -> Section:
    rows = sorted(source.table["table"], key=lambda row: -row["truth"]["macro_f1"])
    strong = {number for number, row in enumerate(rows) if row["on_front"]}
    body_rows = [
        [named(row["sensors"]), score(row["truth"]["macro_f1"], 3), between(row["truth"], 3),
         score(row["estimate"]["macro_f1"], 3), score(row["forest"]["macro_f1"], 3), f"{row['price']:g}",
         str(row.get("channels", DASH))]
        for row in rows
    ]  # fmt: skip
    head = ("sensors kept", ">measured", ">95 % interval", ">estimated", ">forest", ">points", ">channels")
    notes = [
        "Measured: macro-F1 of a small student trained on that set alone, without a teacher. Estimated: one network"
        " that was trained with any of them missing. Bold: nothing as cheap or cheaper was measured to score as well.",
        f"Intervals are t intervals over {over(source)}, each set by itself: not corrected for their number."
        " Price points are an assumption, no money.",
    ]
    return Section("Every set that was measured", "sets", [upper(clean(source.table["sentence"])) + "."], (),
                   [("", Table(head, body_rows, frozenset(strong), caption="Sets", small=True))], notes)  # fmt: skip


def _estimates(source: StudySource) -> Section:
    calibration = source.calibration.get("calibration") or {}
    charts = [against_truth(source.table["table"], calibration)] if calibration.get("estimate") else []
    tables = []
    for name, title in (("estimate", "by the estimate"), ("truth", "by what was measured")):
        if one := (source.calibration.get("shapley") or {}).get(name):
            lines = [
                [spoken(share["group"]), signed(share["mean"]), between(share, 3, sign=True)] for share in one["shares"]
            ]
            head = ("sensor", ">Shapley value", ">95 % interval")
            tables.append((f"What each is worth, {title}", Table(head, lines)))
    return Section("How far the estimate can be believed", "estimates", (), charts, tables)


def _people(source: StudySource, chosen: Told) -> Section:
    """Each one's score with the sets on the front."""
    shown = [row for row in source.table["table"] if row["on_front"] or row is chosen][:6]
    names = list(shown[0]["truth"]["per_person"])
    rows = [[clean(who), *(score(row["truth"]["per_person"].get(who), 3) for row in shown)] for who in names]
    unit = "stretch" if over(source) == "stretches" else "person"
    head = (unit, *(f">{named(row['sensors'])}" for row in shown))
    pilot = is_pilot(len(names)) or unit == "stretch"
    return Section(f"{upper(unit)} by {unit}, with the best sets for their price", "people", (), (),
                   [("", Table(head, rows, caption=f"Scores by {unit}", small=True))],
                   ["A pilot, not a proof."] if pilot else [])  # fmt: skip


def _untested(source: StudySource, groups: list[str]) -> list[Untested]:
    rows, sets = source.table["table"], 2 ** len(groups) - 1
    found = untested_of(source, len(rows[0]["truth"]["per_person"]))
    if len(rows) < sets:
        found.insert(0, Untested("Every set", f"{len(rows)} of {sets:,} possible sets were measured"))
    found.insert(1, Untested("A teacher's help", "each set's student was trained alone", "stillroom distil"))
    return found
