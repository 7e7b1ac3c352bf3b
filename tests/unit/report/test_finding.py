"""The answer in a sentence: one for each thing that a paired interval can show, and none that claims more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from stillroom.data.splits import BLOCKS_WARNING, LEAK_WARNING, SESSION_WARNING
from stillroom.report.finding import finding, sentences
from stillroom.report.making import make

from .conftest import Change
from .kit import Page

Told = dict[str, Any]
MINUS = "\N{MINUS SIGN}"
PLAIN = "One right wrist accelerometer instead of six sensors"


def lost_by(told: Told, losses: list[float], teacher: float = 0.9, **more: Any) -> Told:
    """The report of a run in which each person's student scores so much less than the teacher."""
    names = [f"p{number}" for number in range(len(losses))]
    by = {"teacher": dict.fromkeys(names, teacher), "student": dict(zip(names, [teacher - one for one in losses],
                                                                        strict=True))}  # fmt: skip
    found = told | {"n": len(losses), "gain": None, "pilot": len(losses) < 8} | more
    for role, scores in by.items():
        one = len(losses) == 1
        found[role] = told[role] | {
            "per_person": scores, "macro_f1": float(np.mean(list(scores.values()))),
            "low": None if one else 0.1, "high": None if one else 0.95,
        }  # fmt: skip
    return found


def edges(losses: list[float]) -> tuple[str, str]:
    """The t interval of losses, in points."""
    half = stats.t.ppf(0.975, len(losses) - 1) * np.std(losses, ddof=1) / np.sqrt(len(losses))
    low, high = (f"{100 * (np.mean(losses) + turn * half):+.1f}".replace("-", MINUS) for turn in (-1, 1))
    return low, high


def test_a_loss_that_was_shown_says_what_is_kept_and_what_is_lost(told: Told) -> None:
    losses = [0.08, 0.09, 0.1, 0.09, 0.08, 0.1, 0.09, 0.09, 0.1]
    report = lost_by(told, losses)
    assert finding(report).startswith(f"{PLAIN} keeps 90 % of the score: 0.81 (") and "neither" not in finding(report)
    low, high = edges(losses)
    assert sentences(report)[0] == (
        f"Person by person the distilled student loses 9.1 points (95 % interval {low} to {high})."
    )


def test_a_gain_that_was_shown_is_told_as_a_gain(told: Told) -> None:
    losses = [-0.04, -0.05, -0.06, -0.05]
    report = lost_by(told, losses)
    assert finding(report).startswith(f"{PLAIN} scores more than the teacher: 0.95 (")
    low, high = edges([-one for one in losses])
    gained = f"Person by person the distilled student gains 5.0 points (95 % interval {low} to {high})"
    assert sentences(report)[0] == f"{gained}: a pilot, not a proof."


@pytest.mark.parametrize("turn", [1, -1])
def test_where_zero_lies_inside_the_headline_itself_says_that_nothing_was_shown(told: Told, turn: int) -> None:
    losses = [turn * one for one in (0.2, -0.1, 0.15, -0.05, 0.1, 0.0, -0.02, 0.05)]
    report = lost_by(told, losses, teacher=0.7)
    said = finding(report)
    assert said.startswith(f"{PLAIN} scores 0.{66 if turn > 0 else 74} (") and "% of the score" not in said
    assert said.endswith(" against 0.70 (0.10 to 0.95), over 8 people nobody trained on: a loss was neither shown nor"
                         " excluded.")  # fmt: skip
    assert "more than" not in said and "no less" not in said
    verb = "loses" if turn > 0 else "gains"
    assert sentences(report)[0].startswith(f"Person by person the distilled student {verb} 4.1 points (95 % interval")
    assert sentences(report)[0].endswith("): zero lies inside.")


def test_one_person_shows_nothing(told: Told) -> None:
    report = lost_by(told, [0.1])
    assert finding(report) == (
        f"{PLAIN} scores 0.80 against 0.90, over 1 person nobody trained on: one alone shows nothing."
    )
    assert sentences(report)[0] == (
        "Person by person the distilled student loses 10.0 points; one only, so no interval."
    )


def test_stretches_of_a_recording_are_called_so(told: Told) -> None:
    report = lost_by(told, [0.08, 0.09, 0.1, 0.09], units="stretches", pilot=True, warning=BLOCKS_WARNING)
    assert "over 4 stretches of recording that were held out" in finding(report)
    assert sentences(report)[0] == BLOCKS_WARNING
    assert sentences(report)[1].startswith("Stretch by stretch the distilled student loses 9.0 points")
    assert sentences(report)[1].endswith(": a pilot, not a proof.")


def test_almost_all_of_a_score_is_not_rounded_to_all_of_it(told: Told) -> None:
    assert "keeps 99.8 % of the score" in finding(lost_by(told, [0.002, 0.0021, 0.0019, 0.002]))


def _both_sides(told: Told) -> list[Told]:
    everyone = sorted(told["student"]["per_person"])
    return [fold | {"train": everyone, "validation": everyone, "test": everyone} for fold in told["folds"]]


@pytest.mark.parametrize(
    ("protocol", "warning", "units", "missing", "parted"),
    [("random:4", LEAK_WARNING, "people", "A fair split", "so the test is not apart"),
     ("session", SESSION_WARNING, "people", "Strangers", "but the same people stand on both sides"),
     ("blocks:5", BLOCKS_WARNING, "stretches", "Strangers", "but stretches of the same recordings stand on both")],
)  # fmt: skip
def test_what_a_split_cannot_say_stands_under_the_finding_among_what_was_not_tested_and_with_the_folds(
    changed: Change, told: Told, protocol: str, warning: str, units: str, missing: str, parted: str
) -> None:
    folder = changed(protocol=protocol, warning=warning, units=units, folds=_both_sides(told))
    made = make(folder)
    page = Page(made.html)
    assert made.told["more"][0] == warning
    assert f'<p class="more">{warning}</p>' in made.html
    assert missing in made.told["untested"] and ("A fair split" in made.told["untested"]) is (protocol == "random:4")
    assert parted in page.words and "who is tested is touched once" not in page.words
    assert "nobody trained on" not in page.words and "validation people" not in page.words


def test_people_who_were_kept_apart_are_told_so(page: Page) -> None:
    assert "who is tested is touched once" in page.words and "A fair split" not in page.words


def test_what_a_script_reads_holds_every_sentence_of_the_front(run: Path) -> None:
    told = json.loads((run / "report.json").read_text())
    assert make(run).told["more"] == sentences(told)
