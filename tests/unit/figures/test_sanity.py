"""The checks of an explanation: the title counts those that hold, and each failure is named."""

import copy
from typing import Any

import pytest

from stillroom.figures import sanity
from stillroom.figures.theme import DARK, Look

looks = pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)])
GOOD: dict[str, Any] = {
    "completeness": {"overall": 0.02, "median": 0.007, "worst": 3.2, "windows": 64},
    "deletion": {
        "shares": [0.0, 0.5, 1.0], "deletion": [0.8, 0.1, 0.1], "insertion": [0.1, 0.7, 0.8], "random": [0.8, 0.5, 0.1],
        "deletion_area": 0.2, "insertion_area": 0.6, "random_area": 0.4, "random_areas": [0.4], "better": 0.98,
        "cells": 180.0, "windows": 64,
    },
    "randomised": {"signed": 0.01, "magnitude": 0.8, "absolute": 0.13, "absolute_by_chance": 0.06, "draws": [{}, {}]},
    "stability": {"signed": 0.7, "magnitude": 0.75, "windows": 64, "undefined": 0},
    "coincide": 0.055,
}  # fmt: skip


def _drawn(given: Any, **more: Any) -> Any:
    return sanity.strip(given, role="teacher", origin="Made up", method="integrated_gradients", **more)


@looks
def test_curves_are_the_given_ones_and_random_order_serves_both(check, look: Look) -> None:
    figure = check(_drawn(GOOD, look=look))
    curves = [list(trace.y) for trace in figure.data]
    given = GOOD["deletion"]
    assert curves == [given["deletion"], given["insertion"], given["random"], given["random"][::-1]]
    assert figure.layout.meta["alt"].startswith("Teacher: 4 of 4 checks of its explanation hold.")
    written = " ".join(note.text.replace("<br>", " ") for note in figure.layout.annotations)
    for number in (
        "0.20 taken away",
        "2.0 %",
        "size 0.13 over 2 draws",
        "by chance 0.06",
        "signed +0.01",
        "+0.80",
        "+0.70",
        "6 % of channels",
    ):
        assert number in written


@pytest.mark.parametrize(
    ("part", "change", "name"),
    [
        ("deletion", {"deletion_area": 0.45}, "its order matters"),
        ("deletion", {"insertion_area": 0.35}, "its order matters"),
        ("completeness", {"overall": 0.2}, "sums add up"),
        ("randomised", {"absolute": 0.5}, "untrained weights differ"),
        ("stability", {"signed": 0.3}, "another baseline agrees"),
    ],
)
def test_each_check_can_fail_and_is_then_named(check, part: str, change: dict[str, float], name: str) -> None:
    given = copy.deepcopy(GOOD)
    given[part] |= change
    said = check(_drawn(given)).layout.meta["alt"]
    assert said.startswith(f"Teacher: 3 of 4 checks of its explanation hold; not: {name}.")


def test_a_check_that_was_not_made_neither_holds_nor_fails(check) -> None:
    given = copy.deepcopy(GOOD)
    given |= {"completeness": None, "coincide": None}
    given["randomised"] |= {"signed": None}
    given["stability"] |= {"signed": None}
    assert check(_drawn(given)).layout.meta["alt"].startswith("Teacher: 1 of 1 checks")
    assert [check.holds for check in sanity.checks_of(given)] == [True, None, None, None, None]


def test_a_forest_has_no_untrained_weights_to_differ_from(check) -> None:
    figure = check(_drawn(GOOD | {"randomised": None}))
    assert figure.layout.meta["alt"].startswith("Teacher: 3 of 3 checks of its explanation hold.")
    assert "a forest is a part of the model" in figure.layout.meta["alt"]
