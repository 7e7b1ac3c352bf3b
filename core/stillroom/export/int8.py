"""A recogniser in INT8 as something that scores windows: the graph that an export makes for ONNX Runtime.

Same trace, form, opset and quantiser as `model_int8_u8.onnx` of an export; one thread, so that the same windows give
the same logits. What INT8 loses is for the caller to measure, on people that calibrated nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from torch import nn

from stillroom.base.errors import InputError
from stillroom.export.extra import need_extra
from stillroom.export.face import Face
from stillroom.export.plan import wanted

if TYPE_CHECKING:
    import onnx

Floats = NDArray[np.float32]

_BATCH = 256
_PRECISION = "int8-u8"


class Int8Scorer:
    """An INT8 graph that is ready to answer.

    Args:
        proto: the graph.
        where: named in errors.

    Attributes:
        proto: the graph.
        content: it as bytes, the same each time.
        run: the bare session, for a measurement; `logits` looks at what it is given.

    Raises:
        InputError: a package is missing, or ONNX Runtime cannot read the graph.
    """

    def __init__(self, proto: onnx.ModelProto, where: str = "") -> None:
        need_extra()
        from stillroom.export.sessions import opened

        self.proto = proto
        self.content: bytes = proto.SerializeToString(deterministic=True)
        self.run = opened(proto, where)
        self._shape = tuple(size.dim_value for size in proto.graph.input[0].type.tensor_type.shape.dim)[1:]

    @property
    def size_bytes(self) -> int:
        """Of the file that it would be."""
        return len(self.content)

    def logits(self, windows: Floats) -> Floats:
        """Logits `(window, class)` of windows `(window, channel, time)` in physical units.

        Raises:
            InputError: windows of another shape, or none.
        """
        if windows.shape[1:] != self._shape or not len(windows):
            raise InputError(f"the windows are {windows.shape}, the INT8 model takes (window, *{self._shape})")
        ready = np.ascontiguousarray(windows, dtype=np.float32)
        return np.concatenate([self.run(ready[i : i + _BATCH]) for i in range(0, len(ready), _BATCH)])


def int8_scorer(model: nn.Module, calibration: Floats, face: Face | None = None) -> Int8Scorer:
    """A model in INT8.

    Args:
        model: maps `(batch, channel, time)` in physical units to logits, or to a tuple that begins with them.
        calibration: `(window, channel, time)` of training people alone, some hundred, balanced over the classes.
        face: what the graph says of itself, in its metadata; nothing if None.

    Raises:
        InputError: a package is missing, there is no calibration window, or nothing can be quantised.
        StillroomError: the model cannot be written as ONNX.
    """
    need_extra()
    from stillroom.export.converting import export_onnx
    from stillroom.export.describing import described
    from stillroom.export.quantising import quantise

    if calibration.ndim != 3 or not len(calibration):
        raise InputError(
            f"INT8 needs calibration windows (window, channel, time), not {calibration.shape}",
            mend="Give some hundred windows of training people",
        )
    as_planned = next(item for item in wanted(half=False, int8=True) if item.precision == _PRECISION)
    _, channels, width = calibration.shape
    plain = export_onnx(model, channels, width, opset=as_planned.opset, form=as_planned.form, fold=False)
    proto = quantise(plain, calibration, "u8")
    return Int8Scorer(described(proto, face, _PRECISION) if face else proto)


def read_int8(path: Path) -> Int8Scorer:
    """The scorer of a file that `Int8Scorer.content` was written to.

    Raises:
        InputError: a package is missing, or the file is missing, truncated or no graph of ours.
    """
    need_extra()
    from stillroom.export.reading import read_onnx

    return Int8Scorer(read_onnx(path), str(path))
