"""A model on disk: `model.safetensors` with the weights, `model.json` with all the rest, no pickle.

The JSON is written last and holds the weights' SHA-256, so that a model is whole or it is no model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from stillroom.base.config import Config
from stillroom.base.errors import InputError
from stillroom.base.paths import read_json, whole_file, write_json
from stillroom.models.architecture import describe, restore
from stillroom.models.recogniser import Interface, Member, Recogniser
from stillroom.sensors.layout import Layout

FORMAT = 1
WEIGHTS, FACTS = "model.safetensors", "model.json"


class MemberFacts(Config):
    """A member's architecture, as `architecture.describe` gives it."""

    name: str
    settings: dict[str, Any]


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
    rate_hz: float = Field(gt=0)
    width: int = Field(ge=1)
    classes: tuple[str, ...] = Field(min_length=1)
    members: tuple[MemberFacts, ...] = Field(min_length=1)
    provenance: dict[str, Any]
    sha256: str


def save_model(model: Recogniser, folder: Path, provenance: Mapping[str, Any]) -> None:
    """Writes a model into a folder."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    with whole_file(folder / WEIGHTS) as beside:
        beside.write_bytes(save(state))  # our own write, so that a full disk is an OSError
    face = model.interface
    facts = ModelFacts(
        format=FORMAT,
        layout=face.layout,
        rate_hz=face.rate_hz,
        width=face.width,
        classes=face.classes,
        members=tuple(MemberFacts(**describe(_member(m).architecture)) for m in model.members),
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
    facts = _facts(read_json(folder / FACTS), where)
    state = _weights(folder, facts.sha256)
    face = Interface(facts.layout, facts.rate_hz, facts.width, facts.classes)
    described = [restore(member.model_dump(), where) for member in facts.members]
    try:
        model = Recogniser(face, [Member(architecture, face.shape) for architecture in described])
        model.load_state_dict(state)
    except (RuntimeError, KeyError, ValueError) as error:
        raise InputError(
            "the weights do not fit the model's description", where=where, mend="Make the model anew"
        ) from error
    return model.eval(), facts.provenance


def file_size(folder: Path) -> int:
    """Bytes of the weights' file."""
    return (folder / WEIGHTS).stat().st_size


def _facts(raw: Any, where: str) -> ModelFacts:
    """Looks at the format first: a later one may have fields that are unknown here."""
    found = raw.get("format") if isinstance(raw, dict) else None
    if isinstance(found, int) and found > FORMAT:
        raise InputError(f"model format {found} is newer than {FORMAT}", where=where, mend="Update Stillroom")
    return ModelFacts.from_input(raw, where=where)


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
