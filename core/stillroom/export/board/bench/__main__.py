"""`python3 run_bench.py`: measures what the bundle holds with what the board has, and writes the results whole."""
# ruff: noqa: UP006, UP035, UP045

import argparse
import json
import os
import sys
import time
import zipfile
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

import numpy as np

from . import machine, ort, tensorrt
from .power import Power
from .rows import NotMeasuredError, Row, row, sha256

FORMAT, KIND = 1, "stillroom device results"
RUNTIMES = ("trtexec", "onnxruntime")


def main(words: Optional[List[str]] = None) -> int:
    """Measures, writes, and says what was found.

    Returns:
        0; 1 where nothing could be measured, 2 where the bundle is damaged.
    """
    parser = argparse.ArgumentParser(prog="run_bench.py", description="Measures this bundle on this machine.")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each way of running is measured")
    parser.add_argument("--runtimes", default=",".join(RUNTIMES), help="which to use where they are there")
    parser.add_argument("--out", type=Path, default=Path("results.json"), help="where the results go")
    given = parser.parse_args(words)
    out = Path.cwd() / given.out
    os.chdir(str(Path(__file__).resolve().parent.parent))
    try:
        results = measure(given.runtimes.split(","), given.seconds)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        sys.stderr.write(f"error: the bundle is not whole, unpack it again: {error}\n")
        return 2
    _write(out, results)
    rows, measured = results["rows"], [each for each in results["rows"] if each["error"] is None]
    _say(f"{len(measured)} of {len(rows)} measured, written to {out.name}")
    if not measured:
        errors = results["failures"] + [each["error"] for each in rows] + ["neither trtexec nor onnxruntime is here"]
        sys.stderr.write(f"error: nothing could be measured: {errors[0]}\n")
    return 0 if measured else 1


def measure(runtimes: List[str], seconds: float) -> Dict[str, Any]:
    """The results, as `stillroom device import` reads them.

    Raises:
        OSError, ValueError, KeyError, zipfile.BadZipFile: the bundle is not whole.
    """
    bundle = json.loads(Path("manifest.json").read_text())
    with np.load("inputs.npz", allow_pickle=False) as arrays:
        data = {name: arrays[name] for name in ("window", "logits")}
    results: Dict[str, Any] = {
        "kind": KIND,
        "schema": FORMAT,
        "bundle_id": bundle["bundle_id"],
        "started_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "device": machine.describe(),
        "versions": machine.versions(),
        "failures": [],
        "rows": [],
    }
    whole = [model for model in bundle["models"] if _is_whole(model, results["rows"])]
    power = Power(seconds)
    try:
        for runtime in runtimes:
            try:
                for each in _rows(runtime, whole, data, seconds, power, results["versions"]):
                    _say("{model} {precision} {runtime} {way}: {told}".format(way=_way(each), told=_told(each), **each))
                    results["rows"].append(each)
            except NotMeasuredError as error:
                results["failures"].append(str(error))
    finally:
        power.close()
    _lend_parity(results["rows"])
    return results


def _rows(
    runtime: str, models: List[Row], data: Dict[str, Any], seconds: float, power: Power, versions: Dict[str, Any]
) -> Iterator[Row]:
    program = tensorrt.find() if runtime == "trtexec" else None
    if program:
        tool = tensorrt.Trtexec(program)
        versions["tensorrt"] = tool.version
        yield from tensorrt.measure(tool, models, data, seconds, power)
    elif runtime == "onnxruntime" and versions["onnxruntime"]:
        yield from ort.measure(models, data, seconds, power)


def _is_whole(model: Row, rows: List[Row]) -> bool:
    """Whether a model is as it was bundled; if not, a row says so."""
    found = sha256(model["name"])
    if found != model["sha256"]:
        changed = dict(model, sha256=found)
        rows.append(row(changed, model["precision"], "none", error="the file has changed since it was bundled"))
    return bool(found == model["sha256"])


def _lend_parity(rows: List[Row]) -> None:
    """Where trtexec could not say its answers, onnxruntime's for the same file stand in; `runtime` there says so."""
    known = {each["model_sha256"]: each["parity"] for each in rows if each["parity"] and each["runtime"] != "trtexec"}
    for each in rows:
        each["parity"] = each["parity"] or known.get(each["model_sha256"])


def _write(path: Path, results: Dict[str, Any]) -> None:
    beside = path.with_name(path.name + ".part")
    beside.write_text(json.dumps(results, indent=1, allow_nan=False) + "\n")
    beside.replace(path)


def _way(each: Row) -> str:
    return " ".join(filter(None, [each["provider"], each["loop"], "with CUDA graph" if each["cuda_graph"] else ""]))


def _told(each: Row) -> str:
    return each["error"] or "{p50_ms:.3f} ms (p99 {p99_ms:.3f}, n {n})".format(**each)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
