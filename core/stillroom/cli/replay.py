"""`stillroom data replay`: a recording written out at the speed at which it was made, to a file or a socket."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from stillroom.base.errors import InputError, StoppedError
from stillroom.base.events import Emit
from stillroom.base.registry import did_you_mean
from stillroom.cli.console import Output, clean, guarded
from stillroom.cli.stopping import stop_on_signal

if TYPE_CHECKING:
    from stillroom.data.recording import Recording

EXAMPLES = "As: stillroom data replay factory --to tcp://127.0.0.1:7007, after stillroom predict ... --follow listen://"


def replay(
    source: str = typer.Argument(help="NAME, NAME:PATH, or a path to your own data."),
    to: str = typer.Option(..., help="A file to append to, tcp://HOST:PORT or unix:PATH to connect to, or -."),
    person: str = typer.Option("", help="Whose recording; the first person's by default."),
    view: str = typer.Option("*", help="Which channels, as right_wrist.acc.*"),
    speed: float = typer.Option(1.0, help="1 is true speed."),
    loop: bool = typer.Option(False, "--loop", help="Begin again at its end."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object at the end."),
) -> None:
    """Write a recording out at true speed, as a sensor's bridge would: for trying `stillroom predict --follow`."""
    with guarded(as_json) as output:
        from stillroom.data.replaying import played

        if to == "-" and as_json:
            raise InputError("stdout holds one object or the rows, not both", where="--to - --json")
        recording = recording_of(source, person, output, output.emit)
        recording = recording.view(recording.layout.select(view))
        lines, stopped = 0, False
        with stop_on_signal() as stop, _opened(to) as write:
            for line in played(recording, speed=speed, loop=loop):
                if stopped := stop():
                    break
                if line:
                    write(line)
                    lines += 1
        facts = {"source": source, "recording": recording.name, "to": to, "samples": max(0, lines - 1)}
        if to != "-":
            said = f"{facts['samples']} samples of {recording.name} to {to}"
            output.show(facts, lambda console: console.print(Text(clean(said)), soft_wrap=True))
        if stopped:
            raise StoppedError("stopped")


def recording_of(source: str, person: str, output: Output, emit: Emit) -> Recording:
    """The first recording of a person, or of a source.

    Args:
        source: SOURCE.
        person: whose; empty for the first.
        output: is told where nobody was recorded.
        emit: hears of each part that is read.

    Raises:
        InputError: no such source or person, or nothing recorded.
    """
    from stillroom.data.source import read_recordings, resolve

    where, tree = resolve(source)
    if where.card.simulated:
        output.note(f"{where.card.title}: nobody was recorded")
    found = sorted(read_recordings(where, tree, emit=emit)[0], key=lambda one: one.name.split("/"))
    people = sorted({one.person for one in found})
    if person and person not in people:
        raise InputError(f"there is no person {person!r}", where="--person", mend=did_you_mean(person, people))
    if not found:
        raise InputError("no recording was found", where=source, mend="Check that the path holds recordings")
    return next(one for one in found if person in ("", one.person))


@contextmanager
def _opened(to: str) -> Iterator[Callable[[bytes], object]]:
    """Where the lines go."""
    if to == "-":
        yield lambda line: (sys.stdout.buffer.write(line), sys.stdout.buffer.flush())
        return
    if not to.startswith(("tcp://", "unix:")):
        with Path(to).expanduser().open("ab", buffering=0) as file:
            yield file.write
        return
    try:
        with _connected(to) as one:
            yield one.sendall
    except OSError as error:
        raise InputError(
            f"nobody takes the rows there: {error.strerror or error}",
            where=f"--to {to}",
            mend="Start who listens first, as: stillroom predict EXPORT --follow listen://127.0.0.1:7007",
        ) from None


def _connected(to: str) -> socket.socket:
    if to.startswith("unix:"):
        one = socket.socket(socket.AF_UNIX)
        one.connect(str(Path(to[5:]).expanduser()))
        return one
    host, _, port = to.removeprefix("tcp://").rpartition(":")
    if not host or not port.isdecimal():
        raise InputError("no address", where=f"--to {to}", mend="As tcp://127.0.0.1:7007")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=3.0)
