"""A model on disk: `model.safetensors` with the weights, `model.json` with all the rest, no pickle.

The JSON is written last and holds the weights' SHA-256, so that a model is whole or it is no model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from stillroom.base.config import Config
from stillroom.base.errors import InputError
from stillroom.base.paths import read_json, whole_file, write_json
from stillroom.models.architecture import ARCHITECTURES, describe, restore
from stillroom.models.recogniser import Interface, Member, Recogniser
from stillroom.sensors.layout import Layout

FORMAT = 1
WEIGHTS, FACTS = "model.safetensors", "model.json"


class ModelFacts(Config):
    """What stands in `model.json`.

    Attributes:
        format: of this file.
        layout: channels, units, rates.
        rate_hz: samples per second of a window.
        width: samples in a window.
        classes: class names.
        members: each member's architecture.
        provenance: how it came to be: data, people that trained it, recipe, seed.
        sha256: of the weights' file.
    """

    format: int
    layout: Layout
    rate_hz: float
    width: int
    classes: tuple[str, ...]
    members: tuple[dict[str, Any], ...]
    provenance: dict[str, Any]
    sha256: str


def save_model(model: Recogniser, folder: Path, provenance: Mapping[str, Any]) -> None:
    """Writes a model into a folder."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    with whole_file(folder / WEIGHTS) as beside:
        save_file(state, beside)
    face = model.interface
    facts = ModelFacts(
        format=FORMAT,
        layout=face.layout,
        rate_hz=face.rate_hz,
        width=face.width,
        classes=face.classes,
        members=tuple(describe(_member(m).architecture) for m in model.members),
        provenance=dict(provenance),
        sha256=_digest(folder / WEIGHTS),
    )
    write_json(folder / FACTS, facts.model_dump(mode="json"))


def load_model(folder: Path) -> tuple[Recogniser, dict[str, Any]]:
    """Reads a model and its provenance; it is in eval mode.

    Raises:
        InputError: a file is missing, damaged, or of a later format.
    """
    where = str(folder / FACTS)
    facts = ModelFacts.from_input(read_json(folder / FACTS), where=where)
    if facts.format > FORMAT:
        raise InputError(f"model format {facts.format} is newer than {FORMAT}", where=where, mend="Update Stillroom")
    state = _weights(folder, facts.sha256)
    face = Interface(facts.layout, facts.rate_hz, facts.width, facts.classes)
    for member in facts.members:
        ARCHITECTURES[member["name"]]
    members = [Member(restore(described, where), face.shape) for described in facts.members]
    model = Recogniser(face, members)
    try:
        model.load_state_dict(state)
    except (RuntimeError, KeyError) as error:
        raise InputError(
            "the weights do not fit the model's description", where=where, mend="Make the model anew"
        ) from error
    return model.eval(), facts.provenance


def file_size(folder: Path) -> int:
    """Bytes of the weights' file."""
    return (folder / WEIGHTS).stat().st_size


def _weights(folder: Path, sha256: str) -> dict[str, Tensor]:
    path = folder / WEIGHTS
    damaged = InputError("the model's weights are damaged or missing", where=str(path), mend="Run the command again")
    if not path.exists() or _digest(path) != sha256:
        raise damaged
    try:
        return load_file(path)
    except SafetensorError as error:
        raise damaged from error


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _member(module: nn.Module) -> Member:
    assert isinstance(module, Member)
    return module
