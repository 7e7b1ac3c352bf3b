"""What a sequence of windows knows that one window does not: a causal hidden Markov filter over class probabilities.

The forward algorithm (Rabiner, Proc. IEEE 77, 1989), normalised at each window, with scaled likelihoods in place of
densities (Bourlard and Morgan 1994): `b_t(k) ~ (p(k | x_t) / prior(k))^share * sum_j b_(t-1)(j) A(j, k)`. All is
done in log space. Overlapping windows share samples, so each but the first of a sequence weighs only by its `share` of
new samples, stride / width: that exponent is our reading, and no model of how neighbouring windows depend. Filtering
looks back alone; nothing is smoothed with what comes later.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stillroom.base.errors import InputError
from stillroom.evaluation.arrays import class_codes

Floats = NDArray[np.float64]

_FLOOR = float(np.finfo(np.float64).eps)  # a model that says 0 may still be wrong
_SUM = 1e-6


def transitions(sequences: Iterable[ArrayLike], classes: int, pseudo: float = 1.0) -> Floats:
    """How often one class follows another, `(from, to)`, each row summing to 1.

    Counted on consecutive entries of each sequence, with `pseudo` added to every count (Laplace): what was never seen
    stays possible, and a class that nothing follows gets equal chances.

    Args:
        sequences: class indices `(window,)`, each without a break.
        classes: how many there are.
        pseudo: above 0.

    Raises:
        InputError: a code outside the classes, or `pseudo` not above 0.
    """
    if not pseudo > 0:
        raise InputError(f"pseudo is {pseudo}", where="pseudo", mend="Give a number above 0")
    counts = np.full((classes, classes), float(pseudo))
    for number, sequence in enumerate(sequences):
        codes = class_codes(sequence, classes, f"sequence {number}")
        np.add.at(counts, (codes[:-1], codes[1:]), 1.0)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def lasting(windows: float, classes: int) -> Floats:
    """Transitions of classes that last so many windows on average, and are followed by any other alike, `(from, to)`.

    Raises:
        InputError: fewer than one window.
    """
    if not windows >= 1:
        raise InputError(f"no class lasts {windows} windows", where="windows", mend="Give 1 or more")
    if classes == 1:
        return np.ones((1, 1))
    leaving = 1 / windows
    matrix = np.full((classes, classes), leaving / (classes - 1))
    np.fill_diagonal(matrix, 1 - leaving)
    return matrix


class Chain:
    """How classes follow one another, for a causal filter that takes one window after another.

    Args:
        transition: `(from, to)`, each row summing to 1; a 0 forbids.
        prior: `(class,)`, all above 0: the class shares behind the probabilities, with which a sequence begins as well,
            so that its first window is believed as the model gave it.

    Raises:
        InputError: shapes that do not match, rows that do not sum to 1, or a prior of 0.
    """

    def __init__(self, transition: ArrayLike, prior: ArrayLike) -> None:
        shares = _distribution(prior, "prior")
        if not (shares > 0).all():
            raise InputError("a class has no share", where="prior", mend="Leave out classes that training never saw")
        rows = [_distribution(row, f"transition, row {number}") for number, row in enumerate(np.atleast_2d(transition))]
        if {len(part) for part in (*rows, shares)} != {len(rows)}:
            sizes = f"{len(rows)} rows of transitions, {len(shares)} shares"
            raise InputError(f"different numbers of classes: {sizes}", mend="Give each of K classes a row and a share")
        with np.errstate(divide="ignore"):  # log 0: what cannot be
            self._transition, self._prior = np.log(np.stack(rows)), np.log(shares)

    def step(self, before: Floats | None, probabilities: ArrayLike, share: float = 1.0) -> Floats:
        """The logarithm of what to believe of one more window, `(class,)`.

        Args:
            before: what this gave for the window before; None at the beginning of a sequence.
            probabilities: `(class,)` of the model, for this window alone.
            share: the part of the window that the one before did not hold, 0..1; the first window of a sequence is new
                as a whole, whatever is given.

        Raises:
            InputError: another number of classes, a probability that is missing, or a share outside its range.
        """
        if not 0 <= share <= 1:
            raise InputError(f"share is {share}", where="share", mend="Give windows in the order of time")
        said = np.log(np.clip(np.asarray(probabilities, dtype=np.float64), _FLOOR, None))
        if said.shape != self._prior.shape or not np.isfinite(said).all():
            raise InputError(f"these are no probabilities of {len(self._prior)} classes", where="probabilities")
        if before is None:
            belief = said
        else:
            belief = np.logaddexp.reduce(before[:, None] + self._transition, axis=0) + share * (said - self._prior)
        return np.asarray(belief - np.logaddexp.reduce(belief))


def hmm_filter(probabilities: ArrayLike, transition: ArrayLike, prior: ArrayLike, *, share: float = 1.0) -> Floats:
    """One sequence filtered causally: row t holds nothing of the windows behind t; `(window, class)`, rows sum to 1.

    Args:
        probabilities: `(window, class)` of the model, for each window alone, in the order of time.
        transition: see `Chain`.
        prior: see `Chain`.
        share: stride / width, at most 1.

    Raises:
        InputError: as `Chain` and its `step`.
    """
    chain = Chain(transition, prior)
    rows = np.asarray(probabilities, dtype=np.float64)
    beliefs, belief = np.empty_like(rows), None
    for place, row in enumerate(rows):
        beliefs[place] = belief = chain.step(belief, row, share)
    return np.asarray(np.exp(beliefs))


def _distribution(values: ArrayLike, name: str) -> Floats:
    shares = np.asarray(values, dtype=np.float64)
    if shares.ndim != 1 or not (shares >= 0).all() or not abs(shares.sum() - 1) <= _SUM:
        raise InputError("these are no shares that sum to 1", where=name, mend="Divide counts by their sum")
    return shares
