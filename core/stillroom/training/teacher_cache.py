"""The teacher cache: answers to seeded views, computed once, read from a memory map afterwards.

A student's epoch with distillation then costs what a plain epoch costs. The cache is keyed by teachers, windows,
view, augmentation, seed and number type; another key is another cache, and a stale one is rebuilt. Where building
and reading would cost more than asking the teacher every epoch, it stays off and says so.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from stillroom.base.config import Config, fingerprint
from stillroom.base.events import Emit, Event
from stillroom.base.paths import read_json, storage_errors, write_json
from stillroom.losses.term import GROUP
from stillroom.models.recogniser import Recogniser
from stillroom.training.targets import Answers, Targets, Teachers
from stillroom.training.views import Ids

_HALF_MAX = 6e4
_TRIES = 5


class CacheConfig(Config):
    """How the teacher's answers are kept.

    Attributes:
        mode: `auto` decides by cost, `on` and `off` do as told.
        dtype: number type on disk.
        batch: windows that a teacher is asked about at a time.
    """

    mode: str = Field(default="auto", pattern="^(auto|on|off)$")
    dtype: str = Field(default="float16", pattern="^float(16|32)$")
    batch: int = Field(default=256, ge=1)


class CachedTargets:
    """Answers read from memory maps.

    Args:
        folder: holds a file `(view, row, ...)` for each of the teachers' answers.
        row: `(window,)` each window's row; -1 where it has none.
        teachers: whose answers they are.
        needs: which answers are read; all by default.
    """

    ahead = 64

    def __init__(
        self, folder: Path, row: NDArray[np.int64], teachers: Teachers, needs: frozenset[str] | None = None
    ) -> None:
        names = [path.stem for path in sorted(folder.glob("*.npy")) if needs is None or path.stem in needs]
        # tensors over the mapped files; copy-on-write, since torch wants them writable, and nobody writes
        self._maps = {name: torch.from_numpy(np.load(folder / f"{name}.npy", mmap_mode="c")) for name in names}
        self._row, self._device = torch.from_numpy(row), teachers.view.device
        self._views, self.groups = teachers.views, teachers.groups
        self._group = torch.from_numpy(teachers.of_window) if needs is None or GROUP in needs else None

    def get(self, ids: Ids, view: int) -> Answers:
        """Reads windows' answers as float32."""
        where = torch.from_numpy(ids)
        rows, shown = self._row[where], view if self._views > 1 else 0
        answers = {name: self._read(kept[shown], rows) for name, kept in self._maps.items()}
        return answers if self._group is None else {**answers, GROUP: self._group[where].to(self._device)}

    def _read(self, answers: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        return answers.index_select(0, rows).to(self._device, torch.float32)


def model_key(model: Recogniser) -> str:
    """The fingerprint of a model's weights and buffers."""
    digest = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def cached(
    teachers: Teachers,
    ids: Ids,
    *,
    index_key: str,
    epochs: int,
    folder: Path,
    config: CacheConfig,
    emit: Emit,
    needs: frozenset[str] | None = None,
) -> Targets:
    """The teachers' answers to every view of some windows, from a cache where it pays.

    Args:
        teachers: frozen.
        ids: the windows that will be asked for.
        index_key: the fingerprint of the window index.
        epochs: how often each window will be asked for.
        folder: where the cache lies or will lie.
        config: how.
        emit: hears what was decided and why.
        needs: which of the answers the losses look at; all by default.
    """
    key = _key(teachers, ids, index_key, config)
    if not _fresh(folder, key):
        if not _pays(teachers, ids, teachers.views, epochs, config, emit):
            return teachers
        _build(teachers, ids, teachers.views, folder, config, emit)
        facts = {"key": key, "views": teachers.views, "windows": len(ids), "dtype": config.dtype}
        write_json(folder / "key.json", facts)
    elif config.mode == "off":
        return teachers
    row = np.full(len(teachers.of_window), -1, dtype=np.int64)
    row[ids] = np.arange(len(ids))
    return CachedTargets(folder, row, teachers, needs)


def _key(teachers: Teachers, ids: Ids, index_key: str, config: CacheConfig) -> str:
    augmentation = teachers.view.augmentation
    return fingerprint(
        [
            [model_key(model) for model in teachers.models],
            hashlib.sha256(teachers.of_window.tobytes() + ids.tobytes()).hexdigest(),
            index_key,
            teachers.view.layout.fingerprint(),
            augmentation.config.fingerprint(),
            augmentation.seed,
            teachers.views,
            dict(teachers.taps),
            config.dtype,
        ]
    )


def _fresh(folder: Path, key: str) -> bool:
    described = folder / "key.json"
    return described.exists() and read_json(described).get("key") == key


def _pays(teachers: Teachers, ids: Ids, views: int, epochs: int, config: CacheConfig, emit: Emit) -> bool:
    if config.mode != "auto":
        return config.mode == "on"
    if epochs <= views:
        why = f"{epochs} epochs see {views} views at most once"
        emit(Event("cache.off", f"teacher cache off: {why}", {"epochs": epochs, "views": views}))
        return False
    probe = ids[: config.batch]
    device = teachers.view.device
    ask = _seconds(lambda: teachers.get(probe, 0), device) / len(probe)
    stored = np.zeros(
        (len(probe), sum(part[0].numel() for part in _kept(teachers.get(probe[:1], 0)).values())), config.dtype
    )
    read = _seconds(lambda: torch.from_numpy(stored).to(device, torch.float32), device) / len(probe)
    online, kept = epochs * ask, views * ask + epochs * read
    data = {"ask_us": ask * 1e6, "read_us": read * 1e6, "epochs": epochs, "views": views}
    if kept >= online:
        emit(Event("cache.off", f"teacher cache off: reading costs {kept / online:.1f} times asking", data))
        return False
    emit(Event("cache.on", f"teacher cache on: {online / kept:.1f} times cheaper than asking every epoch", data))
    return True


def _seconds(work: Callable[[], object], device: torch.device) -> float:
    """The quickest of some tries: what else the machine does only ever adds."""
    tries = []
    for _ in range(_TRIES):
        begin = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        tries.append(time.perf_counter() - begin)
    return min(tries)


def _kept(answers: Answers) -> Answers:
    """The answers that are written: not whose they are, which is known without asking."""
    return {name: values for name, values in answers.items() if name != GROUP}


def _build(teachers: Teachers, ids: Ids, views: int, folder: Path, config: CacheConfig, emit: Emit) -> None:
    """Writes the arrays; `key.json` is gone until they are whole."""
    first = _kept(teachers.get(ids[:1], 0))
    with storage_errors(folder / "logits.npy"):
        folder.mkdir(parents=True, exist_ok=True)
        for stale in (folder / "key.json", *folder.glob("*.npy")):
            stale.unlink(missing_ok=True)  # a reader of the old files keeps them
        maps = {
            name: _room(folder / f"{name}.npy", config.dtype, (views, len(ids), *values.shape[1:]))
            for name, values in first.items()
        }
        for view in range(views):
            for begin in range(0, len(ids), config.batch):
                rows = slice(begin, begin + config.batch)
                for name, values in _kept(teachers.get(ids[rows], view)).items():
                    maps[name][view, rows] = _fit(values, config.dtype)
            emit(Event("cache.view", data={"done": view + 1, "of": views}))
        for kept in maps.values():
            kept.flush()


def _room(path: Path, dtype: str, shape: tuple[int, ...]) -> np.memmap[Any, np.dtype[Any]]:
    """A mapped array whose space is taken now: a full disk is then an error here, not a killed process later."""
    kept = np.lib.format.open_memmap(path, "w+", dtype=dtype, shape=shape)
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return kept


def _fit(values: torch.Tensor, dtype: str) -> NDArray[np.float32]:
    array = values.detach().cpu().numpy()
    return np.clip(array, -_HALF_MAX, _HALF_MAX) if dtype == "float16" else array
