"""What a run's models cost, as `stillroom cost` told last, and what boards have sent back; measured elsewhere."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillroom.base.errors import InputError
from stillroom.cost.devices import device, devices
from stillroom.export.measured import DEVICES, import_results, measured_figures
from stillroom.export.results import read_results
from stillroom.figures.cost_wording import HERE, amount, count, measured, runtime_of, size, times
from stillroom.runs.store import COST
from stillroom_app.services import latency
from stillroom_app.services.explained import short_path
from stillroom_app.services.exports import exported
from stillroom_app.services.workspace import Entry, kept

LARGEST_BYTES = 2 << 20
_KEYS = frozenset({"teacher", "student", "figures", "host", "speedup", "reduction", "fold", "notes"})
Figure = dict[str, Any]


@dataclass(frozen=True)
class Board:
    """A board that is known.

    Attributes:
        name: as `--device` takes it.
        title: for people.
        kind: `jetson` or `mcu`.
        modes: its power modes, the default first.
    """

    name: str
    title: str
    kind: str
    modes: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One line of the comparison.

    Attributes:
        what: is compared.
        teacher: in words, with its unit.
        student: the same.
        saves: how many times less the student takes; empty where that says nothing.
        origin: of the page's badges.
        more: on how it was found.
    """

    what: str
    teacher: str
    student: str
    saves: str
    origin: str
    more: str = ""


def boards() -> dict[str, Board]:
    """Every board that has a profile, by its name."""
    found = [device(name) for name in devices()]
    return {one.name: Board(one.name, one.title, one.kind, tuple(mode.name for mode in one.modes)) for one in found}


def cost_of(entry: Entry) -> dict[str, Any] | None:
    """What a run's models cost, with what boards have measured since; None where it was not asked yet.

    `stride_s` is said beside it, from one window of the run to the next; and `computer` where it was not this one.

    Raises:
        InputError: a measurement that was kept is damaged.
    """
    told = kept(entry.run.folder / COST)
    if told is None or not set(told) >= _KEYS:
        return None
    others = [one for one in told["figures"] if one["device"] == HERE or not measured(one)]
    if computer := _computer(entry, told):
        told = {**told, "computer": computer}
    stride_s = float(entry.run.facts["asked"]["windows"]["stride_s"])
    return {**told, "run": entry.name, "stride_s": stride_s, "figures": [*imported(entry), *others]}


def unmeasurable(entry: Entry) -> str:
    """Why a run's cost cannot be told: it sets a student beside its teacher; empty where it can.

    Raises:
        InputError: the run's report is damaged.
    """
    made = entry.run.report.get("models") or []
    missing = [role for role in ("teacher", "student") if role not in made]
    if not missing:
        return ""
    return f"This run made no {' and no '.join(missing)}: what it costs is told of a teacher beside its student."


def imported(entry: Entry) -> list[Figure]:
    """What boards have measured of this run's export.

    Raises:
        InputError: a measurement that was kept is damaged.
    """
    manifest = exported(entry) if (entry.run.folder / DEVICES).is_dir() else None
    if manifest is None:
        return []
    return measured_figures(entry.run.folder, of={file.sha256 for file in manifest.files})


def only(told: dict[str, Any], *, here: bool, names: Sequence[str] = ()) -> dict[str, Any]:
    """The same answer with the figures of this computer alone, or of boards alone."""
    wanted = [one for one in told["figures"] if (one["device"] == HERE) == here]
    return {**told, "figures": [one for one in wanted if not names or one["device"] in names]}


def asked_boards(told: dict[str, Any]) -> list[str]:
    """The boards in an answer, as they were asked for: `NAME:MODE`."""
    found = [one for one in told["figures"] if one["device"] != HERE and one["mode"] and not measured(one)]
    return list(dict.fromkeys(f"{one['device']}:{one['mode']}" for one in found))


def words(entry: Entry, names: Sequence[str]) -> list[str]:
    """The command that counts, measures and estimates, after `stillroom`."""
    return ["cost", short_path(entry.run.folder), *(word for name in names for word in ("--device", name))]


def take(entry: Entry, name: str, data: bytes, board: str = "") -> str:
    """Checks what a board sent and keeps it in the run; a browser's word on its size and kind is not believed.

    Args:
        entry: a run of the person's own.
        name: of the file, for the error.
        data: its bytes.
        board: the board's profile, where it does not say itself which it is.

    Returns:
        The board's name.

    Raises:
        InputError: too large, no such results, a required field is missing, or they are of another model.
        StorageError: the disk refuses.
    """
    if entry.whose == "demo":
        raise InputError("the demo may only be read", where=name, mend="Choose a run of your own")
    if len(data) > LARGEST_BYTES:
        raise InputError(
            f"the file has {size(len(data))}, results have {size(LARGEST_BYTES)} at most",
            where=name,
            mend="Choose the results.json that run_bench.py wrote",
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.json"
        path.write_bytes(data)
        try:
            return import_results(path, entry.run.folder, device=board).stem.rpartition("-")[0]
        except InputError as error:
            where = error.where.replace(str(path), name)
            raise InputError(error.what.replace(str(path), name), where=where, mend=error.mend) from None


def sent(entry: Entry) -> list[dict[str, Any]]:
    """Every measurement that was kept: device, board, mode, clocks, when, and of how many ways to run.

    Raises:
        InputError: one is damaged.
    """
    found = []
    for path in sorted((entry.run.folder / DEVICES).glob("*.json")):
        results, _ = read_results(path)
        clocks = {True: "fixed", False: "free", None: "not said"}[results.device.clocks_locked]
        found.append(
            {
                "device": path.stem.rpartition("-")[0], "board": results.device.model or results.device.cpu,
                "mode": results.device.power_mode or "not said", "clocks": clocks,
                "measured on": results.started_at.date().isoformat(), "ways to run": len(results.measured),
                "failed": len(results.rows) - len(results.measured),
            }
        )  # fmt: skip
    return found


def rows(told: dict[str, Any]) -> list[Row]:
    """Teacher and student, line by line."""
    return [*_counted(told), *_timed(told), *_energy(told)]


def _computer(entry: Entry, told: dict[str, Any]) -> str:
    """Whose computer it was, where it was not this one."""
    found = latency.computer_of(told, entry.whose)
    return "" if found == HERE else found


def _counted(told: dict[str, Any]) -> Iterator[Row]:
    teacher, student = told["teacher"], told["student"]
    for what, key, written in (
        ("Channels it needs", "channels", count),
        ("Parameters", "params", count),
        ("File", "size_bytes", size),
        ("MACs of one window", "macs", count),
        ("FLOPs (2 x MACs)", "macs", lambda macs: count(2 * macs)),
        ("Peak activation memory", "activation_bytes", size),
    ):
        one, other = teacher[key], student[key]
        yield Row(what, written(one), written(other), _saves(one, other), "counted")


def _timed(told: dict[str, Any]) -> Iterator[Row]:
    for runtime in (latency.ONNX, "eager"):
        of = latency.of_a_window(told, runtime)
        if not {"teacher", "student"} <= set(of):
            continue
        teacher, student = of["teacher"], of["student"]
        named = f"Latency, {runtime_of(runtime)}"
        for key, said in (("value", "p50"), ("p95", "p95")):
            one, other = teacher.get(key), student.get(key)
            if one and other:
                more = f"{teacher['n']} rounds" + (", machine busy" if teacher["busy"] or student["busy"] else "")
                yield Row(f"{named}, {said}", _ms(one), _ms(other), _saves(one, other), "measured", more)
        if runtime == latency.ONNX:
            yield _real_time(told, teacher["value"], student["value"])


def _real_time(told: dict[str, Any], teacher_ms: float, student_ms: float) -> Row:
    """How many times an answer fits between a window and the next."""
    teacher, student = (f"{times(1e3 * told['stride_s'] / value)} times" for value in (teacher_ms, student_ms))
    return Row("Faster than real time", teacher, student, "", "measured", f"a window every {told['stride_s']:g} s")


def _energy(told: dict[str, Any]) -> Iterator[Row]:
    known = [one for one in told["figures"] if one["quantity"] == "energy" and measured(one)]
    for one in known:
        more = f"{one['device']}, {runtime_of(one['runtime'])} {one['precision']}, {one['mode']}"
        yield Row("Energy of an answer", "", f"{amount(one['value'])} mJ", "", "device", more)


def _saves(teacher: float, student: float) -> str:
    return f"{times(teacher / student)} x" if student else ""


def _ms(value: float) -> str:
    return f"{amount(value)} ms"
