"""Stopping on request: the first SIGINT or SIGTERM asks for a checkpoint and a clean end, the second ends at once.

A job is asked by its control files as well, and waits here while it is paused.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from stillroom.base.host import HOST

_LOOK_S = 0.1


@contextmanager
def stop_on_signal() -> Iterator[Callable[[], bool]]:
    """Yields a function that tells whether a stop was asked for."""
    asked = False

    def hear(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    def stop() -> bool:
        host = HOST.get()
        while host is not None and not asked and host.paused():
            time.sleep(_LOOK_S)
        return asked or (host is not None and host.asked_to_stop())

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
