"""Who a command works for: nobody but the person at the keyboard, or a job that watches over it.

The job's side sets the host, the command line reads it; neither needs to know the other.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Protocol

from stillroom.base.errors import StillroomError
from stillroom.base.events import Event


class Host(Protocol):
    """What a command tells and asks.

    Attributes:
        error: what went wrong, for the last word.
    """

    error: StillroomError | None

    def emit(self, event: Event) -> None:
        """Hears what happens."""

    def asked_to_stop(self) -> bool:
        """Whether to end at the next step."""

    def paused(self) -> bool:
        """Whether to wait before the next step; asked again and again while it does."""

    def keep_result(self, value: dict[str, Any]) -> None:
        """Keeps what `--json` prints."""


HOST: ContextVar[Host | None] = ContextVar("host", default=None)
