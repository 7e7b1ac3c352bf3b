"""Each step from the student to the device is counted, timed beside the others, and held against a device's room."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from onnx import ModelProto

from stillroom.base.errors import InputError
from stillroom.export import tracing
from stillroom.export.int8 import int8_scorer
from stillroom.models.bundle import save_model
from stillroom.models.pruning import pruned
from stillroom.models.recogniser import Interface, Member, Recogniser
from stillroom.models.student import TsakStudentConfig
from stillroom.recipes.calibrating import balanced_ids
from stillroom.recipes.costed import count
from stillroom.recipes.optimising import HEADINGS, INT8_FILE, build_steps, steps_table, title_of, write_int8
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout
from stillroom.signal.normalisation import Normaliser

TIME, CLASSES = 32, ("sit", "walk", "run")
STUDENT = TsakStudentConfig(widths=(8, 10), hidden=12)
STEPS = ["student", "pruned_45", "student_int8", "pruned_45_int8"]


@pytest.fixture(scope="module", autouse=True)
def traced_once() -> Iterator[None]:
    """Each of the two nets is traced once for all tests; they are told apart by their size."""
    trace: dict[int, ModelProto] = {}
    honest = tracing.traced

    def once(model: Recogniser, channels: int, width: int) -> ModelProto:
        size = model.parameter_count()
        trace[size] = trace.get(size) or honest(model, channels, width)
        return trace[size]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracing, "traced", once)
        yield


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, traced_once: None) -> dict[str, Path]:
    """A student, what pruning leaves of it, and both in INT8, as a fold keeps them."""
    root = tmp_path_factory.mktemp("fold")
    torch.manual_seed(0)
    face = Interface(Layout(channels=tuple(sensor_channels("right_wrist", "acc", 25.0))), 25.0, TIME, CLASSES)
    spread = Normaliser(np.full(3, 0.5, np.float32), np.full(3, 2.0, np.float32))
    student = Recogniser(face, [Member(STUDENT, face.shape, spread)]).eval()
    windows = np.random.default_rng(1).normal(size=(40, 3, TIME)).astype(np.float32)
    for role, model in (("student", student), ("pruned_45", pruned(student, 0.45))):
        save_model(model, root / role, {"role": role})
        write_int8(root / f"{role}_int8", int8_scorer(model, windows))
    return {role: root / role for role in STEPS}


@pytest.fixture(scope="module")
def steps(folders: dict[str, Path]) -> list[dict]:
    models = {role: folders[role] for role in STEPS[:2]}
    return build_steps(models, {role: folders[role] for role in STEPS[2:]}, rounds=7)


def test_the_steps_come_in_order_each_with_what_it_was_made_from(steps: list[dict]) -> None:
    assert [step["step"] for step in steps] == STEPS
    assert [step["before"] for step in steps] == [None, "student", "student", "pruned_45"]
    assert [step["precision"] for step in steps] == ["fp32", "fp32", "int8", "int8"]
    assert json.loads(json.dumps(steps, allow_nan=False)) == steps


@pytest.mark.parametrize(("place", "widths", "hidden"), [(0, (8, 10), 12), (1, (4, 5), 6)])
def test_a_step_is_counted_as_by_hand(steps: list[dict], place: int, widths: tuple[int, int], hidden: int) -> None:
    one, two = widths
    weights = 3 * one * 5 + one * two * 5
    linear = two * hidden + hidden * 3
    plain, small = steps[place], steps[place + 2]
    for step in (plain, small):
        assert step["params"] == weights + 2 * (one + two) + linear + hidden + 3
        assert step["macs"] == 3 * one * 5 * 16 + one * two * 5 * 8 + linear
    window = 3 * TIME * 4  # bytes; one more is being filled
    standardised, convolved = 3 * TIME, one * TIME // 2
    assert plain["ram_bytes"] == window + max(window + 4 * standardised, 4 * (standardised + convolved))
    assert small["ram_bytes"] == window + max(window + standardised, standardised + convolved), "one byte each"
    assert plain["flash_bytes"] - small["flash_bytes"] > 2 * weights, "float convolutions take four times the room"


def test_sizes_are_those_of_the_files(steps: list[dict], folders: dict[str, Path]) -> None:
    for step in steps:
        folder = folders[step["step"]]
        if step["step"].endswith("_int8"):
            assert step["size_bytes"] == (folder / INT8_FILE).stat().st_size
        else:
            exported = count("student", folder).proto.SerializeToString()
            assert step["size_bytes"] == len(exported), "an ONNX file, as in INT8"
        assert [path.name for path in folders[step["step"]].glob(".*")] == [], "nothing half-written beside it"


def test_times_have_quartiles_and_room_is_judged_figure_by_figure(
    steps: list[dict], monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]
) -> None:
    for step in steps:
        took = step["latency_ms"]
        assert 0 < took["low"] <= took["median"] <= took["high"]
        assert step["fits_budget"] == {"ram_20k": True, "flash_64k": True, "macs_60k": True}
    room = {"ram": ("ram_bytes", steps[0]["ram_bytes"]), "macs": ("macs", steps[0]["macs"] - 1)}
    monkeypatch.setattr("stillroom.recipes.optimising.BUDGET", room)
    (again,) = build_steps({"student": folders["student"]}, {}, rounds=7)
    assert again["fits_budget"] == {"ram": True, "macs": False}


def test_the_table_sets_each_step_beside_the_last(steps: list[dict]) -> None:
    sized = [
        {**step, "size_bytes": size, "latency_ms": {"median": took, "low": took / 2, "high": 2 * took}}
        for step, size, took in zip(steps, (8000, 4000, 2000, 1000), (0.04, 0.02, 0.04, 0.08), strict=True)
    ]
    sized[0]["fits_budget"] = {"ram_20k": True, "flash_64k": False, "macs_60k": False}
    scores = {
        role: {"macro_f1": score, "low": low, "high": score + 0.1}
        for role, score, low in (("student", 0.7, 0.6), ("pruned_45", 0.65, None), ("pruned_45_int8", 0.66, 0.5))
    }
    headings, rows = steps_table(sized, scores)
    assert headings == HEADINGS and all(len(row) == len(HEADINGS) for row in rows)
    columns = dict(zip(headings, zip(*rows, strict=True), strict=True))
    assert columns["step"] == ("student", "45 % of the channels", "student, INT8", "45 % of the channels, INT8")
    assert columns["macro-F1"] == ("0.700", "0.650", "", "0.660"), "a step that was not scored is left empty"
    assert columns["95 % interval"] == ("0.600 to 0.800", "one only", "", "0.500 to 0.760")
    assert columns["change in points"] == ("", "-5.0 (against student)", "", "+1.0 (against 45 % of the channels)")
    assert columns["times smaller"] == ("1.0", "2.0", "4.0", "8.0")
    assert columns["times faster"] == ("1.0", "2.0", "1.0", "0.5")
    assert columns["time (quartiles)"][0] == "40 µs (20 to 80)" and columns["file"][1] == "4.0 kB"
    assert columns["over budget"] == ("flash, macs", "nothing", "nothing", "nothing")


def test_every_role_has_a_name_for_people() -> None:
    assert title_of("student") == "student" and title_of("pruned_70") == "70 % of the channels"


def test_an_int8_step_without_its_model_or_file_is_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no model that pruned_70_int8 was made from"):
        build_steps({"student": folders["student"]}, {"pruned_70_int8": folders["pruned_45_int8"]})
    with pytest.raises(InputError, match="no such file") as refused:
        build_steps({"student": folders["student"]}, {"student_int8": tmp_path})
    assert refused.value.where == str(tmp_path / INT8_FILE)


def test_calibration_takes_as_many_windows_of_each_class_of_those_it_may() -> None:
    label = np.repeat([0, 1, 2, 3], [2000, 900, 100, 500])
    train = np.flatnonzero(np.arange(len(label)) % 2 == 0)
    chosen = balanced_ids(train, label, "p1")
    assert np.isin(chosen, train).all() and (np.diff(chosen) > 0).all()
    assert np.bincount(label[chosen]).tolist() == [128, 128, 50, 128]
    np.testing.assert_array_equal(balanced_ids(train, label, "p1"), chosen)
    poisoned = label.copy()
    poisoned[1::2] = 9  # a class that none of them has
    np.testing.assert_array_equal(balanced_ids(train, poisoned, "p1"), chosen)
    assert not np.array_equal(balanced_ids(train, label, "p2"), chosen)
