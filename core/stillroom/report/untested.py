"""What was not tested, derived from what lies in the run's folder: never from what somebody remembers.

Each entry names the thing in two or three words, says why, and where there is one names the command that would ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stillroom.evaluation.caveats import strangers
from stillroom.figures.amounts import HERE, measured
from stillroom.report.finding import STUDENT, goes, leaks, shown
from stillroom.report.parts import Untested
from stillroom.report.sources import RunSource
from stillroom.report.wording import clean, listed, units

Told = dict[str, Any]


def untested(source: RunSource, device: str) -> list[Untested]:
    """What a reader must not take for tested, the gravest first.

    Args:
        source: the run.
        device: that the front page is about.
    """
    report = source.report
    return [*_people(report), *_setting(report), *_device(source, device), *_model(source), *_always(report)]


def _people(report: Told) -> Iterator[Untested]:
    if report["simulated"]:
        yield Untested("Real people", "the recordings are simulated: nobody wore anything")
    if not strangers(report):
        who = (
            "stretches of known recordings were held out"
            if report["units"] != "people"
            else "the same people stand on both sides of the split"
        )
        yield Untested("Strangers", f"{who}: how others would do is not known")
    if leaks(report):
        yield Untested("A fair split", "windows that overlap in time stand on both sides: the score is one of memory")
    if report["pilot"]:
        yield Untested("Enough people", f"{units(report['n'], report['units'])} tested: a pilot, not a proof")
    if report["folds_left_out"]:
        yield Untested("Everybody", f"{report['folds_left_out']} folds were left out on request")


def _setting(report: Told) -> Iterator[Untested]:
    if report["fast"]:
        yield Untested("A full training", "the fast setting was used: a longer training may score otherwise")
    yield Untested("Another seed", "one training of each model; how much another seed changes is in no interval")
    if aside := report["windows"].get("set_aside"):
        yield Untested("Rare activities", f"set aside for want of windows: {listed([clean(one) for one in aside], 4)}")


def _device(source: RunSource, device: str) -> Iterator[Untested]:
    figures = [one for one in (source.cost or {}).get("figures", ()) if one["device"] == device]
    if not figures:
        yield Untested("Speed and memory", "nothing was measured on any device", "stillroom cost")
    elif device == HERE:
        yield Untested("The device itself", "times are those of the computer that made the run, no wearable's",
                       "stillroom device bundle")  # fmt: skip
    elif not any(measured(one) for one in figures):
        yield Untested("The device itself", f"figures for {clean(device)} are estimates, none was measured there",
                       "stillroom device bundle")  # fmt: skip


def _model(source: RunSource) -> Iterator[Untested]:
    report = source.report
    if shown(report) == STUDENT and f"{STUDENT}_int8" not in report["models"]:
        yield Untested("INT8", "the student was scored with 32-bit numbers alone", "stillroom export --int8")
    yield Untested("Disturbances", "noise, another sampling rate, a sensor that slips or is worn otherwise",
                   "stillroom runs robustness")  # fmt: skip
    if goes(report)[1] and "privacy" not in source.explained:
        yield Untested("Privacy", "whether a wearer can be told from what is kept", "stillroom explain")
    if "windows" not in source.explained:
        yield Untested("Its reasons", "what the models look at was not asked", "stillroom explain")


def _always(report: Told) -> Iterator[Untested]:
    yield Untested("Another place", "another site, shift or make of sensor: all recordings are of one data set")
    yield Untested("Other activities", f"whatever is done, one of {len(report['classes'])} activities is answered")
    yield Untested("Weeks of wear", "batteries, comfort, drift and loss of sensors in use")
