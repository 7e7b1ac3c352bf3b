"""A run or a study as one file to hand over, made by `stillroom report` in a process of its own.

So the page, the address `/api/report/NAME.html` and the command line give the same bytes, and what draws them never
loads into the server. The latest are kept here by the times of the files they were made from; one is made at a time.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from stillroom.base.config import fingerprint
from stillroom.base.errors import InputError, StillroomError
from stillroom.report.assumptions import as_options, from_options
from stillroom.report.pdf import browser
from stillroom_app.services.explained import short_path
from stillroom_app.services.workspace import place, root

ROUTE, ENDING, REPORTS = "/api/report/", ".html", "reports"
_READ = frozenset({".json", ".jsonl", ".npz", ".csv"})
_KEPT, _KEPT_BYTES = 12, 48 << 20
_MOST_S, _WAITS_S = 150.0, 120.0
_OPTIONS, _LETTERS = 40, 120
_log = logging.getLogger("stillroom_app")
_making = threading.Lock()
_made: OrderedDict[tuple[Asked, str], bytes] = OrderedDict()


@dataclass(frozen=True)
class Asked:
    """Which report.

    Attributes:
        name: of the run or study, as an address names it.
        device: whose costs stand on the front; empty for the default.
        assumed: what is assumed otherwise than we do, as `--assume` takes it.
    """

    name: str
    device: str = ""
    assumed: tuple[str, ...] = ()


def asked(name: str, device: str = "", assumed: Sequence[str] = ()) -> Asked:
    """What is asked for, checked: a name without detours, and assumptions in one order.

    Raises:
        InputError: a name that leads out of the workspace, or no such run or study; an assumption that is none.
    """
    folder, name, _ = place(name)
    if not any((folder / file).is_file() for file in ("run.json", "plan.json", "methods.json")):
        raise InputError("no such run or study", where=name, mend="Choose one from the list")
    if len(assumed) > _OPTIONS or any(len(one) > _LETTERS for one in (*assumed, device)):
        raise InputError("more is asked than a report can be asked", where=name, mend="Open it from its page")
    if not device.isprintable():
        raise InputError("no device is called so", where=name, mend="Choose one from the list")
    return Asked(name, device, tuple(as_options(from_options(assumed))))


def words(of: Asked, to: str) -> list[str]:
    """The command that makes a report, after `stillroom`.

    Args:
        of: which.
        to: the file, `.html` or `.pdf`.
    """
    folder, _, _ = place(of.name)
    device = ["--device", of.device] if of.device else []
    return [
        "report",
        short_path(folder),
        "--to",
        to,
        *device,
        *(word for one in of.assumed for word in ("--assume", one)),
    ]


def words_for_pdf(of: Asked) -> list[str]:
    """The command that makes the PDF where `pdf_of` looks for it."""
    return words(of, short_path(pdf_of(of)))


def no_pdf() -> str:
    """Why no PDF can be made here; empty where one can."""
    if browser():
        return ""
    return (
        "A PDF is printed by a Chromium or Chrome, and the server found none on its path. Open the report and print it"
        " from your own browser: its pages are laid out for A4."
    )


def file_name(of: Asked, ending: str = ENDING) -> str:
    """What a downloaded report is called."""
    said = "".join(
        one if (one.isalnum() and one.isascii()) or one in "-_" else "-" for one in of.name.replace(":", "-")
    )
    return f"stillroom-{said or 'report'}{ending}"


def pdf_of(of: Asked) -> Path:
    """Where the PDF of a report lies once it was made; another run, state or assumption is another file."""
    apart = fingerprint([of.name, of.device, *of.assumed, _stamp(place(of.name)[0])])[:8]
    return root() / REPORTS / f"{file_name(of, '')}-{apart}.pdf"


def address(of: Asked) -> str:
    """Where the server has it."""
    query = urlencode([("device", of.device)] * bool(of.device) + [("assume", one) for one in of.assumed])
    return f"{ROUTE}{quote(of.name, safe='')}{ENDING}{'?' * bool(query)}{query}"


def made(of: Asked) -> bytes:
    """The report, made anew only where a file has changed since.

    Raises:
        InputError: the run or study is not finished or damaged, or what is asked of it is wrong.
        StillroomError: too many are asked for at once, or it could not be made.
    """
    folder, _, _ = place(of.name)
    if not _making.acquire(timeout=_WAITS_S):
        raise StillroomError("other reports are being made", where=of.name, mend="Try it again in a minute")
    try:
        key = (of, _stamp(folder))
        if key not in _made:
            _keep(key, _make(of, folder))
        _made.move_to_end(key)
        return _made[key]
    finally:
        _making.release()


def _keep(key: tuple[Asked, str], data: bytes) -> None:
    _made[key] = data
    while len(_made) > _KEPT or (len(_made) > 1 and sum(map(len, _made.values())) > _KEPT_BYTES):
        _made.popitem(last=False)


def _make(of: Asked, folder: Path) -> bytes:
    with tempfile.TemporaryDirectory() as held:
        to = Path(held) / f"report{ENDING}"
        more = [f"--device={of.device}"] * bool(of.device) + [f"--assume={one}" for one in of.assumed]
        command = (sys.executable, "-m", "stillroom", "report", str(folder), f"--to={to}", "--json", *more)
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=_MOST_S, env=_environment(), stdin=subprocess.DEVNULL
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise StillroomError(
                "the report was not made in time", where=of.name, mend="Try it again when less runs here"
            ) from error
        if done.returncode == 0 and to.is_file():
            return to.read_bytes()
    raise _refusal(of, folder, done)


def _refusal(of: Asked, folder: Path, done: subprocess.CompletedProcess[bytes]) -> StillroomError:
    """What the command said, with the run's name in the place of its folder."""
    try:
        told = json.loads(done.stdout)["error"]
        what, where, mend = (str(told[key]).replace(str(folder), of.name) for key in ("what", "where", "mend"))
    except (ValueError, KeyError, TypeError):
        _log.error("report of %s: code %s, %s", of.name, done.returncode, done.stderr.decode(errors="replace")[-4000:])
        return StillroomError("the report could not be made", where=of.name, mend="The server's log says more")
    kind = InputError if done.returncode == InputError.exit_code else StillroomError
    return kind(what, where=where, mend=mend)


def _environment() -> dict[str, str]:
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **threads, "PYTHONSAFEPATH": "1"}


def _stamp(folder: Path) -> str:
    """Another one once a file that a report reads has changed."""
    found = []
    for above, inside, files in os.walk(folder):
        inside.sort()
        for name in sorted(files):
            if os.path.splitext(name)[1] in _READ:  # noqa: PTH122 - of many files
                try:
                    state = os.stat(os.path.join(above, name))  # noqa: PTH116, PTH118
                except OSError:  # it went since it was listed, or is a link to nowhere: no report reads it
                    continue
                found.append([os.path.relpath(above, folder), name, state.st_mtime_ns, state.st_size])
    return fingerprint(found)
