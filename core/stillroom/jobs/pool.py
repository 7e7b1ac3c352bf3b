"""The local pool: so many jobs at once on this machine, each a process of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from contextlib import suppress

from stillroom.base.errors import InputError
from stillroom.jobs.control import ask_to_stop, wait_for_all
from stillroom.jobs.executor import EXECUTORS
from stillroom.jobs.record import LOST, QUEUED, Job, Request, Standing
from stillroom.jobs.store import Store

TRIES = 3


@EXECUTORS.register("pool")
class LocalPool:
    """Keeps the contract of `Executor` with the workspace's own queue.

    Only as many jobs as may run at once are in that queue: if this process is killed, what runs runs on to its end,
    and nothing else begins.

    Args:
        store: where the jobs are kept.
        workers: how many at once; cores and memory may allow fewer.
    """

    def __init__(self, store: Store, workers: int) -> None:
        self.store, self.workers = store, workers
        self._waiting: deque[tuple[str, Request]] = deque()
        self._jobs: dict[str, Job] = {}
        self._ended: dict[str, Standing] = {}
        self._tries: dict[str, int] = {}

    def submit(self, request: Request, token: str) -> None:
        """Hands a job over; see `Executor`."""
        if token in self._jobs or any(token == waiting for waiting, _ in self._waiting):
            return
        self._ended.pop(token, None)
        self._waiting.append((token, request))

    def poll(self) -> Mapping[str, Standing]:
        """Starts what there is room for and tells how all stand; see `Executor`."""
        self.store.dispatch()
        under_way = {token: self.store.look(job) for token, job in self._jobs.items()}
        for token, standing in list(under_way.items()):
            if standing.ended and self._taken_up_again(token, standing):
                under_way[token] = self.store.look(self._jobs[token])
            elif standing.ended:
                self._ended[token] = under_way.pop(token)
                del self._jobs[token]
        while self._waiting and len(self._jobs) < self.workers:
            token, request = self._waiting.popleft()
            self._jobs[token] = self._hand_over(token, request)
            self.store.dispatch()
            under_way[token] = self.store.look(self._jobs[token])
        waiting = {token: Standing(QUEUED) for token, _ in self._waiting}
        return waiting | under_way | self._ended

    def stop(self) -> None:
        """Stops what is under way; what waits does not begin."""
        self._waiting.clear()
        for job in self._jobs.values():
            with suppress(InputError):  # it has ended by itself
                ask_to_stop(self.store, job)
        standings = wait_for_all(self.store, list(self._jobs.values()))
        self._ended |= dict(zip(self._jobs, standings, strict=True))
        self._jobs.clear()

    def _hand_over(self, token: str, request: Request) -> Job:
        job = self.store.add(request, token)
        if self.store.look(job).ended:
            with suppress(InputError):  # somebody else takes it up at this moment: it is under way
                return self.store.again(job, request)
        return job

    def _taken_up_again(self, token: str, standing: Standing) -> bool:
        tries = self._tries.get(token, 1)
        if standing.state != LOST or tries >= TRIES:
            return False
        with suppress(InputError):  # somebody else takes it up at this moment: it is under way
            self._jobs[token] = self.store.again(self._jobs[token])
            self._tries[token] = tries + 1
        return True
