"""What every command shares: consoles, one line for each error, exit codes, progress, and one JSON object on stdout.

Results go to stdout; progress, notes and errors to stderr. With `--json` stdout holds one object and nothing else.
Exit codes: 0 done, 1 failed, 2 the input was wrong, 130 stopped.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from stillroom.base.errors import StillroomError, StoppedError
from stillroom.base.events import Emit, Event, fan_out
from stillroom.base.host import HOST
from stillroom.base.paths import cache_dir, json_text, write_text

_PLAIN_EVERY_S = 5.0
_WIDE = 200
_NO_MEMORY = ("can't allocate memory", "could not create a primitive")  # torch says so in a RuntimeError


def stdout() -> Console:
    """Where results go; wide where nobody looks, so that a pipe gets whole lines."""
    return _console(sys.stdout)


def stderr() -> Console:
    """Where progress and errors go."""
    return _console(sys.stderr)


def clean(text: object) -> str:
    """One line without control characters: names from files cannot steer a terminal."""
    return "".join(char if char.isprintable() else " " for char in str(text))


class Output:
    """What a command says.

    Args:
        as_json: one JSON object instead of tables.
    """

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.value: dict[str, Any] = {}
        self._listener = Listener()
        host = HOST.get()
        self.emit: Emit = fan_out(self._listener, host.emit) if host else self._listener

    def show(self, value: dict[str, Any], draw: Callable[[Console], None]) -> None:
        """Keeps what `--json` prints at the end, or draws it for people now."""
        self.value = value
        if not self.as_json:
            self.close()
            draw(stdout())

    def note(self, sentence: str) -> None:
        """A sentence for people, on stderr."""
        self.close()
        stderr().print(Text(clean(sentence)), soft_wrap=True)

    def close(self) -> None:
        """Takes the progress bar away."""
        self._listener.close()


@contextlib.contextmanager
def guarded(as_json: bool = False) -> Iterator[Output]:
    """Runs a command's body; every failure becomes one `error:` line and an exit code.

    Raises:
        typer.Exit: with the exit code of the failure.
    """
    output = Output(as_json)
    try:
        yield output
        output.close()
        if host := HOST.get():
            host.keep_result(output.value)
        if as_json:
            print_json(output.value)
    except typer.Exit:
        output.close()
        raise
    except StillroomError as error:
        output.close()
        _fail(error, output)
    except KeyboardInterrupt:
        output.close()
        _fail(StoppedError("stopped"), output)
    except BrokenPipeError:
        # Whoever read our output has left; the interpreter would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None
    except Exception as error:
        output.close()
        if os.environ.get("STILLROOM_DEBUG"):
            traceback.print_exc()
        _fail(_unexpected(error), output)


def print_error(error: StillroomError) -> None:
    """The one line on stderr."""
    sys.stderr.write(f"error: {clean(error.sentence())}\n")
    sys.stderr.flush()


def print_json(value: dict[str, Any]) -> None:
    """One object on stdout; a number that is not finite is refused, so that every reader can parse it."""
    sys.stdout.write(json_text(value) + "\n")
    sys.stdout.flush()


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A plain table; columns whose name ends with `>` are set right."""
    out = Table(title=clean(title) if title else None, title_justify="left", box=None, pad_edge=False)
    for name in columns:
        out.add_column(Text(name.rstrip(">")), justify="right" if name.endswith(">") else "left", overflow="fold")
    for row in rows:
        out.add_row(*(Text(clean("" if cell is None else cell)) for cell in row))
    return out


class Listener:
    """Shows events on stderr: a bar where a person looks, else a plain line now and then.

    An event with `done` and `of` in its data is progress; one with a message is a line.
    """

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._told_s = time.monotonic()

    def __call__(self, event: Event) -> None:
        """Hears one event."""
        if event.message:
            self._line(event.message)
        elif "done" in event.data:
            self._progress(event)

    def close(self) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar, self._tasks = None, {}

    def _line(self, text: str) -> None:
        console = self._bar.console if self._bar is not None else stderr()
        console.print(Text(clean(text)), soft_wrap=True)

    def _progress(self, event: Event) -> None:
        name = clean(event.data.get("part", event.kind))
        done, total = event.data["done"], event.data.get("of")
        if not stderr().is_terminal:
            if (now := time.monotonic()) - self._told_s >= _PLAIN_EVERY_S:
                self._told_s = now
                self._line(f"{event.kind}: {done} of {total or '?'} ({name})")
            return
        bar = self._opened(event.data.get("unit") == "bytes")
        if event.kind not in self._tasks:
            self._tasks[event.kind] = bar.add_task(event.kind, total=total)
        bar.update(self._tasks[event.kind], completed=done, total=total, description=name)

    def _opened(self, in_bytes: bool) -> Progress:
        if self._bar is None:
            count = DownloadColumn() if in_bytes else MofNCompleteColumn()
            text = TextColumn("{task.description}", markup=False)
            self._bar = Progress(text, BarColumn(), count, console=stderr(), transient=True)
            self._bar.start()
        return self._bar


def _fail(error: StillroomError, output: Output) -> None:
    print_error(error)
    if host := HOST.get():
        host.error = error
    if output.as_json:
        print_json({**output.value, "error": error.as_dict()})
    raise typer.Exit(error.exit_code) from None


def _unexpected(error: Exception) -> StillroomError:
    """Want of memory, or a defect of ours, on one line, with the traceback kept in a file."""
    if isinstance(error, MemoryError) or any(said in str(error) for said in _NO_MEMORY):
        said = str(error).splitlines()[0][:200] if str(error) else ""
        mend = "Close other programs, run fewer jobs at once, or allow this one more (--memory-gb)"
        return StillroomError("out of memory", where=said, mend=mend)
    what = f"unexpected {type(error).__name__}: {error}" if str(error) else f"unexpected {type(error).__name__}"
    if os.environ.get("STILLROOM_DEBUG"):
        return StillroomError(what)
    return StillroomError(what, where=_keep_traceback(), mend="This is a defect; the traceback stands in that file")


def _keep_traceback() -> str:
    name = f"traceback-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    for folder in (cache_dir() / "tracebacks", Path(tempfile.gettempdir())):
        try:
            write_text(folder / name, traceback.format_exc())
        except (StillroomError, OSError):
            continue
        return str(folder / name)
    return "not written; set STILLROOM_DEBUG=1 to see it"


def _console(stream: Any) -> Console:
    width = None if stream.isatty() else _WIDE
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)
