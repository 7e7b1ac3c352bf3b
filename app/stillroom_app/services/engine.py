"""The engine process as the server asks it: started at the first question, again when it died, ended when idle.

The server itself never imports torch. One question at a time: each takes milliseconds, but for the first, which waits
for torch. What it answers is plain values.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

from stillroom.base.errors import InputError, StillroomError

COMMAND = (sys.executable, "-m", "stillroom_app.engine")
IDLE_S, ANSWER_S = 600.0, 90.0


class Engine:
    """A process that answers.

    Args:
        idle_s: without a question it ends after so long.
    """

    def __init__(self, *, idle_s: float = IDLE_S) -> None:
        self._idle_s, self._number = idle_s, 0
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._said: queue.Queue[str | None] = queue.Queue()
        self._idle: threading.Timer | None = None

    @property
    def pid(self) -> int | None:
        """Of the process; None where there is none now."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def ask(self, what: str, *, timeout_s: float = ANSWER_S, **asked: Any) -> Any:
        """The answer to one question; asked once more where the process died over it.

        Args:
            what: `describe`, `check`, `losses`, `alive` (`stillroom_app.engine`).
            timeout_s: how long to wait.
            asked: what goes with it, as plain values.

        Raises:
            InputError: what was asked for is wrong; it says how.
            StillroomError: no answer.
        """
        with self._lock:
            self._rest()
            try:
                said = self._asked({"ask": what, **asked}, timeout_s) or self._asked({"ask": what, **asked}, timeout_s)
            finally:
                self._wait_idly()
        if said is None:
            raise StillroomError(
                "the engine ends before it answers", where=what, mend="The server's log says what it printed"
            )
        if error := said.get("error"):
            raise InputError(error["what"], where=error["where"], mend=error["mend"])
        return said["answer"]

    def end(self) -> None:
        """Ends the process; the next question starts one."""
        with self._lock:
            self._rest()
            self._end()

    def _asked(self, question: dict[str, Any], timeout_s: float) -> dict[str, Any] | None:
        """What it said; None where it died."""
        self._number += 1
        process = self._running()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps({"number": self._number, **question}) + "\n")
            process.stdin.flush()
            while (line := self._said.get(timeout=timeout_s)) is not None:
                said = _answer(line)
                if said["number"] == self._number:
                    return said
        except queue.Empty:
            self._end()
            raise StillroomError(
                f"the engine did not answer within {timeout_s:.0f} s", where=question["ask"], mend="Try it again"
            ) from None
        except OSError:
            pass
        except ValueError as error:
            self._end()
            raise StillroomError(
                "the engine said something that is no answer", where=question["ask"], mend="Try it again"
            ) from error
        self._end()
        return None

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
            self._said = queue.Queue()
            self._process = _begun({**os.environ, **threads, "PYTHONSAFEPATH": "1"})
            threading.Thread(target=_listen, args=(self._process, self._said), name="engine", daemon=True).start()
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError, ValueError):
                    pipe.close()

    def _rest(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _wait_idly(self) -> None:
        self._idle = threading.Timer(self._idle_s, self._end_if_idle, (self._number,))
        self._idle.daemon = True
        self._idle.start()

    def _end_if_idle(self, number: int) -> None:
        """Ends the process, unless it was asked something while this waited for its turn."""
        with self._lock:
            if self._number == number:
                self._end()


def _begun(environment: dict[str, str]) -> subprocess.Popen[str]:
    """The process, started.

    Raises:
        StillroomError: the system starts none.
    """
    try:
        return subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise StillroomError(
            f"the engine could not be started: {error.strerror or error}", where=COMMAND[0], mend="Try it again"
        ) from error


def _answer(line: str) -> dict[str, Any]:
    """What a line says.

    Raises:
        ValueError: it is no answer.
    """
    said = json.loads(line)
    if not isinstance(said, dict) or "number" not in said or not {"answer", "error"} & set(said):
        raise ValueError("no answer")
    return said


def _listen(process: subprocess.Popen[str], said: queue.Queue[str | None]) -> None:
    """Passes lines on as they come, so that nobody waits for ever; None at the end."""
    assert process.stdout is not None
    with suppress(ValueError, OSError):  # closed while it was read
        for line in process.stdout:
            said.put(line)
    said.put(None)


ENGINE = Engine()
atexit.register(ENGINE.end)


def ask(what: str, **asked: Any) -> Any:
    """Asks the server's one engine; see `Engine.ask`."""
    return ENGINE.ask(what, **asked)
