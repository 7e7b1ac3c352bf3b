"""`stillroom report`: a run or a study as one file to hand over, HTML or PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from stillroom.cli.console import clean, guarded

EXAMPLES = "As: stillroom report runs/demo --to demo.html, or --to demo.pdf --assume units=200 --assume price.acc=4:3:6"


def report(
    of: Path = typer.Argument(metavar="RUN|STUDY", help="The folder of a finished run, or of a study."),
    to: Path = typer.Option(..., help="FILE.html, or FILE.pdf where a Chromium or Chrome is here."),
    device: str = typer.Option("", help="Whose cost stands on the front page; `here` for the computer that measured."),
    assume: list[str] = typer.Option(
        [], help="About money: KEY=VALUE or KEY=VALUE:LOW:HIGH, as units=200 or price.acc=4:3:6; may be repeated."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """One page for who decides, then the evidence: what was kept and dropped, what it costs, what was not tested.

    The file needs nothing beside it: no network, no script. The same run and options give the same HTML, byte for byte.
    """
    with guarded(as_json) as output:
        from stillroom.report.making import form_of, make, write
        from stillroom.report.money import from_options

        form_of(to)
        made = make(of, device=device, assumed=from_options(assume))
        told = {**made.told, **write(made, to)}
        output.show(told, lambda console: _draw(console, told))


def _draw(console: Console, told: dict[str, Any]) -> None:
    for said in (told["finding"], *told["more"]):
        console.print(clean(said), soft_wrap=True)
    console.print(f"Not tested: {clean('; '.join(told['untested']))}.", soft_wrap=True)
    console.print(f"Written to {clean(told['file'])} ({told['size_bytes']:,} bytes)", soft_wrap=True)
