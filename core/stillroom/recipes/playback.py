"""A stretch of somebody who was tested, with what each model says of it, window by window.

    playback_stretch    whose, and which stretch         playback_sets    with any of the sensors gone
    playback_run        all of it, of a finished run     playback_why     why it was said

Each model that answers is of the fold that tests the person. `keep_plain` is what every run gets at its end: answers
alone. Nothing here trains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import StillroomError
from stillroom.base.events import Emit, Event, silent
from stillroom.explain.subsets import refuse_stopped
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.explained import ASKED, RecordedView, explained, layout_of
from stillroom.recipes.playback_stretch import Stretch, choose
from stillroom.recipes.roles import ALONE, STUDENT, compared
from stillroom.runs.playback import Channel, Playback, keep_playback
from stillroom.runs.store import Run
from stillroom.sensors.layout import Layout
from stillroom.training.scoring import probabilities_at

SECONDS, STEP_S = 90.0, 0.5
DRAWN_HZ = 25.0  # of what is recorded faster, every n-th sample is drawn
_HEIGHTS = 1024  # that a channel is drawn at, over what it spans
Answers = Mapping[str, NDArray[np.float32]]


def keep_plain(experiment: Experiment, run: Run, emit: Emit) -> None:
    """Answers alone, for a run that is done; where that fails, nothing is kept and the run stays done.

    Args:
        experiment: of the run.
        run: done.
        emit: hears what went wrong.
    """
    try:
        stretch = choose(experiment, run.report, seconds=SECONDS, step_s=STEP_S)
        keep_playback(run, plain(experiment, run, stretch, answers(experiment, run, stretch)))
    except Exception as error:  # whatever it is: days of training must not end in an error for want of a film
        said = f"no playback was kept ({error}): stillroom runs playback {run.folder}"
        with suppress(StillroomError):  # the disk is full for the journal as well
            emit(Event("playback.left_out", said))


def answers(
    experiment: Experiment,
    run: Run,
    stretch: Stretch,
    *,
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
) -> Answers:
    """What each model says: teacher, student and alone; of a run with none of these the one that decides.

    Args:
        experiment: of the run.
        run: whose models.
        stretch: what is played to them.
        emit: hears of progress.
        stop: asked before each model.

    Returns:
        By role, `(window, class)` probabilities.

    Raises:
        StoppedError: on request.
    """
    made = compared(experiment.recipe)
    roles = [role for role in ASKED if role in made] or [stretch.median_of]
    here, starts = stretch.alone(experiment)
    found = {}
    for done, role in enumerate(roles, start=1):
        refuse_stopped(stop, f"asking the {role}")
        with explained(here, run, role, stretch.fold) as one:
            found[role] = probabilities_at(one.model, RecordedView(one, here), starts)
        emit(Event("playback.answers", data={"part": f"asking the {role}", "done": done, "of": len(roles)}))
    return found


def plain(experiment: Experiment, run: Run, stretch: Stretch, said: Answers) -> Playback:
    """The stretch with the answers, without sets of sensors and without why.

    Args:
        experiment: of the run.
        run: done.
        stretch: what is played.
        said: by role, as `answers` gives it.
    """
    index, layout, first = experiment.index, layout_played(experiment), int(stretch.starts[0])
    signal, rate_hz = _drawn(experiment, stretch, layout)
    own = experiment.student.layout.sensors if small_of(run.report) else ()
    return Playback(
        recording=experiment.dataset.recordings[stretch.recording].name,
        unit=stretch.unit,
        start_s=(first - int(index.offsets[stretch.recording])) / index.rate_hz,
        rate_hz=rate_hz,
        window_s=index.width / index.rate_hz,
        step_s=stretch.step / index.rate_hz,
        channels=tuple(Channel(one.name, one.unit, one.sensor) for one in layout),
        classes=index.classes,
        sensors=layout.sensors,
        own=tuple(name for name in layout.sensors if name in own),
        median_of=stretch.median_of,
        chosen=stretch.chosen,
        signal=signal,
        windows_s=(stretch.starts - first) / index.rate_hz,
        truth=stretch.truth,
        answers={role: halves(shares) for role, shares in said.items()},
    )


def small_of(report: Mapping[str, Any]) -> str:
    """A run's small model with few sensors: the student, where there is none the student alone, else empty.

    Args:
        report: of the run.
    """
    return next((role for role in (STUDENT, ALONE) if report.get(role)), "")


def layout_played(experiment: Experiment) -> Layout:
    """The teacher's channels, and behind them what only the student has."""
    first = layout_of(experiment)
    more = [channel for channel in experiment.student.layout if channel.name not in first.names]
    return Layout(channels=(*first, *more))


def halves(shares: NDArray[np.float32]) -> NDArray[np.float16]:
    """Probabilities in 16 bits; the class that is said stays the one that is said.

    Args:
        shares: `(window, class)`.
    """
    told, said = shares.astype(np.float16), shares.argmax(axis=1)
    other = np.flatnonzero(told.argmax(axis=1) != said)  # two that 16 bits do not tell apart
    told[other, said[other]] = np.nextafter(told[other].max(axis=1), np.float16(2))
    return told


def _drawn(experiment: Experiment, stretch: Stretch, layout: Layout) -> tuple[NDArray[np.float32], float]:
    """`(channel, time)` of the stretch, as recorded but for the last bits, and how many samples a second."""
    rate_hz, (here, _) = experiment.index.rate_hz, stretch.alone(experiment)
    every = max(1, int(rate_hz / DRAWN_HZ))
    signal = here.bank.view(layout).signal[:, ::every]
    span = np.ptp(signal, axis=1, keepdims=True).astype(float)
    height = np.exp2(np.floor(np.log2(np.where(span > 0, span, 1.0) / _HEIGHTS)))  # a power of two: it packs well
    return (np.round(signal / height) * height).astype(np.float32), rate_hz / every
