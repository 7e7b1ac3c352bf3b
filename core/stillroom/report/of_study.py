"""A study's report: of sensors, of settings, or of methods over one data set or several."""

from __future__ import annotations

from typing import Any

from stillroom.base.errors import InputError
from stillroom.report.assumptions import Assumptions
from stillroom.report.charts import WIDE
from stillroom.report.charts_study import gains, ranks
from stillroom.report.costs import COUNTED, MEASURED
from stillroom.report.evidence_made import untested_section
from stillroom.report.parts import Badge, Front, Section, Table, Tile, Untested
from stillroom.report.sources import MethodsSource, StudySource
from stillroom.report.study_made import badges_of, badges_over, knew, made_section, title_of, untested_of, untested_over
from stillroom.report.study_methods import method_tiles, over_sets, verdict
from stillroom.report.study_sensors import front_and_sections as of_sensors
from stillroom.report.wording import between, clean, p_value, score, signed, units, upper

Told = dict[str, Any]
Made = tuple[Front, list[Section], dict[str, Any]]
_MOST = 24


def front_and_sections(source: StudySource | MethodsSource, assumed: Assumptions | None) -> Made:
    """All of it.

    Args:
        source: the study.
        assumed: about money; only where sensors go.

    Raises:
        InputError: nothing in it can be compared.
    """
    if isinstance(source, MethodsSource):
        return _of_methods(source)
    if source.plan["kind"] == "sensors":
        return of_sensors(source, assumed)
    return _of_settings(source)


def _of_settings(source: StudySource) -> Made:
    rows = source.table["table"]
    if rows[0]["macro_f1"] is None or not any(row["against_first"] for row in rows):
        raise InputError("the study has nothing to compare yet", where=str(source.folder), mend="Finish its runs")
    missing = untested_of(source, rows[0]["n"] or 0)
    chart = gains(rows[:_MOST], WIDE)
    front = _front(source.table["sentence"], chart=chart, title=title_of(source), badges=badges_of(source),
                   tiles=_tiles(rows), missing=missing, foot=f"study {clean(source.name, 60)}")  # fmt: skip
    sections = [_settings(source), _people(rows), untested_section(missing, knew(source)), made_section(source)]
    told = {"of": "study", "name": source.name, "kind": source.plan["kind"], "device": None, "money": None}
    return front, sections, told


def _of_methods(source: MethodsSource) -> Made:
    entries, studies = source.told["ranks"], source.studies
    only = next(iter(studies.values())) if len(studies) == 1 else None
    # Ranks over one data set are no more than its order of means.
    compared = only and [row for row in only.table["table"] if row["against_first"]]
    chart = gains(only.table["table"][:_MOST], WIDE) if only and compared else ranks(entries[:_MOST], WIDE)
    sentence = only.table["sentence"] if only else over_sets(source)
    title = title_of(only) if only else f"Methods over {len(studies)} data sets"
    missing = untested_over(studies)
    front = _front(sentence, chart=chart, title=title, badges=badges_over(studies), tiles=method_tiles(source),
                   missing=missing, foot=f"study {clean(source.name, 60)}")  # fmt: skip
    sections = []
    for number, (name, one) in enumerate(source.studies.items()):
        rows = one.table["table"]
        charts = [gains(rows, WIDE, f"gains-{number}")] if any(row["against_first"] for row in rows) else []
        sections.append(Section(f"On {clean(name)}", f"set-{number}", [upper(clean(one.table["sentence"])) + "."],
                                charts, (), knew(one)))  # fmt: skip
        made = made_section(one)
        sections.append(Section(f"{made.title}: {clean(name)}", f"made-{number}", made.lead, (), made.tables, (),
                                made.code))  # fmt: skip
    told = {"of": "study", "name": source.name, "kind": "methods", "device": None, "money": None}
    return front, [*sections, untested_section(missing, [])], told


def _front(
    sentence: str, *, chart: Any, title: str, badges: list[Badge], tiles: list[Tile], missing: list[Untested], foot: str
) -> Front:
    """A front page without sensors or money: the answer, one drawing, and what was not tested."""
    return Front(
        kicker="What each setting is worth",
        title=title,
        finding=upper(clean(sentence).rstrip(".")) + ".",
        more=(),
        badges=badges,
        tiles=tiles,
        body=None,
        kept=(),
        dropped=(),
        scores=chart,
        cost=None,
        cost_note="",
        money="",
        tornado=None,
        privacy=(),
        untested=missing,
        foot=foot,
    )


def _tiles(rows: list[Told]) -> list[Tile]:
    best = max((row for row in rows if row["macro_f1"] is not None), key=lambda row: row["macro_f1"])
    first = rows[0]
    done, planned = sum(row["done"] for row in rows), sum(row["runs"] for row in rows)
    tested = units(first["n"], first["units"])
    note = clean(best["cell"], 30)
    if gain := best["against_first"]:
        note += f": {signed(gain['mean'], 2)} ({between(gain, 2, sign=True)}), {verdict(gain)}"
    return [
        Tile("Settings", "", str(len(rows)), f"compared with {clean(first['cell'], 28)}", COUNTED),
        Tile("The first", "", score(first["macro_f1"]), f"{between(first)}, {tested}", MEASURED),
        Tile("The highest", "", score(best["macro_f1"]), "the first" if best is first else note, MEASURED),
        Tile("Runs", "", f"{done} of {planned}", f"seeds {', '.join(map(str, first['seeds'][:5]))}", COUNTED),
    ]


def _settings(source: StudySource) -> Section:
    """Every row of the table with what it was made of."""
    rows = source.table["table"]
    body = [
        [clean(row["cell"]), score(row["teacher"], 3), score(row["alone"], 3), score(row["macro_f1"], 3),
         signed((row["gain"] or {}).get("mean")), p_value((row["gain"] or {}).get("p")),
         "one seed" if row["seed_sd"] is None else f"{row['seed_sd']:.3f}", str(row["channels"] or ""),
         f"{row['params'] or 0:,}", f"{row['macs'] or 0:,}", f"{row['done']} of {row['runs']}"]
        for row in rows
    ]  # fmt: skip
    head = ("setting", ">teacher", ">alone", ">student", ">gain over alone", ">p", ">sd over seeds", ">channels",
            ">parameters", ">MACs", ">runs")  # fmt: skip
    strong = frozenset(number for number, row in enumerate(rows) if row["on_front"])
    notes = [
        "Scores are macro-F1, means over people, seeds averaged within each first; p is the exact sign-flip test's.",
        "Bold: no other setting scores as well with as few channels, MACs and bytes.",
    ]
    tables = [("", Table(head, body, strong, caption="All settings", small=True))]
    chart = gains(rows, WIDE)
    if chart.table is not None:
        tables.insert(0, ("Against the first", chart.table))
    return Section("Every setting", "settings", (), (), tables, notes)


def _people(rows: list[Told]) -> Section:
    """Each one's score with the first setting, and what the others change."""
    done = [row for row in rows if row["per_person"]][:9]
    names = sorted({name for row in done for name in row["per_person"]})
    body = [
        [clean(name), *(
            signed(row["against_first"]["per_person"].get(name)) if row["against_first"]
            else score(row["per_person"].get(name), 3) for row in done)]
        for name in names
    ]  # fmt: skip
    unit = "stretch" if done[0]["units"] == "stretches" else "person"
    table = Table((unit, *(f">{clean(row['cell'])}" for row in done)), body, caption="By person", small=True)
    left = len([row for row in rows if row["per_person"]]) - len(done)
    notes = [f"{left} further settings stand in results.parquet."] if left else []
    return Section(f"{upper(unit)} by {unit}: the first's score, and what each setting changes", "people", (), (),
                   [("", table)], notes)  # fmt: skip
