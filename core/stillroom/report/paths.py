"""What is handed over tells where nothing lay: sources of data as `dsads:PATH`, runs by their names.

Of a command the words stay as they are, but for those that name a source or a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stillroom.report.wording import clean

PATH = "PATH"
NOTE = "PATH stands for where the recordings lie."
_WITH_PATH = ("--data", "--teacher")


def source_said(text: object) -> str:
    """A source of data as `dsads:PATH`, without what tells of somebody's machine.

    Args:
        text: as it was typed: NAME, NAME:PATH or a path.
    """
    name, colon, _ = str(text).partition(":")
    if any(sign in name for sign in "/\\~") or (colon and len(name) == 1):  # one letter is a drive's name
        return PATH
    return f"{clean(name)}:{PATH}" if colon else clean(name)


def run_said(text: object) -> str:
    """A run by its folder's name, wherever it lay."""
    return clean(str(text).replace("\\", "/").rstrip("/").rpartition("/")[2])


def setting_said(name: str, value: object) -> str:
    """A setting's value as one line, without the path of a source or of a run."""
    if not value or name not in _SAID:
        return clean(value)
    return _SAID[name](value)


def words_said(words: Sequence[object]) -> list[str]:
    """A command's words; those that name a source or a run without their paths."""
    said, before = [], ""
    for word in map(str, words):
        name, equals, value = word.partition("=")
        if before in _WITH_PATH:
            said.append(setting_said(before.removeprefix("--"), word))
        elif equals and name in _WITH_PATH:
            said.append(f"{name}={setting_said(name.removeprefix('--'), value)}")
        else:
            said.append(word)
        before = word
    return said


def commits_said(facts: Mapping[str, Any]) -> str:
    """The commit that a run was begun under, and those that it was gone on with."""
    later = [clean(one.get("commit") or "not recorded") for one in facts.get("resumed") or ()]
    return ", then ".join([clean(facts.get("commit") or "not recorded"), *later])


_SAID = {"data": source_said, "teacher": run_said, "teacher_run": run_said}
