"""What is no graph of ours gets one sentence, and what cannot be counted gets its name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.cost.graph import walk, walk_file
from stillroom.cost.graph_reading import onnx_package

Draw = Callable[..., Any]


@pytest.fixture
def whole(draw: Draw, tmp_path: Path) -> Path:
    drawn = draw(2)
    file = tmp_path / "whole.onnx"
    file.write_bytes(drawn.model(drawn.conv("window", 6, 3), shape=("batch", 2, 8, 8)).SerializeToString())
    return file


def test_a_file_is_walked_for_one_window(whole: Path) -> None:
    assert walk_file(whole).macs == 64 * 2 * 6 * 9


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.95])
def test_a_file_that_was_cut_off_is_refused(whole: Path, share: float) -> None:
    data = whole.read_bytes()
    whole.write_bytes(data[: int(share * len(data))])
    with pytest.raises(InputError, match="no whole ONNX model") as caught:
        walk_file(whole)
    assert str(whole) in caught.value.where and caught.value.mend


@pytest.mark.parametrize("data", [b"PK\x03\x04" + bytes(range(200)), b"hello, this is text\n", b"\x08\x08"])
def test_a_foreign_file_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "foreign.onnx"
    file.write_bytes(data)
    with pytest.raises(InputError, match="no whole ONNX model"):
        walk_file(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such ONNX file"):
        walk_file(tmp_path / "missing.onnx")


def test_an_open_length_is_refused(draw: Draw) -> None:
    drawn = draw(2)
    model = drawn.model(drawn.conv("window", 6, 3), shape=(1, 2, 8, "time"))
    with pytest.raises(InputError, match="a size of input 'window' is open"):
        walk(model)


def test_a_model_without_a_graph_is_refused(draw: Draw) -> None:
    with pytest.raises(InputError, match="holds no graph"):
        walk(draw(2).model("window"))


def test_an_operator_that_nobody_knows_is_named_and_the_rest_counted(draw: Draw) -> None:
    drawn = draw(2)
    model = drawn.model(drawn.add("Twist", drawn.conv("window", 6, 3), domain="com.example"))
    model.opset_import.add(domain="com.example", version=1)
    cost = walk(model)
    assert cost.unknown == ("1 x com.example.Twist",)
    assert cost.macs == 64 * 2 * 6 * 9


def test_a_product_of_unknown_sizes_is_named(draw: Draw) -> None:
    drawn = draw(2)
    twisted = drawn.add("Twist", "window", domain="com.example")
    model = drawn.model(drawn.conv(twisted, 6, 3))
    model.opset_import.add(domain="com.example", version=1)
    assert walk(model).unknown == ("1 x Conv (sizes or form not known)", "1 x com.example.Twist")


def test_a_loop_is_named(parse: Callable[[str], Any]) -> None:
    model = parse(
        """<ir_version: 8, opset_import: ["" : 18]>
        looped (float[1, 4] x, int64 times) => (float[1, 4] y)
        {
          go = Constant <value = bool {1}> ()
          y = Loop (times, go, x) <body = inner (int64 i, bool c, float[1, 4] a) => (bool d, float[1, 4] b)
            { d = Identity(c)  b = Add(a, a) }>
        }"""
    )
    model.graph.input[1].type.tensor_type.shape.dim.add().dim_value = 1
    assert walk(model).unknown == ("1 x Loop (holds a graph of its own)",)


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(InputError, match=r"stillroom\[export\]"):
        onnx_package()
