"""onnxruntime with each provider that is there: batch 1, one call after another, one thread, by the wall clock."""
# ruff: noqa: UP006, UP035

import importlib
import time
from typing import Any, Dict, Iterator, List

import numpy as np

from .power import Power
from .rows import NotMeasuredError, Row, figures, parity, pick, row

WARM_UP_CALLS = 50
MOST_CALLS = 200000
PROVIDERS: Dict[str, Dict[str, Dict[str, bool]]] = {
    "TensorrtExecutionProvider": {
        "fp32": {},
        "fp16": {"trt_fp16_enable": True},
        "int8-s8": {"trt_int8_enable": True, "trt_fp16_enable": True},
    },
    "CUDAExecutionProvider": {"fp32": {}, "fp16": {}},
    "CPUExecutionProvider": {"fp32": {}, "fp16": {}, "int8-u8": {}},
}


def measure(models: List[Row], data: Dict[str, Any], seconds: float, power: Power) -> Iterator[Row]:
    """Every model that a provider takes; what fails is a row with its error.

    Args:
        models: those of the bundle.
        data: `window` `(n, channel, time)` and `logits` `(n, class)`.
        seconds: how long each is timed.
        power: for the energy of an inference.
    """
    ort: Any = importlib.import_module("onnxruntime")
    for provider in filter(ort.get_available_providers().__contains__, PROVIDERS):
        for precision, options in PROVIDERS[provider].items():
            source = "fp32" if precision == "fp16" and options else precision
            for model in pick(models, source):
                facts = {"provider": provider, "options": sorted(options), "cuda_graph": False, "loop": "synchronous"}
                try:
                    facts.update(_timed(_session(ort, model, provider, options), data, seconds, power))
                except Exception as error:  # onnxruntime raises kinds of its own
                    facts["error"] = " ".join(str(error).split())[:300] or type(error).__name__
                yield row(model, precision, "onnxruntime", threads=1, **facts)


def _session(ort: Any, model: Row, provider: str, options: Dict[str, bool]) -> Any:
    settings = ort.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    settings.log_severity_level = 3
    session = ort.InferenceSession(model["name"], settings, providers=[(provider, options)])
    if session.get_providers()[0] != provider:
        raise NotMeasuredError(f"onnxruntime took {session.get_providers()[0]} instead")
    return session


def _timed(session: Any, data: Dict[str, Any], seconds: float, power: Power) -> Row:
    windows = [np.ascontiguousarray(window[None], dtype=np.float32) for window in data["window"]]
    answers = np.concatenate([session.run(["logits"], {"window": window})[0] for window in windows])
    checked = parity(answers, data["logits"], "onnxruntime")
    for number in range(WARM_UP_CALLS):
        session.run(None, {"window": windows[number % len(windows)]})
    times_s: List[float] = []
    began, end = time.time(), time.perf_counter() + seconds
    while len(times_s) < MOST_CALLS and time.perf_counter() < end:
        feed = {"window": windows[len(times_s) % len(windows)]}
        start = time.perf_counter()
        session.run(None, feed)
        times_s.append(time.perf_counter() - start)
    found = figures([1000.0 * each for each in times_s])
    return {**found, "parity": checked, "energy": power.energy(began, time.time(), found["mean_ms"])}
