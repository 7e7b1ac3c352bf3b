"""Which files an export holds, and for what each is meant.

Forms and opsets were chosen by measurement (README, part on cost): the image form is the quickest in float, the form
over time in U8; what goes to a board has opset 17, which TensorRT 8 reads.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from stillroom.runs.manifest import Form, Precision


@dataclass(frozen=True)
class Wanted:
    """A file to be made.

    Attributes:
        name: of the file.
        precision: of its numbers.
        opset: of the default operator set.
        form: of its convolutions.
        target: for what it is meant.
    """

    name: str
    precision: Precision
    opset: int
    form: Form
    target: str

    def as_dict(self) -> dict[str, Any]:
        """What the manifest says of it."""
        return asdict(self)


_FULL = (
    Wanted("model_fp32.onnx", "fp32", 18, "conv2d", "ONNX Runtime anywhere; TensorRT 10 (JetPack 6)"),
    Wanted("model_fp32_opset17.onnx", "fp32", 17, "conv2d", "TensorRT 8 (JetPack 5); LayerNormalization from 8.6 on"),
)
_HALF = (Wanted("model_fp16.onnx", "fp16", 17, "conv2d", "TensorRT and GPUs; on a CPU it saves bytes, not time"),)
_INT8 = (
    Wanted("model_int8_u8.onnx", "int8-u8", 17, "conv1d", "ONNX Runtime on a CPU with VNNI or on Arm"),
    Wanted("model_int8_s8.onnx", "int8-s8", 17, "conv2d", "TensorRT: symmetric QDQ, weights as pairs of Q and DQ"),
)


def wanted(*, half: bool, int8: bool) -> tuple[Wanted, ...]:
    """The files to be made, full precision first."""
    return (*_FULL, *(_HALF if half else ()), *(_INT8 if int8 else ()))
