"""A stream's answers as they are kept for others to watch, and read while they grow.

    live.json        what is followed: export, classes, channels, rate, window, stride, source, since when
    answers.jsonl    one row a window, with the samples that it brought; at 32 MB it becomes `answers.1.jsonl` and
                     begins anew, so that a stream takes 64 MB at most; its first line counts the bytes before it
    beat.json        the last sign of life, once a second
    ended.json       how it ended; not there while it goes on

A place in the answers is counted in bytes over all that was ever written, so that it stays true when a file changes.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stillroom.base import journal
from stillroom.base.errors import InputError
from stillroom.base.paths import json_text, read_json, storage_errors, write_json
from stillroom.inference.following import Answer
from stillroom.runs.lock import held

FORMAT = 1
FOLDER, LIVE, ANSWERS, BEAT, END = "live", "live.json", "answers.jsonl", "beat.json", "ended.json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MOST_HZ = 50.0
SILENT_S = 10.0
_OLD = "answers.1.jsonl"
_ROW = {"n", "start_s", "end_s", "smoothed", "share", "latency_ms", "behind_ms", "stretch", "signal"}
_MOST_BYTES = 32_000_000
_AT_ONCE = 256_000
_BEAT_S = 1.0


class Kept:
    """Writes one stream's folder.

    Args:
        folder: of the stream.
        head: what stands in `live.json`, without the format.
        most_bytes: of one file of answers.
    """

    def __init__(self, folder: Path, head: dict[str, Any], most_bytes: int = _MOST_BYTES) -> None:
        self._folder, self._most_bytes, self._beaten_s = folder, most_bytes, 0.0
        self._thin = max(1, int(np.ceil(head["rate_hz"] / MOST_HZ)))
        for name in (LIVE, BEAT, END, _OLD):
            (folder / name).unlink(missing_ok=True)
        self._begin_file(0)
        write_json(folder / LIVE, {"format": FORMAT, "signal_hz": head["rate_hz"] / self._thin, **head})

    def add(self, answer: Answer) -> None:
        """Appends a window's row.

        Raises:
            StorageError: the disk refuses.
        """
        said = answer.said
        shares = {
            "share": round(said.probability[said.smoothed], 4),
            "share_of_label": round(said.probability[said.label], 4),
        }
        times = {"latency_ms": round(said.latency_ms, 3), "behind_ms": round(answer.behind_ms, 1)}
        row = {
            "n": answer.n, "start_s": round(said.start_s, 4), "end_s": round(said.end_s, 4), "label": said.label,
            "smoothed": said.smoothed, **shares, **times, "stretch": answer.stretch, "at": round(time.time(), 3),
            "signal": self._thinned(answer),
        }  # fmt: skip
        path = self._folder / ANSWERS
        with storage_errors(path):
            if (size := path.stat().st_size) > self._most_bytes:  # before the row, so that who reads along misses none
                path.replace(self._folder / _OLD)
                self._begin_file(self._base + size - len(self._first))
        journal.append(path, row)

    def beat(self, told: dict[str, Any], *, now: bool = False) -> None:
        """A sign of life, at most once a second."""
        if now or time.monotonic() - self._beaten_s >= _BEAT_S:
            self._beaten_s = time.monotonic()
            beside = self._folder / f".{BEAT}"
            with contextlib.suppress(OSError):  # without fsync: it need not outlive the machine
                beside.write_text(json_text({"at_s": time.time(), **told}) + "\n")
                beside.replace(self._folder / BEAT)

    def end(self, told: dict[str, Any]) -> None:
        """How it ended."""
        with contextlib.suppress(Exception):  # where the disk is full the last sign of life says as much
            write_json(self._folder / END, {"at_s": time.time(), **told})

    def _begin_file(self, base: int) -> None:
        self._base = base
        self._first = (json_text({"before": base}) + "\n").encode()
        with storage_errors(self._folder / ANSWERS):
            (self._folder / ANSWERS).write_bytes(self._first)

    def _thinned(self, answer: Answer) -> list[list[float]]:
        """`(channel, time)` to look at: means of neighbours where there are more than fifty a second."""
        news, each = answer.news, self._thin
        whole = news.shape[1] // each * each
        means = news[:, news.shape[1] - whole :].reshape(len(news), -1, each).mean(axis=2)
        return [[float(f"{value:.4g}") for value in row] for row in means.tolist()]


@contextlib.contextmanager
def keeping(workspace: Path, name: str, head: dict[str, Any]) -> Iterator[Kept]:
    """A stream's folder in a workspace, for as long as it is followed; what an earlier one of the name left is gone.

    Raises:
        InputError: no name of a folder, or another process follows under it.
        StorageError: the disk refuses.
    """
    if not NAME.fullmatch(name):
        raise InputError(
            f"{name!r} is no name of a stream",
            where="--to",
            mend="Take letters, digits, dots and dashes, as --to line-1",
        )
    folder = workspace / FOLDER / name
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with held(folder, "stream", "or choose another name (--to)"):
        yield Kept(folder, head)


@dataclass(frozen=True)
class Stream:
    """One that is kept.

    Attributes:
        name: its folder's.
        head: `live.json`.
        state: `running`, `ended`, or `silent` where nobody has said anything for ten seconds.
        heard_s: seconds since the last sign of life.
        beat: what it said then: `windows`, `samples`, `last`, and what is odd: `strangers`, `puzzle`.
        ended: how; empty while it goes on.
    """

    name: str
    head: dict[str, Any]
    state: str
    heard_s: float
    beat: dict[str, Any]
    ended: dict[str, Any]


def names_of(workspace: Path) -> list[str]:
    """Of every stream of a workspace, in alphabetical order; no file of theirs is read."""
    folder = workspace / FOLDER
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(path.name for path in found if NAME.fullmatch(path.name) and (path / LIVE).is_file())


def streams(workspace: Path) -> list[Stream]:
    """Every stream of a workspace, those that run first, then the latest first; damaged ones are left out."""
    found = [one for name in names_of(workspace) if (one := stream(workspace, name)) is not None]
    return sorted(found, key=lambda one: (one.state != "running", one.heard_s))


def stream(workspace: Path, name: str) -> Stream | None:
    """One stream by its name; None where there is none, or the name is none."""
    if not NAME.fullmatch(name):
        return None
    folder = workspace / FOLDER / name
    head, beat, ended = (_object(folder / file) for file in (LIVE, BEAT, END))
    if not _is_head(head):
        return None
    signs = [one["at_s"] for one in (ended, beat) if _is_number(one.get("at_s"))]
    heard_s = max(0.0, time.time() - (signs or [head["began_s"]])[0])
    state = "ended" if ended else "silent" if heard_s > SILENT_S else "running"
    return Stream(name, head, state, heard_s, beat, ended)


def rows_after(workspace: Path, name: str, after: int | None) -> tuple[list[dict[str, Any]], int, bool]:
    """The rows from a place on, at most some 250 kB at once.

    Args:
        workspace: of the stream.
        name: of the stream, one that `stream` found.
        after: the place; None for the last minutes.

    Returns:
        Rows, the place to go on from, and whether rows before them were passed over.
    """
    path = workspace / FOLDER / name / ANSWERS
    try:
        with path.open("rb") as file:
            first = file.readline(200)
            before = int(json.loads(first)["before"])
            size = file.seek(0, 2)
            begin = max(len(first), size - _AT_ONCE)
            wanted = begin if after is None else after - before + len(first)
            passed = not len(first) <= wanted <= size
            jumps = (after is None or passed) and begin > len(first)
            place = begin if jumps or passed else wanted
            file.seek(place)
            data = file.read(_AT_ONCE)
    except (OSError, ValueError, KeyError, TypeError):
        return [], after or 0, False
    if jumps:  # it may begin in the middle of a row
        cut = data.find(b"\n") + 1
        place, data, passed = place + cut, data[cut:], True
    whole = data[: data.rfind(b"\n") + 1]
    return _rows(whole.splitlines()), before + place + len(whole) - len(first), passed


def _rows(lines: Sequence[bytes]) -> list[dict[str, Any]]:
    found = []
    for line in lines:
        with contextlib.suppress(ValueError):
            if isinstance(row := json.loads(line, parse_constant=_refuse), dict) and row.keys() >= _ROW:
                found.append(row)
    return found


def _is_head(head: dict[str, Any]) -> bool:
    """Whether a `live.json` is one of ours, and whole."""
    channels, classes = head.get("channels"), head.get("classes")
    numbers = [head.get(name) for name in ("rate_hz", "signal_hz", "window_s", "stride_s", "began_s")]
    return (
        head.get("format") == FORMAT
        and all(map(_is_number, numbers))
        and isinstance(head.get("source"), str)
        and isinstance(classes, list)
        and all(isinstance(name, str) for name in classes)
        and isinstance(channels, list)
        and all(isinstance(one, dict) and set(one) == {"name", "unit", "mean", "sd"} for one in channels)
        and all(isinstance(one["name"], str) and isinstance(one["unit"], str) for one in channels)
        and all(_is_number(one["mean"]) and _is_number(one["sd"]) for one in channels)
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _object(path: Path) -> dict[str, Any]:
    try:
        value = read_json(path)
    except InputError:
        return {}
    return value if isinstance(value, dict) else {}
