"""What a stream can do beyond one window: every model's answers again, smoothed over the windows before.

A smoothing of a window sequence is a last step that every model may take, so a score of single windows is no bound.
Each recording of a fold's test people is passed in the order of time, with what lies between its windows and has no
label to be scored on (a stream does not know what was labelled), and smoothed causally; the HMM learns its transitions
and first shares from that fold's training windows. Where every stretch holds one activity only, a
smoothing is a vote over a recording that never changes: this is found and said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.data.recording import UNLABELLED
from stillroom.data.splits import Fold
from stillroom.data.windows import WindowIndex
from stillroom.evaluation.comparison import Predictions, compare
from stillroom.evaluation.sequence import hmm_filter, transitions
from stillroom.inference.smoothing import Smoother, Smoothing
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.fold import PREDICTIONS

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]
Show = Callable[[Floats], Ids]

VOTE_S, IN_A_ROW = 60.0, 3
NONE, MAJORITY, HYSTERESIS, HMM = SMOOTHINGS = ("none", f"majority:{VOTE_S:g}s", f"hysteresis:{IN_A_ROW}", "hmm")
HEADINGS = ("model", "each window alone", f"vote over {VOTE_S:g} s", f"hysteresis, {IN_A_ROW} windows", "HMM")
_NEARLY = 0.95
_KEPT = ("macro_f1", "low", "high", "per_person")


def build_context(experiment: Experiment, run_part: Callable[[str, str], Path], roles: Sequence[str]) -> dict[str, Any]:
    """Scores every model's smoothed answers on the same test windows; ready for JSON.

    Args:
        experiment: what was run.
        run_part: the folder of a fold's model, by the names of fold and role; its predictions lie there.
        roles: the models.

    Returns:
        `models`: by role and smoothing `{macro_f1, low, high, per_person}`; and what a reader must know: `window_s`,
        `stride_s`, `share` of a window that is new, `vote_windows`, `stretches`, `median_stretch_s`,
        `one_activity_each` and `caveats` in sentences.
    """
    index, stride = experiment.index, _stride(experiment)
    answers = [answer for fold in experiment.folds for answer in _answers(experiment, fold, run_part, roles)]
    compared = {name: _compared(experiment, [by[name] for by in answers]) for name in SMOOTHINGS}
    facts = {
        "window_s": index.width / index.rate_hz,
        "stride_s": stride / index.rate_hz,
        "share": _share(index, stride),
        "vote_windows": _vote_windows(index, stride),
        **_stretch_facts(experiment, stride),
    }
    models = {role: {name: {key: compared[name][role][key] for key in _KEPT} for name in SMOOTHINGS} for role in roles}
    return {**facts, "smoothings": list(SMOOTHINGS), "models": models, "caveats": _caveats(facts)}


def context_rows(context: Mapping[str, Any], titles: Mapping[str, str] | None = None) -> list[list[str]]:
    """Models as rows, smoothings as columns (see `HEADINGS`): macro-F1 with its interval.

    Args:
        context: as `build_context` gives it.
        titles: of roles, for people; a role without one is named as it is.
    """
    named = titles or {}
    return [
        [named.get(role, role), *(_cell(by[name]) for name in SMOOTHINGS)] for role, by in context["models"].items()
    ]


def stretches(index: WindowIndex, starts: Ids, stride: int) -> list[Ids]:
    """What follows without a break, as places in `starts`, each stretch in the order of time.

    A stretch ends with its recording and at a gap.

    Args:
        index: the windows.
        starts: first samples, in the bank, in any order.
        stride: samples from one window's start to the next.
    """
    order = np.argsort(starts, kind="stable")
    recording = np.searchsorted(index.offsets, starts[order], side="right")
    # within a segment windows lie exactly a stride apart: any other step is a break
    breaks = (np.diff(starts[order]) != stride) | (np.diff(recording) != 0)
    return [part for part in np.split(order, np.flatnonzero(breaks) + 1) if len(part)]


def label_sequences(index: WindowIndex, ids: Ids, stride: int) -> list[Ids]:
    """The labels of windows in the order of time, stretch by stretch; places without a window do not break one."""
    starts = np.concatenate([index.start[ids], index.between(ids)])
    label = np.concatenate([index.label[ids], np.full(len(starts) - len(ids), UNLABELLED)])
    found = [label[part] for part in stretches(index, starts, stride)]
    return [part[part != UNLABELLED] for part in found if (part != UNLABELLED).any()]


def _stride(experiment: Experiment) -> int:
    return max(1, round(experiment.settings.windows.stride_s * experiment.index.rate_hz))


def _share(index: WindowIndex, stride: int) -> float:
    return min(1.0, stride / index.width)


def _vote_windows(index: WindowIndex, stride: int) -> int:
    """How many windows lie within the seconds that vote."""
    return max(1, 1 + int((VOTE_S * index.rate_hz - index.width) // stride))


def _answers(
    experiment: Experiment, fold: Fold, run_part: Callable[[str, str], Path], roles: Sequence[str]
) -> Iterable[dict[str, Predictions]]:
    """What each model shows on one fold's test windows, by smoothing."""
    index, stride = experiment.index, _stride(experiment)
    shows = _shows(index, stride, label_sequences(index, fold.train, stride))
    for role in roles:
        with np.load(run_part(fold.name, role) / PREDICTIONS, allow_pickle=False) as kept:
            ids, truth, unit = (kept[key] for key in ("ids", "truth", "unit"))
            starts = np.concatenate([index.start[ids], kept["between"]])
            between = kept["between_probabilities"].reshape(-1, len(index.classes))
            shares = np.concatenate([kept["probabilities"], between])
        parts = stretches(index, starts, stride)
        yield {
            name: Predictions(role, experiment.settings.seed, truth, _shown(show, shares, parts)[: len(ids)], unit)
            for name, show in shows.items()
        }


def _shows(index: WindowIndex, stride: int, training: Sequence[Ids]) -> dict[str, Show]:
    """Every smoothing as a function of one stretch's probabilities `(window, class)`.

    The models learn with rare classes weighed up (as `cross_entropy` and the forest do unless told otherwise). So their
    probabilities are brought to the training shares for the HMM, and its beliefs are weighed up again in the end: the
    first window of a stretch then gets the label that it gets alone, and macro-F1 compares like with like.
    """
    classes = len(index.classes)
    matrix = transitions(training, classes)
    prior = np.bincount(np.concatenate(training), minlength=classes) / sum(map(len, training))

    def filtered(shares: Floats) -> Ids:
        natural = shares * prior
        natural /= natural.sum(axis=1, keepdims=True)
        beliefs = hmm_filter(natural, matrix, prior, share=_share(index, stride))
        return np.asarray((beliefs / prior).argmax(axis=1), dtype=np.int64)

    def smoothed(smoothing: Smoothing) -> Show:
        def show(shares: Floats) -> Ids:
            smoother = Smoother(smoothing, classes)
            return np.array([smoother.step(row) for row in shares], dtype=np.int64)

        return show

    return {
        NONE: smoothed(Smoothing()),
        MAJORITY: smoothed(Smoothing(kind="majority", windows=_vote_windows(index, stride))),
        HYSTERESIS: smoothed(Smoothing(kind="hysteresis", windows=IN_A_ROW)),
        HMM: filtered,
    }


def _shown(show: Show, shares: Floats, parts: Sequence[Ids]) -> Ids:
    shown = np.zeros(len(shares), dtype=np.int64)
    for part in parts:
        shown[part] = show(shares[part])
    return shown


def _compared(experiment: Experiment, answers: list[Predictions]) -> dict[str, Any]:
    return compare(answers, experiment.index.classes, units=experiment.split.unit)


def _stretch_facts(experiment: Experiment, stride: int) -> dict[str, Any]:
    """How the test windows hang together; by windows, so that a few lone ones do not speak for long stretches."""
    index = experiment.index
    found = [part for fold in experiment.folds for part in label_sequences(index, fold.test, stride)]
    lengths = np.array([len(part) for part in found])
    constant = np.array([len(np.unique(part)) == 1 for part in found])
    return {
        "stretches": len(found),
        "median_stretch_s": float((np.median(lengths) - 1) * stride + index.width) / index.rate_hz,
        "one_activity_each": bool(lengths[constant].sum() >= _NEARLY * lengths.sum()),
    }


def _caveats(facts: Mapping[str, Any]) -> list[str]:
    found = [
        f"A smoothing looks back alone and shows a change late: the vote over {VOTE_S:g} s by about {VOTE_S / 2:g} s, "
        f"the hysteresis by {(IN_A_ROW - 1) * facts['stride_s']:g} s, the HMM until what it sees outweighs how seldom "
        f"activities change; and each window is answered at its end, {facts['window_s']:g} s behind its beginning.",
        "No smoothing was chosen by its score. The HMM's transitions and class shares are those of each fold's "
        "training windows, for models that learned with rare classes weighed up; a window counts by the part of it "
        f"that is new, {facts['share']:g} (our reading).",
    ]
    if facts["one_activity_each"]:
        found.append(
            f"Nearly every test stretch here (half of them last {facts['median_stretch_s']:g} s or less) holds one "
            "activity only: a smoothing is then a vote over a piece that never changes, and its score says nothing "
            "about a stream in which activities follow one another."
        )
    return found


def _cell(scored: Mapping[str, Any]) -> str:
    low, high = scored["low"], scored["high"]
    bounds = "one only" if low is None else f"{low:.3f} to {high:.3f}"
    return f"{scored['macro_f1']:.3f} ({bounds})"
