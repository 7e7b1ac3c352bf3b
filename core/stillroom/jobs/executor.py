"""What runs many jobs: the contract that a study relies on, and the engines that keep it, by name.

An engine gets requests and says how they stand. It starts them in the order in which they were handed over, as many
at once as it was told, and takes up again what was lost on the way. It never decides what a result is: that lies in
the runs' folders, so a study that was interrupted under one engine goes on under another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from stillroom.base.registry import Registry
from stillroom.jobs.record import Request, Standing
from stillroom.jobs.store import Store


class Executor(Protocol):
    """An engine that runs jobs."""

    def submit(self, request: Request, token: str) -> None:
        """Hands a job over.

        The same token is the same job: one that is under way is joined, not started twice; one that ended is begun
        again, since whoever submits has seen that its result is not there.
        """

    def poll(self) -> Mapping[str, Standing]:
        """How each job that was handed over stands, by token; moves the work on, and is called again and again."""

    def stop(self) -> None:
        """Asks all that is under way to stop, and returns when nothing of it works any more; nothing is lost."""


EXECUTORS: Registry[Callable[[Store, int], Executor]] = Registry("executor")
