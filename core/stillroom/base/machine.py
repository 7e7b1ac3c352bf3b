"""What this process may use: the processor, its cores and memory, by its affinity and its container's limits."""

from __future__ import annotations

import os
import platform
import sys
from contextlib import suppress
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def cores() -> int:
    """How many threads can run at once, at least one."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(here, _cpu_quota() or here))


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    with suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(
            line.split(":", 1)[1].strip() for line in lines if line.lower().startswith(("model name", "hardware"))
        )
    return platform.processor() or platform.machine() or sys.platform


def memory_bytes() -> int | None:
    """How much memory there is; None where the system does not say."""
    found = [_number(_CGROUP / "memory.max"), _number(_CGROUP / "memory/memory.limit_in_bytes"), _physical()]
    known = [size for size in found if size]
    return min(known) if known else None


def out_of_memory_kills() -> int:
    """How many processes of this container the system has killed for want of memory so far."""
    for name in ("memory.events", "memory/memory.oom_control"):
        with suppress(OSError, ValueError, StopIteration):
            lines = (_CGROUP / name).read_text().splitlines()
            return int(next(line.split()[1] for line in lines if line.startswith("oom_kill ")))
    return 0


def _cpu_quota() -> int | None:
    with suppress(OSError, ValueError):
        quota, period = (_CGROUP / "cpu.max").read_text().split()
        return max(1, int(quota) // int(period))
    return None


def _number(path: Path) -> int | None:
    with suppress(OSError, ValueError):
        return int(path.read_text())
    return None


def _physical() -> int | None:
    with suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return None
