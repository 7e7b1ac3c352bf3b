"""Measuring a bundle on a board over ssh, with the machine's own `ssh` and `scp`.

Nothing is asked at a prompt (BatchMode): the host must be reachable by a key. All happens in a temporary folder there,
which is taken away at the end, also where something fails.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stillroom.base.errors import InputError, StillroomError
from stillroom.base.events import Emit, Event, silent
from stillroom.base.paths import whole_file

_OPTIONS = ("-o", "BatchMode=yes", "-o", "ConnectTimeout=15", "-o", "ServerAliveInterval=15")
_NO_PYTHON, _NO_NUMPY, _UNREACHABLE = 41, 42, 255
_PREPARE = f"""
command -v python3 >/dev/null 2>&1 || exit {_NO_PYTHON}
python3 -c 'import numpy' >/dev/null 2>&1 || exit {_NO_NUMPY}
mktemp -d "${{TMPDIR:-/tmp}}/stillroom-XXXXXXXX"
"""
_FOLDER = re.compile(r"/[\w./+@-]*stillroom-\w+")


def run_over_ssh(bundle: Path, host: str, out: Path, *, seconds: float | None = None, emit: Emit = silent) -> None:
    """Copies a bundle to a host, measures it there, and copies the results back.

    Args:
        bundle: the zip.
        host: as `ssh` takes it, `user@board` or a name of its configuration.
        out: where the results go, whole or not at all.
        seconds: how long each way of running is measured; the script's own by default.
        emit: hears each line that the script prints.

    Raises:
        InputError: no bundle, no ssh here, the host cannot be reached, or lacks python3 or numpy.
        StillroomError: the script failed there; with its last line.
    """
    if not bundle.is_file():
        raise InputError("no such bundle", where=str(bundle))
    if not re.fullmatch(r"[^\s-]\S*", host):
        raise InputError(f"{host!r} is no host", where="--ssh", mend="Name it as ssh does: user@board")
    with _folder_on(host) as folder:
        emit(Event("note", f"copying the bundle to {host}"))
        _copy(str(bundle), f"{host}:{folder}/bundle.zip", host)
        told = "" if seconds is None else f" --seconds {seconds:g}"
        _measure(host, f"cd {shlex.quote(folder)} && python3 -m zipfile -e bundle.zip . && sh bench.sh{told}", emit)
        with tempfile.TemporaryDirectory() as here:
            found = Path(here) / "results.json"
            _copy(f"{host}:{folder}/results.json", str(found), host)
            with whole_file(out) as beside:
                shutil.copyfile(found, beside)


@contextmanager
def _folder_on(host: str) -> Iterator[str]:
    """A temporary folder there."""
    done = _run(["ssh", *_OPTIONS, "--", host, _PREPARE])
    lacks = {
        _NO_PYTHON: ("there is no python3", "Install it there: apt-get install python3"),
        _NO_NUMPY: ("python3 there has no numpy", "Install it there: apt-get install python3-numpy"),
    }
    if done.returncode in lacks:
        what, mend = lacks[done.returncode]
        raise InputError(what, where=host, mend=mend)
    folder = (done.stdout.splitlines() or [""])[-1].strip()
    if done.returncode or not _FOLDER.fullmatch(folder):
        raise (
            _unreachable(host, done)
            if done.returncode == _UNREACHABLE
            else InputError(f"no temporary folder could be made there: {_last(done.stderr)}", where=host)
        )
    try:
        yield folder
    finally:
        _run(["ssh", *_OPTIONS, "--", host, f"rm -rf {shlex.quote(folder)}"])


def _copy(source: str, target: str, host: str) -> None:
    done = _run(["scp", "-q", *_OPTIONS, "--", source, target])
    if done.returncode:
        raise InputError(f"scp failed: {_last(done.stderr)}", where=host, mend=f"Try `scp` to {host} by hand first")


def _measure(host: str, command: str, emit: Emit) -> None:
    """Runs the script there; its lines are heard as they come."""
    last = ""
    words = [_program("ssh"), *_OPTIONS, "--", host, f"{{ {command}; }} 2>&1"]
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            last = line.strip() or last
            if not line.startswith("error: "):  # that becomes our own
                emit(Event("note", line.rstrip()))
    if process.returncode == _UNREACHABLE:
        raise InputError(f"the connection broke off: {last}", where=host, mend="Repeat the command")
    if process.returncode:
        raise StillroomError(f"the script failed there: {last.removeprefix('error: ')}", where=host)


def _run(words: list[str]) -> subprocess.CompletedProcess[str]:
    words = [_program(words[0]), *words[1:]]
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise InputError(
            f"there is no {name} on this machine", mend="Install OpenSSH's client, or carry the bundle over"
        )
    return found


def _unreachable(host: str, done: subprocess.CompletedProcess[str]) -> InputError:
    return InputError(
        f"the host cannot be reached: {_last(done.stderr)}",
        where=host,
        mend=f"`ssh {host} true` must work without a password: copy your key there (ssh-copy-id)",
    )


def _last(text: str) -> str:
    return ([line.strip() for line in text.splitlines() if line.strip()] or ["it said nothing"])[-1]
