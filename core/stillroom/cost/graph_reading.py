"""An ONNX graph made ready to be walked: batch 1, simplified, every shape inferred.

The simplifier needs fixed input shapes, or products of unknown size stay hidden. It leaves quantised weights as they
are, so an INT8 graph is walked like any other.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

from stillroom.base.errors import InputError
from stillroom.cost.graph_table import Graph, tabulate


def onnx_package(name: str = "onnx") -> ModuleType:
    """A package of the extra.

    Raises:
        InputError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(f"this needs {name}", mend="Install it: pip install 'stillroom[export]'") from error


def read_graph(file: Path) -> Graph:
    """The graph of an ONNX file.

    Raises:
        InputError: it is missing, cut off, or no ONNX.
    """
    onnx = onnx_package()
    try:
        model = onnx.load_model_from_string(file.read_bytes())
        onnx.external_data_helper.load_external_data_for_model(model, str(file.parent))
        onnx.checker.check_model(model)
    except FileNotFoundError as error:
        raise InputError("there is no such ONNX file, or weights beside it are missing", where=str(file)) from error
    except Exception as error:  # protobuf and the checker raise what they like on a stranger's bytes
        said = str(error).strip().splitlines()
        raise InputError(
            f"no whole ONNX model: {said[0] if said else type(error).__name__}",
            where=str(file),
            mend="Export it again, or copy it again if it was cut off.",
        ) from error
    return prepare(model, where=str(file))


def prepare(model: Any, where: str = "") -> Graph:
    """A graph for one window.

    Args:
        model: an `onnx.ModelProto`, left as it is; its batch may be open, its other sizes may not.
        where: named in errors.

    Raises:
        InputError: there is no graph in it, or a size other than the batch is open.
    """
    onnx = onnx_package()
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    if not fixed.graph.node or not fixed.graph.input:
        raise InputError("the ONNX model holds no graph", where=where)
    fixed, note = _simplified(fixed, _fix_batch(fixed, where))
    notes = [note] if note else []
    try:
        fixed = onnx.shape_inference.infer_shapes(fixed, data_prop=True)
    except Exception as error:  # on an operator of a foreign kind, say
        notes.append(f"shapes were not inferred: {error}")
    return tabulate(onnx, fixed, tuple(notes))


def _fix_batch(model: Any, where: str) -> dict[str, list[int]]:
    constants = {one.name for one in model.graph.initializer}
    shapes = {}
    for value in model.graph.input:
        if value.name in constants:
            continue
        sizes = value.type.tensor_type.shape.dim
        if sizes and not sizes[0].dim_value:
            sizes[0].ClearField("dim_param")
            sizes[0].dim_value = 1
        if any(not size.dim_value for size in sizes):
            raise InputError(
                f"a size of input {value.name!r} is open", where=where, mend="Only the batch may be; fix the others."
            )
        shapes[value.name] = [size.dim_value for size in sizes]
    del model.graph.value_info[:]  # sizes of another batch
    return shapes


def _simplified(model: Any, shapes: dict[str, list[int]]) -> tuple[Any, str]:
    """The simplified graph, or the graph as it was and why."""
    named = [f"{name}:{','.join(map(str, sizes))}" for name, sizes in shapes.items()]
    try:
        return onnx_package("onnxslim").slim(model, input_shapes=named), ""
    except InputError:
        raise
    except Exception as error:  # it meets operators that it does not know
        return model, f"counted as it is, for it cannot be simplified: {error}"
