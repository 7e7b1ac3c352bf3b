"""How long a window takes, out of a run's `cost.json`, and whose computer that was measured on.

Times of two computers say nothing of two models: they stand together only where the computer is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillroom.cost.computer import host_facts
from stillroom_app.services.workspace import Whose

ONNX = "onnxruntime"
_HERE = "this computer"  # as `stillroom cost` calls the one that it ran on
_COMPUTER = ("cpu", "cores", "system")


def of_a_window(told: Mapping[str, Any] | None, runtime: str = ONNX) -> dict[str, dict[str, Any]]:
    """The figures of one window on one thread, by model; those without a value are left out.

    Args:
        told: what was kept; None where nobody asked.
        runtime: that ran the models.
    """
    asked = {"quantity": "latency", "device": _HERE, "runtime": runtime, "threads": 1, "batch": 1}
    return {
        str(one.get("model")): one
        for one in figures_of(told)
        if one.get("value") and all(one.get(key) == value for key, value in asked.items())
    }


def figures_of(told: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """What was kept, figure by figure; whatever is none is left out, for the file may have been changed by hand.

    Args:
        told: what was kept; None where nobody asked.
    """
    found = (told or {}).get("figures")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def computer_of(told: Mapping[str, Any] | None, whose: Whose) -> str:
    """Whose computer measured, in words: `this computer`, `another computer`, `the demo's computer`."""
    if whose == "demo":
        return "the demo's computer"
    same = _cpu(told) == host_facts(())["cpu"]
    return _HERE if same else "another computer"


def same_computer(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Whether two runs were measured on one computer, as far as what was kept can tell."""
    first, second = ((told or {}).get("host") or {} for told in (one, other))
    return bool(first) and all(first.get(key) == second.get(key) for key in _COMPUTER)


def _cpu(told: Mapping[str, Any] | None) -> Any:
    return ((told or {}).get("host") or {}).get("cpu")
