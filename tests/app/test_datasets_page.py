"""Datasets: what is here, one's own brought in, and the split that goes along to Distil."""

from __future__ import annotations

import pickle

import pytest
from streamlit.testing.v1 import AppTest
from tests.app.kit import opened, words
from tests.app.tables import csv

from stillroom_app.services import sources

IMPORT, SPLIT = {"datasets_tab": "Import your own"}, {"datasets_tab": "Split"}


def brought(content: bytes, name: str = "mine.csv") -> AppTest:
    at = opened("datasets", **IMPORT)
    at.get("file_uploader")[0].set_value((name, content, "text/csv"))
    at.run()
    assert not at.exception
    return at


def test_the_embedded_set_s_card_says_that_nobody_was_recorded() -> None:
    said = words(opened("datasets"))
    assert "(simulated)" in said.replace("\\", "")
    assert "**10** people" in said
    assert "Licence" in said


def test_a_table_of_one_s_own_becomes_a_set_that_other_pages_can_choose() -> None:
    at = brought(csv())
    assert "**3** people" in words(at)
    assert at.text_input(key="import_name").value == "mine"
    at.button(key="import_save").click().run()
    assert not at.exception
    assert "**mine** is kept" in words(at)
    assert [one.name for one in sources.known()] == ["factory", "mine"]
    assert "mine" in opened("datasets", **SPLIT, data="mine").selectbox(key="data").options


def test_a_pickle_is_refused_in_a_sentence_that_says_what_to_save_instead() -> None:
    said = words(brought(pickle.dumps({"a": 1}), "model.pkl")).replace("\\", "")
    assert "a pickle can run programs" in said.lower()
    assert "numpy.savez" in said
    assert [one.name for one in sources.known()] == ["factory"]


def test_an_error_names_row_and_column_and_nothing_can_be_saved() -> None:
    lines = csv().decode().splitlines()
    lines[9] = lines[9].rpartition(",")[0] + ",oops"
    at = brought("\n".join(lines).encode())
    assert "row 10, column gz" in words(at).replace("\\", "")
    assert at.button(key="import_save").disabled


def test_a_clock_that_cannot_be_read_is_said_with_its_row() -> None:
    lines = csv().decode().splitlines()
    lines[9] = "," + lines[9].partition(",")[2]
    assert "row 10, column time" in words(brought("\n".join(lines).encode())).replace("\\", "")


def test_hostile_names_of_classes_and_columns_are_shown_as_text() -> None:
    table = csv(labels=("<b>walk</b>", "=cmd|' /C calc'!A0")).replace(b",gz", b",<img src=x>")
    at = brought(table)
    at.button(key="import_save").click().run()
    said = words(opened("datasets"))
    assert "<b>" not in said
    assert "\\<b\\>walk" in said
    assert "\\=cmd" in said or "=cmd\\|" in said


def test_what_was_begun_and_taken_back_leaves_nothing() -> None:
    at = brought(csv())
    assert len(list(sources.folder().glob(".import-*"))) == 1
    at.get("file_uploader")[0].set_value([])
    at.run()
    assert not list(sources.folder().glob(".import-*"))


def test_an_import_is_removed_only_after_a_second_click() -> None:
    brought(csv()).button(key="import_save").click().run()
    at = opened("datasets")
    at.button(key="remove_yes_mine").click().run()
    assert [one.name for one in sources.known()] == ["factory"]


def test_a_split_stands_in_the_address_and_says_what_it_adds() -> None:
    at = opened("datasets", **SPLIT, protocol="persons:4", window_s="2.0")
    assert at.selectbox(key="protocol").value == "persons:4"
    assert at.number_input(key="window_s").value == 2.0
    assert "--protocol persons:4 --window-s 2" in words(at)
    assert "**4** folds" in words(at)


def test_a_random_split_shows_nothing_before_its_warning_is_answered() -> None:
    at = opened("datasets", **SPLIT, protocol="random:5")
    assert "on both sides" in words(at)
    assert "folds" not in words(at)
    at.checkbox(key="leaks_known").check().run()
    assert "**5** folds" in words(at)
    assert "--i-know-it-leaks" in words(at)


def test_a_split_that_cannot_be_made_says_why() -> None:
    at = opened("datasets", **SPLIT, window_s="60.0")
    assert at.error or "windows" in words(at)


@pytest.mark.parametrize("name", ["gone"])
def test_a_set_whose_folder_is_gone_says_so_and_the_others_work(name: str) -> None:
    from stillroom.base.paths import write_json

    write_json(sources.folder() / "sources.json", {name: "dsads:/nowhere"})
    at = opened("datasets")
    assert "no such file or folder" in words(at).lower()
    assert "**10** people" in words(at)
