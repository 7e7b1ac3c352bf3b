"""TensorRT by NVIDIA's `trtexec`: an engine is built once a precision, and timed in four ways.

trtexec enqueues the next call while one runs, so its latency is that of the GPU in a pipeline. With --exposeDMA it has
one call in flight; the time from one enqueueing to the next is then what a caller waits: the `synchronous` rows. Up to
TensorRT 10 the precision is a flag on the fp32 model (INT8: on the symmetric QDQ model); from 11 on the flags are gone,
and the converted files are taken as they are.
"""
# ruff: noqa: UP006, UP035, UP045

import json
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

import numpy as np

from . import machine
from .power import Power
from .rows import FEWEST, NotMeasuredError, Row, figures, parity, pick, row

JETPACK = "usr/src/tensorrt/bin/trtexec"  # JetPack puts it there, and not on the path
WARM_UP_MS = 500
LONGEST_S = 1800
FLAGS = {"fp32": ["--noTF32"], "fp16": ["--fp16"], "int8-s8": ["--int8", "--fp16"]}
WAYS: Tuple[Tuple[str, bool, List[str]], ...] = (
    ("pipelined", False, []),
    ("pipelined", True, ["--useCudaGraph"]),
    ("synchronous", False, ["--exposeDMA"]),
    ("synchronous", True, ["--exposeDMA", "--useCudaGraph"]),
)
_IGNORED = "--useCudaGraph flag has been ignored"
_WRONG_FILE = (LookupError, TypeError, ValueError)


class Trtexec:
    """The program, its version and the options that it knows.

    Args:
        program: its path.
    """

    def __init__(self, program: str) -> None:
        self.program = program
        self._help = self.run(["--help"])
        self.version = version_in(self._help)
        self.major = int(self.version.split(".")[0]) if self.version else 8

    def knows(self, option: str) -> bool:
        """Whether the help names an option."""
        return re.search(re.escape(option) + r"\b", self._help) is not None

    def run(self, options: List[str]) -> str:
        """What it prints.

        Raises:
            NotMeasuredError: it failed; with its last error.
        """
        try:
            done = subprocess.run(
                [self.program, *options],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=LONGEST_S,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise NotMeasuredError(f"trtexec did not run: {error}") from error
        text = done.stdout.decode("utf-8", "replace")
        if done.returncode:
            lines = [line for line in text.splitlines() if line.strip() and not line.startswith("&&&&")]
            told = [line for line in lines if "[E]" in line] or lines or [f"exit code {done.returncode}"]
            raise NotMeasuredError(f"trtexec: {told[-1].strip()[:300]}")
        return text


def find() -> Optional[str]:
    """Where trtexec lies, or None."""
    there = machine.ROOT / JETPACK
    return shutil.which("trtexec") or (str(there) if there.exists() else None)


def measure(tool: Trtexec, models: List[Row], data: Dict[str, Any], seconds: float, power: Power) -> Iterator[Row]:
    """Every model that this TensorRT takes, in every way that this trtexec can; what fails is a row with its error.

    Args:
        tool: the program.
        models: those of the bundle.
        data: `window` `(n, channel, time)` and `logits` `(n, class)`.
        seconds: how long each way is timed.
        power: for the energy of the synchronous ways.
    """
    flagged = tool.major < 11
    for precision, wanted in FLAGS.items():
        source = "fp32" if flagged and precision == "fp16" else precision
        for model in pick(models, source):
            flags = [flag for flag in wanted if tool.knows(flag) and (flagged or flag == "--noTF32")]
            with tempfile.TemporaryDirectory() as folder:
                engine = Engine(tool, model, data, Path(folder))
                try:
                    engine.build(flags)
                    for facts in engine.ways(seconds, power):
                        yield row(model, precision, "trtexec", **{**facts, "options": flags + facts["options"]})
                except NotMeasuredError as error:
                    yield row(model, precision, "trtexec", options=flags, error=str(error))


class Engine:
    """A built engine of one model.

    Args:
        tool: trtexec.
        model: which.
        data: windows and expected logits.
        folder: for its files.
    """

    def __init__(self, tool: Trtexec, model: Row, data: Dict[str, Any], folder: Path) -> None:
        self._tool, self._model, self._data, self._folder = tool, model, data, folder
        self._n = len(data["window"])

    def build(self, flags: List[str]) -> None:
        """Builds it, for one window up to all at once.

        Raises:
            NotMeasuredError: this TensorRT does not take the model.
        """
        sizes = (("min", 1), ("opt", 1), ("max", self._n))
        shapes = [f"--{name}Shapes={self._shape(size)}" for name, size in sizes]
        only = [option for option in ("--skipInference", "--buildOnly") if self._tool.knows(option)][:1]
        self._tool.run([f"--onnx={self._model['name']}", *flags, *shapes, f"--saveEngine={self._in('engine')}", *only])

    def ways(self, seconds: float, power: Power) -> Iterator[Row]:
        """The facts of each way of running; a way that fails has its error among them."""
        checked, layers = self._parity(), self._layers()
        for loop, graph, options in WAYS:
            if all(map(self._tool.knows, options)):
                facts = {"cuda_graph": graph, "loop": loop, "options": options, "parity": checked}
                try:
                    facts.update(self._timed(loop, options, seconds, power))
                    facts["per_layer"] = layers if loop == "synchronous" and not graph else None
                except NotMeasuredError as error:
                    facts["error"] = str(error)
                except _WRONG_FILE as error:
                    facts["error"] = f"the times of this trtexec are not understood: {error!r}"
                yield facts

    def _timed(self, loop: str, options: List[str], seconds: float, power: Power) -> Row:
        spin = ["--useSpinWait"] if loop == "synchronous" and self._tool.knows("--useSpinWait") else []
        timing = [f"--warmUp={WARM_UP_MS}", f"--duration={seconds:g}", f"--iterations={FEWEST}"]
        said = self._loaded([*timing, f"--exportTimes={self._in('times.json')}", *options, *spin], 1)
        end = time.time()
        if "--useCudaGraph" in options and _IGNORED in said:
            raise NotMeasuredError("this engine cannot be recorded as a CUDA graph")
        calls = [call for call in self._read("times.json") if call["startComputeMs"] >= WARM_UP_MS]
        enqueue = [call["endEnqMs"] - call["startEnqMs"] for call in calls]
        if loop == "pipelined":
            found = figures([call["latencyMs"] for call in calls])
        else:
            found = figures([float(gap) for gap in np.diff([call["startEnqMs"] for call in calls])])
            found["energy"] = power.energy(end - seconds, end, found["mean_ms"])
        return {**found, "enqueue_ms": float(np.median(enqueue))}

    def _parity(self) -> Optional[Row]:
        """How right the engine itself is on all windows at once; None where this trtexec cannot say its answers."""
        np.ascontiguousarray(self._data["window"], dtype="<f4").tofile(self._in("windows.bin"))
        words = ["--warmUp=0", "--duration=0", "--iterations=1", f"--loadInputs=window:{self._in('windows.bin')}"]
        try:
            self._loaded([*words, f"--exportOutput={self._in('answers.json')}"], self._n)
            answers = [answer for answer in self._read("answers.json") if answer["name"] == "logits"]
            values = np.array(answers[0]["values"], dtype=np.float64)
            return parity(values.reshape(self._n, -1), self._data["logits"], "trtexec")
        except (NotMeasuredError, *_WRONG_FILE):
            return None

    def _layers(self) -> Optional[List[Row]]:
        try:
            self._loaded([f"--exportProfile={self._in('layers.json')}", "--duration=0", "--iterations=50"], 1)
            layers = [layer for layer in self._read("layers.json") if "name" in layer]
            return [{"name": str(layer["name"]), "mean_ms": float(layer["averageMs"])} for layer in layers]
        except (NotMeasuredError, *_WRONG_FILE):
            return None

    def _loaded(self, options: List[str], batch: int) -> str:
        return self._tool.run([f"--loadEngine={self._in('engine')}", f"--shapes={self._shape(batch)}", *options])

    def _shape(self, batch: int) -> str:
        return "window:" + "x".join(str(size) for size in (batch, *self._data["window"].shape[1:]))

    def _in(self, name: str) -> str:
        return str(self._folder / name)

    def _read(self, name: str) -> Any:
        try:
            return json.loads((self._folder / name).read_text())
        except (OSError, ValueError) as error:
            raise NotMeasuredError(f"trtexec wrote no readable {name}") from error


def version_in(banner: str) -> Optional[str]:
    """The version that trtexec's first line names: `v8502` is 8.5.2, `v100300` is 10.3.0; 11 writes the points."""
    found = re.search(r"TensorRT v([\d.]+)", banner)
    if not found:
        return None
    digits = found.group(1)
    if "." in digits:
        return digits.strip(".")
    parts = (
        (digits[:-4], digits[-4:-2], digits[-2:]) if len(digits) > 5 else (digits[:1], digits[1:2], digits[2:] or "0")
    )
    return ".".join(str(int(part)) for part in parts)
