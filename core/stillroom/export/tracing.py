"""From a torch module to a plain ONNX graph: one input `window`, one output `logits`, dynamic batch, static time.

torch's exporter (at its lowest opset, 18), then onnxslim. Recurrent layers lose their zero initial states, which are
the operator's default and would otherwise hang on the batch's size. Nothing of the machine stays in the graph.
"""

from __future__ import annotations

import numpy as np
import onnx
import torch
from onnx import NodeProto
from torch import Tensor, nn

from stillroom.base.errors import StillroomError
from stillroom.export.extra import quiet
from stillroom.export.graph import Graph
from stillroom.export.stripping import stripped
from stillroom.export.substitutes import Substitutes, traceable
from stillroom.runs.manifest import INPUT, OUTPUT

OPSET = 18
_UNKNOWN = {"DFT", "STFT"}
_RECURRENT = {"LSTM", "GRU", "RNN"}
_STATES = (5, 6)


class _Logits(nn.Module):
    """The model's logits alone."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, window: Tensor) -> Tensor:
        answer = self.model(window)
        logits: Tensor = answer if isinstance(answer, Tensor) else answer[0]
        return logits


def traced(model: nn.Module, channels: int, width: int) -> onnx.ModelProto:
    """The model as a plain graph of opset 18.

    Args:
        model: maps `(batch, channel, time)` to logits, or to a tuple that begins with them.
        channels: of its input.
        width: samples in a window.

    Raises:
        StillroomError: the exporter cannot express the model; the sentence holds its reason.
    """
    import onnxslim

    example = torch.zeros(2, channels, width)
    batch = {INPUT: {0: torch.export.Dim("batch")}}
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with quiet(), torch.no_grad():
            with Substitutes():
                program = torch.export.export(_Logits(traceable(model)), (example,), dynamic_shapes=batch, strict=False)
            made = torch.onnx.export(
                program, (), dynamo=True, opset_version=OPSET, input_names=[INPUT], output_names=[OUTPUT], verbose=False
            )
            assert made is not None
            slim = onnxslim.slim(made.model_proto)
    except StillroomError:
        raise
    except Exception as error:  # the exporter's errors have no common class
        raise StillroomError(
            f"the model cannot be written as ONNX: {_reason(error)}", mend="Export a model of another architecture"
        ) from error
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return _plain(slim)


def _plain(proto: onnx.ModelProto) -> onnx.ModelProto:
    graph = Graph(stripped(proto))
    if left := sorted(_UNKNOWN & {node.op_type for node in graph.nodes}):
        raise StillroomError(
            f"the model holds a {left[0]} that TensorRT does not know", mend="Write the spectrum as an unpadded rfft"
        )
    for node in graph.nodes:
        if node.op_type in _RECURRENT:
            for place in _STATES:
                if len(node.input) > place and _is_zero(graph, graph.producer(node.input[place])):
                    node.input[place] = ""
    return graph.finished()


def _is_zero(graph: Graph, node: NodeProto | None) -> bool:
    """Whether a value is zeros, spread to the batch's size and perhaps cut."""
    while node is not None and node.op_type in {"Expand", "Slice", "Unsqueeze", "Squeeze", "Gather"}:
        values = graph.constant(node.input[0])
        if values is not None:
            return not np.any(values)
        node = graph.producer(node.input[0])
    return False


def _reason(error: Exception) -> str:
    """The innermost cause's first line: the outer ones say how to report a defect of torch."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    return (lines[0] if lines else type(cause).__name__)[:200].rstrip(".")
