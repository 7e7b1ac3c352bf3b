"""The command line in this process, one small data set, and one finished run of it."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch

from stillroom.cli.main import run

from .kit import Call, Processes, Told, Trap, distil_words, people, write_people


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs a command line in this process."""

    def outcome(*words: object) -> Told:
        threads = torch.get_num_threads()
        capsys.readouterr()
        try:
            with pytest.raises(SystemExit) as stopped:
                run([str(word) for word in words])
        finally:
            torch.set_num_threads(threads)
        return Told(int(stopped.value.code or 0), *capsys.readouterr())

    return outcome


@pytest.fixture
def refused(call: Call) -> Call:
    """Runs a command line that must end with one `error:` line, nothing else, and exit code 2."""

    def outcome(*words: object) -> Told:
        told = call(*words)
        assert (told.code, told.out, told.err) == (2, "", f"{told.error}\n"), told
        return told

    return outcome


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four people of three activities."""
    return write_people(tmp_path_factory.mktemp("own"), people())


@pytest.fixture(scope="session")
def done(own: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of one fold; not to be changed."""
    folder = tmp_path_factory.mktemp("done") / "run"
    with pytest.raises(SystemExit) as stopped:
        run(distil_words(own, folder, "--folds", 1))
    assert not stopped.value.code
    return folder


@pytest.fixture(scope="session")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """Runs command lines one after another, each in a process of its own; one import of torch serves them all."""
    logs, numbers = tmp_path_factory.mktemp("logs"), itertools.count()
    script = str(Path(__file__).with_name("forks.py"))
    server = subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdin is not None and server.stdout is not None

    def one(words: list[str], trap: Trap | None) -> Told:
        log = logs / str(next(numbers))
        print(json.dumps({"words": words, "trap": trap, "logs": str(log)}), file=server.stdin, flush=True)
        code = int(server.stdout.readline())
        return Told(code, *(log.with_suffix(f".{name}").read_text() for name in ("out", "err")))

    def several(calls: Sequence[tuple[list[str], Trap | None]]) -> list[Told]:
        return [one(*call) for call in calls]

    yield several
    server.stdin.close()
    server.stdout.close()
    assert server.wait(timeout=10) == 0
