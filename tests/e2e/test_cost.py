"""`stillroom cost` and `stillroom export` on a finished run: what scripts read, where figures come from, bad input."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from stillroom.cli.main import run
from stillroom.models.bundle import load_model
from stillroom.recipes.exporting import bundle_inputs
from stillroom.recipes.reopen import reopen
from stillroom.runs.store import open_run

from .kit import Call, Told

SIZES = ("params", "macs", "size_bytes", "activation_bytes", "ops")


@pytest.fixture(scope="module")
def costed(done: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    out = tmp_path_factory.mktemp("cost") / "out"
    import contextlib

    with out.open("w") as file, contextlib.redirect_stdout(file), pytest.raises(SystemExit) as ended:
        boards = ("agx-xavier", "nano:5W", "stm32u575")
        run(["cost", str(done), *(word for board in boards for word in ("--device", board)), "--rounds", "7", "--json"])
    assert not ended.value.code
    return dict(json.loads(out.read_text()))


def test_the_last_answer_is_kept_in_the_run(costed: dict, done: Path) -> None:
    assert json.loads((done / "cost.json").read_text()) == costed


def test_a_run_that_takes_no_file_is_told_of_all_the_same(call: Call, done: Path, tmp_path: Path) -> None:
    shutil.copytree(done, tmp_path / "run", ignore=shutil.ignore_patterns("cost.json"))
    (tmp_path / "run/cost.json").mkdir()  # refuses to be replaced by a file, as a read-only disk does
    told = call("cost", tmp_path / "run", "--rounds", "7", "--json")
    assert told.code == 0 and told.answer["student"]["params"] > 0


def test_both_models_are_counted_and_compared(costed: dict, done: Path) -> None:
    for name in ("teacher", "student"):
        assert all(isinstance(costed[name][size], int) and costed[name][size] > 0 for size in SIZES)
        model, _ = load_model(done / f"folds/p1/{name}")
        assert costed[name]["params"] == model.parameter_count()
        assert sum(part["macs"] for part in costed[name]["parts"]) == costed[name]["macs"]
    for size in SIZES:
        assert costed["reduction"][size] == pytest.approx(costed["teacher"][size] / costed["student"][size])
    report = json.loads((done / "report.json").read_text())
    assert costed["student"]["macs"] == report["student"]["macs"]


def test_every_figure_says_where_it_comes_from_and_none_estimated_is_bare(costed: dict) -> None:
    assert costed["figures"]
    for figure in costed["figures"]:
        assert figure["provenance"].startswith(("measured", "estimate", "bracket", "no power"))
        assert figure["model"] in ("teacher", "student") and figure["unit"] in ("ms", "mJ", "bytes")
        if figure["provenance"].startswith("estimate") and figure["unit"] == "ms":
            assert figure["low"] < figure["value"] < figure["high"] and figure["dominant"]
    where = {(figure["device"], figure["runtime"]) for figure in costed["figures"]}
    assert {("this computer", "eager"), ("this computer", "onnxruntime"), ("agx-xavier", "tensorrt"),
            ("agx-xavier", "eager"), ("nano", "tensorrt")} <= where  # fmt: skip
    modes = {figure["mode"] for figure in costed["figures"] if figure["device"] == "nano"}
    assert modes == {"5W"}
    room = [figure for figure in costed["figures"] if figure["quantity"] in ("flash", "RAM")]
    assert room and all(figure["fits"] is True and "fits" in figure["remark"] for figure in room)


def test_the_speed_up_is_that_of_the_figures(costed: dict) -> None:
    for runtime in ("onnxruntime", "eager"):
        of = {
            figure["model"]: figure["value"]
            for figure in costed["figures"]
            if figure["runtime"] == runtime and figure.get("batch") == 1 and figure.get("threads") == 1
        }
        assert costed["speedup"][runtime] == pytest.approx(of["teacher"] / of["student"])


def test_an_export_answers_as_the_model_does_on_windows_of_the_tested_people(
    call: Call, done: Path, tmp_path: Path
) -> None:
    told = call("export", done, "--to", tmp_path / "export", "--int8", "--json")
    assert told.code == 0, told.err
    answer = told.answer
    assert answer["parity"]["max_abs"] <= 1e-4 and answer["parity"]["label_agreement"] == 1
    assert answer["parity"]["windows"] >= 256 and 0 < answer["int8"]["label_agreement"] <= 1
    assert {one["precision"] for one in answer["files"]} == {"fp32", "fp16", "int8-u8", "int8-s8"}
    experiment = reopen(open_run(done))
    fold = experiment.folds[0]
    bank = experiment.bank.view(experiment.student.layout)
    windows = bank.gather(experiment.index.start[fold.test], experiment.index.width)
    session = onnxruntime.InferenceSession(tmp_path / "export" / answer["files"][0]["name"])
    with np.load(done / "folds/p1/student/predictions.npz") as kept:
        logits = session.run(None, {"window": windows})[0]
        assert np.array_equal(logits.argmax(axis=1), kept["probabilities"].argmax(axis=1))


def test_int8_is_calibrated_on_training_people_alone(
    done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stillroom.recipes import exporting

    seen = {}

    def look(to, model, face, evidence, **more):
        seen["calibration"], seen["windows"] = evidence.calibration, evidence.windows
        return {"files": [], "export": str(to)}

    monkeypatch.setattr(exporting, "write_export", look)
    exporting.export_run(done, tmp_path / "export", int8=True)
    experiment = reopen(open_run(done))
    fold, bank = experiment.folds[0], experiment.bank.view(experiment.student.layout)

    def rows(ids: np.ndarray) -> set[bytes]:
        return {window.tobytes() for window in bank.gather(experiment.index.start[ids], experiment.index.width)}

    calibration = {window.tobytes() for window in seen["calibration"]}
    assert calibration <= rows(fold.train) and not calibration & (rows(fold.test) | rows(fold.validation))
    assert {window.tobytes() for window in seen["windows"]} <= rows(fold.test)


def test_what_goes_to_a_board_is_made_once(done: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(done, folder)
    export, windows, logits = bundle_inputs(folder)
    before = {path: path.stat().st_mtime_ns for path in export.iterdir()}
    assert len(windows) == len(logits) >= 32
    assert bundle_inputs(folder, "p1")[0] == export
    assert {path: path.stat().st_mtime_ns for path in export.iterdir()} == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("cost", "RUN", "--device", "agx-xaver"), "agx-xavier"),
        (("cost", "RUN", "--device", "agx-xavier:99W"), "99W"),
        (("cost", "RUN", "--fold", "p9"), "no fold 'p9'"),
        (("cost", "nowhere"), "no run lies here"),
        (("export", "RUN", "--to", "OUT", "--fold", "p9"), "no fold 'p9'"),
        (("export", "RUN", "--to", "RUN"), "RUN"),
        (("export", "RUN", "--to", "OUT", "--model", "nosuch"), "Models: alone, forest"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_error(
    done: Path, refused: Call, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    places = {"RUN": str(done), "OUT": str(tmp_path / "out")}
    told: Told = refused(*(places.get(word, word) for word in words))
    assert places.get(said, said) in told.error
    assert not (tmp_path / "out").exists()
