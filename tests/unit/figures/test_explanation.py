"""The export: figures of the parts that are there, whole files, and nothing of the user's is overwritten."""

import json
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import plotly.io as pio
import pytest

from stillroom.base.errors import InputError
from stillroom.figures.explanation import figures_of, write_explanation

SENSORS = ("right_wrist.acc", "left_wrist.gyro")
CHANNELS = [f"{sensor}.{axis}" for sensor in SENSORS for axis in "xy"]
BANDS = ["1-2 Hz", "2-4 Hz"]


def _one(value: float, key: str = "mean", **more: Any) -> dict[str, Any]:
    return {key: value, "low": value - 0.1, "high": value + 0.1, **more}


def _shares(names: Any) -> list[dict[str, Any]]:
    return [_one(1 / len(names), "importance", name=name) for name in names]


def _windows(classes: list[str]) -> dict[str, Any]:
    curve = [0.8, 0.4, 0.1]
    sanity = {
        "completeness": None,
        "deletion": {"shares": [0, 0.5, 1], "deletion": curve, "insertion": curve[::-1], "random": curve, "windows": 9,
                     "deletion_area": 0.2, "insertion_area": 0.6, "random_area": 0.4, "random_areas": [0.4],
                     "better": 1.0, "cells": 40},
        "randomised": {"signed": 0.1, "magnitude": 0.5, "absolute": 0.2, "absolute_by_chance": 0.1, "draws": []},
        "stability": {"signed": 0.7}, "coincide": 0.0,
    }  # fmt: skip
    level = {
        "rank": _one(0.5), "rank_by_chance": 0.0, "overlap": _one(0.5), "overlap_by_chance": 0.2, "windows": 9,
        "channels": CHANNELS[:2],
    }  # fmt: skip

    def model(sensors: Any, channels: Any) -> dict[str, Any]:
        return {"method": "occlusion", "windows": 9, "sensors": _shares(sensors), "channels": _shares(channels),
                "classes": {name: _shares(sensors) for name in classes}, "sanity": sanity}  # fmt: skip

    return {
        "models": {"teacher": model(SENSORS, CHANNELS), "student": model(SENSORS[:1], CHANNELS[:2])},
        "agreement": {"with": "teacher", "student": {"channels": level, "cells": level}},
    }


def _frequency(classes: list[str]) -> dict[str, Any]:
    def bands(sensors: Any) -> dict[str, Any]:
        falls = [[0.1, 0.2]] * len(sensors)
        return {"bands": BANDS, "sensors": list(sensors), "falls": falls, "classes": dict.fromkeys(classes, falls)}

    teacher = bands(SENSORS) | {"amplitudes": {name: _shares(BANDS) for name in classes}}
    return {
        "bands": {"teacher": teacher, "student": bands(SENSORS[:1])},
        "cut_off": [{"cut_hz": cut, "teacher": _one(0.5, "macro_f1")} for cut in (2.0, None)],
    }


def _sets() -> dict[str, Any]:
    step = {"subset": [SENSORS[0]], **_one(0.5), "price": 1.0}
    return {
        "whole": _one(0.6), "dropped": [_one(0.1, name=name) for name in SENSORS], "ablation": {},
        "shapley": {"shares": [_one(0.1, group=name) for name in SENSORS]},
        "subsets": [{"subset": [SENSORS[0]], **_one(0.5)},
                    {"subset": list(SENSORS), "mean": 0.6, "low": None, "high": None}],
        "suggested": {"front": [step], "price": {"of": dict.fromkeys(SENSORS, 1.0), "assumed": []}},
    }  # fmt: skip


def _anchors() -> dict[str, Any]:
    own = {"spectrum": [0.1, 0.2], "difference": [0.1, 0.3], "frequency": 0.2, "time": 0.1}
    one = {"hertz": [0.25, 0.5], "teacher": [0.2, 0.1], "models": {"untrained": own, "student": own}}
    return {"fold": "fold-1", "windows": 9, "anchors": {"stage_1": one}}


def _privacy() -> dict[str, Any]:
    return {"models": {"teacher": {"inputs": _one(0.5)}}, "saved": {}, "chance": 0.1, "people": 3, "how": "by session",
            "sensors_gone": []}  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, report: dict[str, Any]) -> Path:
    """A run's folder as far as figures look into it."""
    folder = tmp_path / "run"
    (folder / "explain").mkdir(parents=True)
    facts = report | {"teacher_view": CHANNELS, "people": 3}
    (folder / "report.json").write_text(json.dumps(facts))
    pd.DataFrame({"model": ["teacher"], "share": [0.5]}).to_parquet(folder / "explain" / "attributions.parquet")
    density = np.random.default_rng(0).uniform(1, 2, size=(4, 9))
    arrays = {f"{what}/{name}": density for what in ("mean", "low", "high") for name in report["classes"]}
    arrays |= {f"people/{name}": np.array(3) for name in report["classes"]}
    units = np.array(["m/s^2"] * len(density))
    np.savez(folder / "explain" / "spectra.npz", hertz=np.arange(9.0), units=units, **arrays)
    return folder


@pytest.fixture
def told(report: dict[str, Any]) -> dict[str, Any]:
    classes = list(report["classes"])
    windows = _windows(classes)
    first = windows["models"]["teacher"]
    heard = {name: first[name] for name in ("sensors", "channels", "sanity")}
    return {"run": "run", **heard, "windows": windows, "frequency": _frequency(classes), "sets": _sets(),
            "anchors": _anchors(),
            "privacy": _privacy()}  # fmt: skip


NAMES = {
    "windows": {"shares_by_sensor", "shares_by_channel", "shares_by_activity-teacher", "sanity-teacher",
                "sanity-student", "agreement"},
    "frequency": {"bands-teacher", "bands-student", "amplitudes-teacher", "cut_off", "spectra-right_wrist.acc",
                  "spectra-left_wrist.gyro"},
    "anchors": {"anchor-stage_1"},
    "sets": {"going_without", "price"},
    "privacy": {"privacy"},
}  # fmt: skip


def test_all_parts_give_all_figures(check, run: Path, told: Any) -> None:
    figures = figures_of(run, told)
    assert set(figures) == set().union(*NAMES.values())
    for figure in figures.values():
        assert "Made up" in check(figure).layout.meta["origin"]


@pytest.mark.parametrize("part", NAMES)
def test_one_part_alone_gives_its_own_figures(run: Path, told: Any, part: str) -> None:
    alone = {"run": "run", "sensors": [], "channels": [], "sanity": {}, part: told[part]}
    assert set(figures_of(run, alone)) == NAMES[part]


def test_without_kaleido_html_and_tables_are_written(run: Path, told: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "kaleido", None)
    to = tmp_path / "why"
    written = write_explanation(run, told, to)
    names = {path.name for path in to.iterdir()}
    assert sorted(path.name for path in written) == sorted(names), "nothing else lies there, no half file either"
    figures = set().union(*NAMES.values())
    tables = {"plotly.min.js", "explanation.json", "attributions.parquet", "sensors.parquet"}
    assert names == {f"{name}.html" for name in figures} | tables
    assert json.loads((to / "explanation.json").read_text()) == told
    page = (to / "price.html").read_text()
    assert 'src="plotly.min.js"' in page and len(page) < 100_000
    kept = (run / "explain" / "attributions.parquet").read_bytes()
    assert (to / "attributions.parquet").read_bytes() == kept
    rows = pd.read_parquet(to / "sensors.parquet")
    assert rows["subset"].tolist() == ["right_wrist.acc", "right_wrist.acc + left_wrist.gyro"]
    assert rows["mean"].tolist() == [0.5, 0.6] and rows["low"].isna().tolist() == [False, True]


def test_the_user_s_names_end_no_script(run: Path, told: Any, tmp_path: Path) -> None:
    told["windows"]["models"]["teacher"]["classes"] = {"</script><b>": _shares(SENSORS)}
    write_explanation(run, told, tmp_path / "why")
    page = (tmp_path / "why" / "shares_by_activity-teacher.html").read_text()
    assert "</script><b>" not in page and page.count("<script") == page.count("</script>")


def _fake(monkeypatch: Any, write: Any) -> None:
    kaleido = ModuleType("kaleido")
    kaleido.__spec__ = ModuleSpec("kaleido", None)
    monkeypatch.setitem(sys.modules, "kaleido", kaleido)
    monkeypatch.setattr(pio, "write_images", write)


def test_with_kaleido_each_figure_is_a_picture_of_its_own_height(run, told, tmp_path: Path, monkeypatch: Any) -> None:
    asked: dict[str, Any] = {}

    def write(*, fig: Any, file: Any, **more: Any) -> None:
        asked.update(more, fig=fig)
        for path in file:
            path.write_bytes(b"picture")

    _fake(monkeypatch, write)
    del told["frequency"]
    written = {path.name for path in write_explanation(run, told, tmp_path / "why")}
    figures = set().union(*(NAMES[part] for part in NAMES if part != "frequency"))
    assert {f"{name}.{form}" for name in figures for form in ("svg", "png")} <= written
    assert asked["height"] == [figure.layout.height for figure in asked["fig"]]
    assert asked["format"] == ["svg"] * len(figures) + ["png"] * len(figures)


def test_kaleido_without_a_browser_is_no_error(run: Path, told: Any, tmp_path: Path, monkeypatch: Any) -> None:
    def write(**_: Any) -> None:
        raise RuntimeError("no browser")

    _fake(monkeypatch, write)
    written = write_explanation(run, told, tmp_path / "why")
    assert {path.suffix for path in written} == {".html", ".js", ".json", ".parquet"}


def test_an_earlier_explanation_is_replaced_and_other_things_are_left_alone(
    run: Path, told: Any, tmp_path: Path
) -> None:
    few = {"run": "run", "privacy": told["privacy"]}
    write_explanation(run, few, tmp_path / "why")
    write_explanation(run, few | {"again": True}, tmp_path / "why")
    assert json.loads((tmp_path / "why" / "explanation.json").read_text())["again"]
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="other things"):
        write_explanation(run, few, mine)
    with pytest.raises(InputError, match="a file stands"):
        write_explanation(run, few, mine / "thesis.txt")
    assert [path.name for path in mine.iterdir()] == ["thesis.txt"]


def test_a_run_without_a_report_is_refused_before_anything_is_written(told: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        write_explanation(tmp_path / "nowhere", told, tmp_path / "why")
    assert not (tmp_path / "why").exists()


def test_figures_import_no_torch() -> None:
    asked = "import sys, stillroom.figures.explanation; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
