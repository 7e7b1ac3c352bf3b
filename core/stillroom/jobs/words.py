"""The words of a job: a command of ours such that beginning it again goes on with it, and where what it makes lies."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from pathlib import Path

from stillroom.base.config import fingerprint
from stillroom.base.errors import InputError

_OWN = ("jobs",)


def resumable(words: Sequence[str], workspace: Path, token: str = "") -> tuple[str, ...]:
    """The same command, with a run's folder and `--resume` where it makes a run; one token names one folder.

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
        more += ["--run", str(workspace / f"{words[1] if len(words) > 1 else 'run'}-{apart}")]
    if "--resume" not in words:
        more.append("--resume")
    return (*words, *more)


def output_of(words: Sequence[str], cwd: Path) -> str:
    """The run's folder that a command names; empty where it makes none."""
    if not words or words[0] != "distil":
        return ""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == "--run" or word.startswith("--run="):
            named = following if word == "--run" else word.partition("=")[2]
            return str((cwd / named).absolute())
    return ""
