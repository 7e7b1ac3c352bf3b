"""What a job costs beside its command, and what a second worker saves: `stillroom bench jobs`.

Ratios and differences of one run. A job is timed from being handed over until it is known to have ended; the command
alone from its start to its end. Both begin a process of their own, and their order alternates.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from stillroom.base.errors import StillroomError
from stillroom.base.events import Emit, Event, silent
from stillroom.base.paths import write_json
from stillroom.jobs.pool import LocalPool
from stillroom.jobs.record import DONE, Request
from stillroom.jobs.store import COMMAND, Store
from stillroom.studies.ablation import Ablation
from stillroom.studies.running import finish
from stillroom.studies.study import begin_study

RUN_S, MANY = 30.0, 1000
_QUICK = ("data", "list", "--json")
_LOOK_S = 0.05
_SMALL = {"data": "factory", "student_view": "right_wrist.acc.*", "protocol": "persons:4", "fast": True, "folds": 1}
_VARY = ("student.terms.attn_rep.weight=1,2",)


def bench_jobs(folder: Path, *, rounds: int = 9, studies: int = 1, emit: Emit = silent) -> dict[str, Any]:
    """Overhead of a job, listing of many, and one worker against two.

    Args:
        folder: empty; everything is made in it.
        rounds: paired rounds of the overhead.
        studies: paired studies; none are run with 0.
        emit: hears what is measured.

    Returns:
        `{rows: [{name, median, low, high, n}]}`.
    """
    emit(Event("note", "a command as a job, and alone"))
    over_s = _overhead_s(Store(folder / "quick"), rounds)
    emit(Event("note", f"listing {MANY} jobs"))
    listed_s = _listing_s(folder / "many", rounds)
    rows = [
        _row("a job over its command alone, seconds", over_s),
        _row(f"the same as a share of a run of {RUN_S:g} s", [seconds / RUN_S for seconds in over_s]),
        _row(f"{MANY} jobs listed and filtered, seconds", listed_s),
    ]
    if studies:
        emit(Event("note", "a study of four runs with one worker, and with two"))
        rows.append(_row("wall time of one worker / of two", [_speed_up(folder / str(n), n) for n in range(studies)]))
    return {"rows": rows}


def _overhead_s(store: Store, rounds: int) -> list[float]:
    pairs = []
    for number in range(rounds + 1):  # the first warms up
        as_job, alone = _alternating(number, partial(_job, store, f"round {number}"), _alone)
        pairs.append(as_job - alone)
    return pairs[1:]


def _job(store: Store, token: str) -> None:
    pool = LocalPool(store, 1)
    pool.submit(Request(words=_QUICK, cwd=str(Path.cwd()), nice=0), token)
    while not (standing := pool.poll()[token]).ended:
        time.sleep(_LOOK_S)
    if standing.state != DONE:
        raise StillroomError(f"the job that was timed {standing.state}: {standing.why}")


def _alone() -> None:
    subprocess.run([*COMMAND, *_QUICK], check=True, capture_output=True, start_new_session=True)


def _listing_s(folder: Path, rounds: int) -> list[float]:
    for number in range(MANY):
        request = Request(words=("distil", "tsak", "--seed", str(number)), cwd=str(folder))
        job = folder / "jobs" / f"{number:016x}"
        (job / "control").mkdir(parents=True)
        write_json(job / "job.json", {"format": 1, "made_s": float(number), "request": request.model_dump(mode="json")})
        write_json(job / "exit.json", {"state": "done" if number % 2 else "failed", "ended_s": float(number)})
    store = Store(folder)
    store.rows()
    return [_wall_s(lambda: store.rows(["failed"], "--seed 99")) for _ in range(rounds)]


def _speed_up(folder: Path, number: int) -> float:
    one, two = _alternating(number, lambda: _study(folder / "one", 1), lambda: _study(folder / "two", 2))
    return one / two


def _study(folder: Path, workers: int) -> None:
    study = begin_study(folder / "study", Ablation("tsak", _SMALL, _VARY, seeds=2).plan())
    told = finish(study, LocalPool(Store(folder), workers), at_once=workers, emit=silent, stop=lambda: False)
    if told["done"] < told["planned"]:
        raise StillroomError(f"a run of the study that was timed failed: {next(iter(told['plan']))['why']}")


def _alternating(number: int, first: Callable[[], None], second: Callable[[], None]) -> tuple[float, float]:
    if number % 2:
        later = _wall_s(second)
        return _wall_s(first), later
    sooner = _wall_s(first)
    return sooner, _wall_s(second)


def _wall_s(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _row(name: str, values: Sequence[float]) -> dict[str, Any]:
    return {"name": name, "median": median(values), "low": min(values), "high": max(values), "n": len(values)}
