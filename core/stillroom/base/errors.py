"""Errors that a user can act on: what went wrong, where, and how to mend it."""

from __future__ import annotations


class StillroomError(Exception):
    """A failure that we can explain.

    Args:
        what: one sentence, without a full stop at its end.
        where: file, row, column, field or option; empty where there is none.
        mend: what the user can do about it.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """The whole message on one line."""
        where = f" ({self.where})" if self.where else ""
        mend = f". {self.mend}" if self.mend else ""
        return " ".join(f"{self.what}{where}{mend}".split())

    def as_dict(self) -> dict[str, str]:
        """What a script reads under `error`."""
        return {"what": self.what, "where": self.where, "mend": self.mend}


class InputError(StillroomError):
    """The user's input (a file, an option, a view) was wrong; the command ends with exit code 2."""

    exit_code = 2


class StorageError(StillroomError):
    """The disk refused us: full, read-only, or gone. Nothing half-written is left behind."""


class StoppedError(StillroomError):
    """The work was stopped on request and can be resumed; exit code 130."""

    exit_code = 130
