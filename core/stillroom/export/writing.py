"""Writing an export: the one way in, which imports no ONNX before it knows that it is there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from stillroom.base.events import Emit, silent
from stillroom.export.evidence import Evidence, look_over
from stillroom.export.extra import need_extra
from stillroom.export.face import Face
from stillroom.export.plan import wanted
from stillroom.export.substitutes import networks_only as without_forests


def write_export(
    folder: Path,
    model: nn.Module,
    face: Face,
    evidence: Evidence,
    *,
    half: bool = True,
    int8: bool = False,
    networks_only: bool = False,
    emit: Emit = silent,
) -> dict[str, Any]:
    """Writes a model's export into a new folder, whole or not at all.

    Args:
        folder: where; missing or empty.
        model: maps `(batch, channel, time)` in physical units to logits, or to a tuple that begins with them.
        face: what it takes and gives.
        evidence: what it is compared on.
        half: a half-precision file too.
        int8: both INT8 files too; needs calibration windows.
        networks_only: leave forests out of an ensemble; what is compared then is the rest.
        emit: hears of each file.

    Returns:
        `files` (as in the manifest), `parity` (`max_abs, label_agreement, windows, macro_f1, macro_f1_model`),
        `int8` (`macro_f1, label_agreement, size_bytes, speedup`), the same for `int8_tensorrt` and `fp16` less the
        speed-up, None where it was not asked for, and `export`, the folder.

    Raises:
        InputError: the folder holds something, a package or the calibration windows are missing, or windows of
            another shape.
        StillroomError: the model cannot be written as ONNX, or the graph does not answer as the model does.
    """
    need_extra()
    from stillroom.export.making import make_export

    look_over(face, evidence, int8=int8)
    if networks_only:
        model = without_forests(model)
        face = replace(face, provenance={**face.provenance, "networks_only": True})
    return make_export(folder, model, face, evidence, wanted(half=half, int8=int8), emit)
