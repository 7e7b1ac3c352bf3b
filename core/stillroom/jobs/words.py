"""The words of a job: a command of ours such that beginning it again goes on with it, and where what it makes lies."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Sequence
from pathlib import Path

from stillroom.base.config import fingerprint
from stillroom.base.errors import InputError
from stillroom.jobs.record import Request

_OWN = ("jobs",)


def resumable(words: Sequence[str], workspace: Path, token: str = "", threads: int = 1) -> tuple[str, ...]:
    """The same command, with a run's folder, `--resume` and its threads where it makes a run.

    One token names one folder.

    Raises:
        InputError: no words, or a command that cannot be a job.
    """
    if not words or words[0] in _OWN or words[0].startswith("-"):
        raise InputError(
            "a job is one of the other commands",
            where=" ".join(words[:2]),
            mend="As: stillroom jobs start -- distil ...",
        )
    if words[0] != "distil":
        return tuple(words)
    more: list[str] = []
    if not output_of(words, Path()):
        apart = fingerprint(token)[:8] if token else f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
        recipe = words[1] if len(words) > 1 and re.fullmatch(r"\w[\w-]*", words[1]) else "run"
        more += ["--run", str(workspace / f"{recipe}-{apart}")]
    if "--resume" not in words:
        more.append("--resume")
    if _given(words, "--threads") in ("", "0"):
        more += ["--threads", str(max(1, threads))]
    return (*words, *more)


def request_of(
    words: Sequence[str],
    workspace: Path,
    *,
    cwd: Path,
    token: str = "",
    threads: int = 1,
    memory_bytes: int | None = None,
) -> Request:
    """What a person asks for, as a job: its words made resumable, and the cores that they themselves say.

    Args:
        words: of the command line, after `stillroom`.
        workspace: where a run lies whose folder is not named.
        cwd: the folder it runs in.
        token: one token names one run's folder.
        threads: where the words do not say.
        memory_bytes: that it may hold; None for no bound.

    Raises:
        InputError: no words, or a command that cannot be a job.
    """
    given = resumable(words, workspace, token, threads)
    said = threads_of(given)
    asked = {
        "words": given,
        "cwd": str(cwd),
        "output": output_of(given, cwd),
        "threads": threads if said is None else said,
        "memory_bytes": memory_bytes,
    }
    return Request.from_input(asked, where="the options")


def threads_of(words: Sequence[str]) -> int | None:
    """How many threads a command is told to compute with, none where it only waits for others; None: not told."""
    if words and words[0] == "study":
        return 0
    named = _given(words, "--threads") if words and words[0] == "distil" else ""
    return int(named) if named.isdecimal() and int(named) else None


def output_of(words: Sequence[str], cwd: Path) -> str:
    """The run's folder that a command names; empty where it makes none."""
    if not words or words[0] != "distil":
        return ""
    named = _given(words, "--run")
    return str((cwd / named).absolute()) if named else ""


def _given(words: Sequence[str], option: str) -> str:
    """What an option is given, the last time where it is named several times; empty where it is not."""
    named = ""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == option or word.startswith(f"{option}="):
            named = following if word == option else word.partition("=")[2]
    return named
