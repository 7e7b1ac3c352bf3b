"""From a recogniser to ONNX: the same answers in every form and opset, and nothing in the graph that a board lacks."""

from __future__ import annotations

from collections.abc import Callable
from importlib.machinery import ModuleSpec
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from onnx import ModelProto
from torch import nn

from stillroom.base.errors import InputError, StillroomError
from stillroom.export import extra
from stillroom.export.converting import export_onnx, shaped
from stillroom.export.sessions import Run
from stillroom.export.stripping import stripped
from stillroom.export.substitutes import networks_only
from stillroom.export.tracing import traced
from stillroom.models.recogniser import Recogniser
from stillroom.runs.manifest import Form

MODELS = ("student", "reference", "ensemble")

Trace = Callable[[str], ModelProto]
Answers = Callable[[str], np.ndarray]
Open = Callable[[ModelProto], Run]


def kinds(proto: ModelProto) -> list[str]:
    return [node.op_type for node in proto.graph.node]


def ranks(proto: ModelProto) -> set[int]:
    """Dimensions of the convolutions' weights."""
    held = {tensor.name: len(tensor.dims) for tensor in proto.graph.initializer}
    return {held[node.input[1]] for node in proto.graph.node if node.op_type == "Conv"}


@pytest.mark.parametrize("opset", [17, 18])
@pytest.mark.parametrize("form", ["conv1d", "conv2d"])
@pytest.mark.parametrize("name", MODELS)
def test_it_answers_as_the_model_does_in_batches_of_any_size(
    name: str, form: Form, opset: int, trace: Trace, answers: Answers, run: Open, windows: np.ndarray
) -> None:
    proto = shaped(trace(name), opset=opset, form=form)
    ask = run(proto)
    for count in (1, 2, 7, len(windows)):
        np.testing.assert_allclose(ask(windows[:count]), answers(name)[:count], atol=1e-5)
    assert [item.version for item in proto.opset_import] == [opset] and proto.ir_version == 8
    taken, given = proto.graph.input[0], proto.graph.output[0]
    assert (taken.name, given.name, len(proto.graph.input)) == ("window", "logits", 1)
    shape = taken.type.tensor_type.shape.dim
    assert shape[0].dim_param and [part.dim_value for part in shape[1:]] == list(windows.shape[1:])


@pytest.mark.parametrize("name", MODELS)
def test_convolutions_have_the_form_that_was_asked_for(name: str, trace: Trace) -> None:
    assert ranks(shaped(trace(name), form="conv1d")) == {3}
    assert ranks(shaped(trace(name), form="conv2d")) == {4}


def test_the_quick_form_of_a_student_changes_shape_but_once(trace: Trace) -> None:
    expected = ["BatchNormalization", "Unsqueeze", "Conv", "Relu", "Conv", "Relu", "GlobalAveragePool", "Flatten"]
    assert kinds(shaped(trace("student"))) == [*expected, "Gemm", "Relu", "Gemm"]


@pytest.mark.parametrize(("name", "kind"), [("reference", "GRU"), ("ensemble", "LSTM")])
def test_a_recurrent_layer_is_one_operator_that_begins_with_zeros(name: str, kind: str, trace: Trace) -> None:
    proto = shaped(trace(name))
    layers = [node for node in proto.graph.node if node.op_type == kind]
    assert len(layers) == 1 and not any(list(layers[0].input)[5:])


@pytest.mark.parametrize("name", MODELS)
def test_no_spectrum_and_no_loop_is_left_for_a_board_to_stumble_over(name: str, trace: Trace) -> None:
    assert not {"DFT", "STFT", "Loop", "If", "Scan", "NonZero"} & set(kinds(trace(name)))


def test_an_ensemble_can_leave_its_forest_behind(recogniser: Callable[[str], Recogniser], windows: np.ndarray) -> None:
    whole = recogniser("ensemble")
    rest = networks_only(whole)
    with torch.no_grad():
        alone = whole.members[0](torch.from_numpy(windows)).logits
        logits = rest(torch.from_numpy(windows)).logits
    torch.testing.assert_close(logits.softmax(1), alone.softmax(1))
    assert len(whole.members) == 2 and float(rest.weights.sum()) == pytest.approx(1)
    with pytest.raises(InputError, match="forest alone"):
        networks_only(Recogniser(whole.interface, [whole.members[1]]))  # type: ignore[list-item]


def test_a_forest_that_is_too_deep_for_a_graph_is_refused_with_the_way_out(
    recogniser: Callable[[str], Recogniser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillroom.export.substitutes.DEEPEST", 1)
    with pytest.raises(InputError, match="networks_only"):
        export_onnx(recogniser("ensemble"), 6, 32)


def test_an_unpadded_first_convolution_takes_the_normaliser_in_and_the_model_stays_as_it_was(
    depthwise: nn.Module, windows: np.ndarray, run: Open
) -> None:
    with torch.no_grad():
        expected = depthwise(torch.from_numpy(windows)).numpy()
    depthwise.train()
    before = {name: value.clone() for name, value in depthwise.state_dict().items()}
    torch.backends.mha.set_fastpath_enabled(True)
    plain = traced(depthwise, 6, 32)
    assert all(module.training for module in depthwise.modules())
    assert all(torch.equal(value, before[name]) for name, value in depthwise.state_dict().items())
    assert torch.backends.mha.get_fastpath_enabled()
    depthwise.eval()
    folded, kept = shaped(plain), shaped(plain, fold=False)
    assert kinds(folded)[:2] == ["Unsqueeze", "Conv"] and kinds(kept)[0] == "BatchNormalization"
    assert kinds(folded).count("Squeeze") == 0, "residual sum and pool work on the image too"
    for proto in (folded, kept):
        np.testing.assert_allclose(run(proto)(windows), expected, atol=1e-5)


def test_nothing_of_this_machine_stays_in_a_graph(trace: Trace) -> None:
    for name in MODELS:
        data = trace(name).SerializeToString()
        for word in (b".py", b"/site-packages", b"/stillroom/", b"File ", b"pkg.torch"):
            assert word not in data, (name, word)


def test_whatever_a_tool_wrote_into_a_graph_is_taken_out(trace: Trace) -> None:
    proto = ModelProto.FromString(trace("student").SerializeToString())
    parts = (proto, proto.graph, proto.graph.node[0], proto.graph.input[0], proto.graph.initializer[0])
    for part in parts:
        part.doc_string = "/somebody/net.py"
        part.metadata_props.add(key="trace", value="/somebody/net.py")
    assert b"/somebody" in proto.SerializeToString()
    assert b"/somebody" not in stripped(proto).SerializeToString()


class Bewildering(nn.Module):
    """What it computes depends on what it sees."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[x > 0][None] if x.sum() > 3 else x


def test_a_model_that_cannot_be_written_gives_one_sentence() -> None:
    with pytest.raises(StillroomError, match="cannot be written as ONNX") as caught:
        export_onnx(Bewildering(), 6, 32)
    assert len(caught.value.sentence()) < 400 and "\n" not in caught.value.sentence()


def test_a_missing_package_is_named_with_its_extra(depthwise: nn.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: str) -> ModuleSpec | None:
        return None if name == "onnxslim" else find_spec(name)

    monkeypatch.setattr(extra, "find_spec", without)
    with pytest.raises(InputError, match=r"needs onnxslim.*stillroom\[export\]"):
        export_onnx(depthwise, 6, 32)


def test_an_unknown_opset_is_refused(trace: Trace) -> None:
    with pytest.raises(InputError, match="opset 9"):
        shaped(trace("student"), opset=9)
