"""What jobs are tried with: a command line of toys, run as a script as the real one is, and stores that leave nothing.

Each toy misbehaves in one way: it hangs, it does not hear, it grows, it dies. None imports torch, so a job costs less
than half a second.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from stillroom.base.errors import StillroomError
from stillroom.base.events import Emit, Event, silent
from stillroom.cli.console import Output, guarded
from stillroom.cli.stopping import stop_on_signal
from stillroom.jobs.control import ask_to_stop
from stillroom.jobs.process import identity, signal_group
from stillroom.jobs.record import Job, Request, Standing
from stillroom.jobs.store import Store
from stillroom.jobs.worker import JOB, work
from stillroom.runs.store import begin_run

COMMAND = (sys.executable, str(Path(__file__).absolute()))
_PATIENCE_S = 30.0
_LOOK_S = 0.02

Toy = Callable[..., None]
TOYS: dict[str, Toy] = {}


def toy(function: Toy) -> Toy:
    """A command of its own, by its name with hyphens; it gets the output and the words."""
    TOYS[function.__name__.replace("_", "-")] = function
    return function


# -- those that listen ------------------------------------------------------------------------------------------


@toy
def steps(output: Output, count: str, pause_s: str = "0.02", notes: str = "notes") -> None:
    """So many steps, each an event; goes on where it was, and notes when it begins and ends."""
    place = Path(f"{notes}.place")
    with stop_on_signal() as stop, noted(notes):
        for number in range(int(place.read_text()) if place.exists() else 0, int(count)):
            if stop():
                raise KeyboardInterrupt
            output.emit(Event("step", data={"part": "steps", "done": number + 1, "of": int(count)}))
            time.sleep(float(pause_s))
            place.write_text(str(number + 1))
    output.show({"steps": int(count)}, lambda console: None)


@toy
def surroundings(output: Output) -> None:
    """Tells what it was given."""
    told = {
        "pid": os.getpid(),
        "group": os.getpgrp(),
        "session": os.getsid(0),
        "nice": os.nice(0),
        "memory": resource.getrlimit(resource.RLIMIT_DATA)[0],
        "cwd": str(Path.cwd()),
        "environment": dict(os.environ),
    }
    output.show(told, lambda console: None)


@toy
def refuse(output: Output) -> None:
    """Fails with a sentence."""
    raise StillroomError("no such thing", where="here", mend="Make one")


@toy
def run_folder(output: Output, *_: str) -> None:
    """Begins a run where its request says, as `distil` does, and waits to be stopped."""
    folder = Path(sys.argv[sys.argv.index("--run") + 1])
    begin_run(folder, {"made": "up"}, resume=True)
    output.emit(Event("run.started", data={"run": str(folder)}))
    (folder / "folds").mkdir()
    with stop_on_signal() as stop:
        forever(stop)
    raise KeyboardInterrupt


@toy
def lose(output: Output, times: str) -> None:
    """Is killed the first so many times."""
    with Path("began").open("a") as file:
        file.write("again\n")
    if len(Path("began").read_text().split()) <= int(times):
        os.kill(os.getpid(), signal.SIGKILL)


# -- those that do not ------------------------------------------------------------------------------------------


@toy
def ignore_the_file(output: Output) -> None:
    """Never looks for a stop; SIGTERM ends it."""
    forever()


@toy
def ignore_sigterm(output: Output) -> None:
    """Hears nothing but SIGKILL, though its interpreter runs."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    forever()


@toy
def hang_in_c(output: Output, keep: str) -> None:
    """Waits in C for what never comes; with `gil` no other thread of it runs either."""
    library = ctypes.PyDLL(None) if keep == "gil" else ctypes.CDLL(None)
    mutex = ctypes.create_string_buffer(64)
    library.pthread_mutex_lock(mutex)
    library.pthread_mutex_lock(mutex)


@toy
def with_child(output: Output) -> None:
    """Has a process of its own that hears no SIGTERM, nor does it."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path("child").write_text(str(child.pid))
    forever()


@toy
def grow(output: Output, reach_mb: str) -> None:
    """Holds more and more memory."""
    held = []
    while len(held) < int(reach_mb):
        held.append(b"\1" * 1_000_000)


@toy
def die(output: Output, name: str) -> None:
    """Is ended by a signal."""
    os.write(1, b"about to die\n")
    number = getattr(signal, name)
    signal.signal(number, signal.SIG_DFL) if number != signal.SIGKILL else None
    os.kill(os.getpid(), number)
    forever()


@toy
def leave(output: Output, code: str) -> None:
    """Leaves without a word of its own."""
    os.write(1, b"leaving\n")
    os._exit(int(code))


@toy
def fill(output: Output, folder: str) -> None:
    """Fills the disk, file and journal."""
    with suppress(OSError), (Path(folder) / "filler").open("wb", buffering=0) as file:
        while file.write(b"0" * 4096):
            pass
    while True:
        output.emit(Event("step", "x" * 4096))


def forever(stop: Callable[[], bool] = lambda: False) -> None:
    """Waits, but not for longer than any test."""
    until = time.monotonic() + 120
    while not stop() and time.monotonic() < until:
        time.sleep(_LOOK_S)


@contextmanager
def noted(name: str) -> Iterator[None]:
    """Notes beginning and end, with their times, in one file of the working folder."""

    def note(what: str) -> None:
        with Path("noted.jsonl").open("a") as file:
            file.write(json.dumps({"name": name, "what": what, "at_s": time.time()}) + "\n")

    note("began")
    try:
        yield
    finally:
        note("ended")


def most_at_once(folder: Path) -> int:
    """How many toys worked at one time, by their notes."""
    lines = [json.loads(line) for line in (folder / "noted.jsonl").read_text().splitlines()]
    now, most = 0, 0
    for line in sorted(lines, key=lambda line: (line["at_s"], line["what"] == "began")):
        now += 1 if line["what"] == "began" else -1
        most = max(most, now)
    return most


def began_in_order(folder: Path) -> list[str]:
    """The toys by when they began."""
    lines = [json.loads(line) for line in (folder / "noted.jsonl").read_text().splitlines()]
    return [line["name"] for line in sorted(lines, key=lambda line: line["at_s"]) if line["what"] == "began"]


# -- the tests' side --------------------------------------------------------------------------------------------


def request(folder: Path, *words: object, **more: Any) -> Request:
    """A toy as a request."""
    return Request(words=tuple(str(word) for word in words), cwd=str(folder), **more)


def wait_until(true: Callable[[], Any], what: str = "", at_most_s: float = _PATIENCE_S) -> Any:
    """Waits for something to come true, and gives it."""
    until = time.monotonic() + at_most_s
    while not (found := true()):
        assert time.monotonic() < until, what or "it never came true"
        time.sleep(_LOOK_S)
    return found


def wait_for(store: Store, job: Job, *states: str, at_most_s: float = _PATIENCE_S) -> Standing:
    """Waits until a job has one of these states."""
    until = time.monotonic() + at_most_s
    while (standing := store.look(job)).state not in states:
        assert time.monotonic() < until, (standing, job.part("log.txt").read_text()[-2000:])
        time.sleep(_LOOK_S)
    return standing


class Stores:
    """Makes stores of one workspace, and ends at last all that they started."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.made: list[Store] = []

    def __call__(self, *, cores: int = 2, command: tuple[str, ...] = COMMAND, emit: Emit = silent) -> Store:
        store = Store(self.workspace, command=command, emit=emit)
        store.cores = cores
        self.made.append(store)
        return store

    def jobs(self) -> list[Job]:
        """All that lie there."""
        return [Job(path.parent) for path in (self.workspace / "jobs").glob("[!.]*/job.json")]

    def end(self) -> None:
        """Takes what waits out of the queue, kills what works, and waits until all is gone."""
        store = self()
        for job in self.jobs():
            with suppress(StillroomError):
                ask_to_stop(store, job)
        wait_until(lambda: not [process for job in self.jobs() for process in working(job)], "a worker lives on")
        for made in self.made:
            made.reconcile()


def working(job: Job) -> list[int]:
    """The processes of a job that live; they are killed."""
    found = []
    for name in ("worker.json", "claim.json"):
        process = job.read(name)
        pid, known_as = process.get("pid"), process.get("known_as")
        if pid is not None and known_as and identity(pid) == known_as:
            signal_group(pid, known_as, signal.SIGKILL)
            found.append(pid)
    return found


# -- the script -------------------------------------------------------------------------------------------------


def main(words: list[str]) -> int:
    """As `stillroom.cli.main.run` does it."""
    folder = Path(os.environ.pop(JOB))
    code = work(folder, lambda: run(words))
    if cores := int(os.environ.get("TOY_CORES", "2")):
        with suppress(StillroomError):
            store = Store(folder.parents[1], command=COMMAND)
            store.cores = cores
            store.dispatch()
    return code


def run(words: list[str]) -> int:
    """One toy, guarded as every command is; its exit code."""
    import typer

    try:
        with guarded() as output:
            TOYS[words[0]](output, *words[1:])
    except typer.Exit as ended:
        return int(ended.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
