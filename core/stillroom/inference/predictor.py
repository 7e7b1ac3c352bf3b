"""An export that answers: windows in physical units to probabilities, by ONNX Runtime on this computer's CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stillroom.base.errors import InputError
from stillroom.runs.manifest import INPUT, OUTPUT, Manifest, read_manifest
from stillroom.sensors.layout import Layout

Floats = NDArray[np.float32]

_ERRORS_ONLY = 3


class Predictor:
    """A student that left the house.

    Args:
        folder: of the export.
        precision: which of its files: `fp32`, `fp16`, `int8-u8` or `int8-s8`.
        threads: of ONNX Runtime; a net as small as a student gains nothing from a second.

    Raises:
        InputError: no export lies there, it is damaged or altered, or ONNX Runtime is missing.
    """

    def __init__(self, folder: Path, precision: str = "fp32", threads: int = 1) -> None:
        self.manifest: Manifest = read_manifest(folder)
        self.file = self.manifest.file(precision)
        path = folder / self.file.name
        self._session = _session(path, self.file.precision, threads)
        _look_over(self._session, self.manifest, path)
        self._logits(np.zeros((1, *self.shape), np.float32))  # the first answer takes longer than all others

    @property
    def layout(self) -> Layout:
        """The channels that it takes, in order and with their units."""
        return self.manifest.layout

    @property
    def rate_hz(self) -> float:
        """Samples per second of a window."""
        return self.manifest.rate_hz

    @property
    def width(self) -> int:
        """Samples in a window."""
        return self.manifest.width

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, in the order of the probabilities."""
        return self.manifest.classes

    @property
    def shape(self) -> tuple[int, int]:
        """Channels and samples of a window."""
        return len(self.layout), self.width

    def __call__(self, windows: ArrayLike) -> Floats:
        """Probabilities `(window, class)` of `(window, channel, time)` in physical units.

        Raises:
            InputError: another shape, or a value that is not finite; the sentence names the likely mistake.
        """
        values = np.ascontiguousarray(windows, dtype=np.float32)
        if values.shape[1:] != self.shape:
            raise _misshapen(values.shape, self.layout, self.width)
        if not np.isfinite(values).all():
            window, channel, sample = np.argwhere(~np.isfinite(values))[0]
            raise InputError(
                f"{self.layout.names[channel]} is no finite number",
                where=f"window {window}, sample {sample}",
                mend="Fill short losses by a straight line, and leave windows with longer ones out",
            )
        logits = self._logits(values).astype(np.float64)
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=np.float32)

    def _logits(self, values: Floats) -> Floats:
        return np.asarray(self._session.run([OUTPUT], {INPUT: values})[0])


def _session(path: Path, precision: str, threads: int) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise InputError(
            "ONNX Runtime is not installed", mend="Install it: pip install onnxruntime (or 'stillroom[export]')"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = _ERRORS_ONLY
    # ONNX Runtime 1.31 dies where it lays a half-precision graph with transposed products out anew
    without = {"disabled_optimizers": ["NchwcTransformer"]} if precision == "fp16" else {}
    try:
        return onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"], **without)
    except Exception as error:  # onnxruntime's errors have no common class
        said = (str(error).splitlines() or [""])[0][:200]
        raise InputError(
            f"ONNX Runtime cannot open the file: {said}", where=str(path), mend="Export the model again"
        ) from error


def _look_over(session: Any, manifest: Manifest, path: Path) -> None:
    """Refuses a file that somebody else made, whatever the manifest says of it."""
    taken, given = session.get_inputs(), session.get_outputs()
    named = [item.name for item in taken] == [INPUT] and [item.name for item in given] == [OUTPUT]
    floats = all(item.type == "tensor(float)" for item in (*taken, *given))
    shapes = [list(item.shape[1:]) for item in (*taken, *given)]
    if not named or not floats or shapes != [[len(manifest.layout), manifest.width], [len(manifest.classes)]]:
        said = [", ".join(f"{item.name} {item.type} {item.shape}" for item in some) for some in (taken, given)]
        raise InputError(
            f"the file takes {said[0]} and gives {said[1]}, which is not what the manifest says: {INPUT} "
            f"['batch', {len(manifest.layout)}, {manifest.width}] to {OUTPUT} ['batch', {len(manifest.classes)}]",
            where=str(path),
            mend="Name an export as `stillroom export` wrote it",
        )


def _misshapen(shape: tuple[int, ...], layout: Layout, width: int) -> InputError:
    wanted = f"(window, {len(layout)} channels, {width} samples)"
    if len(shape) == 2:
        likely = "One window needs an axis in front: window[None]"
    elif len(shape) == 3 and shape[1:] == (width, len(layout)):
        likely = "Channels and time look swapped: windows.transpose(0, 2, 1)"
    elif len(shape) == 3 and shape[1] == len(layout):
        likely = "Cut the windows to the model's length, at its rate"
    else:
        likely = f"Give the channels {', '.join(layout.names[:12])}, in this order"
    return InputError(f"windows of shape {shape}, expected {wanted}", mend=likely)
