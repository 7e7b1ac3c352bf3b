"""From the distilled student to what goes on a device: pruned step by step, each step in INT8, counted and timed.

Memory is that of a microcontroller, by the house's rule (`cost_boards`): RAM is the activations' un-fused peak and one
more window that is being filled, flash the graph's constants and 15 KiB of runtime; each in the step's own precision. A
layer that the quantiser leaves in float counts as float. Times are ONNX Runtime's, one window on one thread, all steps
in turn in one run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stillroom.base.errors import InputError
from stillroom.base.paths import whole_file
from stillroom.cost.graph import GraphCost, walk
from stillroom.cost.latency import Timing, time_interleaved
from stillroom.export.extra import need_extra
from stillroom.export.int8 import Int8Scorer, read_int8
from stillroom.recipes.cost_boards import RUNTIME_CODE_BYTES
from stillroom.recipes.costed import Costed, count
from stillroom.recipes.roles import INT8, PRUNED

INT8_FILE = "model.onnx"
BUDGET = {"ram_20k": ("ram_bytes", 20_000), "flash_64k": ("flash_bytes", 64_000), "macs_60k": ("macs", 60_000)}
HEADINGS = (
    "step",
    "macro-F1",
    "95 % interval",
    "change in points",
    "parameters",
    "MACs",
    "file",
    "RAM",
    "flash",
    "time (quartiles)",
    "times smaller",
    "times faster",
    "over budget",
)

Step = dict[str, Any]


@dataclass(frozen=True)
class _Form:
    """A step that can be run: the model that it is or comes from, its graph, the bytes of its file."""

    before: str | None
    costed: Costed
    graph: GraphCost
    size_bytes: int
    call: Callable[[], object]


def write_int8(folder: Path, scorer: Int8Scorer) -> None:
    """Writes a scorer's graph into a folder, whole or not at all.

    Raises:
        StorageError: the disk refuses.
    """
    with whole_file(folder / INT8_FILE) as beside:
        beside.write_bytes(scorer.content)


def build_steps(first_fold_models: Mapping[str, Path], int8: Mapping[str, Path], rounds: int = 15) -> list[Step]:
    """Counts and times every step.

    Args:
        first_fold_models: folders of saved models by role, the student first, each pruned from the one before it.
        int8: folders that `write_int8` wrote to, by the role of a model above with `_int8` at its end.
        rounds: of the measurement, at least seven.

    Returns:
        One plain object a step, models first: `step, before, precision, params, macs, size_bytes, ram_bytes,
        flash_bytes, latency_ms {median, low, high}` with quartiles, `busy` where these lie far apart, `fits_budget
        {ram_20k, flash_64k, macs_60k}`. `before` is what the step was made from; None for the student.

    Raises:
        InputError: a file is missing or damaged, a role has no model, a package is missing, or too few rounds.
    """
    need_extra()
    if strange := [role for role in int8 if role.removesuffix(INT8) not in first_fold_models]:
        raise InputError(f"there is no model that {strange[0]} was made from", where="the steps")
    scorers = {role: read_int8(folder / INT8_FILE) for role, folder in int8.items()}
    forms: dict[str, _Form] = {}
    for before, (role, folder) in zip((None, *first_fold_models), first_fold_models.items(), strict=False):
        forms[role] = _float(role, folder, before)
    for role, scorer in scorers.items():
        made_from = role.removesuffix(INT8)
        forms[role] = _int8(scorer, made_from, forms[made_from].costed)
    timed = time_interleaved({role: form.call for role, form in forms.items()}, rounds=rounds)
    return [_step(role, form, timed[role]) for role, form in forms.items()]


def steps_table(
    steps: Sequence[Step], scores: Mapping[str, Mapping[str, Any]]
) -> tuple[tuple[str, ...], list[list[str]]]:
    """The steps as text, each beside the one that it was made from; sizes and times beside the first one's.

    Args:
        steps: of `build_steps`.
        scores: `macro_f1, low, high` by role, as in a report.

    Returns:
        Headings and rows.
    """
    return HEADINGS, [_row(step, steps[0], scores) for step in steps]


def title_of(role: str) -> str:
    """A step's name for people."""
    plain = role.removesuffix(INT8)
    title = f"{plain.removeprefix(PRUNED)} % of the channels" if plain.startswith(PRUNED) else plain
    return title + (", INT8" if role.endswith(INT8) else "")


def _float(role: str, folder: Path, before: str | None) -> _Form:
    from stillroom.export.sessions import opened  # needs the extra

    costed = count(role, folder)
    run, window = opened(costed.proto), _window(costed)
    return _Form(before, costed, costed.graph, len(costed.proto.SerializeToString()), lambda: run(window))


def _int8(scorer: Int8Scorer, before: str, costed: Costed) -> _Form:
    window = _window(costed)
    scorer.logits(window)  # a graph of another shape is refused here, not in the middle of the measurement
    return _Form(before, costed, walk(scorer.proto), scorer.size_bytes, lambda: scorer.run(window))


def _window(costed: Costed) -> Any:
    face = costed.model.interface
    return np.random.default_rng(0).standard_normal((1, len(face.layout), face.width)).astype(np.float32)


def _step(role: str, form: _Form, timing: Timing) -> Step:
    counted = {
        "params": form.costed.row["params"],
        "macs": form.costed.row["macs"],
        "size_bytes": form.size_bytes,
        "ram_bytes": form.graph.peak_activation_bytes + form.graph.input_bytes,
        "flash_bytes": form.graph.weight_bytes + RUNTIME_CODE_BYTES,
    }
    return {
        "step": role,
        "before": form.before,
        "precision": "int8" if role.endswith(INT8) else "fp32",
        **counted,
        "latency_ms": {"median": timing.median_ms, "low": timing.low_ms, "high": timing.high_ms},
        "busy": timing.busy,
        "fits_budget": {name: counted[what] <= most for name, (what, most) in BUDGET.items()},
    }


def _row(step: Step, first: Step, scores: Mapping[str, Mapping[str, Any]]) -> list[str]:
    took = step["latency_ms"]
    return [
        title_of(step["step"]),
        *_scored(step, scores),
        f"{step['params']:,}",
        f"{step['macs']:,}",
        *(f"{step[size] / 1e3:.1f} kB" for size in ("size_bytes", "ram_bytes", "flash_bytes")),
        f"{1e3 * took['median']:.0f} µs ({1e3 * took['low']:.0f} to {1e3 * took['high']:.0f})",
        f"{first['size_bytes'] / step['size_bytes']:.1f}",
        f"{first['latency_ms']['median'] / took['median']:.1f}",
        ", ".join(name.partition("_")[0] for name, fits in step["fits_budget"].items() if not fits) or "nothing",
    ]


def _scored(step: Step, scores: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Score, interval, and the change in points; empty where a step was not scored."""
    score, before = scores.get(step["step"]), scores.get(step["before"] or "")
    if score is None:
        return ["", "", ""]
    interval = "one only" if score["low"] is None else f"{score['low']:.3f} to {score['high']:.3f}"
    change = (
        ""
        if before is None
        else f"{100 * (score['macro_f1'] - before['macro_f1']):+.1f} (against {title_of(step['before'])})"
    )
    return [f"{score['macro_f1']:.3f}", interval, change]
