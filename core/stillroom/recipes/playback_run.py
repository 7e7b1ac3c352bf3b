"""Making what is played back of a finished run, with everything: answers, sets of sensors, and why.

What is left out (no network for any set of sensors, no captum, two students with the same sensors) is said in notes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import Field

from stillroom.base.config import Config
from stillroom.base.events import Emit
from stillroom.explain.extra import missing
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.explained import ASKED
from stillroom.recipes.playback import SECONDS, STEP_S, Answers, answers, layout_played, plain, small_of
from stillroom.recipes.playback_sets import Sets, add_estimates, add_student, add_students, fitting
from stillroom.recipes.playback_stretch import Stretch, choose
from stillroom.recipes.playback_why import why
from stillroom.recipes.reopen import finished_run, reopen
from stillroom.runs.playback import PLAYBACK, Playback, keep_playback
from stillroom.runs.store import Run

Stop = Callable[[], bool]


class Played(Config):
    """What is asked for.

    Attributes:
        seconds: the most that is played.
        step_s: from one window to the next.
        recording: to be played, as `person/session`; by the rule where empty.
        sets: make the network for any set of sensors where it is not there yet.
        why: attributions, where the extra `explain` is installed.
        also: folders of further runs, whose students join.
    """

    seconds: float = Field(default=SECONDS, gt=0, le=600)
    step_s: float = Field(default=STEP_S, ge=0.05, le=60)
    recording: str = ""
    sets: bool = False
    why: bool = True
    also: tuple[str, ...] = ()


def play_run(folder: Path, asked: Played, *, emit: Emit, stop: Stop) -> dict[str, Any]:
    """Makes a run's `playback.npz`.

    Args:
        folder: of a finished run.
        asked: what.
        emit: hears of progress.
        stop: asked before each step; what was there before stays until all is done.

    Returns:
        What a script reads: `playback`, `recording`, `unit`, `seconds`, `windows`, `roles`, `sets`, `students`,
        `explained`, `chosen` and `notes`.

    Raises:
        InputError: no finished run, a recording that was not tested, or a further run that does not fit.
        StoppedError: on request.
    """
    run = finished_run(folder)
    experiment = reopen(run, emit=emit)
    others = [fitting(experiment, run, Path(other)) for other in asked.also]
    played, notes = build_playback(experiment, run, asked, others, emit=emit, stop=stop)
    keep_playback(run, played)
    return {
        "playback": str(run.folder / PLAYBACK),
        "recording": played.recording,
        "unit": played.unit,
        "seconds": round(played.seconds, 3),
        "windows": len(played.windows_s),
        "roles": list(played.answers),
        "sets": len(played.sets),
        "students": [one.run for one in played.sets if one.of == "student"],
        "explained": len(played.why_windows),
        "chosen": played.chosen,
        "notes": notes,
    }


def build_playback(
    experiment: Experiment, run: Run, asked: Played, others: Sequence[Run] = (), *, emit: Emit, stop: Stop
) -> tuple[Playback, list[str]]:
    """What is played, and what is left out of it.

    Args:
        experiment: of the run.
        run: done.
        asked: what.
        others: further runs, as `fitting` gives them.
        emit: hears of progress.
        stop: asked before each step.

    Raises:
        InputError: a recording that was not tested.
        StoppedError: on request.
    """
    stretch = choose(
        experiment, run.report, seconds=asked.seconds, step_s=asked.step_s, recording=asked.recording
    )  # fmt: skip
    said = answers(experiment, run, stretch, emit=emit, stop=stop)
    played = plain(experiment, run, stretch, said)
    sets = Sets()
    if played.own:
        add_student(sets, run, said[small_of(run.report)], played.own)
    add_students(sets, experiment, others, stretch, stop)
    add_estimates(sets, experiment, run, stretch, train=asked.sets, emit=emit, stop=stop)
    sets = sets.in_order(played.sensors)
    named, share = sets.arrays(len(stretch.starts))
    played = replace(played, sets=tuple(sets.told), said=named, share=share)
    if not asked.why:
        return played, sets.notes
    if lacking := missing():
        note = f"Why is left out: it needs {', '.join(lacking)} (pip install 'stillroom[explain]')."
        return played, [*sets.notes, note]
    return _with_why(experiment, run, stretch, played, said, emit, stop), sets.notes


def _with_why(
    experiment: Experiment, run: Run, stretch: Stretch, played: Playback, answered: Answers, emit: Emit, stop: Stop
) -> Playback:
    said = {role: shares.argmax(axis=1) for role, shares in answered.items() if role in ASKED}
    if not said:  # a forest alone
        return played
    found = why(experiment, run, stretch, said, layout_played(experiment).names, emit=emit, stop=stop)
    return replace(played, why=found.shares, why_windows=found.windows, why_method=found.method)
