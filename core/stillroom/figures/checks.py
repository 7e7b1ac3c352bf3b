"""What the checks of an explanation found, in words. Needs no Plotly.

A check holds, does not hold, or was not made; the limits below are ours, a convention and no test.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

ADDS_UP, ANOTHER, STABLE = 0.05, 0.3, 0.6


class Check(NamedTuple):
    """One check of an explanation.

    Attributes:
        name: what was asked.
        holds: None where it was not made or says nothing by itself.
        said: the finding with its number.
    """

    name: str
    holds: bool | None
    said: str


def checks_of(sanity: Mapping[str, Any]) -> list[Check]:
    """The checks of one model's explanation, in words.

    Args:
        sanity: as `stillroom explain` tells.
    """
    return [_order(sanity["deletion"]), _sums(sanity["completeness"]), _untrained(sanity["randomised"]),
            _baseline(sanity["stability"]), _coincide(sanity["coincide"])]  # fmt: skip


def _order(curves: Mapping[str, Any]) -> Check:
    deletion, insertion, random = (curves[f"{name}_area"] for name in ("deletion", "insertion", "random"))
    said = (
        f"mean height {deletion:.2f} taken away, {insertion:.2f} given back, {random:.2f} at random; sooner than"
        f" random in {100 * curves['better']:.0f} % of windows"
    )
    return Check("its order matters", bool(deletion < random < insertion), said)


def _sums(complete: Mapping[str, Any] | None) -> Check:
    name = "sums add up"
    if complete is None:
        return Check(name, None, "the method does not promise it")
    said = f"they miss {100 * complete['overall']:.1f} % of the score's change, half of the windows no more than"
    return Check(name, complete["overall"] <= ADDS_UP, f"{said} {100 * complete['median']:.1f} %")


def _untrained(random: Mapping[str, Any] | None) -> Check:
    name = "untrained weights differ"
    if random is None:
        return Check(name, None, "a forest is a part of the model")
    if random["signed"] is None:
        return Check(name, None, "no order to compare")
    said = (
        f"rank correlation of size {random['absolute']:.2f} over {len(random['draws'])} draws (by chance"
        f" {random['absolute_by_chance']:.2f}; signed {random['signed']:+.2f})"
    )
    if random["magnitude"] is not None:
        said += f"; of magnitudes alone {random['magnitude']:+.2f}, for these follow loud signals"
    return Check(name, random["absolute"] < ANOTHER, said)


def _baseline(stable: Mapping[str, Any]) -> Check:
    name = "another baseline agrees"
    if stable["signed"] is None:
        return Check(name, None, "no order to compare")
    said = f"a quiet recording instead of the training mean: rank correlation {stable['signed']:+.2f}"
    return Check(name, stable["signed"] >= STABLE, said)


def _coincide(share: float | None) -> Check:
    """No check by itself: where both baselines are one, the check above has asked nothing."""
    said = "not asked" if share is None else f"in {100 * share:.0f} % of channels and windows, where that says nothing"
    return Check("the two baselines are one", None, said)
