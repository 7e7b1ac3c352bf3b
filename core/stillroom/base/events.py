"""Events: how library code speaks. It prints nothing and draws no bar; the command line and the app listen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        kind: a dotted word, as `phase.started`, `epoch`, `note`.
        message: a sentence for a person; may be empty.
        data: plain values for a program.
        time_s: seconds since 1970, when it happened.
    """

    kind: str
    message: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    time_s: float = field(default_factory=time.time)

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return asdict(self)


Emit = Callable[[Event], None]


def silent(_: Event) -> None:
    """A listener that hears nothing."""


def fan_out(*listeners: Emit) -> Emit:
    """One listener that passes each event to several."""

    def emit(event: Event) -> None:
        for listen in listeners:
            listen(event)

    return emit
