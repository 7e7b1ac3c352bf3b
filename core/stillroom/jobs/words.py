"""The words of a job: a command of ours such that beginning it again goes on with it, and where what it makes lies.

The options of `distil` become words here, and words options again: who plans or shows a command needs no torch for it.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stillroom.base.config import fingerprint
from stillroom.base.errors import InputError
from stillroom.jobs.record import Request

_OWN = ("app", "jobs")  # a server has no end, and a job starts no jobs
_SAID = {"change": "set"}  # an option's name, where it is not the word
_FLAGS, _MANY = ("fast", "i_know_it_leaks", "resume", "json"), ("change", "drop_class")
_OF_THE_RUN = ("run", "resume", "shelf", "json")  # what says where and how, and nothing about the experiment


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
    if words and (words[0] == "study" or _given(words, "--follow")):  # a stream is waited for, and answered at once
        return 0
    named = _given(words, "--threads") if words and words[0] == "distil" else ""
    return int(named) if named.isdecimal() and int(named) else None


def output_of(words: Sequence[str], cwd: Path) -> str:
    """The run's folder that a command names; empty where it makes none."""
    if not words or words[0] != "distil":
        return ""
    named = _given(words, "--run")
    return str((cwd / named).absolute()) if named else ""


def words_of(recipe: str, options: Mapping[str, Any]) -> list[str]:
    """The words of `distil` with some options, after `stillroom`.

    Args:
        recipe: its name.
        options: by their names in `recipes.options`; a list repeats its option, true alone is a flag.
    """
    words = ["distil", recipe]
    for name, value in options.items():
        option = f"--{_SAID.get(name, name).replace('_', '-')}"
        if value is True:
            words.append(option)
        elif isinstance(value, list | tuple):
            words += [word for one in value for word in (option, str(one))]
        elif value is not False:
            words += [option, str(value)]
    return words


def options_of(words: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """The recipe and the options that words of `distil` say; all values as texts, where the run lies left out.

    Raises:
        InputError: words of another command, or an option that is no option.
    """
    if len(words) < 2 or words[0] != "distil":
        raise InputError("not the words of distil", where=" ".join(words[:2]))
    names = {said: name for name, said in _SAID.items()}
    options: dict[str, Any] = {}
    rest = list(words[2:])
    while rest:
        word, equals, value = rest.pop(0).partition("=")
        name = word.removeprefix("--").replace("-", "_")
        name = names.get(name, name)
        if not word.startswith("--"):
            raise InputError("an option was expected", where=word)
        if name in _FLAGS:
            options[name] = True
            continue
        if not equals and not rest:
            raise InputError("an option without its value", where=word)
        value = value if equals else rest.pop(0)
        options[name] = [*options.get(name, []), value] if name in _MANY else value
    return words[1], {name: value for name, value in options.items() if name not in _OF_THE_RUN}


def _given(words: Sequence[str], option: str) -> str:
    """What an option is given, the last time where it is named several times; empty where it is not."""
    named = ""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == option or word.startswith(f"{option}="):
            named = following if word == option else word.partition("=")[2]
    return named
