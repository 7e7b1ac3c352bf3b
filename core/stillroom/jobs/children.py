"""The processes that this one has started: kept until they have ended, so that none stays behind as a zombie."""

from __future__ import annotations

import subprocess
from contextlib import suppress

_GONE_S = 1.0
_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}


def adopt(child: subprocess.Popen[bytes]) -> None:
    """Keeps a process that was just started."""
    _CHILDREN[child.pid] = child


def exit_code(pid: int) -> int | None:
    """How a dead child ended, minus the signal where one ended it; None where it works, or is no child of ours."""
    if child := _CHILDREN.get(pid):
        with suppress(subprocess.TimeoutExpired):  # dead, though its other threads may take a moment to be gone
            return child.wait(_GONE_S)
    return None


def reap() -> None:
    """Takes note of those that have ended, so that the system can forget them."""
    for child in _CHILDREN.values():
        child.poll()
