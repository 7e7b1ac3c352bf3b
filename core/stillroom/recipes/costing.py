"""What teacher and student of a run cost: counted, measured on this computer, estimated for a board, or measured there.

Every figure says which of these it is. The models are those of one fold; a teacher that mixes a network and a forest
is counted and timed as it is, whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from stillroom.base.errors import InputError, StorageError
from stillroom.base.events import Emit, Event, silent
from stillroom.base.paths import write_json
from stillroom.cost.computer import host_facts
from stillroom.cost.devices import device as profile_of
from stillroom.cost.graph import PEAK_LABEL
from stillroom.export.measured import measured_figures
from stillroom.recipes.cost_boards import board_figures
from stillroom.recipes.cost_here import here_figures, speedup
from stillroom.recipes.costed import Costed, count
from stillroom.recipes.reopen import finished_run, named_fold
from stillroom.runs.manifest import NAME, read_manifest
from stillroom.runs.store import COST

MODELS = ("teacher", "student")
SIZES = ("params", "macs", "size_bytes", "activation_bytes", "ops")


def cost_of_run(
    run_folder: Path, *, devices: Sequence[str] = (), fold: str = "", rounds: int = 15, emit: Emit = silent
) -> dict[str, Any]:
    """Counts, measures and estimates; the last answer is kept in the run's folder where it may be written to.

    Args:
        run_folder: of a finished run.
        devices: boards, each with a mode behind a colon where it is not the default, as `agx-xavier:15W`.
        fold: whose models; the first by default.
        rounds: of the measurement on this computer.
        emit: hears what is being done.

    Returns:
        What a script reads (`design.md`, `cost`), with the parts of each model and the host's facts beside it.

    Raises:
        InputError: no finished run, no such fold, device or mode, or a package that is missing.
    """
    for name in devices:
        _profile(name)
    run = finished_run(run_folder)
    if lacking := [name for name in MODELS if run.report.get(name) is None]:
        raise InputError(
            f"this run has no {lacking[0]}", where=str(run_folder), mend="Name a run that has teacher and student"
        )
    chosen = named_fold([one["fold"] for one in run.report.get("folds", [])], fold)
    costed = []
    for number, name in enumerate(MODELS):
        emit(Event("cost", data={"part": f"counting the {name}", "done": number, "of": len(MODELS)}))
        costed.append(count(name, run.part(chosen, name)))
    emit(Event("note", "measuring both on this computer, in turn"))
    here = here_figures(costed, rounds)
    measured = measured_figures(run.folder, of=_exported(run.part(chosen, "student").parent / "export"))
    boards = [figure for name in devices for figure in board_figures(costed, *_profile(name), measured)]
    told = {
        "run": str(run_folder),
        "fold": chosen,
        "protocol": run.report["protocol"],
        **{one.name: one.row for one in costed},
        "reduction": {size: _ratio(costed[0].row[size], costed[1].row[size]) for size in SIZES},
        "speedup": speedup(here),
        "figures": [*measured, *here, *boards],
        "host": host_facts(),
        "notes": _notes(costed),
    }
    with suppress(StorageError):  # a run that may only be read is told of all the same
        write_json(run.folder / COST, told)
    return told


def _profile(name: str) -> tuple[str, str | None]:
    """A board and its mode, checked."""
    board, _, mode = name.partition(":")
    profile_of(board).mode(mode or None)
    return board, mode or None


def _exported(folder: Path) -> set[str]:
    """The files of a fold's export: what was measured on a board was one of these."""
    if not (folder / NAME).exists():
        return set()
    return {file.sha256 for file in read_manifest(folder).files}


def _ratio(teacher: float, student: float) -> float | None:
    return teacher / student if student else None


def _notes(costed: Sequence[Costed]) -> list[str]:
    notes = [
        "We count MACs, multiply-accumulates of one window; FLOPs are twice as many.",
        f"Activation memory: {PEAK_LABEL}.",
    ]
    if any("forest" in one.row["members"] for one in costed):
        notes.append("A forest's tables are in its parameters and bytes; its comparisons are no MACs, and in no part.")
    fewer, faster = (costed[0].row[name] / max(1, costed[1].row[name]) for name in ("macs", "kernels"))
    if fewer > 2 * faster:
        notes.append(
            f"{fewer:.0f} times fewer MACs are not {fewer:.0f} times less time: networks this small mostly wait for"
            f" their operators to be started, and the student has {faster:.1f} times fewer of them."
        )
    return notes
