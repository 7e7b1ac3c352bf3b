"""Processes: one that inherited a pid is never taken for ours, nor signalled; and how much this one may use."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillroom.base import machine
from stillroom.jobs.process import alive, boot, identity, resident_bytes, signal_group

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="made of Linux's processes")


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """One that leads a group of its own."""
    started = subprocess.Popen(SLEEP, start_new_session=True)
    yield started
    started.kill()
    started.wait()


def test_a_process_keeps_its_identity_and_shares_it_with_none(process: subprocess.Popen[bytes]) -> None:
    ours, theirs = identity(os.getpid()), identity(process.pid)
    assert ours and theirs and ours != theirs and theirs == identity(process.pid)
    assert theirs.startswith(boot()) and alive(process.pid, theirs)


def test_a_dead_process_is_nobody_even_before_its_parent_asks(process: subprocess.Popen[bytes]) -> None:
    known_as = identity(process.pid)
    process.kill()
    until = time.monotonic() + 10
    while identity(process.pid) is not None:  # dead, not reaped
        assert time.monotonic() < until
    assert not alive(process.pid, known_as)
    process.wait()
    assert identity(process.pid) is None and not alive(process.pid, known_as)


@pytest.mark.parametrize("known_as", [None, ""])
def test_a_process_that_was_gone_before_it_was_known_is_not_alive(known_as: str | None) -> None:
    gone = subprocess.Popen(SLEEP)
    gone.kill()
    gone.wait()
    assert not alive(gone.pid, known_as)
    assert not signal_group(os.getpid(), known_as, signal.SIGKILL)


def test_a_recycled_pid_is_never_signalled(process: subprocess.Popen[bytes]) -> None:
    known_as = identity(process.pid)
    assert known_as
    for another in (known_as + "0", f"{boot()}/1", known_as.replace(boot(), "another boot"), "None"):
        assert not alive(process.pid, another)
        assert not signal_group(process.pid, another, signal.SIGKILL)
    assert process.poll() is None and alive(process.pid, known_as)


def test_a_signal_reaches_the_whole_group(tmp_path: Path) -> None:
    code = (
        "import pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"pathlib.Path({str(tmp_path / 'child')!r}).write_text(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    leader = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    until = time.monotonic() + 20
    while not ((tmp_path / "child").exists() and (tmp_path / "child").read_text()):
        assert time.monotonic() < until
        time.sleep(0.02)
    child = int((tmp_path / "child").read_text())
    child_as = identity(child)
    assert child_as and signal_group(leader.pid, identity(leader.pid) or "", signal.SIGKILL)
    assert leader.wait(10) == -signal.SIGKILL
    while alive(child, child_as):
        assert time.monotonic() < until
        time.sleep(0.02)


def test_one_that_shares_our_group_is_signalled_alone() -> None:
    beside = subprocess.Popen(SLEEP)
    assert os.getpgid(beside.pid) == os.getpgrp()
    assert signal_group(beside.pid, identity(beside.pid) or "", signal.SIGTERM)
    assert beside.wait(10) == -signal.SIGTERM  # and we live


def test_a_name_with_brackets_and_spaces_hides_no_process(tmp_path: Path) -> None:
    odd = tmp_path / "a) R 1 (b 2"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", odd)
    process = subprocess.Popen([odd, "60"])
    try:
        until = time.monotonic() + 10
        while ") R 1" not in Path(f"/proc/{process.pid}/stat").read_text():  # until it is that program
            assert time.monotonic() < until
        ticks = int((identity(process.pid) or "").rpartition("/")[2])
        assert ticks >= int((identity(os.getpid()) or "").rpartition("/")[2])
    finally:
        process.kill()
        process.wait()


def test_what_it_holds_is_told_in_bytes() -> None:
    before = resident_bytes()
    held = b"\1" * 50_000_000
    assert 40_000_000 < resident_bytes() - before < 80_000_000
    assert len(held) == 50_000_000


@pytest.mark.parametrize(("quota", "allowed"), [("100000 100000", 1), ("250000 100000", 2), ("50000 100000", 1)])
def test_a_container_s_share_of_the_cores_bounds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, allowed: int
) -> None:
    here = machine.cores()
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    (tmp_path / "cpu.max").write_text(f"{quota}\n")
    assert machine.cores() == min(allowed, len(os.sched_getaffinity(0)))
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert machine.cores() >= here >= 1


def test_a_container_s_memory_and_its_kills_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    physical = machine.memory_bytes()
    assert physical and physical > 10**8 and machine.out_of_memory_kills() == 0
    (tmp_path / "memory.max").write_text("50000000\n")
    (tmp_path / "memory.events").write_text("low 0\noom 4\noom_kill 3\noom_group_kill 1\n")
    assert machine.memory_bytes() == 50_000_000 and machine.out_of_memory_kills() == 3
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.memory_bytes() == physical
