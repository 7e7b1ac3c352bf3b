"""A board to try things on: a small export, a run to keep figures in, and stand-ins for trtexec, ssh and scp.

The stand-in for trtexec takes the options that the real one takes at a version, refuses the others as it does, and
writes its files in its format; its times are made up, its answers are those expected.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from stillroom.runs.manifest import ExportFile, Manifest, write_manifest
from stillroom.runs.store import begin_run
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

CHANNELS, WIDTH, CLASSES, WINDOWS = 3, 16, ("reach", "screw", "rest"), 40
PIPELINED_MS, CALL_MS = 0.31, 0.5
BOARD_ENV = ("TRT_BANNER", "TRT_FAIL", "TRT_LOG", "TRT_ANSWERS", "TRT_WINDOWS", "SSH_HOME", "SSH_PATH", "TMPDIR")

TRTEXEC = '''#!{python} -SE
import json, os, re, sys
banner = os.environ["TRT_BANNER"]
print("&&&& RUNNING TensorRT.trtexec [TensorRT " + banner + "] # trtexec " + " ".join(sys.argv[1:]))
old = not banner.startswith("v11")
known = """onnx minShapes optShapes maxShapes shapes saveEngine loadEngine skipInference noTF32 warmUp duration
  iterations exportTimes exportOutput exportProfile loadInputs useCudaGraph useSpinWait exposeDMA""".split()
known += ["fp16", "int8"] * old
given = dict((word[2:].split("=", 1) + [""])[:2] for word in sys.argv[1:])
if "help" in given:
    print("\\n".join("  --" + name + "   what it does" for name in known))
    sys.exit(0)
open(os.environ["TRT_LOG"], "a").write(" ".join(sys.argv[1:]) + "\\n")
def fail(text):
    print("[05/01/2026-10:00:00] [E] " + text + "\\n&&&& FAILED TensorRT.trtexec")
    sys.exit(1)
for name in given:
    if name not in known:
        fail("Unknown option: --" + name)
if re.search(os.environ.get("TRT_FAIL") or "^$", " ".join(sys.argv[1:])):
    fail("Engine could not be created from network")
if "saveEngine" in given:
    open(given["saveEngine"], "wb").write(open(given["onnx"], "rb").read())
else:
    open(given["loadEngine"], "rb").read()
shape = [int(size) for size in given.get("shapes", "window:1").split(":")[1].split("x")]
if "exportTimes" in given:
    gap = {call} if "exposeDMA" in given else {pipelined}
    calls, at, end = [], 0.0, float(given["warmUp"]) + 1000 * float(given["duration"])
    while at < end:
        if old or at >= float(given["warmUp"]):  # the newer ones leave the warm-up out
            calls.append(dict(startEnqMs=at, endEnqMs=at + 0.1, startComputeMs=at + 0.1, latencyMs={pipelined}))
        at += gap
    lines = ["{{ " + ", ".join('"%s" : %.6g' % pair for pair in call.items()) + " }}\\n" for call in calls]
    open(given["exportTimes"], "w").write("[\\n  " + ", ".join(lines) + "]\\n")
if "exportOutput" in given:
    if open(given["loadInputs"].split(":")[1], "rb").read() != open(os.environ["TRT_WINDOWS"], "rb").read():
        fail("other windows")
    rows = json.load(open(os.environ["TRT_ANSWERS"]))[: shape[0]]
    values = ", ".join("%.6g" % value for row in rows for value in row)
    named = '[\\n  {{ "name" : "logits"\\n  , "dimensions" : "%dx%d"\\n  , "values" : [ %s ]\\n  }}\\n]\\n'
    open(given["exportOutput"], "w").write(named % (len(rows), len(rows[0]), values))
if "exportProfile" in given:
    layer = ', {{ "name" : "gemm", "timeMs" : 5.0, "averageMs" : 0.1, "percentage" : 100 }}\\n'
    open(given["exportProfile"], "w").write('[\\n  {{ "count" : 50 }}\\n' + layer + "]\\n")
print("&&&& PASSED TensorRT.trtexec")
'''

SSH = """#!{python} -SE
import os, shutil, subprocess, sys
words = sys.argv[1:]
assert "BatchMode=yes" in words, words
name, (first, second) = os.path.basename(sys.argv[0]), words[words.index("--") + 1 :]
if name == "scp":
    source, target = (path.split(":", 1)[-1] for path in (first, second))
    if not os.path.exists(source):
        sys.exit("scp: " + source + ": No such file or directory")
    shutil.copyfile(source, target)
elif first == "nowhere":
    sys.stderr.write("ssh: connect to host nowhere port 22: Connection refused\\n")
    sys.exit(255)
else:
    there = dict(os.environ, TMPDIR=os.environ["SSH_HOME"], PATH=os.environ["SSH_PATH"])
    sys.exit(subprocess.call(["/bin/sh", "-c", second], cwd=os.environ["SSH_HOME"], env=there))
"""


@dataclass(frozen=True)
class Board:
    """Where things lie: an export with the windows and answers for it, and a folder of programs for the path."""

    export: Path
    windows: NDArray[np.float32]
    logits: NDArray[np.float32]
    programs: Path

    def program(self, name: str, text: str) -> Path:
        """Puts a program on the board's path."""
        path = self.programs / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def put_trtexec(self, env: dict[str, str], banner: str = "v8502", fail: str = "") -> Path:
        """Puts trtexec there; gives the file in which it notes its options."""
        self.program("trtexec", TRTEXEC.format(python=sys.executable, call=CALL_MS, pipelined=PIPELINED_MS))
        answers, windows, log = (self.programs.parent / name for name in ("answers.json", "windows.bin", "trt.log"))
        answers.write_text(json.dumps(self.logits.tolist()))
        windows.write_bytes(self.windows.tobytes())
        log.write_text("")
        env |= {"TRT_BANNER": banner, "TRT_FAIL": fail, "TRT_LOG": str(log)}
        env |= {"TRT_ANSWERS": str(answers), "TRT_WINDOWS": str(windows)}
        return log

    def put_ssh(self, env: dict[str, str], python: str = f'exec "{sys.executable}" "$@"') -> Path:
        """Puts ssh and scp there; gives the folder that is the other machine's."""
        home = self.programs.parent / "there"
        home.mkdir()
        for name in ("ssh", "scp"):
            self.program(name, SSH.format(python=sys.executable))
        if python:
            self.program("python3", f"#!/bin/sh\n{python}\n")
        env |= {"SSH_HOME": str(home), "SSH_PATH": env["PATH"]}
        return home


def make_board(folder: Path) -> Board:
    """A board with nothing on its path yet."""
    draw = np.random.default_rng(7)
    windows = draw.standard_normal((WINDOWS, CHANNELS, WIDTH)).astype(np.float32)
    weight = draw.standard_normal((CHANNELS * WIDTH, len(CLASSES))).astype(np.float32) / 7
    programs = folder / "programs"
    programs.mkdir(parents=True)
    write_export(folder / "export", weight)
    return Board(folder / "export", windows, windows.reshape(WINDOWS, -1) @ weight, programs)


def write_export(folder: Path, weight: NDArray[np.float32]) -> None:
    """An export of a linear model in every precision; fp32 for two targets."""
    folder.mkdir(parents=True)
    kinds = [("fp32", 18), ("fp32", 17), ("fp16", 18), ("int8-u8", 18), ("int8-s8", 17)]
    files = []
    for precision, opset in kinds:
        data = _model(weight, precision, opset).SerializeToString()
        name = f"student-{precision}-opset{opset}.onnx"
        (folder / name).write_bytes(data)
        told = {"name": name, "precision": precision, "opset": opset, "target": "tests", "form": "conv2d"}
        told |= {"sha256": hashlib.sha256(data).hexdigest(), "size_bytes": len(data)}
        files.append(ExportFile.model_validate(told))
    manifest = {
        "format": 1,
        "layout": Layout(channels=sensor_channels("right_wrist", "acc", 20.0)),
        "rate_hz": 20.0,
        "width": WIDTH,
        "classes": CLASSES,
        "mean": (0.0,) * CHANNELS,
        "sd": (1.0,) * CHANNELS,
        "provenance": {},
        "files": tuple(files),
        "checks": {},
        "versions": {},
    }
    write_manifest(folder, Manifest.model_validate(manifest))


def make_run(folder: Path) -> Path:
    """A run's folder, as a finished `distil` begins it."""
    begin_run(folder, {"recipe": {"name": "made up"}}, resume=False)
    return folder


def unpack(bundle: Path, folder: Path) -> Path:
    """The bundle as a board unpacks it."""
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    return folder


def measure(folder: Path, env: dict[str, str], *words: object) -> subprocess.CompletedProcess[str]:
    """Runs the script of an unpacked bundle in a process of its own."""
    command = [sys.executable, "run_bench.py", "--seconds", "0.1", *map(str, words)]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60)


def clean_env(board: Board) -> dict[str, str]:
    """The environment of a board: its programs first on the path."""
    plain = {name: value for name, value in os.environ.items() if name not in BOARD_ENV}
    return {**plain, "PATH": f"{board.programs}{os.pathsep}{os.environ['PATH']}"}


def results_of(folder: Path) -> dict[str, Any]:
    """What the script wrote."""
    return dict(json.loads((folder / "results.json").read_text()))


def _model(weight: NDArray[np.float32], precision: str, opset: int) -> onnx.ModelProto:
    half = precision == "fp16"
    kind = np.uint8 if precision == "int8-u8" else np.int8
    nodes, at = [], "window"
    values = {"weight": weight.astype(np.float16) if half else weight}
    if half:
        nodes.append(helper.make_node("Cast", [at], ["half"], to=TensorProto.FLOAT16))
        at = "half"
    if precision.startswith("int8"):
        values |= {"scale": np.float32(0.04), "zero": kind(128 if kind is np.uint8 else 0)}
        nodes.append(helper.make_node("QuantizeLinear", [at, "scale", "zero"], ["quantised"]))
        nodes.append(helper.make_node("DequantizeLinear", ["quantised", "scale", "zero"], ["back"]))
        at = "back"
    nodes.append(helper.make_node("Flatten", [at], ["flat"], axis=1))
    nodes.append(helper.make_node("MatMul", ["flat", "weight"], ["product" if half else "logits"]))
    if half:
        nodes.append(helper.make_node("Cast", ["product"], ["logits"], to=TensorProto.FLOAT))
    window = helper.make_tensor_value_info("window", TensorProto.FLOAT, ["batch", CHANNELS, WIDTH])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(CLASSES)])
    held = [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()]
    graph = helper.make_graph(nodes, "linear", [window], [logits], held)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
