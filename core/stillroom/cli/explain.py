"""`stillroom explain`: why a run's models answer as they do, and which sensors can go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from stillroom.cli.console import clean, guarded, table
from stillroom.cli.stopping import stop_on_signal

EXAMPLES = "As: stillroom explain runs/demo --windows 256 --to why"


def explain(
    run: Path = typer.Argument(help="The folder of a finished run."),
    part: list[str] = typer.Option([], help="windows, frequency, anchors, sets, privacy; all that apply by default."),
    windows: int = typer.Option(256, min=1, help="How many tested windows are explained, over all folds."),
    method: str = typer.Option(
        "integrated_gradients", help="integrated_gradients, gradient_shap, occlusion, feature_ablation."
    ),
    removing: str = typer.Option(
        "sensor", help="What occlusion and feature_ablation take away: channel, sensor, site, time, 'sensor x time'."
    ),
    by: str = typer.Option("sensor", help="Whether sets of sites or of single sensors are estimated: site, sensor."),
    also: list[str] = typer.Option(
        [], help="A further set to estimate, as 'right_wrist.acc,left_wrist.gyro'; may be repeated."
    ),
    seed: int = typer.Option(0, min=0, help="Of everything that is drawn."),
    to: Path | None = typer.Option(None, help="A folder for figures (HTML; SVG and PNG where kaleido is) and tables."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """What teacher and student look at, which frequencies and sensors they need, and what the wearer gives away.

    Each part is kept in the run's folder (explain/) and read back when the same is asked again; a stop loses only the
    part that is under way. Attributions always come with their checks.
    """
    with guarded(as_json) as output, stop_on_signal() as stop:
        from stillroom.recipes.explaining import Asked, explain_run

        given = {"windows": windows, "method": method, "removing": removing, "by": by, "also": also, "seed": seed}
        asked = Asked.from_input({**given, **({"parts": part} if part else {})}, where="the options")
        told = explain_run(run, asked, emit=output.emit, stop=stop)
        if to is not None:
            from stillroom.figures.explanation import write_explanation

            told["files"] = [str(path) for path in write_explanation(run, told, to)]
        output.show(told, lambda console: _draw(console, told))


def _draw(console: Console, told: dict[str, Any]) -> None:
    from stillroom.recipes.explain_text import tables_of

    for title, columns, rows, notes in tables_of(told):
        console.print(table(title, [columns[0], *(f"{name}>" for name in columns[1:])], rows))
        for note in notes:
            console.print(f"- {clean(note)}", soft_wrap=True)
        console.print()
    for caveat in told["caveats"]:
        console.print(f"- {clean(caveat)}", soft_wrap=True)
    console.print(f"Kept in {clean(told['run'])}/explain", soft_wrap=True)
