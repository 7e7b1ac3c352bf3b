"""How well a person can be told from vectors: the privacy probe.

A multinomial logistic regression (standardised features, classes weighted to be equally large, C = 1) is fitted on
some of each person's sessions and asked about the one left out, each in turn. What counts is each person's recall; a
blind guess has 1 / people. A linear probe is a lower bound: a better one might tell people apart where this one cannot.
Two halves of one session also share how the sensors were strapped on, and may hold other activities: less is shown.
Raw windows are too wide for it: give statistics of each channel, an embedding, or logits.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from stillroom.base.errors import InputError
from stillroom.evaluation.arrays import same_length
from stillroom.evaluation.significance import interval, is_pilot

GAP_WINDOWS = 10
_ROUNDS = 2_000


@dataclass(frozen=True)
class Identification:
    """How well people were told apart.

    Attributes:
        mean: recall over the people that count, 0..1.
        low: of the interval over people; None with one person.
        high: of the interval over people.
        chance: recall of a blind guess, 1 / people.
        per_person: recall of each person that counts.
        people: how many the probe chose among.
        features: how many were not constant, in the fold with the fewest.
        pilot: fewer people count than a claim needs.
        converged: the fit ended by itself in every fold.
        how: what was tested on what, in words.
    """

    mean: float
    low: float | None
    high: float | None
    chance: float
    per_person: Mapping[str, float]
    people: int
    features: int
    pilot: bool
    converged: bool
    how: str

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return {**vars(self), "per_person": dict(self.per_person)}


@dataclass(frozen=True)
class _Told:
    """One fold: the rows that were tested, whom the probe took them for, and how that was found."""

    rows: NDArray[np.int64]
    said: NDArray[np.str_]
    features: int
    converged: bool


def identification(
    vectors: ArrayLike,
    person: ArrayLike,
    session: ArrayLike,
    time: ArrayLike,
    *,
    scored: Collection[str] | None = None,
    gap: int = GAP_WINDOWS,
    level: float = 0.95,
) -> Identification:
    """Asks a probe who a window is of.

    Args:
        vectors: `(window, feature)`.
        person: `(window,)` whose it is.
        session: `(window,)` of which session of that person. A person with one session is tested on one half of it
            in time after fitting on the other, each in turn.
        time: `(window,)` any number that grows with time within a person, as a window's first sample.
        scored: the people whose recall counts, as those that the model behind the vectors was not trained on; all are
            told apart nevertheless. All by default.
        gap: windows left out between two halves; as many as overlap, or more.
        level: coverage of the interval.

    Raises:
        InputError: arrays that do not match, a missing number, fewer than two people, a person with too few windows
            for two halves, or a scored person who is not there.
    """
    x, who = np.asarray(vectors, dtype=np.float64), np.atleast_1d(np.asarray(person, dtype=str))
    sessions, times = np.atleast_1d(np.asarray(session, dtype=str)), np.atleast_1d(np.asarray(time))
    _check(x, who, sessions, times)
    people = [str(one) for one in np.unique(who)]
    counting = _counting(scored, people)
    part, halved = _parts(who, sessions, times, gap)
    told = [_fold(x, who, part, fold) for fold in range(int(part.max()) + 1)]
    rows, said = np.concatenate([one.rows for one in told]), np.concatenate([one.said for one in told])
    recall = {one: float(np.mean(said[who[rows] == one] == one)) for one in counting}
    features = min(one.features for one in told)
    if not features:
        recall = dict.fromkeys(recall, 1 / len(people))
    mean, low, high = interval(list(recall.values()), level, possible=(0.0, 1.0))
    return Identification(
        mean=mean,
        low=low,
        high=high,
        chance=1 / len(people),
        per_person=recall,
        people=len(people),
        features=features,
        pilot=is_pilot(len(recall)),
        converged=all(one.converged for one in told),
        how=_how(people, halved, gap),
    )


def _check(
    x: NDArray[np.float64], who: NDArray[np.str_], sessions: NDArray[np.str_], times: NDArray[np.generic]
) -> None:
    if x.ndim != 2 or not x.size:
        raise InputError(f"vectors must be (window, feature), got shape {x.shape}", where="vectors")
    same_length(vectors=x, person=who, session=sessions, time=times)
    if len(wrong := np.flatnonzero(~np.isfinite(x).all(axis=1))):
        raise InputError("a number is missing or not finite", where=f"vectors, window {wrong[0]}")
    if len(np.unique(who)) < 2:
        raise InputError("there is one person: nobody to take for another", mend="Give windows of two or more people")


def _counting(scored: Collection[str] | None, people: list[str]) -> list[str]:
    counting = people if scored is None else sorted(set(scored))
    unknown = [one for one in counting if one not in people]
    if unknown or not counting:
        raise InputError(
            f"no window of {unknown[0]}" if unknown else "nobody counts",
            where="scored",
            mend=f"People: {', '.join(people)}",
        )
    return counting


def _parts(
    who: NDArray[np.str_], sessions: NDArray[np.str_], times: NDArray[np.generic], gap: int
) -> tuple[NDArray[np.int64], list[str]]:
    """The fold that tests each window (-1: none), and the people whose one session was cut in halves."""
    part, halved = np.full(len(who), -1, dtype=np.int64), []
    for person in np.unique(who):
        rows = np.flatnonzero(who == person)
        names, codes = np.unique(sessions[rows], return_inverse=True)
        if len(names) > 1:
            part[rows] = codes
            continue
        halved.append(str(person))
        if len(rows) < gap + 2:
            raise InputError(
                f"{person} has {len(rows)} windows of one session: too few for two halves",
                where=f"gap of {gap} windows",
            )
        ordered = rows[np.argsort(times[rows], kind="stable")]
        before = (len(rows) - gap) // 2
        part[ordered[:before]], part[ordered[before + gap :]] = 0, 1
    return part, halved


def _fold(x: NDArray[np.float64], who: NDArray[np.str_], part: NDArray[np.int64], fold: int) -> _Told:
    rows, fit = np.flatnonzero(part == fold), (part >= 0) & (part != fold)
    mean, sd = x[fit].mean(axis=0), x[fit].std(axis=0)
    # a column's own rounding is no feature
    kept = sd > 1e-9 * np.maximum(np.abs(mean), 1e-30)
    if not kept.any():
        return _Told(rows, np.full(len(rows), "", dtype=who.dtype), 0, True)
    standard = (x[:, kept] - mean[kept]) / sd[kept]
    probe = LogisticRegression(class_weight="balanced", max_iter=_ROUNDS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        probe.fit(standard[fit], who[fit])
    return _Told(
        rows, probe.predict(standard[rows]), int(np.count_nonzero(kept)), bool(np.max(probe.n_iter_) < _ROUNDS)
    )


def _how(people: list[str], halved: list[str], gap: int) -> str:
    half = f"by halves in time of one session, {gap} windows between them left out"
    if len(halved) == len(people):
        return half
    each = "by session: each session of a person was told after fitting on that person's others"
    return f"{each}; {', '.join(halved)} {half}" if halved else each
