"""The INT8 scorer is the graph that an export would hold, and answers the same from a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import ModelProto
from torch import nn

from stillroom.base.errors import InputError
from stillroom.export import extra, tracing
from stillroom.export.converting import shaped
from stillroom.export.face import Face
from stillroom.export.int8 import Int8Scorer, int8_scorer, read_int8
from stillroom.export.quantising import quantise
from stillroom.models.recogniser import Recogniser

Trace = Callable[[str], ModelProto]
Make = Callable[..., Int8Scorer]


@pytest.fixture
def make(recogniser: Callable[[str], Recogniser], trace: Trace, monkeypatch: pytest.MonkeyPatch) -> Make:
    """The student's scorer; its trace is made once for all tests."""
    monkeypatch.setattr(tracing, "traced", lambda model, channels, width: trace("student"))
    return lambda *given: int8_scorer(recogniser("student"), *given)


def test_it_is_the_graph_that_an_export_holds_for_onnx_runtime(make: Make, trace: Trace, windows: np.ndarray) -> None:
    expected = quantise(shaped(trace("student"), opset=17, form="conv1d", fold=False), windows[:64], "u8")
    assert make(windows[:64]).proto == expected


def test_the_normaliser_stays_ahead_of_the_first_numbers_that_are_rounded(
    depthwise: nn.Module, windows: np.ndarray
) -> None:
    """Even where the first convolution could take it in: one scale must fit all channels, whatever their units."""
    graph = int8_scorer(depthwise, windows[:64]).proto.graph
    first = [node.op_type for node in graph.node if {node.input[0]} & {"window", graph.node[0].output[0]}]
    assert first[:2] == ["BatchNormalization", "QuantizeLinear"]


def test_the_same_calibration_gives_the_same_bytes_and_another_does_not(make: Make, windows: np.ndarray) -> None:
    scorer = make(windows[:64])
    assert make(windows[:64]).content == scorer.content and scorer.size_bytes == len(scorer.content)
    assert make(3 * windows[:64]).content != scorer.content


def test_it_keeps_the_labels_alone_and_in_a_batch(make: Make, windows: np.ndarray, answers: Callable) -> None:
    scorer = make(windows[:64])
    together = scorer.logits(windows)
    assert together.shape == (300, 4) and together.dtype == np.float32
    assert (together.argmax(axis=1) == answers("student").argmax(axis=1)).mean() > 0.95
    alone = np.concatenate([scorer.logits(windows[i : i + 1]) for i in range(20)])
    np.testing.assert_allclose(alone, together[:20], atol=1e-5)
    np.testing.assert_array_equal(scorer.logits(windows.astype(np.float64)), together)


def test_from_a_file_it_answers_the_same(make: Make, windows: np.ndarray, tmp_path: Path) -> None:
    scorer = make(windows[:64])
    (tmp_path / "model.onnx").write_bytes(scorer.content)
    again = read_int8(tmp_path / "model.onnx")
    np.testing.assert_array_equal(again.logits(windows), scorer.logits(windows))
    assert again.content == scorer.content


def test_with_a_face_the_file_says_what_it_takes(
    make: Make, windows: np.ndarray, recogniser: Callable[[str], Recogniser]
) -> None:
    inside = recogniser("student").interface
    zeros = (0.0,) * len(inside.layout)
    face = Face(inside.layout, inside.rate_hz, inside.width, inside.classes, zeros, zeros, {"role": "student_int8"})
    told = {item.key: json.loads(item.value) for item in make(windows[:64], face).proto.metadata_props}
    assert told["stillroom.channels"] == list(inside.layout.names) and told["stillroom.precision"] == "int8-u8"
    assert told["stillroom.provenance"] == {"role": "student_int8"}
    assert not make(windows[:64]).proto.metadata_props


def test_windows_that_do_not_fit_are_refused(make: Make, windows: np.ndarray) -> None:
    scorer = make(windows[:64])
    for wrong in (windows[:, :3], windows[:, :, :16], windows[0], windows[:0]):
        with pytest.raises(InputError, match="INT8 model takes"):
            scorer.logits(wrong)
    for wrong in (windows[:0], windows[0]):
        with pytest.raises(InputError, match="calibration windows") as refused:
            make(wrong)
        assert "training people" in refused.value.mend


def test_a_damaged_or_missing_file_is_one_sentence(make: Make, windows: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    with pytest.raises(InputError, match="no such file"):
        read_int8(path)
    path.write_bytes(make(windows[:64]).content[:-500])
    with pytest.raises(InputError) as refused:
        read_int8(path)
    assert refused.value.where == str(path) and refused.value.mend


def test_without_the_extra_the_sentence_names_it(
    make: Make, windows: np.ndarray, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == "onnxruntime" else object())
    for call in (lambda: make(windows[:64]), lambda: read_int8(tmp_path), lambda: Int8Scorer(onnx.ModelProto())):
        with pytest.raises(InputError, match="onnxruntime") as refused:
            call()
        assert "stillroom[export]" in refused.value.mend
