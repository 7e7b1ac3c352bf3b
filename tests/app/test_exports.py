"""What is downloaded is what lies there, and what a board will measure."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from tests.app.kit import opened, words
from tests.app.told import FOLD, exported, finished

from stillroom.base.errors import InputError
from stillroom_app.services import exports, workspace


@pytest.fixture
def line(workspace: Path) -> Path:
    return finished(workspace / "line")


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What the page gives to a browser, by the file's name."""
    found: dict[str, bytes] = {}

    def button(label: str, data: bytes, **more: Any) -> bool:
        found[more["file_name"]] = data
        return False

    monkeypatch.setattr(st, "download_button", button)
    return found


def test_an_export_whose_file_was_changed_is_refused(line: Path) -> None:
    exported(line)
    assert exports.exported(workspace.entry("line")) is not None
    (line / "folds" / FOLD / "export" / "model_fp32.onnx").write_bytes(b"other")
    with pytest.raises(InputError, match="has changed"):
        exports.exported(workspace.entry("line"))


def test_downloaded_bytes_are_those_of_the_file_and_of_its_manifest(line: Path, given: dict[str, bytes]) -> None:
    data = exported(line)
    opened("device", device_tab="Download")
    assert {name: given[name] for name in data} == data
    manifest = exports.exported(workspace.entry("line"))
    assert manifest is not None
    assert {file.name: file.sha256 for file in manifest.files} == {
        name: hashlib.sha256(given[name]).hexdigest() for name in data
    }
    assert given["export.json"] == (exports.folder_of(workspace.entry("line")) / "export.json").read_bytes()


def test_a_file_is_offered_with_how_its_answers_compare(line: Path) -> None:
    exported(line)
    said = words(opened("device", device_tab="Download"))
    assert "Same answer in 100.0% of 490 windows" in said
    assert "<b>" not in said.replace("\\<b\\>", ""), "a person's name is no markup"


def test_no_file_is_offered_that_was_changed(line: Path, given: dict[str, bytes]) -> None:
    exported(line)
    (line / "folds" / FOLD / "export" / "model_fp32.onnx").write_bytes(b"other")
    at = opened("device", device_tab="Download")
    assert "has changed" in at.error[0].value and not given


@pytest.mark.usefixtures("line")
def test_the_bundle_measures_the_files_that_are_downloaded() -> None:
    entry = workspace.entry("line")
    words = exports.words_to_export(entry)
    assert Path(words[words.index("--to") + 1]).absolute() == exports.folder_of(entry).absolute()
    assert exports.folder_of(entry) == entry.run.part(FOLD, "student").parent / "export", "where a bundle looks"
