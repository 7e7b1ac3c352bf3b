"""ONNX Runtime on this computer: opening a graph, and timing several in turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.runs.manifest import INPUT

Floats = NDArray[np.float32]
Run = Callable[[Floats], Floats]

_WARM_UP = 50
_ROUNDS = 15
_LEAST_S, _LONGEST_S = 2e-3, 0.2
_ERRORS_ONLY = 3


def opened(proto: onnx.ModelProto, where: str = "", *, threads: int = 1) -> Run:
    """A function from windows `(batch, channel, time)` to logits `(batch, class)`.

    Raises:
        InputError: ONNX Runtime cannot read the graph.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = _ERRORS_ONLY
    kinds = {tensor.data_type for tensor in proto.graph.initializer}
    named: dict[str, Any] = {}
    if onnx.TensorProto.FLOAT16 in kinds:
        named["disabled_optimizers"] = ["NchwcTransformer"]  # see halving.py
    try:
        session = onnxruntime.InferenceSession(
            proto.SerializeToString(), options, providers=["CPUExecutionProvider"], **named
        )
    except Exception as error:  # onnxruntime's errors have no common class
        raise InputError(
            f"ONNX Runtime cannot open the graph: {str(error).splitlines()[0][:200]}",
            where=where,
            mend="Export the model again",
        ) from error
    return lambda windows: np.asarray(session.run(None, {INPUT: windows})[0])


def interleaved_ms(calls: Mapping[str, Callable[[], object]], rounds: int = _ROUNDS) -> dict[str, float]:
    """Median milliseconds of each call, measured in turn so that a busy moment meets all of them.

    Args:
        calls: by name.
        rounds: how often each is measured; the order turns round every time.
    """
    inner = {name: _enough(call) for name, call in calls.items()}
    seen: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds):
        for name in list(calls)[:: 1 if number % 2 else -1]:
            began = time.perf_counter()
            for _ in range(inner[name]):
                calls[name]()
            seen[name].append((time.perf_counter() - began) / inner[name])
    return {name: 1e3 * float(np.median(values)) for name, values in seen.items()}


def _enough(call: Callable[[], object]) -> int:
    """How many calls take long enough to be timed; they warm up by the way."""
    began = time.perf_counter()
    done = 0
    while done < _WARM_UP and time.perf_counter() - began < _LONGEST_S:
        call()
        done += 1
    each = (time.perf_counter() - began) / done
    return max(1, int(np.ceil(_LEAST_S / max(each, 1e-9))))
