"""An exported student answers without torch, and refuses what it was not made for in one sentence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from stillroom.base.errors import InputError
from stillroom.inference.predictor import Predictor

WINDOW = np.zeros((1, 3, 10), np.float32)


def test_it_gives_probabilities_of_every_window(export: Path) -> None:
    predictor = Predictor(export)
    windows = np.random.default_rng(1).normal(size=(40, 3, 10)) * 5
    shares = predictor(windows)
    assert shares.shape == (40, 3) and shares.dtype == np.float32
    logits = np.abs(windows - np.array([0, 0, 9.8])[:, None]).mean(axis=2)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, expected, atol=1e-5)
    for one in (0, 39):
        np.testing.assert_allclose(predictor(windows[one : one + 1])[0], shares[one], atol=1e-6)
    assert predictor.classes == ("x", "y", "z") and predictor.shape == (3, 10) and predictor.rate_hz == 20


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scale=st.floats(0, 1e30), seed=st.integers(0, 99))
def test_probabilities_sum_to_one_however_large_the_values_are(export: Path, scale: float, seed: int) -> None:
    predictor = Predictor(export)
    shares = predictor(np.random.default_rng(seed).normal(size=(4, 3, 10)) * scale)
    assert np.isfinite(shares).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("windows", "said"),
    [
        (np.zeros((3, 10)), r"window\[None\]"),
        (np.zeros((5, 10, 3)), "swapped"),
        (np.zeros((5, 3, 11)), "model's length"),
        (np.zeros((5, 2, 10)), r"right_wrist\.acc\.x"),
        (np.zeros(3), "expected"),
    ],
)
def test_windows_of_another_shape_are_refused_with_the_likely_mistake(
    export: Path, windows: np.ndarray, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        Predictor(export)(windows)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_no_number_is_named(export: Path, value: float) -> None:
    windows = np.zeros((5, 3, 10))
    windows[2, 1, 7] = value
    with pytest.raises(InputError, match=r"right_wrist\.acc\.y is no finite number \(window 2, sample 7\)"):
        Predictor(export)(windows)


def test_no_window_is_no_error(export: Path) -> None:
    assert Predictor(export)(np.zeros((0, 3, 10))).shape == (0, 3)


def test_a_precision_that_is_not_there_is_refused(export: Path) -> None:
    with pytest.raises(InputError, match="holds no int8-u8 file"):
        Predictor(export, "int8-u8")


def test_a_file_that_is_not_what_the_manifest_says_is_refused(
    make_export: Callable[..., Path], graph_bytes: Callable[..., bytes]
) -> None:
    whole = graph_bytes()
    for data, said in (
        (graph_bytes("image"), "takes image"),
        (graph_bytes("window", 2), "takes window"),
        (whole[: len(whole) // 2], "cannot open"),
        (b"no onnx", "cannot open"),
    ):
        with pytest.raises(InputError, match=said) as caught:
            Predictor(make_export(data))
        assert "\n" not in caught.value.sentence()


def test_another_s_graph_with_our_names_is_refused(make_export: Callable[..., Path]) -> None:
    window = helper.make_tensor_value_info("window", TensorProto.FLOAT, ["batch", 3, 10])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 3, 10])
    made = helper.make_graph([helper.make_node("Identity", ["window"], ["logits"])], "net", [window], [logits])
    foreign = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    with pytest.raises(InputError, match="not what the manifest says"):
        Predictor(make_export(foreign.SerializeToString()))


def test_an_altered_file_is_refused(export: Path) -> None:
    path = export / "model_fp32.onnx"
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    with pytest.raises(InputError, match="has changed since"):
        Predictor(export)


def test_neither_torch_nor_onnx_is_imported(export: Path) -> None:
    script = (
        "import importlib, pkgutil, sys, numpy; from pathlib import Path; import stillroom.inference as top;"
        "[importlib.import_module(m.name) for m in pkgutil.walk_packages(top.__path__, top.__name__ + '.')];"
        "from stillroom.inference.predictor import Predictor;"
        "Predictor(Path(sys.argv[1]))(numpy.zeros((1, 3, 10)));"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(export)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert not {"torch", "onnx", "captum", "streamlit", "plotly"} & set(done.stdout.split())


def test_a_missing_runtime_is_named(export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(InputError, match=r"pip install onnxruntime"):
        Predictor(export)
