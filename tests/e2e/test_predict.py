"""`stillroom predict`: an exported student over recordings, for people and scripts, and one error for each mistake."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stillroom.export.evidence import Evidence
from stillroom.export.face import Face
from stillroom.export.writing import write_export
from stillroom.models.bundle import load_model
from stillroom.models.recogniser import Member

from .kit import MAPPING, Call, people, write_people


@pytest.fixture(scope="module")
def export(done: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The student of a finished run, exported in full precision and INT8."""
    model, provenance = load_model(next((done / "folds").iterdir()) / "student")
    inside, member = model.interface, model.members[0]
    assert isinstance(member, Member)
    spread = [tuple(part.ravel().tolist()) for part in (member.mean, member.sd)]
    face = Face(inside.layout, inside.rate_hz, inside.width, inside.classes, spread[0], spread[1], provenance)
    draw = np.random.default_rng(1)
    windows = draw.normal(size=(80, len(inside.layout), inside.width)).astype(np.float32)
    folder = tmp_path_factory.mktemp("export") / "student"
    write_export(folder, model, face, Evidence(windows, None, windows), half=False, int8=True)
    return folder


def test_a_script_gets_every_window_with_its_probabilities_latency_and_score(
    call: Call, export: Path, own: Path, done: Path
) -> None:
    told = call("predict", export, "--data", own, "--json")
    assert told.code == 0, told.err
    answer = told.answer
    assert answer["export"] == str(export) and answer["precision"] == "fp32"
    assert answer["latency_ms"]["n"] == len(answer["windows"]) > 100 and answer["latency_ms"]["median"] > 0
    assert answer["latency_ms"]["median"] <= answer["latency_ms"]["p95"]
    assert [item["person"] for item in answer["people"]] == ["p1", "p2", "p3", "p4"]
    assert 0 <= answer["macro_f1"] <= 1 and answer["labelled"] > 0
    for window in answer["windows"]:
        assert set(window["probability"]) == {"slow", "brisk", "still"}
        assert sum(window["probability"].values()) == pytest.approx(1, abs=1e-5)
        assert window["label"] == max(window["probability"], key=window["probability"].__getitem__)
        assert window["end_s"] - window["start_s"] == pytest.approx(2.0)


def test_it_answers_as_the_model_in_the_run_did(call: Call, export: Path, own: Path, done: Path) -> None:
    kept = np.load(next((done / "folds").iterdir()) / "student" / "predictions.npz")
    person = next((done / "folds").iterdir()).name
    answer = call("predict", export, "--data", own, "--person", person, "--stride-s", 1, "--json").answer
    names = ["slow", "brisk", "still"]
    classes = load_model(next((done / "folds").iterdir()) / "student")[0].interface.classes
    assert set(classes) == set(names)
    told = np.array([[window["probability"][name] for name in classes] for window in answer["windows"]])
    labelled = [window["truth"] is not None for window in answer["windows"]]
    assert len(kept["probabilities"]) == sum(labelled)
    np.testing.assert_allclose(told[labelled], kept["probabilities"], atol=1e-5)
    truth = [classes.index(window["truth"]) for window in answer["windows"] if window["truth"]]
    assert truth == kept["truth"].tolist()


def test_people_get_stretches_scores_and_the_latency(call: Call, export: Path, own: Path) -> None:
    told = call("predict", export, "--data", own, "--smoothing", "majority:5", "--precision", "int8-u8")
    assert told.code == 0, told.err
    for word in ("p1", "macro-F1", "ms a window", "int8-u8", "ONNX Runtime, one thread"):
        assert word in told.out
    assert not told.out.startswith("{")


def test_a_person_a_stride_and_a_limit_choose_windows(call: Call, export: Path, own: Path) -> None:
    words = ("predict", export, "--data", own, "--json", "--person", "p2")
    every = call(*words, "--stride-s", 0.5).answer["windows"]
    assert {window["person"] for window in every} == {"p2"}
    assert every[1]["start_s"] - every[0]["start_s"] == pytest.approx(0.5)
    few = call(*words, "--stride-s", 0.5, "--limit", 3).answer
    assert [window["start_s"] for window in few["windows"]] == [window["start_s"] for window in every[:3]]
    assert few["latency_ms"]["n"] == 3


@pytest.mark.parametrize("kind", ["none", "majority:3", "hysteresis:4", "hmm", "hmm:6"])
def test_every_smoothing_can_be_asked_for(kind: str, call: Call, export: Path, own: Path) -> None:
    told = call("predict", export, "--data", own, "--json", "--smoothing", kind)
    assert told.code == 0, told.err
    assert {window["smoothed"] for window in told.answer["windows"]} <= {"slow", "brisk", "still"}
    assert 0 <= told.answer["macro_f1_smoothed"] <= 1


def test_recordings_without_labels_are_answered_and_not_scored(call: Call, export: Path, tmp_path: Path) -> None:
    frames = {name: frame.drop(columns="activity") for name, frame in people(1).items()}
    folder = write_people(tmp_path / "own", frames)
    (folder / "stillroom.json").write_text(json.dumps({k: v for k, v in MAPPING.items() if k != "label"}))
    answer = call("predict", export, "--data", folder, "--json").answer
    assert answer["windows"] and answer["macro_f1"] is None and answer["people"][0]["macro_f1"] is None
    assert {window["truth"] for window in answer["windows"]} == {None}
    assert call("predict", export, "--data", folder).code == 0


def test_the_command_imports_no_torch(export: Path, own: Path) -> None:
    script = (
        "import sys; from stillroom.cli.main import run\n"
        "try: run(sys.argv[1:])\n"
        "except SystemExit as ended: assert not ended.code\n"
        "sys.stderr.write(' '.join(sys.modules))"
    )
    words = ["predict", str(export), "--data", str(own), "--limit", "2", "--json"]
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["windows"]) == 2
    assert not {"torch", "onnx", "captum", "plotly"} & set(done.stderr.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--smoothing", "median"), "unknown smoothing"),
        (("--smoothing", "hm:3"), "Did you mean hmm"),
        (("--smoothing", "hmm:1"), "last 2 windows or more"),
        (("--precision", "fp16"), "holds no fp16 file"),
        (("--person", "p9"), "no person 'p9'"),
        (("--data", "nowhere"), "neither a known data source"),
        (("--stride-s", "-1"), "stride"),
        (("--limit", "x"), "limit"),
    ],
)
def test_a_wrong_word_gives_one_error(
    words: tuple[str, str], said: str, refused: Call, export: Path, own: Path
) -> None:
    assert said in refused("predict", export, "--data", own, *words).error


def test_data_that_does_not_fit_gives_one_error(refused: Call, export: Path, tmp_path: Path) -> None:
    left = {"channels": [c for c in MAPPING["channels"] if c["channel"].startswith("left")]}
    slow = {"rate_hz": 10}
    short = write_people(tmp_path / "short", people(1, seconds=0.5))
    cases = {
        "channels are missing": write_people(tmp_path / "left", people(1), **left),
        "has 10 Hz, the model takes 20 Hz": write_people(tmp_path / "slow", people(1), **slow),
        "no recording holds a window of 2 s": short,
    }
    for said, folder in cases.items():
        assert said in refused("predict", export, "--data", folder).error


def test_an_export_that_is_damaged_gives_one_error(refused: Call, export: Path, own: Path, tmp_path: Path) -> None:
    assert "no export lies here" in refused("predict", tmp_path, "--data", own).error
    copied = tmp_path / "copied"
    copied.mkdir()
    for path in export.iterdir():
        (copied / path.name).write_bytes(path.read_bytes())
    file = copied / "model_fp32.onnx"
    file.write_bytes(file.read_bytes()[:-10])
    assert "has changed since" in refused("predict", copied, "--data", own).error
    (copied / "export.json").write_text("{")
    assert "not valid JSON" in refused("predict", copied, "--data", own).error
