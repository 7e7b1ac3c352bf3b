"""A model on disk is whole or it is no model: every damage and every lie is named, and a failed save costs nothing."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from stillroom.base import paths
from stillroom.base.errors import InputError, StorageError
from stillroom.models.bundle import FACTS, WEIGHTS, file_size, load_model, save_model

Change = Callable[[Path], None]


@pytest.fixture
def folder(make, tmp_path: Path) -> Path:
    """A saved student beside a forest."""
    save_model(make("tsak_student", "forest", weights=[0.75, 0.25]), tmp_path, {"recipe": "alone"})
    return tmp_path


def facts(change: Callable[[Any], Any]) -> Change:
    """Rewrites the description, honest about the weights."""

    def apply(folder: Path) -> None:
        raw = json.loads((folder / FACTS).read_text())
        changed = change(raw)
        (folder / FACTS).write_text(json.dumps(raw if changed is None else changed))

    return apply


def weights(change: Callable[[bytearray], bytes], *, honest: bool = False) -> Change:
    """Rewrites the weights; `honest` writes their new hash down."""

    def apply(folder: Path) -> None:
        raw = change(bytearray((folder / WEIGHTS).read_bytes()))
        (folder / WEIGHTS).write_bytes(raw)
        if honest:
            facts(lambda f: f.update(sha256=hashlib.sha256(raw).hexdigest()))(folder)

    return apply


def flipped(raw: bytearray) -> bytes:
    raw[-5] ^= 1
    return bytes(raw)


def without(*names: str) -> Change:
    return lambda folder: [(folder / name).unlink() for name in names] and None


DAMAGED, UNFIT = "the model's weights are damaged or missing", "the weights do not fit the model's description"
CASES: dict[str, tuple[Change, str]] = {
    "no description": (without(FACTS), r"no such file .*model\.json"),
    "no weights": (without(WEIGHTS), rf"{DAMAGED}.*model\.safetensors"),
    "truncated weights": (weights(lambda raw: bytes(raw[:-100])), DAMAGED),
    "empty weights": (weights(lambda raw: b""), DAMAGED),
    "a changed byte": (weights(flipped), DAMAGED),
    "no safetensors": (weights(lambda raw: b"PK\x03\x04" * 50, honest=True), DAMAGED),
    "no JSON": (lambda folder: (folder / FACTS).write_text("{") and None, r"not valid JSON.*model\.json"),
    "a list": (facts(lambda f: [f]), r"ModelFacts: input should be .*model\.json"),
    "a later format": (facts(lambda f: f.update(format=2, new="x")), r"model format 2 is newer than 1.*Update"),
    "an unknown field": (facts(lambda f: f.update(colour="red")), r"colour: extra inputs .*model\.json"),
    "a missing field": (facts(lambda f: f.pop("rate_hz") and None), "rate_hz: field required"),
    "no members": (facts(lambda f: f.update(members=[])), "members: tuple should have at least 1 item"),
    "a nameless member": (facts(lambda f: f["members"][0].pop("name") and None), r"members\.0\.name: field required"),
    "an unknown architecture": (
        facts(lambda f: f["members"][0].update(name="tsak_studnet")),
        "unknown architecture 'tsak_studnet'. Did you mean tsak_student",
    ),
    "an unknown setting": (facts(lambda f: f["members"][0]["settings"].update(depth=3)), r"depth: extra .*model\.json"),
    "an impossible setting": (facts(lambda f: f["members"][0]["settings"].update(kernel=0)), "kernel: input should be"),
    "another width of a layer": (facts(lambda f: f["members"][0]["settings"].update(hidden=12)), UNFIT),
    "one member fewer": (facts(lambda f: f["members"].pop() and None), UNFIT),
    "a forest for the student": (facts(lambda f: f["members"].reverse()), UNFIT),
    "a class fewer": (facts(lambda f: f["classes"].pop() and None), UNFIT),
    "a channel fewer": (facts(lambda f: f["layout"]["channels"].pop() and None), UNFIT),
    "a channel twice": (
        facts(lambda f: f["layout"]["channels"].append(f["layout"]["channels"][0])),
        "channels named twice",
    ),
    "no width": (facts(lambda f: f.update(width=0)), "width: input should be greater"),
}


@pytest.mark.parametrize(("change", "said"), CASES.values(), ids=CASES.keys())
def test_a_damaged_or_lying_model_is_refused_in_a_sentence(folder: Path, change: Change, said: str) -> None:
    change(folder)
    with pytest.raises(InputError, match=said):
        load_model(folder)


@pytest.mark.parametrize("drop", ["class", "channel"])
def test_a_forest_of_other_classes_or_channels_is_refused(make, tmp_path: Path, drop: str) -> None:
    save_model(make("forest"), tmp_path, {})
    facts(lambda f: (f["classes"] if drop == "class" else f["layout"]["channels"]).pop() and None)(tmp_path)
    with pytest.raises(InputError, match=UNFIT):
        load_model(tmp_path)


def test_an_ensemble_comes_back_with_its_shares(folder: Path, make, x: torch.Tensor) -> None:
    model, provenance = load_model(folder)
    assert model.weights.tolist() == [0.75, 0.25] and provenance == {"recipe": "alone"}
    with torch.no_grad():
        assert torch.equal(model(x).logits, make("tsak_student", "forest", weights=[0.75, 0.25])(x).logits)


def test_the_description_says_what_the_model_takes_and_gives(folder: Path) -> None:
    told = json.loads((folder / FACTS).read_text())
    assert (told["rate_hz"], told["width"], told["classes"]) == (25.0, 40, ["sit", "walk", "run"])
    assert told["layout"]["channels"][0] == {
        "site": "right_wrist", "kind": "acc", "axis": "x", "unit": "m/s2", "rate_hz": 25.0,
    }  # fmt: skip
    assert [member["name"] for member in told["members"]] == ["tsak_student", "forest"]
    assert told["sha256"] == hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    assert file_size(folder) == len((folder / WEIGHTS).read_bytes())


def test_no_half_model_is_left_by_a_full_disk(make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(paths.os, "fsync", refuse)
    with pytest.raises(StorageError, match="The disk is full"):
        save_model(make("tsak_student"), tmp_path / "model", {})
    assert list((tmp_path / "model").iterdir()) == []


def test_a_save_that_fails_leaves_the_former_model(make, folder: Path) -> None:
    model, (soft, hard) = make("tsak_student"), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # the system itself refuses the write
    try:
        with pytest.raises(StorageError, match=r"cannot write \(.*model\.safetensors\)\. The disk takes no file"):
            save_model(model, folder, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert sorted(path.name for path in folder.iterdir()) == [FACTS, WEIGHTS]
    assert len(load_model(folder)[0].members) == 2


def test_weights_without_their_description_are_no_model(make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("stillroom.models.bundle.write_json", stopped)
    with pytest.raises(KeyboardInterrupt):
        save_model(make("tsak_student"), tmp_path, {})
    assert [path.name for path in tmp_path.iterdir()] == [WEIGHTS]
    with pytest.raises(InputError, match=r"no such file .*model\.json"):
        load_model(tmp_path)
