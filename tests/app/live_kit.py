"""A small student that follows a file, and what it answered, in a workspace: quick, and without torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tests.app.made import run_like
from tests.unit.inference.conftest import CLASSES, LAYOUT, MEAN, RATE_HZ, SD, WIDTH, moving, small_export

from stillroom.inference.following import Following
from stillroom.inference.following_kept import keeping
from stillroom.inference.following_lines import Lines
from stillroom.inference.following_windows import Windows
from stillroom.inference.predictor import Predictor

STRIDE = 5
HEAD_LINE = ",".join(("t", *LAYOUT.names)) + "\n"


def lines_of(labels: Sequence[str], from_s: float = 0.0) -> str:
    """Rows of CSV: one channel after another swings for two seconds each."""
    return "".join(
        f"{from_s + n / RATE_HZ:.3f},{','.join(f'{value:.6g}' for value in sample)}\n"
        for n, sample in enumerate(moving(labels).T)
    )


def head(source: str = "wrist.csv", classes: Sequence[str] = CLASSES, began_s: float = 1.7e9) -> dict[str, Any]:
    """What stands in a stream's `live.json`."""
    channels = [
        {"name": channel.name, "unit": channel.unit, "mean": mean, "sd": sd}
        for channel, mean, sd in zip(LAYOUT, MEAN, SD, strict=True)
    ]
    return {
        "export": "export", "classes": list(classes), "channels": channels, "rate_hz": RATE_HZ,
        "window_s": WIDTH / RATE_HZ, "stride_s": STRIDE / RATE_HZ, "source": source, "began_s": began_s,
    }  # fmt: skip


def followed(workspace: Path, name: str, export: Path, labels: Sequence[str] = tuple("xyz"), **told: Any) -> None:
    """A stream that was followed to its end."""
    predictor = Predictor(export)
    data = (HEAD_LINE + lines_of(labels)).encode()
    lines, windows = Lines(LAYOUT, "wrist.csv"), Windows(predictor.manifest, STRIDE, 0.5, "wrist.csv")
    one = Following(lambda: iter([data]), lines, windows, predictor)
    with keeping(workspace, name, head(**told)) as kept:
        for answer in one:
            kept.add(answer)
        kept.beat({"windows": one.answered, "samples": one.samples, "skipped": 0, "heard_s": one.heard_s}, now=True)
        kept.end(one.told())


def run_with_export(workspace: Path, name: str = "wrist") -> Path:
    """A finished run whose student was exported; the folder of the export."""
    folder = run_like("tsak", workspace / name)
    fold = json.loads((folder / "report.json").read_text())["folds"][0]["fold"]
    return small_export(folder / "folds" / fold / "export")


def samples(labels: Sequence[str]) -> int:
    """How many rows `lines_of` gives."""
    return int(np.prod(moving(labels).shape[1:]))
