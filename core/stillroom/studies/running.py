"""Running a study: hands what is missing to an engine, and watches until nothing is under way any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stillroom.base import journal
from stillroom.base.errors import InputError, StoppedError
from stillroom.base.events import Emit, Event, fan_out
from stillroom.jobs.executor import Executor
from stillroom.jobs.record import DONE, RUNNING, Request, Standing
from stillroom.runs.lock import held
from stillroom.studies.outcome import conclude
from stillroom.studies.plan import Planned, read_plan
from stillroom.studies.study import Study
from stillroom.studies.time_left import in_words, time_left

_LOOK_S, _TELL_S = 0.1, 1.0


def finish(
    study: Study,
    executor: Executor,
    *,
    at_once: int,
    emit: Emit,
    stop: Callable[[], bool],
    memory_bytes: int | None = None,
    conclude: Callable[[Study, dict[str, str]], dict[str, Any]] = conclude,
) -> dict[str, Any]:
    """Makes the runs that are missing, then writes the tables.

    Args:
        study: what is planned.
        executor: what runs the runs.
        at_once: how many, for the guess of the time left.
        emit: hears of progress, and of each run that failed.
        stop: asked all the time.
        memory_bytes: what each run may hold.
        conclude: writes the tables, and gives what a script reads.

    Returns:
        What a script reads; a run that failed is in it and has not kept the others from being made.

    Raises:
        StoppedError: stopped on request; the same command finishes what is missing.
    """
    with held(study.folder, "study", ""):
        if not read_plan(study.folder).same_as(study.plan):
            raise InputError("another study was begun here at the same moment", where=str(study.folder))
        journal.mend(study.folder / "events.jsonl")
        watch = _Watch(study, executor, at_once, fan_out(study.listen, emit))
        for planned in study.plan.runs:
            if study.report(planned) is None:
                watch.submit(planned, memory_bytes)
        watch.until_over(stop)
        answer = conclude(study, watch.failed)
        if not watch.failed:
            study.shelf.drop_answers()
        return answer


class _Watch:
    """What is under way, what ended well, what failed."""

    def __init__(self, study: Study, executor: Executor, at_once: int, emit: Emit) -> None:
        self.study, self.executor, self.at_once, self.emit = study, executor, at_once, emit
        self.failed: dict[str, str] = {}
        self._open: dict[str, Planned] = {}
        self._took_s: list[float] = []
        self._told_s = 0.0

    def submit(self, planned: Planned, memory_bytes: int | None) -> None:
        folder = self.study.run(planned).folder.absolute()
        shelf = self.study.shelf.folder.absolute()
        words = (*planned.words, "--run", str(folder), "--resume", "--shelf", str(shelf), "--json")
        request = Request(
            words=words,
            cwd=str(Path.cwd()),
            output=str(folder),
            threads=self.study.plan.threads,
            memory_bytes=memory_bytes,
            group=str(self.study.folder.absolute()),
        )
        token = f"{self.study.folder.absolute()}/{planned.id}/{planned.key}"
        self._open[token] = planned
        self.executor.submit(request, token)

    def until_over(self, stop: Callable[[], bool]) -> None:
        while self._open:
            standings = self.executor.poll()
            for token in [token for token in self._open if standings[token].ended]:
                self._close(self._open.pop(token), standings[token])
            self._tell(standings)
            if stop():
                self.executor.stop()
                raise StoppedError(
                    "stopped on request", where=str(self.study.folder), mend="The same command goes on with it"
                )
            time.sleep(_LOOK_S if self._open else 0.0)

    def _close(self, planned: Planned, standing: Standing) -> None:
        if standing.state == DONE and self.study.report(planned) is not None:
            self._took_s.append((standing.ended_s or 0.0) - (standing.began_s or 0.0))
            return
        why = standing.why or "its job ended, but the run is not done"
        self.failed[planned.id] = why
        name = self.study.plan.cells[planned.cell].name
        self.emit(Event("run.failed", f"run {planned.id} ({name}) {standing.state}: {why}", {"run": planned.id}))

    def _tell(self, standings: Mapping[str, Standing]) -> None:
        now = time.monotonic()
        if now - self._told_s < _TELL_S and self._open:
            return
        self._told_s = now
        running = [standings[token] for token in self._open if standings[token].state == RUNNING]
        total, failed = len(self.study.plan.runs), len(self.failed)
        done = total - len(self._open) - failed
        begun = sum(time.time() - (one.began_s or time.time()) for one in running)
        usual = sum(self._took_s[-20:]) / max(1, len(self._took_s[-20:]))
        left = time_left(self._took_s, len(self._open) - min(begun / usual, len(running)) if usual else 0, self.at_once)
        parts = [f"{len(running)} running", f"{failed} failed" * bool(failed), in_words(left)]
        data = {"part": ", ".join(filter(None, parts)), "done": done, "of": total, "unit": "runs"}
        counts = {"running": len(running), "failed": failed, "left_s": list(left) if left else None}
        self.emit(Event("study", data={**data, **counts}))
