"""Something to play, out of the demo's answers and the simulated line's recordings; no model is asked.

Answers between two windows of the run are drawn between theirs, answers of sets are mixed out of the models', and why
is made up: enough to look at, and the same each time. It proves nothing of the models.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.base.paths import read_json
from stillroom.data.source import open_source
from stillroom.runs.playback import Channel, Playback, SensorSet, keep_playback
from stillroom.runs.predictions import places_of, predictions_of
from stillroom.runs.store import Run, open_run
from stillroom_app.services.workspace import DEMO

RECORDING, SECONDS, STEP_S, BLOCKS, EVERY = "p05/1", 60.0, 0.5, 20, 4
ROLES = ("teacher", "student", "alone")


def playback(seconds: float = SECONDS, step_s: float = STEP_S) -> Playback:
    """A stretch of p05 with everything that can be in one: every set, and why."""
    run = open_run(DEMO / "tsak")
    report, places = run.report, places_of(run)
    assert places is not None
    held = next(one for one in open_source("factory").recordings if one.name == RECORDING)
    names = tuple(report["teacher_view"])
    sensors = tuple(dict.fromkeys(name.rpartition(".")[0] for name in names))
    rate_hz, window_s = report["windows"]["rate_hz"], places.window_s
    starts = np.arange(0, seconds - window_s + 1e-9, step_s)
    grid = np.flatnonzero(places.recording == places.names.index(RECORDING))
    answers = {role: _between(run, role, grid, places.start_s[grid], starts) for role in ROLES}
    truth = _nearest(run, grid, places.start_s[grid], starts)
    sets, said, share = _sets(sensors, answers, report["student"])
    explained = np.arange(0, len(starts), EVERY, dtype=np.int32)
    units = {channel.name: channel.unit for channel in open_source("factory").layout}
    return Playback(
        recording=RECORDING, unit="p05", start_s=0.0, rate_hz=rate_hz, window_s=window_s, step_s=step_s,
        channels=tuple(Channel(name, units[name], name.rpartition(".")[0]) for name in names),
        classes=tuple(report["classes"]), sensors=sensors, own=("right_wrist.acc",), median_of="student",
        chosen="The person whose score is the median; the stretch with the most activities.",
        signal=held.signal[:, : round(seconds * rate_hz)].astype(np.float32), windows_s=starts, truth=truth,
        answers={role: one.astype(np.float16) for role, one in answers.items()},
        sets=sets, said=said, share=share, why=_why(len(explained), names), why_windows=explained,
        why_method="integrated gradients",
    )  # fmt: skip


def plain(seconds: float = SECONDS, step_s: float = STEP_S) -> Playback:
    """The same with answers alone, as a run keeps it whose sets nobody asked about."""
    empty: dict[str, Any] = {
        "sets": (), "said": np.zeros((0, 0), np.int16), "share": np.zeros((0, 0), np.float16), "why": {},
        "why_windows": np.zeros(0, np.int32), "why_method": "",
    }  # fmt: skip
    return replace(playback(seconds, step_s), **empty)


def kept_in(folder: Path, what: Playback) -> Path:
    """A run with something to play."""
    keep_playback(open_run(folder), what)
    return folder


def _between(
    run: Run, role: str, grid: NDArray[Any], at: NDArray[np.float64], starts: NDArray[np.float64]
) -> NDArray[np.float64]:
    found = predictions_of(run, role)
    given = found.probabilities[np.searchsorted(found.ids, grid)].astype(float)
    columns = [np.interp(starts, at, given[:, number]) for number in range(given.shape[1])]
    return np.stack(columns, axis=1)


def _nearest(run: Run, grid: NDArray[Any], at: NDArray[np.float64], starts: NDArray[np.float64]) -> NDArray[np.int16]:
    found = predictions_of(run, "teacher")
    truth = found.truth[np.searchsorted(found.ids, grid)]
    nearest = np.abs(starts[:, None] - at[None, :]).argmin(axis=1)
    labels = truth[nearest].astype(np.int16)
    labels[len(labels) // 2 : len(labels) // 2 + 3] = -1  # somewhere nothing was labelled
    return labels


def _sets(
    sensors: tuple[str, ...], answers: dict[str, NDArray[np.float64]], student: dict[str, Any]
) -> tuple[tuple[SensorSet, ...], NDArray[np.int16], NDArray[np.float16]]:
    """Every set: the fewer its sensors, the less of the teacher's answer is in it."""
    estimates = {frozenset(one["subset"]): one for one in _told()}
    draw = np.random.default_rng(0)
    groups = chain.from_iterable(combinations(sensors, size) for size in range(1, len(sensors) + 1))
    sets, said, share = [], [], []
    for group in groups:
        one = estimates[frozenset(group)]
        part = len(group) / len(sensors)
        noise = draw.dirichlet(np.full(answers["teacher"].shape[1], 0.3), len(answers["teacher"]))
        mixed = part * answers["teacher"] + (1 - part) * (0.6 * answers["alone"] + 0.4 * noise)
        own = group == ("right_wrist.acc",)
        mixed = answers["student"] if own else mixed
        measured = SensorSet(group, "student", "", student["macro_f1"], student["low"], student["high"], one["mean"])
        sets.append(measured if own else SensorSet(group, "estimate", "", one["mean"], one["low"], one["high"]))
        said.append(mixed.argmax(axis=1))
        share.append(mixed.max(axis=1))
    return tuple(sets), np.array(said, np.int16), np.array(share, np.float16)


def _told() -> list[dict[str, Any]]:
    told: dict[str, Any] = read_json(DEMO / "tsak" / "explain" / "sets.json")["told"]
    subsets: list[dict[str, Any]] = told["subsets"]
    return [*subsets, {"subset": told["names"], **told["whole"]}]


def _why(windows: int, channels: tuple[str, ...]) -> dict[str, NDArray[np.float16]]:
    draw = np.random.default_rng(1)
    found = {}
    for role, seen in (("teacher", ""), ("student", "right_wrist.acc")):
        drawn = draw.normal(0.2, 1, (windows, len(channels), BLOCKS)) * draw.gamma(1, 1, (windows, len(channels), 1))
        drawn *= np.array([name.startswith(seen) for name in channels])[None, :, None]
        found[role] = (drawn / np.abs(drawn).sum(axis=(1, 2), keepdims=True)).astype(np.float16)
    return found
