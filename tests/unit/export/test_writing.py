"""An export appears whole or not at all, answers as the model does, and says what it is, inside and beside."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

from stillroom.base.errors import InputError, StillroomError
from stillroom.evaluation.metrics import scores
from stillroom.export import checking, making
from stillroom.export.checking import Parity, verify
from stillroom.export.evidence import Evidence
from stillroom.export.face import Face, portable
from stillroom.export.reading import open_export, read_onnx
from stillroom.export.sessions import interleaved_ms, opened
from stillroom.export.writing import write_export
from stillroom.models.recogniser import Recogniser
from stillroom.runs.manifest import read_manifest

Trace = Callable[[str], ModelProto]


@pytest.fixture(scope="module")
def face(recogniser: Callable[[str], Recogniser]) -> Face:
    model = recogniser("student")
    inside, member = model.interface, model.members[0]
    spread = [tuple(part.ravel().tolist()) for part in (member.mean, member.sd)]
    provenance = {"role": "student", "borrowed_from": "/somebody/runs/first", "seed": 3}
    return Face(inside.layout, inside.rate_hz, inside.width, inside.classes, spread[0], spread[1], provenance)


@pytest.fixture(scope="module")
def evidence(windows: np.ndarray) -> Evidence:
    labels = np.arange(100) % 4
    return Evidence(windows[:100], labels, windows[100:164])


Export = Callable[..., dict[str, Any]]


@pytest.fixture
def export(
    recogniser: Callable[[str], Recogniser],
    trace: Trace,
    face: Face,
    evidence: Evidence,
    monkeypatch: pytest.MonkeyPatch,
) -> Export:
    """Writes the student's export; its trace is made once for all tests."""
    monkeypatch.setattr(making, "traced", lambda model, channels, width: trace("student"))

    def write(folder: Path, **changes: Any) -> dict[str, Any]:
        given = {"face": face, "evidence": evidence, "half": False} | changes
        return write_export(folder, recogniser("student"), given.pop("face"), given.pop("evidence"), **given)

    return write


def test_an_export_holds_what_it_says_and_says_what_it_holds(
    export: Export, face: Face, evidence: Evidence, recogniser: Callable[[str], Recogniser], tmp_path: Path
) -> None:
    heard: list[str] = []
    told = export(tmp_path / "out", half=True, int8=True, emit=lambda event: heard.append(event.data["part"]))
    manifest = read_manifest(tmp_path / "out")
    assert [file["precision"] for file in told["files"]] == ["fp32", "fp32", "fp16", "int8-u8", "int8-s8"]
    assert heard == [file.name for file in manifest.files]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*heard, "export.json"}
    assert told["parity"]["max_abs"] <= 1e-5 and told["parity"]["label_agreement"] == 1.0
    assert told["parity"]["windows"] == 256 and manifest.checks["real_windows"] == 100
    assert told["int8"]["speedup"] > 0 and told["int8"]["size_bytes"] == told["files"][3]["size_bytes"]
    assert 0.9 < told["int8"]["label_agreement"] <= 1 and told["fp16"]["label_agreement"] > 0.98
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert manifest.provenance == {"role": "student", "borrowed_from": "first", "seed": 3}
    for file in manifest.files:
        _, found, proto = open_export(tmp_path / "out", file.precision)
        versions = {item.domain: item.version for item in read_onnx(tmp_path / "out" / file.name).opset_import}
        assert versions[""] == file.opset and proto.ir_version == 8 and found.precision == file.precision


def test_the_macro_f1_is_that_of_the_real_windows(
    export: Export, evidence: Evidence, tmp_path: Path, recogniser: Callable[[str], Recogniser], face: Face
) -> None:
    told = export(tmp_path / "out")
    ask = opened(open_export(tmp_path / "out")[2])
    expected = scores(evidence.labels, ask(evidence.windows).argmax(axis=1), face.classes).macro_f1  # type: ignore[arg-type]
    assert told["parity"]["macro_f1"] == told["parity"]["macro_f1_model"] == pytest.approx(expected)


def test_what_was_not_asked_for_is_null(export: Export, tmp_path: Path) -> None:
    told = export(tmp_path / "out")
    for part in ("int8", "int8_tensorrt", "fp16"):
        assert told[part] is None
    assert len(told["files"]) == 2


def test_a_file_carried_off_alone_still_says_what_it_takes(export: Export, face: Face, tmp_path: Path) -> None:
    export(tmp_path / "out", half=True, int8=True)
    for path in (tmp_path / "out").glob("*.onnx"):
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        told = {name: json.loads(value) for name, value in session.get_modelmeta().custom_metadata_map.items()}
        assert told["stillroom.channels"] == list(face.layout.names) and told["stillroom.rate_hz"] == 25
        assert told["stillroom.units"] == ["m/s2"] * 3 + ["rad/s"] * 3
        assert told["stillroom.classes"] == list(face.classes) and told["stillroom.normaliser"]["inside"] is True
        assert all(name.startswith("stillroom.") for name in told), "no other tool's keys"
        data = path.read_bytes()
        for word in (b"/somebody", b"site-packages", b".py", str(Path.home()).encode(), str(tmp_path).encode()):
            assert word not in data, (path.name, word)


def test_the_same_export_twice_is_the_same_bytes(export: Export, tmp_path: Path) -> None:
    for name in ("one", "two"):
        export(tmp_path / name, half=True, int8=True)
    for path in (tmp_path / "one").glob("*.onnx"):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


@pytest.mark.parametrize("parity", [Parity(2e-4, 1.0, 256), Parity(1e-6, 0.999, 256)])
def test_a_graph_that_answers_otherwise_refuses_the_export_and_leaves_nothing(
    parity: Parity, export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "verify", lambda *_, **__: parity)
    with pytest.raises(StillroomError, match="does not answer as the model does"):
        export(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_answer_is_noticed(
    trace: Trace, windows: np.ndarray, run: Callable[[ModelProto], Any], face: Face
) -> None:
    proto = trace("student")
    expected = run(proto)(windows)
    assert verify(proto, windows, expected).max_abs < 1e-6
    off = expected.copy()
    off[17] = off[17][::-1]
    told = verify(proto, windows, off, labels=expected.argmax(axis=1), classes=face.classes)
    assert told.label_agreement == pytest.approx(1 - 1 / len(windows)) and told.max_abs > 1e-3
    assert told.macro_f1 == 1 and told.macro_f1_model is not None and told.macro_f1_model < 1


def test_an_answer_that_is_wrong_for_a_single_window_alone_is_noticed(
    trace: Trace, windows: np.ndarray, run: Callable[[ModelProto], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = run(trace("student"))
    expected = ask(windows)

    def crooked(given: np.ndarray) -> np.ndarray:
        return ask(given) if len(given) > 1 else ask(given)[:, ::-1]

    monkeypatch.setattr(checking, "opened", lambda proto: crooked)
    told = verify(trace("student"), windows, expected)
    assert told.max_abs > 1e-3 and told.label_agreement < 1


def test_a_folder_in_use_stays_as_it_is(export: Export, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    export(tmp_path / "out")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    with pytest.raises(InputError, match="something lies here already"):
        export(tmp_path / "out")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_evidence_that_does_not_fit_is_refused(export: Export, face: Face, evidence: Evidence, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="INT8 needs calibration windows"):
        export(tmp_path / "out", evidence=replace(evidence, calibration=None), int8=True)
    with pytest.raises(InputError, match=r"windows are \(6, 30\).*\(6, 32\)"):
        export(tmp_path / "out", evidence=Evidence(evidence.windows[:, :, :30]))
    with pytest.raises(InputError, match="no window to compare"):
        export(tmp_path / "out", evidence=Evidence(evidence.windows[:0]))
    assert list(tmp_path.iterdir()) == []


def _foreign(**changes: Any) -> ModelProto:
    taken = helper.make_tensor_value_info(changes.get("taken", "image"), TensorProto.FLOAT, [1, 3, 8])
    given = helper.make_tensor_value_info(changes.get("given", "scores"), TensorProto.FLOAT, [1, 3, 8])
    node = helper.make_node(changes.get("kind", "Relu"), [taken.name], [given.name], name="node")
    graph = helper.make_graph([node], "foreign", [taken], [given])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_a_file_that_is_not_ours_gives_one_sentence(trace: Trace, tmp_path: Path) -> None:
    ours = trace("student").SerializeToString()
    outside = trace("student").__class__.FromString(ours)
    onnx.external_data_helper.set_external_data(outside.graph.initializer[0], "../secret.bin")
    outside.graph.initializer[0].ClearField("raw_data")
    cases = {
        "truncated or no ONNX": ours[: len(ours) // 2],
        "no graph": b"",
        "not one of Stillroom's": _foreign().SerializeToString(),
        "graph is not valid": _foreign(taken="window", given="logits", kind="Relux").SerializeToString(),
        "lie in another file": outside.SerializeToString(),
    }
    for said, data in cases.items():
        (tmp_path / "model.onnx").write_bytes(data)
        with pytest.raises(InputError, match=said):
            read_onnx(tmp_path / "model.onnx")
    (tmp_path / "model.onnx").write_bytes(b"\x89PNG\r\n" + bytes(range(256)))
    with pytest.raises(InputError):
        read_onnx(tmp_path / "model.onnx")
    with pytest.raises(InputError, match="no such file"):
        read_onnx(tmp_path / "none.onnx")


def test_an_altered_weight_is_noticed_by_its_sum(export: Export, tmp_path: Path) -> None:
    export(tmp_path / "out")
    path = tmp_path / "out" / "model_fp32.onnx"
    proto = read_onnx(path)
    weight = proto.graph.initializer[0]
    weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight) * 2, weight.name))
    path.write_bytes(proto.SerializeToString())
    with pytest.raises(InputError, match="has changed since"):
        open_export(tmp_path / "out")


def test_no_absolute_path_is_portable() -> None:
    kept = {"data": "own", "where": ["D:\\data\\x", "/a/b", "runs/a"], "n": {"seed": 3, "none": None}}
    assert portable(kept) == {"data": "own", "where": ["x", "b", "runs/a"], "n": {"seed": 3, "none": None}}


def test_what_takes_longer_is_measured_longer() -> None:
    took = interleaved_ms({"short": lambda: sum(range(100)), "long": lambda: sum(range(20_000))}, rounds=3)
    assert took["long"] > 5 * took["short"] > 0
