"""`stillroom device`: which boards are known, a bundle to measure on one, and what was measured there."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

from stillroom.base.errors import InputError
from stillroom.base.paths import workspace
from stillroom.cli.console import Output, clean, guarded, table

if TYPE_CHECKING:
    from stillroom.export.bundle import Bundle

app = typer.Typer(help="Devices: list, bundle, run, import.", no_args_is_help=True)

_JSON = typer.Option(False, "--json", help="Print one JSON object.")
_RUN = typer.Argument(help="The run's folder.")
_FOLD = typer.Option("", help="Which fold's student; the first by default.")


@app.command("list")
def list_(as_json: bool = _JSON) -> None:
    """Every board that has a profile, with its memory and power modes."""
    with guarded(as_json) as output:
        from stillroom.cost.devices import device, devices

        rows = [_profile_row(device(name)) for name in devices()]

        def draw(console: Console) -> None:
            lines = [[row["name"], row["title"], row["kind"], _size(row), ", ".join(row["modes"])] for row in rows]
            console.print(table("", ("name", "title", "kind", "memory>", "modes"), lines))

        output.show({"devices": rows}, draw)


@app.command()
def bundle(
    run: Path = _RUN,
    to: Path = typer.Option(..., help="The zip to write."),
    fold: str = _FOLD,
    as_json: bool = _JSON,
) -> None:
    """One zip with the student's models, windows to try and a script, to measure on a board without Stillroom."""
    with guarded(as_json) as output:
        made = _make(run, fold, to, output)
        told = _told(made, to)
        output.show(told, lambda console: _draw_bundle(console, told))


@app.command("run")
def run_(
    run: Path = _RUN,
    ssh: str = typer.Option(..., help="The board, as ssh takes it: user@board. It must let you in without a password."),
    to: Path | None = typer.Option(None, help="Keep what the board sent in this file too."),
    fold: str = _FOLD,
    device: str = typer.Option("", help="The board's profile, where it does not say itself which it is."),
    seconds: float = typer.Option(2.0, min=0.1, help="How long each way of running is measured."),
    as_json: bool = _JSON,
) -> None:
    """Bundle, measure on a board over ssh, and keep in the run what it sent."""
    with guarded(as_json) as output, tempfile.TemporaryDirectory() as folder:
        from stillroom.export.ssh import run_over_ssh

        _known(device)
        zipped, results = Path(folder) / "bundle.zip", to or Path(folder) / "results.json"
        _make(run, fold, zipped, output)
        run_over_ssh(zipped, ssh, results, seconds=seconds, emit=output.emit)
        _keep(results, run, device, output)


@app.command("import")
def import_(
    file: Path = typer.Argument(help="results.json, as run_bench.py wrote it on the board."),
    run: Path | None = typer.Option(None, help="The run that the bundle was made of; looked for by default."),
    device: str = typer.Option("", help="The board's profile, where it does not say itself which it is."),
    as_json: bool = _JSON,
) -> None:
    """Check what a board measured (whose models, how right their answers) and keep it in the run."""
    with guarded(as_json) as output:
        _known(device)
        _keep(file, run or _whose(file), device, output)


def _whose(file: Path) -> Path:
    """The run below the workspace that the bundle of these results was made of."""
    from stillroom.export.measured import bundled
    from stillroom.export.results import read_results
    from stillroom.runs.query import find_runs

    wanted, looked = read_results(file)[0].bundle_id, workspace()
    runs = find_runs(looked) if looked.is_dir() else []
    found = [one.folder for one in runs if wanted in bundled(one.folder)]
    if len(found) != 1:
        raise InputError(
            f"{'no run' if not found else 'more than one run'} below {looked} has made this bundle",
            where=str(file),
            mend="Name the run: --run FOLDER",
        )
    return found[0]


def _known(device: str) -> None:
    if device:
        from stillroom.cost.devices import device as profile

        profile(device)


def _make(run: Path, fold: str, to: Path, output: Output) -> Bundle:
    from stillroom.export.bundle import write_bundle
    from stillroom.export.measured import keep_bundle
    from stillroom.recipes.exporting import bundle_inputs
    from stillroom.runs.store import open_run

    folder = open_run(run).folder
    export, inputs, expected = bundle_inputs(folder, fold or None, emit=output.emit)
    made = write_bundle(export, to, inputs=inputs, expected=expected)
    keep_bundle(folder, made)
    return made


def _keep(file: Path, run: Path, device: str, output: Output) -> None:
    from stillroom.export.measured import import_results, measured_figures
    from stillroom.export.results import read_results
    from stillroom.runs.store import open_run

    kept = import_results(file, open_run(run).folder, device=device)
    results, _ = read_results(kept)
    name = kept.stem.rpartition("-")[0]
    told = {
        "run": str(run),
        "kept": str(kept),
        "device": name,
        "board": results.device.model or results.device.cpu,
        "mode": results.device.power_mode,
        "bundle_id": results.bundle_id,
        "measured": len(results.measured),
        "failed": [
            {"model": row.model, "runtime": row.runtime, "error": row.error} for row in results.rows if row.error
        ],
        "figures": [figure for figure in measured_figures(run) if figure["device"] == name],
    }
    output.show(told, lambda console: _draw_kept(console, told))


def _profile_row(profile: Any) -> dict[str, Any]:
    names = ("memory_gb", "ram_bytes", "flash_bytes")
    figures = {name: getattr(profile, name, None) for name in names}
    return {
        "name": profile.name,
        "title": profile.title,
        "kind": profile.kind,
        **{name: figure and figure.value for name, figure in figures.items()},
        "modes": [mode.name for mode in profile.modes],
    }


def _size(row: dict[str, Any]) -> str:
    if row["memory_gb"]:
        return f"{row['memory_gb']:g} GB"
    return f"{row['ram_bytes'] / 1024:.0f} kB RAM" if row["ram_bytes"] else ""


def _told(made: Bundle, to: Path) -> dict[str, Any]:
    return {
        "bundle": str(to),
        "bundle_id": made.bundle_id,
        "size_bytes": to.stat().st_size,
        "windows": made.windows,
        "models": [model.model_dump() for model in made.models],
    }


def _draw_bundle(console: Console, told: dict[str, Any]) -> None:
    rows = [[model["name"], model["precision"], f"{model['size_bytes']:,}"] for model in told["models"]]
    console.print(table("", ("model", "precision", "bytes>"), rows))
    console.print(clean(f"{told['bundle']}: bundle {told['bundle_id']} with {told['windows']} windows"), soft_wrap=True)
    console.print("On the board: python3 -m zipfile -e BUNDLE bench && sh bench/bench.sh", soft_wrap=True)
    console.print("The windows are real recordings of people: delete them there when you are done.", soft_wrap=True)


def _draw_kept(console: Console, told: dict[str, Any]) -> None:
    columns = ("quantity", "precision", "runtime", "mode", "median>", "low>", "high>", "unit", "n>")
    keys = ("quantity", "precision", "runtime", "mode", "value", "low", "high", "unit", "n")
    rows = [[_cell(figure[key]) for key in keys] for figure in told["figures"]]
    console.print(table(f"Measured on {told['board']}", columns, rows))
    for failed in told["failed"]:
        console.print(
            clean(f"not measured: {failed['model']} by {failed['runtime']}: {failed['error']}"), soft_wrap=True
        )
    console.print(clean(f"Kept in {told['kept']}"), soft_wrap=True)


def _cell(value: Any) -> Any:
    return f"{value:.3g}" if isinstance(value, float) else value
