"""What a reader must know before believing a run's table: one wording for the command line, the texts and the report.

Whatever marks a word, as Markdown does, is the writer's: names of people, classes and folders pass through `plain`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Mark = Callable[[object], str]


def caveats(report: dict[str, Any], *, plain: Mark = str, code: Mark = str, strong: Mark = str) -> list[str]:
    """Sentences about the data, the setting, the teaching, the people and the seed.

    Args:
        report: as in `report.json`.
        plain: words of other people's own, written so that nothing in them is read as a sign.
        code: a word of the command line.
        strong: what must not be missed.
    """
    found = [*_of_the_data(report, strong), *_of_the_teaching(report, plain, code)]
    if report["folds_left_out"]:
        found.append(f"{report['folds_left_out']} folds were left out on request; not everybody was tested.")
    if report["warning"]:
        found.append(plain(report["warning"]))
    if report["pilot"]:
        found.append(f"{report['n']} {report['units']} tested: a pilot, not a proof.")
    if aside := report["windows"]["set_aside"]:
        named = ", ".join(f"{plain(name)} ({count} windows)" for name, count in aside.items())
        found.append(f"Set aside for want of windows, and not tested: {named}.")
    found.append("One seed; how much another seed would change is not in the interval.")
    return found


def strangers(report: Mapping[str, Any]) -> bool:
    """Whether those who were tested were never trained on, nor validated with.

    Args:
        report: as in `report.json`.
    """
    if report["units"] != "people":
        return False
    return not any(set(fold["test"]) & {*fold["train"], *fold["validation"]} for fold in report["folds"])


def _of_the_data(report: dict[str, Any], strong: Mark) -> list[str]:
    found = []
    if report["simulated"]:
        found.append(f"The data is {strong('simulated')}: it shows how the workbench works, not what people do.")
    if report["fast"]:
        setting = strong("fast setting")
        found.append(f"This is the {setting} (few epochs, few views): a longer training may score otherwise.")
    return found


def _of_the_teaching(report: dict[str, Any], plain: Mark, code: Mark) -> list[str]:
    found = []
    if report.get("strategy") and report.get("student"):
        found.append(f"What the student is taught with: {code(report['strategy'])}.")
    if report.get("recorded_targets") and report["taught"]:
        found.append("The teacher answered each window as recorded, however it was turned for the student.")
    if report.get("cross_fit") and report.get("taught", True):
        found.append("Cross-fitted targets: each training person's come from a teacher that never saw them.")
    if report.get("teacher_run"):
        found.append(f"The teachers were trained by another run: {plain(report['teacher_run'])}.")
    return found
