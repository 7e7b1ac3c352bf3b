"""What this computer is: what a measured time is worth nothing without."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from importlib import metadata
from typing import Any

from stillroom.base.machine import cores, processor


def host_facts(packages: Iterable[str] = ("numpy", "torch", "onnxruntime")) -> dict[str, Any]:
    """Processor, cores, load and versions.

    Args:
        packages: whose versions count; None stands for one that is not here.
    """
    return {
        "cpu": processor(),
        "cores": cores(),
        "load_1_min": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in packages}},
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
