"""Processes by pid *and* moment of creation, so that one which inherited a pid is never taken for ours, nor killed."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import psutil


def identity(pid: int) -> str | None:
    """What tells this process from any other that ever had its pid; None where it is gone, or dead but not reaped.

    On Linux the boot and the clock ticks since, which no adjustment of the clock moves.
    """
    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return None
        return f"{boot()}/{_ticks(pid)}" if sys.platform == "linux" else repr(process.create_time())
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return None
    except psutil.AccessDenied:  # somebody else's, so not one of ours
        return "another user's"


def boot() -> str:
    """What tells this start of the machine from any other; empty where the system does not say."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def alive(pid: int, known_as: str | None) -> bool:
    """Whether the very process that was `known_as` still works; nobody known is nobody alive."""
    return bool(known_as) and identity(pid) == known_as


def signal_group(pid: int, known_as: str, number: signal.Signals) -> bool:
    """Sends a signal to a process and the group that it leads.

    Returns:
        Whether it was sent: not where the process is gone, or its pid is another's now.
    """
    if not alive(pid, known_as):
        return False
    with suppress(ProcessLookupError, PermissionError, psutil.NoSuchProcess):
        if hasattr(os, "killpg"):
            if os.getpgid(pid) == pid and pid != os.getpgrp():
                os.killpg(pid, number)
            else:
                os.kill(pid, number)
        else:
            for process in [*psutil.Process(pid).children(recursive=True), psutil.Process(pid)]:
                process.kill()
        return True
    return False


def resident_bytes() -> int:
    """How much memory this process holds now."""
    return int(psutil.Process().memory_info().rss)


def _ticks(pid: int) -> str:
    # the command, in brackets, may hold spaces: what counts stands behind its last bracket
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
