"""What an epoch with distillation costs beside a plain one: `stillroom bench kd`.

Both run the real loop on the same made-up windows, with the rotation of the mounting, on one thread, in CPU time. In a
round each runs one epoch, step by step in turn, so that a busy machine disturbs both alike. A row is the median of the
rounds' ratios.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from pydantic import Field

from stillroom.base.config import Config
from stillroom.base.events import Emit, Event, silent
from stillroom.base.seeding import generator
from stillroom.data.bank import Bank
from stillroom.data.windows import WindowIndex
from stillroom.losses.term import make_terms
from stillroom.models.recogniser import Interface, Member, Recogniser
from stillroom.models.student import TsakStudentConfig
from stillroom.models.teacher import TsakTeacherConfig
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout
from stillroom.training.augmentation import AugmentationConfig
from stillroom.training.loop import Job, Training, TrainingConfig
from stillroom.training.scoring import Scored
from stillroom.training.targets import Panel, Targets, one_teacher
from stillroom.training.teacher_cache import CacheConfig, cached
from stillroom.training.views import View

PLAIN = {"cross_entropy": {"weight": 1.0}}
DISTILLED = {"cross_entropy": {"weight": 0.5}, "hinton": {"weight": 0.5, "temperature": 4.0}}
CLASSES = tuple(f"class {number}" for number in range(12))
WARM_UP_ROUNDS = 1


class Preset(Config):
    """A size of problem.

    Attributes:
        name: of the size.
        sites: units, each with nine channels.
        width: samples in a window.
        teacher: width of the teacher's token; its LSTM is twice as wide.
        student: the student's widths.
        batches: steps in an epoch.
    """

    name: str
    sites: int = Field(ge=1)
    width: int
    teacher: int
    student: tuple[int, ...]
    batches: int = 30


PRESETS = (
    Preset(name="tiny", sites=1, width=64, teacher=32, student=(8, 12, 16)),
    Preset(name="small", sites=3, width=128, teacher=64, student=(12, 24, 32)),
    Preset(name="big", sites=5, width=256, teacher=128, student=(16, 24, 32)),
)


def bench_kd(folder: Path, *, rounds: int = 9, emit: Emit = silent) -> dict[str, Any]:
    """Ratios of CPU time for each preset.

    Args:
        folder: where caches may be written.
        rounds: paired rounds that count.
        emit: hears of every preset.

    Returns:
        `{rows: [{name, median, low, high, n}], worst_ratio}`.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        rows = []
        for preset in PRESETS:
            emit(Event("note", f"measuring the {preset.name} size"))
            rows += _measure(preset, folder / preset.name, rounds)
    finally:
        torch.set_num_threads(threads)
    worst = max(row["median"] for row in rows if row["name"].endswith("distilled, cached / plain"))
    return {"rows": rows, "worst_ratio": worst}


def _measure(preset: Preset, folder: Path, rounds: int) -> list[dict[str, Any]]:
    view, index = _windows(preset)
    ids = np.arange(len(index))
    face = Interface(view.layout, index.rate_hz, index.width, index.classes)
    teacher = TsakTeacherConfig(token=preset.teacher, causal=2 * preset.teacher)
    online = one_teacher(Recogniser(face, [Member(teacher, face.shape, view.normaliser)]), len(index), view)
    begin = time.process_time()
    kept = cached(
        online,
        ids,
        index_key=index.key(),
        epochs=100,
        folder=folder,
        config=CacheConfig(mode="on"),
        emit=silent,
        needs=frozenset({"logits"}),
    )
    build_s = time.process_time() - begin
    rows, plain_s = [], 0.0
    for name, targets in (("cached", kept), ("online", online)):
        plain = _training(preset, view, index, PLAIN, None, folder)
        distilled = _training(preset, view, index, DISTILLED, Panel({"teacher": targets}), folder)
        pairs = _paired(plain, distilled, rounds)
        rows.append(_row(f"{preset.name}: distilled, {name} / plain", [ours / theirs for theirs, ours in pairs]))
        plain_s = median(theirs for theirs, _ in pairs)
    build = {"name": f"{preset.name}: building the cache, in plain epochs", "low": None, "high": None, "n": 1}
    return [*rows, {**build, "median": build_s / plain_s}]


def _paired(plain: Training, distilled: Training, rounds: int) -> list[tuple[float, float]]:
    """CPU seconds of both trainings' epochs, round by round; within an epoch their steps take turns."""
    seconds = []
    for number in range(WARM_UP_ROUNDS + rounds):
        spent = [0.0, 0.0]
        for training in (plain, distilled):
            training.begin_epoch()
        for step in range(plain.steps):
            for which in (0, 1) if step % 2 else (1, 0):
                begin = time.process_time()
                (plain, distilled)[which].advance()
                spent[which] += time.process_time() - begin
        for training in (plain, distilled):
            training.read_sums()
            training.progress |= {"epoch": number + 1, "step": 0}
            training.sums = {}
        if number >= WARM_UP_ROUNDS:
            seconds.append((spent[0], spent[1]))
    return seconds


def _row(name: str, values: list[float]) -> dict[str, Any]:
    return {"name": name, "median": median(values), "low": min(values), "high": max(values), "n": len(values)}


def _training(
    preset: Preset,
    view: View,
    index: WindowIndex,
    terms: Mapping[str, Mapping[str, Any]],
    targets: Targets | None,
    folder: Path,
) -> Training:
    face = Interface(view.layout, index.rate_hz, index.width, index.classes)
    torch.manual_seed(0)
    model = Recogniser(face, [Member(TsakStudentConfig(widths=preset.student, hidden=32), face.shape, view.normaliser)])
    ids = np.arange(len(index))
    scored = Scored(ids[:1], index.label[:1], index.person_names(ids[:1]), index.classes)
    job = Job("bench", view, index.label, ids, scored, make_terms(terms, "bench"), targets, 0, "bench")
    config = TrainingConfig(epochs=1000, checkpoint_s=1e9)
    return Training(model, job, config, folder / "none.safetensors")


def _windows(preset: Preset) -> tuple[View, WindowIndex]:
    channels = [
        channel
        for site in range(preset.sites)
        for kind in ("acc", "gyro", "mag")
        for channel in sensor_channels(f"site{site}", kind, 50.0)
    ]
    layout = Layout(channels=tuple(channels))
    count = 64 * preset.batches
    signal = generator(0, "bench").standard_normal((len(layout), count * 8 + preset.width), dtype=np.float32)
    bank = Bank(layout, signal, np.array([0, signal.shape[1]]))
    index = WindowIndex(
        start=np.arange(count) * 8,
        recording=np.zeros(count, dtype=np.int32),
        label=np.arange(count) % len(CLASSES),
        purity=np.ones(count, dtype=np.float32),
        person=np.zeros(count, dtype=np.int32),
        width=preset.width,
        rate_hz=50.0,
        classes=CLASSES,
        people=("nobody",),
        session=("1",),
        offsets=bank.offsets,
        set_aside={},
    )
    augmentation = AugmentationConfig(views=4, rotation_deg=30.0)
    view = View(
        bank, index, layout, train=np.arange(count), augmentation=augmentation, seed=0, device=torch.device("cpu")
    )
    return view, index
