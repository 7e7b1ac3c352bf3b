"""Whether a graph answers as the model does: the checker, and its logits against the model's, alone and in a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from stillroom.base.errors import InputError, StillroomError
from stillroom.evaluation.metrics import scores
from stillroom.export.sessions import opened

Floats = NDArray[np.float32]

WORST = 1e-4
_BATCH = 256


@dataclass(frozen=True)
class Parity:
    """A graph beside the model that it was made from.

    Attributes:
        max_abs: the largest difference between two logits, over all windows, alone and in a batch.
        label_agreement: share of windows with the same most likely class, 0..1.
        windows: how many were compared.
        macro_f1: of the graph; None where no labels were given.
        macro_f1_model: of the model.
    """

    max_abs: float
    label_agreement: float
    windows: int
    macro_f1: float | None = None
    macro_f1_model: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return asdict(self)


def verify(
    proto: onnx.ModelProto,
    windows: Floats,
    expected: Floats,
    *,
    labels: NDArray[np.int64] | None = None,
    classes: Sequence[str] = (),
) -> Parity:
    """Compares a graph with what is expected of it.

    Args:
        proto: the graph.
        windows: `(window, channel, time)` in physical units, 256 or more for a figure that is worth something.
        expected: `(window, class)` the model's logits for them.
        labels: `(window,)` class indices; windows without a label are -1 and do not count in the macro-F1.
        classes: names, where labels are given.

    Raises:
        InputError: no window, or other shapes than the graph's.
        StillroomError: the graph is not valid, or gives a number that is not finite.
    """
    if not len(windows) or len(windows) != len(expected):
        raise InputError(f"{len(windows)} windows and {len(expected)} expected answers cannot be compared")
    try:
        onnx.checker.check_model(proto, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise StillroomError(f"the graph is not valid: {str(error).splitlines()[0][:200]}") from error
    run, inputs = opened(proto), np.ascontiguousarray(windows, dtype=np.float32)
    together = np.concatenate([run(inputs[i : i + _BATCH]) for i in range(0, len(inputs), _BATCH)])
    alone = np.concatenate([run(inputs[i : i + 1]) for i in range(len(inputs))])
    if together.shape != expected.shape:
        raise InputError(f"the graph gives {together.shape[1:]} logits a window, expected {expected.shape[1:]}")
    if not (np.isfinite(together).all() and np.isfinite(alone).all()):
        raise StillroomError("the graph's logits are not finite", mend="Its precision is too low for these values")
    same = (together.argmax(axis=1) == expected.argmax(axis=1)) & (alone.argmax(axis=1) == expected.argmax(axis=1))
    return Parity(
        max_abs=float(max(np.abs(answer - expected).max() for answer in (together, alone))),
        label_agreement=float(same.mean()),
        windows=len(windows),
        macro_f1=_macro_f1(labels, together, classes),
        macro_f1_model=_macro_f1(labels, expected, classes),
    )


def refuse_unlike(parity: Parity, name: str) -> None:
    """Refuses a full-precision graph that does not answer as the model does.

    Raises:
        StillroomError: a difference above 1e-4, or one label that differs.
    """
    if parity.max_abs > WORST or parity.label_agreement < 1:
        raise StillroomError(
            f"the graph does not answer as the model does: logits differ by up to {parity.max_abs:.1e} "
            f"(at most {WORST:.0e}), {100 * parity.label_agreement:.2f} % of {parity.windows} labels agree",
            where=name,
            mend="Nothing was written. This is a defect; an ensemble may do better without its forest (networks_only)",
        )


def _macro_f1(labels: NDArray[np.int64] | None, logits: Floats, classes: Sequence[str]) -> float | None:
    if labels is None or not (known := np.asarray(labels) >= 0).any():
        return None
    return scores(np.asarray(labels)[known], logits.argmax(axis=1)[known], classes).macro_f1
