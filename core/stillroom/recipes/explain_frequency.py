"""What the signals contain and which frequencies the models need: densities, bands removed, and a lower cut-off.

The cut-off is asked of the models as they are: the recordings are filtered as a slower sensor would hear them, and both
models are scored again on the windows that they tested. A model that was trained on the slower signal may do better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from stillroom.base.events import Emit, Event
from stillroom.data.bank import Bank
from stillroom.evaluation.comparison import Predictions, compare
from stillroom.evaluation.densities import ClassDensity, by_class, stretches
from stillroom.explain.asking import Stop
from stillroom.explain.frequency import amplitude_attribution, band_occlusion, bands
from stillroom.explain.groups import by_class as importance_by_class
from stillroom.explain.subsets import refuse_stopped
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.explain_windows import over_units, portions
from stillroom.recipes.explained import Explained, explained, layout_of, roles_explained, units_of
from stillroom.recipes.roles import STUDENT, TEACHER
from stillroom.runs.store import Run
from stillroom.signal.filters import low_pass
from stillroom.signal.spectra import coherence, welch
from stillroom.training.scoring import probabilities
from stillroom.training.views import Ids

_CUTS_HZ = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0)
_LONG_S = 30.0  # of a stretch: coherence over few segments is high by itself
_BELOW = 0.8  # of half the rate: a filter above it changes nothing that a window holds
_KEPT = ("macro_f1", "low", "high", "per_person")
_ASKED = (TEACHER, STUDENT)


def explain_frequency(
    experiment: Experiment, run: Run, *, windows: int, seed: int, emit: Emit, stop: Stop
) -> dict[str, Any]:
    """`bands` by model and activity, `cut_off` as points of macro-F1, both ready for JSON.

    Args:
        experiment: of the run, reopened.
        run: finished.
        windows: how many are asked about with one band removed.
        seed: of their draw.
        emit: hears of progress.
        stop: asked before every question to a model.

    Raises:
        StoppedError: on request.
    """
    known = roles_explained(experiment)
    roles = [role for role in _ASKED if role in known] or list(known)
    told = {role: _bands(experiment, run, role, windows, seed, emit, stop) for role in roles}
    return {"bands": told, "cut_off": cut_off(experiment, run, roles, emit=emit, stop=stop)}


def cut_off(
    experiment: Experiment, run: Run, roles: Sequence[str], *, emit: Emit, stop: Stop, cuts_hz: Sequence[float] = ()
) -> list[dict[str, Any]]:
    """Macro-F1 of models whose recordings were cut above some frequencies; `cut_hz` is None as recorded.

    Args:
        experiment: of the run.
        run: finished.
        roles: of the models.
        emit: hears of progress.
        stop: asked before each.
        cuts_hz: where; a usual series below half the rate by default.
    """
    index, rate = experiment.index, experiment.index.rate_hz
    chosen = [*(cuts_hz or [cut for cut in _CUTS_HZ if cut < _BELOW * rate / 2]), None]
    points = []
    for number, cut in enumerate(chosen):
        refuse_stopped(stop, "the cut-off")
        part = "as recorded" if cut is None else f"cut above {cut:g} Hz"
        emit(Event("explain.cut_off", data={"part": part, "done": number, "of": len(chosen)}))
        filtered = experiment if cut is None else replace(experiment, bank=_filtered(experiment, cut))
        said = [one for role in roles for one in _said(filtered, run, role)]
        found = compare(said, index.classes, units=experiment.split.unit)
        points.append({"cut_hz": cut, **{role: {key: found[role][key] for key in _KEPT} for role in roles}})
    return points


def densities(experiment: Experiment) -> tuple[NDArray[np.float64], dict[str, ClassDensity]]:
    """Welch's density of each channel, by activity: the mean over people and their band.

    Returns:
        Frequencies in Hz, and by class `(channel, bin)` in unit^2 / Hz, channels as in `explained.layout_of`.
    """
    layout, dataset = layout_of(experiment), experiment.dataset
    parts, codes, who, lengths = [], [], [], []
    hertz = np.zeros(0)
    for recording in dataset.recordings:
        signal = recording.signal[recording.layout.indices_of(layout)]
        of = recording.codes(dataset.card.track, dataset.classes)
        for first, stop, code in stretches(of, recording.segments):
            hertz, density = welch(signal[:, first:stop], dataset.rate_hz)
            parts.append(density)
            codes.append(code)
            who.append(recording.person)
            lengths.append(stop - first)
    return hertz, by_class(np.stack(parts), codes, who, dataset.classes, lengths=lengths)


def mean_coherence(experiment: Experiment) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Coherence between channels over all recordings, and what chance gives; None where no stretch is long enough.

    Each long stretch is laid beside itself, turned by half its length: what is coherent there is so by chance.

    Returns:
        Two `(channel, channel, bin)`.
    """
    layout, rate, weight = layout_of(experiment), experiment.dataset.rate_hz, 0
    total: NDArray[np.float64] | None = None
    for recording in experiment.dataset.recordings:
        signal = recording.signal[recording.layout.indices_of(layout)]
        for first, stop in recording.segments:
            if stop - first < _LONG_S * rate:
                continue
            piece = signal[:, first:stop]
            _, found = coherence(np.concatenate([piece, np.roll(piece, (stop - first) // 2, axis=1)]), rate)
            total = found * (stop - first) if total is None else total + found * (stop - first)
            weight += int(stop - first)
    if total is None:
        return None
    mean, channels = total / weight, len(layout)
    return mean[:channels, :channels], mean[:channels, channels:]


def _bands(
    experiment: Experiment, run: Run, role: str, windows: int, seed: int, emit: Emit, stop: Stop
) -> dict[str, Any]:
    """Each sensor's bands: how far the score of the activity falls without them, and their share of the amplitudes'."""
    index = experiment.index
    removed = bands(index.rate_hz, index.width)
    falls, shares, ids, units = [], [], [], []
    for fold, some in portions(experiment, windows, seed):
        with explained(experiment, run, role, fold) as one:
            fall, share = _one_fold(experiment, one, some, emit, stop)
        falls.append(fall)
        shares.append(share)
        ids.append(some)
        units.append(units_of(fold, some))
        layout = one.layout
    fall, label, unit = np.concatenate(falls), index.label[np.concatenate(ids)], np.concatenate(units)
    names = [band.name for band in removed]
    sensors = list(layout.sensors)
    told: dict[str, Any] = {
        "bands": names,
        "sensors": sensors,
        "falls": over_units(fall, unit).tolist(),
        "classes": {
            name: over_units(fall[label == code], unit[label == code]).tolist()
            for code, name in enumerate(index.classes)
            if (label == code).any()
        },
    }
    if shares[0] is not None:
        whole = np.concatenate([share for share in shares if share is not None])
        by = importance_by_class(whole, names, unit, label, index.classes)
        told["amplitudes"] = {name: [part.as_dict() for part in parts] for name, parts in by.items()}
    return told


def _one_fold(
    experiment: Experiment, one: Explained, ids: Ids, emit: Emit, stop: Stop
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    index = experiment.index
    removed = bands(index.rate_hz, index.width)
    x = one.windows(experiment, ids)
    targets = torch.from_numpy(index.label[ids]).to(x.device)
    fall = band_occlusion(one.ask, x, targets, one.layout, removed, emit=emit, stop=stop).double().cpu().numpy()
    if not one.has_gradient:
        return fall, None
    by_bin = amplitude_attribution(one.ask, x, targets, emit=emit, stop=stop).abs().double().sum(dim=1).cpu().numpy()
    sums = np.stack([by_bin[:, list(band.bins)].sum(axis=1) for band in removed], axis=1)
    total = sums.sum(axis=1, keepdims=True)
    return fall, np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)


def _filtered(experiment: Experiment, cut_hz: float) -> Bank:
    """The bank, every segment of every recording filtered by itself."""
    bank, parts = experiment.bank, []
    for recording, (first, _) in zip(experiment.dataset.recordings, pairwise(bank.offsets), strict=True):
        parts.append(np.asarray(recording.segments, dtype=np.int64).reshape(-1, 2) + first)
    return Bank(
        bank.layout, low_pass(bank.signal, experiment.index.rate_hz, cut_hz, np.concatenate(parts)), bank.offsets
    )


def _said(experiment: Experiment, run: Run, role: str) -> list[Predictions]:
    found = []
    for fold in experiment.folds:
        with explained(experiment, run, role, fold) as one:
            shares = probabilities(one.model, one.view(experiment), fold.test)
        truth, seed = experiment.index.label[fold.test], experiment.settings.seed
        found.append(Predictions(role, seed, truth, shares.argmax(axis=1), fold.units))
    return found
