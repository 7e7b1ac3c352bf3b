"""`stillroom data`: which data sets there are, what one holds, how to get it, and a look over one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from stillroom.base.errors import InputError
from stillroom.cli import replay
from stillroom.cli.console import clean, guarded, table

app = typer.Typer(help="Data sets: list, inspect, fetch, and check your own.", no_args_is_help=True)

_JSON = typer.Option(False, "--json", help="Print one JSON object.")


@app.command("list")
def list_(as_json: bool = _JSON) -> None:
    """Every data source, with its licence and whether it can be fetched."""
    with guarded(as_json) as output:
        import stillroom.data.sources  # noqa: F401  (registers them)
        from stillroom.data.publishers import CATALOGUE
        from stillroom.data.source import SOURCES

        rows = []
        for name in SOURCES:
            card = SOURCES[name].card
            facts = {key: getattr(card, key) for key in ("name", "title", "licence", "simulated", "homepage")}
            rows.append({**facts, "fetch": name in CATALOGUE})
        output.show({"sources": rows}, lambda console: _draw_list(console, rows))


@app.command()
def inspect(
    source: str = typer.Argument(help="NAME, NAME:PATH, or a path to your own data."),
    track: str = typer.Option("", help="The annotation kind to count; the source's own by default."),
    as_json: bool = _JSON,
) -> None:
    """People, sessions, rate, sensors, seconds of each class and gaps of a data set."""
    with guarded(as_json) as output:
        import stillroom.data.sources  # noqa: F401  (registers them)
        from stillroom.data.source import open_source
        from stillroom.data.summary import describe

        dataset = open_source(source, track=track or None, emit=output.emit)
        facts = {"source": source, **describe(dataset)}
        output.show(facts, lambda console: _draw_facts(console, facts))


@app.command()
def fetch(
    name: str = typer.Argument(help="Of a source that `stillroom data list` says can be fetched."),
    part: list[str] = typer.Option([], help="Which part (as U0209), where the set comes in several; or all."),
    to: Path | None = typer.Option(None, help="The folder to keep it in; one of the cache by default."),
    as_json: bool = _JSON,
) -> None:
    """Download a data set from its publisher, whole and with its checksum compared."""
    with guarded(as_json) as output:
        from stillroom.data.fetch import fetch as fetch_archives
        from stillroom.data.fetch import folder_of, source_text

        folder = (to or folder_of(name)).expanduser()
        files = fetch_archives(name, to=folder, parts=tuple(part), emit=output.emit)
        facts = {"name": name, "source": source_text(name, folder), "files": [file.as_dict() for file in files]}
        output.show(facts, lambda console: _draw_fetched(console, facts))


@app.command()
def check(
    path: Path = typer.Argument(help="A folder, a zip, or one CSV, Parquet or NPZ file of your own."),
    write: bool = typer.Option(False, "--write", help="Write the proposed mapping beside the data."),
    anew: bool = typer.Option(
        False, "--anew", help="Propose again, though a mapping stands there (with --write: replace)."
    ),
    as_json: bool = _JSON,
) -> None:
    """Look your own data over: propose a mapping of its columns, or validate the data against the one that stands."""
    with guarded(as_json) as output:
        from stillroom.data.check import check as check_data
        from stillroom.data.check import write_mapping

        report = check_data(path.expanduser(), anew=anew, emit=output.emit)
        written = None
        if write and not report.errors:
            written = str(write_mapping(report, overwrite=anew))
        facts = {**report.as_dict(), "written": written}
        output.show(facts, lambda console: _draw_report(console, facts))
        if report.errors:
            first = report.errors[0]
            more = f" (and {len(report.errors) - 1} more)" if len(report.errors) > 1 else ""
            raise InputError(f"{first.what}{more}", where=first.where, mend=first.mend)


app.command("replay", epilog=replay.EXAMPLES)(replay.replay)


def _draw_list(console: Console, rows: list[dict[str, Any]]) -> None:
    marks = [
        (row["name"], row["title"], "yes" if row["fetch"] else "",
         row["licence"], row["homepage"])
        for row in rows
    ]  # fmt: skip
    console.print(table("", ("name", "title", "fetch", "licence", "homepage"), marks))


def _draw_facts(console: Console, facts: dict[str, Any]) -> None:
    console.print(Text(clean(f"{facts['title']}; licence: {facts['licence']}")))
    _draw_summary(console, facts)
    for note in facts["notes"]:
        console.print(Text(clean(f"- {note}")))


def _draw_summary(console: Console, facts: dict[str, Any]) -> None:
    people, gaps = facts["people"], facts["gaps"]
    rate = f"{facts['rate_hz']:g} Hz" if facts["rate_hz"] else "no rate"
    console.print(
        Text(
            f"{len(people)} people, {facts['sessions']} sessions, {facts['recordings']} recordings, "
            f"{facts['duration_s']:.0f} s at {rate}, {facts['labelled_s']:.0f} s labelled; "
            f"{gaps['count']} gaps, the longest {gaps['longest_s']:g} s"
        )
    )
    sensors = [(item["sensor"], ", ".join(item["axes"]), item["unit"]) for item in facts["sensors"]]
    console.print(table("", ("sensor", "axes", "unit"), sensors))
    classes = [(item["name"], f"{item['seconds']:.1f}", item["people"]) for item in facts["classes"]]
    console.print(table("", ("class", "seconds>", "people>"), classes))
    names = ", ".join(list(people)[:40]) + (", ..." if len(people) > 40 else "")
    console.print(Text(clean(f"people: {names}")))


def _draw_fetched(console: Console, facts: dict[str, Any]) -> None:
    rows = [
        (file["file"], f"{file['size_bytes']:,}", file["sha256"][:16], file["checksum"],
         "downloaded" if file["downloaded"] else "lay there")
        for file in facts["files"]
    ]  # fmt: skip
    console.print(table("", ("file", "bytes>", "SHA-256", "checksum", ""), rows))
    console.print(Text(clean(f"Open it as {facts['source']}")))


def _draw_report(console: Console, facts: dict[str, Any]) -> None:
    mapping = facts["mapping"]
    stands = f"the mapping {facts['mapping_file']}" if facts["mapping_file"] else "a proposed mapping"
    console.print(Text(clean(f"{facts['path']}: {facts['files']} files, read by {stands}")))
    rows = [(item["column"], item["channel"], item["unit"], item.get("files", "")) for item in mapping["channels"]]
    console.print(table("", ("column", "channel", "unit", "files"), rows))
    for role in ("time", "label", "person", "session"):
        said = ", ".join(f"{key} {value}" for key, value in mapping.get(role, {}).items() if value not in ({}, []))
        console.print(Text(clean(f"{role}: {said or 'none'}")))
    _draw_summary(console, facts)
    for item in facts["findings"]:
        files = f" [{item['files']} files]" if item["files"] > 1 else ""
        where = f" ({item['where']})" if item["where"] else ""
        mend = f". {item['mend']}" if item["mend"] else ""
        console.print(Text(clean(f"{item['level']}: {item['what']}{where}{files}{mend}")), soft_wrap=True)
    if facts["written"]:
        console.print(
            Text(clean(f"Written to {facts['written']}. Look it over: the guesses are guesses.")), soft_wrap=True
        )
    elif facts["proposed"]:
        console.print(Text("Nothing was written: add --write to keep this mapping beside the data."))
