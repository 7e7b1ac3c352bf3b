"""A run that was asked about sets of its sensors, and a study of sensors, as files in a workspace: made-up scores."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest
from tests.app.kit import MAIN

from stillroom.base.paths import write_json
from stillroom.evaluation.significance import interval
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout
from stillroom_app.services import estimates, sensors
from stillroom_app.services.estimates import Estimates

NAMES = ("right_wrist.acc", "right_wrist.gyro", "left_wrist.acc")
GAINS = (0.3, 0.2, 0.02)
PEOPLE = ("p01", "p02", "p03", "p04")
CHANNELS = [channel for name in NAMES for channel in sensor_channels(*name.split("."), 50)]
SENSORS = sensors.sensors_of(Layout(channels=tuple(CHANNELS)))
PRICE = {NAMES[0]: 1.0, NAMES[1]: 2.0, NAMES[2]: 1.0}


def scores(subset: frozenset[str]) -> dict[str, float]:
    """Each person's score: what the sensors give, and a little that differs by person and by set."""
    gain = sum(value for name, value in zip(NAMES, GAINS, strict=True) if name in subset)
    return {who: 0.2 + gain + 0.01 * place * len(subset) for place, who in enumerate(PEOPLE)}


def told(subset: frozenset[str]) -> dict[str, Any]:
    """The same over people."""
    return interval(list(scores(subset).values()))._asdict()


def subsets() -> list[frozenset[str]]:
    """All but the empty one."""
    return [frozenset(some) for size in (1, 2, 3) for some in combinations(NAMES, size)]


def mine() -> Estimates:
    """The estimates of the run of that name."""
    return next(one for one in estimates.for_data("factory", []).estimates if one.name == "mine")


def sets_part() -> dict[str, Any]:
    """What `explain` tells of sets."""
    whole = frozenset(NAMES)
    steps = [{"subset": sorted(one), **told(one), "price": sum(PRICE[name] for name in one), "discomfort": 1.0}
             for one in subsets()]  # fmt: skip
    drop = {name: interval([0.1, 0.2, 0.1, 0.2])._asdict() for name in NAMES}
    apart = {**drop, NAMES[2]: interval([0.001, -0.001, 0.002, -0.002])._asdict()}
    return {
        "by": "sensor",
        "names": list(NAMES),
        "whole": told(whole),
        "dropped": [{"name": name, **difference(whole, whole - {name})} for name in NAMES],
        "subsets": [{"subset": sorted(one), **told(one)} for one in subsets()],
        "shapley": {"shares": [{"group": name, "mean": gain, "low": gain - 0.01, "high": gain + 0.01}
                               for name, gain in zip(NAMES, GAINS, strict=True)]},
        "suggested": {
            "forward": [steps[0], steps[3], steps[6]], "backward": [steps[6], steps[3], steps[0]],
            "by_price": [steps[0], steps[4]], "by_comfort": [steps[0], steps[3]],
            "front": [steps[0], steps[3], steps[6]],
            "whole": True, "price": {"of": PRICE, "assumed": list(NAMES)},
            "discomfort": {"of": dict.fromkeys(NAMES, 1.0), "assumed": list(NAMES)},
        },
        "overlap": [
            {"first": NAMES[0], "second": NAMES[1], "overlap": {"mean": 0.4, "low": 0.2, "high": 0.6}},
            {"first": NAMES[0], "second": NAMES[2], "overlap": None},
            {"first": NAMES[1], "second": NAMES[2], "overlap": {"mean": -0.2, "low": None, "high": None}},
        ],
        "coherence": {"sensors": list(NAMES), "values": [[1, 0.4, 0.1], [0.4, 1, 0.05], [0.1, 0.05, 1]],
                      "by_chance": np.full((3, 3), 0.01).tolist()},
        "ablation": {"mean": {"drop": drop}, "permutation": {"drop": apart}},
    }  # fmt: skip


def sensors_page(**query: str) -> AppTest:
    """The page alone, for runs whose reports hold no more than it reads."""
    at = AppTest.from_file(str(MAIN), default_timeout=60)
    for name, value in query.items():
        at.query_params[name] = value
    at.switch_page("screens/sensors.py").run()
    assert not at.exception, at.exception
    return at


def difference(before: frozenset[str], after: frozenset[str]) -> dict[str, Any]:
    """What going from one set to another costs."""
    one, other = scores(before), scores(after)
    return interval([one[who] - other[who] for who in PEOPLE])._asdict()


ON = {"data_key": "d1", "index_key": "w1", "protocol": "persons:4"}


def make_run(
    folder: Path,
    *,
    part: dict[str, Any] | None = None,
    per_person: bool = True,
    data: str = "factory",
    people: Sequence[str] = PEOPLE,
    **asked_else: Any,
) -> Path:
    """A finished run of TSAK, asked about sets where `part` is given."""
    asked = {
        "data": data, "teacher_view": "*", "student_view": "right_wrist.acc.*", "seed": 0, "fast": True, "folds": 0,
        "windows": {"window_s": 4.0, "stride_s": 2.0, "purity": 0.5, "min_windows": 10}, "drop_class": [],
        "track": None, "leaks_known": False, "recipe": {"name": "tsak"}, **ON, **asked_else,
    }  # fmt: skip
    write_json(folder / "run.json", {"format": 1, "state": "done", "why": "", "key": "1", "asked": asked, "began": "1",
                                     "changed": "1"})  # fmt: skip
    score = {"macro_f1": 0.61, "low": 0.5, "high": 0.7, "per_person": dict.fromkeys(people, 0.61)}
    write_json(folder / "report.json", {
        "run": "elsewhere", "recipe": "tsak", "data": data, "data_title": "A line (simulated)", "simulated": True,
        "protocol": asked["protocol"], "warning": "", "fast": True, "seed": 0, "units": "people", "n": len(people),
        "pilot": True, "teacher": score, "alone": {**score, "macro_f1": 0.55}, "student": score, "gain": {"mean": 0.06},
        "student_view": [asked["student_view"].replace("*", axis) for axis in "xyz"], "teacher_view": ["*"],
        "classes": ["a", "b"], "folds": [{"fold": "p01"}], "models": ["teacher", "alone", "student"],
    })  # fmt: skip
    if part is not None:
        write_json(folder / "explain/sets.json", {"key": "1", "asked": {}, "told": part})
        if per_person:
            kept = [{"subset": sorted(one), "scores": scores(one)} for one in (frozenset(), *subsets())]
            write_json(folder / "explain/estimator/estimates-sensor.json", kept)
    return folder


def make_study(folder: Path, *, data: str = "factory", **on: Any) -> Path:
    """A study that measured two sets, each a tenth above its estimate."""
    rows = [_row(frozenset(NAMES)), _row(frozenset(NAMES[:2]))]
    rho = {"value": 0.7, "low": 0.1, "high": 0.9}
    one = {"n": 2, "people": 4, "mae": 0.1, "mae_calibrated": 0.02, "bias": -0.1, "rho": rho, "rho_within": rho}
    asked = {"data": data, "by": "sensor", "protocol": "persons:4"}
    command = "stillroom study sensors --data factory"
    write_json(folder / "plan.json", {"kind": "sensors", "asked": asked, "command": command})
    write_json(folder / "table.json", {"sentence": "s", "caveats": ["One seed."], "table": rows, "front": [],
                                       "on": {**ON, "fast": False, **on}})  # fmt: skip
    calibration = {
        "estimate": one,
        "forest": one,
        "count": {**one, "rho_within": {"value": None, "low": None, "high": None}},
    }
    write_json(
        folder / "calibration.json", {"calibration": calibration, "shapley": {"estimate": None}, "suggested": None}
    )
    return folder


def _row(subset: frozenset[str]) -> dict[str, Any]:
    def scored(more: float) -> dict[str, Any]:
        people = {who: value + more for who, value in scores(subset).items()}
        mean, low, high = interval(list(people.values()))
        return {"macro_f1": mean, "low": low, "high": high, "per_person": people}

    return {
        "cell": " + ".join(sorted(subset)), "sensors": sorted(subset), "size": len(subset), "price": 3.0,
        "truth": scored(0.1), "estimate": scored(0.0), "forest": scored(0.05), "error": -0.1, "on_front": False,
    }  # fmt: skip
