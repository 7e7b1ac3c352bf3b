"""Checkpoints: everything that a training needs to go on, in one safetensors file that appears whole.

Tensors (weights, the best weights so far, the optimiser's moments) are stored as they are, counters and the history
as JSON in the file's header. No generator is in it: every step seeds its own. The teacher is never in it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypedDict

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from stillroom.base.errors import InputError
from stillroom.base.paths import whole_file


class Progress(TypedDict):
    """Where a training stands.

    Attributes:
        epoch: the epoch in progress, from 0.
        step: the next step of that epoch.
        best: the best validation score so far; -1 before the first.
        best_epoch: when it was reached.
        sums: running sums of each term in this epoch.
        history: one entry an epoch.
        key: fingerprint of what is being trained, so that no other training goes on from it.
    """

    epoch: int
    step: int
    best: float
    best_epoch: int
    sums: dict[str, float]
    history: list[dict[str, Any]]
    key: str


def save_checkpoint(
    path: Path,
    model: nn.Module,
    helpers: nn.Module,
    optimiser: torch.optim.Optimizer,
    best: dict[str, Tensor],
    progress: Progress,
) -> None:
    """Writes a checkpoint, whole or not at all."""
    tensors: dict[str, Tensor] = {f"model/{name}": tensor for name, tensor in model.state_dict().items()}
    tensors |= {f"helper/{name}": tensor for name, tensor in helpers.state_dict().items()}
    tensors |= {f"best/{name}": tensor for name, tensor in best.items()}
    state = optimiser.state_dict()["state"]
    tensors |= {f"optimiser/{i}/{name}": value for i, slots in state.items() for name, value in slots.items()}
    kept = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}
    with whole_file(path) as beside:
        # through our own write: on a full disk safetensors' writer raises an error that names no cause
        beside.write_bytes(save(kept, metadata={"progress": json.dumps(progress)}))


def load_checkpoint(
    path: Path, model: nn.Module, helpers: nn.Module, optimiser: torch.optim.Optimizer, key: str
) -> tuple[dict[str, Tensor], Progress] | None:
    """Puts model, helpers and optimiser where they were.

    Returns:
        The best weights so far and the progress, or None where there is no checkpoint.

    Raises:
        InputError: the file is damaged, or belongs to another training.
    """
    if not path.exists():
        return None
    tensors, progress = _read(path)
    if progress["key"] != key:
        raise InputError(
            "the checkpoint belongs to a training with other settings or data",
            where=str(path),
            mend="Resume with the command that began it, or choose another --run folder",
        )
    model.load_state_dict(_below("model/", tensors))
    helpers.load_state_dict(_below("helper/", tensors))
    groups = optimiser.state_dict()["param_groups"]
    slots: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _below("optimiser/", tensors).items():
        number, slot = name.split("/")
        slots.setdefault(int(number), {})[slot] = tensor
    optimiser.load_state_dict({"state": slots, "param_groups": groups})
    return _below("best/", tensors), progress


def best_of(path: Path) -> tuple[dict[str, Tensor], Progress] | None:
    """The best epoch's weights so far and the progress; None where no epoch has ended, or there is no checkpoint.

    Raises:
        InputError: the file is damaged.
    """
    if not path.exists():
        return None
    tensors, progress = _read(path)
    best = _below("best/", tensors)
    return (best, progress) if best else None


def _read(path: Path) -> tuple[dict[str, Tensor], Progress]:
    try:
        with safe_open(path, framework="pt") as file:
            progress: Progress = json.loads(file.metadata()["progress"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            "the checkpoint is damaged", where=str(path), mend="Delete it; this part then starts anew"
        ) from error
    return tensors, progress


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
