"""From a recogniser to ONNX in the form and operator set that a runtime wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from stillroom.base.errors import InputError
from stillroom.export.extra import need_extra
from stillroom.runs.manifest import Form

if TYPE_CHECKING:
    import onnx

OPSETS = (17, 18)


def export_onnx(
    model: nn.Module, channels: int, width: int, *, opset: int = 18, form: Form = "conv2d", fold: bool = True
) -> onnx.ModelProto:
    """A model as ONNX: `window` `(batch, channel, time)` in physical units to `logits` `(batch, class)`.

    Args:
        model: maps `(batch, channel, time)` to logits, or to a tuple that begins with them.
        channels: of its input.
        width: samples in a window.
        opset: 18, or 17 for TensorRT 8.
        form: convolutions over an image of height 1 (quick in ONNX Runtime), or over time.
        fold: let the first convolution take the normaliser in, where it pads nothing; not for a graph that is
            quantised later.

    Raises:
        InputError: a package is missing, or the opset is unknown.
        StillroomError: the model cannot be written as ONNX.
    """
    need_extra()
    from stillroom.export.tracing import traced

    return shaped(traced(model, channels, width), opset=opset, form=form, fold=fold)


def shaped(proto: onnx.ModelProto, *, opset: int = 18, form: Form = "conv2d", fold: bool = True) -> onnx.ModelProto:
    """What `tracing.traced` gives, in one form and operator set; a trace serves several."""
    from stillroom.export.folding import with_folded_normaliser
    from stillroom.export.forms import as_images
    from stillroom.export.lowering import lowered

    if opset not in OPSETS:
        raise InputError(f"there is no export to opset {opset}", mend=f"Known: {', '.join(map(str, OPSETS))}")
    out = with_folded_normaliser(proto, into_convolution=fold)
    out = as_images(out) if form == "conv2d" else out
    return lowered(out) if opset == OPSETS[0] else out
