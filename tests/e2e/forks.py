"""Runs command lines from stdin (a JSON object a line), each in a forked process of its own, some with a trap.

Prints each one's exit code. What a run imports, early or late, is imported once before the forks, without starting a
thread, so that a killed process costs no new import.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from stillroom.cli.main import run
from stillroom.training.loop import Training


def set_trap(where: str, at: int, name: str) -> None:
    """Sends a signal to this process at the n-th call of what `where` names.

    `step` is a training step, `before file` and `after file` the renaming of a file into place, `marked done` the
    renaming of a `run.json` beside a report.
    """
    owner, method = (Training, "step") if where == "step" else (Path, "replace")
    plain: Any = getattr(owner, method)
    calls = 0

    def trapped(*arguments: Any) -> Any:
        nonlocal calls
        calls += where != "marked done" or arguments[1].with_name("report.md").exists()
        here = calls == at
        if here and where != "after file":
            os.kill(os.getpid(), getattr(signal, name))
        done = plain(*arguments)
        if here and where == "after file":
            os.kill(os.getpid(), getattr(signal, name))
        return done

    setattr(owner, method, trapped)


def child(order: dict[str, Any]) -> NoReturn:
    """The process of one command line."""
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{order['logs']}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    if order["trap"]:
        set_trap(*order["trap"])
    code: object = 1
    try:
        run(order["words"])
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0)


def main() -> None:
    """One after another."""
    for name in ("stillroom.data.sources", "stillroom.recipes.distil", "torch._dynamo", "sklearn.ensemble"):
        importlib.import_module(name)
    for line in sys.stdin:
        process = os.fork()
        if not process:
            child(json.loads(line))
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
