"""What the machine says of itself: board, power mode, clocks, processor, versions. Null where it does not say."""
# ruff: noqa: UP006, UP035, UP045

import importlib
import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Any, Dict, Optional

ROOT = Path("/")


def said(*command: str) -> Optional[str]:
    """What a command prints, or None where it is not there, fails, or hangs."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else None


def text_of(place: str) -> Optional[str]:
    """A small text file below the root, or None."""
    try:
        return ROOT.joinpath(place).read_bytes().decode("utf-8", "replace").strip("\0 \n") or None
    except OSError:
        return None


def describe() -> Dict[str, Any]:
    """The board and how it is set."""
    l4t = re.search(r"R(\d+).*?REVISION:\s*([\d.]+)", text_of("etc/nv_tegra_release") or "")
    mode = re.search(r"NV Power Mode:\s*(\S+)", said("nvpmodel", "-q") or "")
    clocks = said("jetson_clocks", "--show") or said("sudo", "-n", "jetson_clocks", "--show")
    return {
        "model": text_of("proc/device-tree/model"),
        "l4t": "R{}.{}".format(*l4t.groups()) if l4t else None,
        "power_mode": mode.group(1) if mode else None,
        "clocks": clocks,
        "clocks_locked": locked(clocks),
        "cpu": processor(),
        "cores": os.cpu_count() or 1,
        "machine": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "load_1m": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def locked(clocks: Optional[str]) -> Optional[bool]:
    """Whether the GPU's lowest clock is its highest, as `jetson_clocks` leaves it."""
    found = re.search(r"GPU.*?MinFreq=(\d+)\s+MaxFreq=(\d+)", clocks or "")
    return found.group(1) == found.group(2) if found else None


def processor() -> str:
    """The processor's name; on Arm only `lscpu` knows it."""
    for source in (text_of("proc/cpuinfo"), said("lscpu")):
        found = re.search(r"^model name\s*:\s*(.+)$", source or "", re.IGNORECASE | re.MULTILINE)
        if found:
            return found.group(1).strip()
    return platform.processor() or platform.machine() or "unknown"


def versions() -> Dict[str, Optional[str]]:
    """Of what the figures may depend on."""
    cuda = re.search(r"release ([\d.]+)", said("nvcc", "--version") or "") or re.search(
        r"(\d+\.\d+[\d.]*)", text_of("usr/local/cuda/version.json") or text_of("usr/local/cuda/version.txt") or ""
    )
    return {
        "python": platform.python_version(),
        "numpy": package_version("numpy"),
        "onnxruntime": package_version("onnxruntime"),
        "tensorrt": None,
        "cuda": cuda.group(1) if cuda else None,
    }


def package_version(module: str) -> Optional[str]:
    """A Python package's version; None where it is missing or does not load."""
    try:
        return str(importlib.import_module(module).__version__)
    except Exception:  # a broken build may raise anything
        return None
