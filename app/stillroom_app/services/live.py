"""Streams that are followed in the workspace, what new came of one, and the commands that follow one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillroom.base.errors import StillroomError
from stillroom.inference.following_kept import Stream, names_of, rows_after, stream, streams
from stillroom.runs.manifest import NAME as MANIFEST
from stillroom.runs.manifest import Manifest, read_manifest
from stillroom_app.services import listing
from stillroom_app.services.explained import short_path
from stillroom_app.services.exports import folder_of
from stillroom_app.services.listing import Listed
from stillroom_app.services.workspace import root

ROUTE = "/api/live"
LISTEN = "listen://127.0.0.1:7007"
STRIDE_S = 0.4
_MOST = 20
_SIMULATED = ("replay:factory",)
BRIDGE = """\
import socket, time
from stillroom.data.source import open_source

recording = open_source("factory").recordings[0]         # here your sensor would be read
with socket.create_connection(("127.0.0.1", 7007)) as out:
    out.sendall((",".join(["t", *recording.layout.names]) + "\\n").encode())
    began = time.monotonic()
    for n, sample in enumerate(recording.signal.T):
        time.sleep(max(0, n / recording.rate_hz - (time.monotonic() - began)))
        out.sendall(f"{n / recording.rate_hz},{','.join(map(str, sample))}\\n".encode())
"""


@dataclass(frozen=True)
class Exported:
    """A student that can follow.

    Attributes:
        run: name of its run.
        folder: of the export.
        data: SOURCE that it was trained on.
        stranger: one of its people whom it never saw; empty where there is none.
    """

    run: str
    folder: Path
    data: str
    stranger: str


def listed() -> list[Stream]:
    """The latest streams, those that run first."""
    return streams(root())[:_MOST]


def news(name: str, after: int | None) -> dict[str, Any] | None:
    """What came of a stream since a place; None where there is no such stream.

    Args:
        name: of the stream.
        after: the place that was told last; None for the last minutes.
    """
    found = stream(root(), name)
    if found is None:
        return None
    rows, place, passed = rows_after(root(), name, after)
    told = {"next": place, "rows": rows, "passed": passed, "state": found.state, "ended": found.ended or None}
    heard_s = found.beat.get("heard_s")
    waits_s = max(0.0, time.time() - heard_s) if isinstance(heard_s, int | float) else None
    counted = {key: found.beat.get(key) for key in ("windows", "samples", "skipped", "strangers")}
    odd = {key: said if isinstance(said := found.beat.get(key), str) else "" for key in ("puzzle", "first_stranger")}
    since = {"heard_s": found.heard_s, "waits_s": waits_s, "began_s": found.head["began_s"]}
    return {**told, **since, "beat": counted | odd, "names": names()}


def names() -> list[str]:
    """Of every stream, in alphabetical order."""
    return names_of(root())


def head_of(one: Stream) -> dict[str, Any]:
    """What a stream is, for a list."""
    keys = ("source", "classes", "channels", "rate_hz", "window_s", "stride_s", "signal_hz", "began_s")
    return {"name": one.name, "state": one.state, "heard_s": one.heard_s, **{key: one.head.get(key) for key in keys}}


def is_simulated(one: Stream) -> bool:
    """Whether its samples are the simulated line's."""
    return one.head.get("source") in _SIMULATED


def ways() -> list[Exported]:
    """The exported students of the workspace, the latest run first."""
    own = (one for one in listing.finished() if one.whose == "yours" and not one.study)
    return [made for one in own if (made := _exported(one)) is not None]


def free_name() -> str:
    """A name that no stream has yet."""
    taken = set(names())
    return next(name for number in range(1, len(taken) + 2) if (name := f"line-{number}") not in taken)


def words(export: Exported, follow: str, name: str) -> list[str]:
    """The command that follows a stream, after `stillroom`."""
    said = ["predict", short_path(export.folder), "--follow", follow, "--stride-s", f"{STRIDE_S:g}", "--to", name]
    return [*said, "--person", export.stranger] if follow.startswith("replay:") and export.stranger else said


def _exported(one: Listed) -> Exported | None:
    try:
        folders = [folder_of(one.entry), one.folder / "export"]
        folder = next((path for path in folders if (path / MANIFEST).is_file()), None)
        if folder is None:
            return None
        return Exported(one.name, folder, str(one.asked["data"]), _stranger(read_manifest(folder), one.run.report))
    except (StillroomError, KeyError, TypeError, AttributeError):
        return None


def _stranger(manifest: Manifest, report: dict[str, Any]) -> str:
    made_with = manifest.provenance
    taught: set[Any] = {*made_with.get("train_people", ()), *made_with.get("validation_people", ())}
    tested: Sequence[str] = sorted(report["student"]["per_person"]) if report["units"] == "people" else ()
    return next((person for person in tested if person not in taught), "")
