"""Which data sets there are, and what is counted of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.app.tables import csv

from stillroom.base.errors import InputError
from stillroom_app.services import sources
from stillroom_app.services.imports import look, save
from stillroom_app.services.uploads import Upload, stage


def imported(name: str = "mine") -> Path:
    place = stage([Upload("mine.csv", csv())])
    mapping = look(place).mapping
    assert mapping is not None
    return save(place, name, mapping)


def dsads(folder: Path) -> Path:
    """A publisher's folder in its layout: one segment of two activities of three people."""
    for activity in (1, 9):
        for person in (1, 2, 3):
            part = folder / "data" / f"a{activity:02}" / f"p{person}"
            part.mkdir(parents=True)
            line = ",".join(["0.5"] * 45)
            for segment in range(1, 61):
                (part / f"s{segment:02}.txt").write_text("\n".join([line] * 125) + "\n")
    return folder


def test_a_publisher_s_folder_is_kept_by_name_and_stays_where_it_is(tmp_path: Path) -> None:
    folder = dsads(tmp_path / "dsads")
    sources.add_folder("sports", f"dsads: {folder} ")
    assert sources.known()[-1] == sources.Known("sports", f"dsads:{folder}", "folder")
    sources.remove("sports")
    assert [one.name for one in sources.known()] == ["factory"]
    assert folder.is_dir()


@pytest.mark.parametrize("source", ["", "dsads", "dsads:", "dsads:/nowhere", "own:/etc", "/etc", "factory"])
def test_what_is_no_publisher_s_folder_is_refused(source: str) -> None:
    with pytest.raises(InputError):
        sources.add_folder("x", source)
    assert [one.name for one in sources.known()] == ["factory"]


def test_another_publisher_s_layout_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1")
    with pytest.raises(InputError):
        sources.add_folder("x", f"dsads:{tmp_path}")


def test_an_import_is_removed_with_its_files_and_the_embedded_one_stays() -> None:
    to = imported()
    sources.remove("mine")
    assert not to.exists()
    assert not [path for path in sources.folder().iterdir() if path.name.startswith(".removed")]
    with pytest.raises(InputError, match="stays"):
        sources.remove("factory")
    with pytest.raises(InputError, match="no such data set"):
        sources.remove("mine")


def test_a_stamp_changes_with_the_files_and_only_then() -> None:
    to = imported()
    before = sources.stamp("mine")
    assert sources.stamp("mine") == before
    os.utime(to / "mine.csv", (1, 1))
    assert sources.stamp("mine") != before


def test_facts_are_counted_once_for_the_same_files() -> None:
    imported()
    version = sources.stamp("mine")
    assert sources.known_facts("mine", version) is None
    told = sources.facts("mine", version, sources.opened("mine"))
    assert (len(told["people"]), told["channels"], told["rate_hz"]) == (3, 6, 25.0)
    assert sources.known_facts("mine", version) == told
    assert sources.known_facts("mine", "another") is None
    assert [one.name for one in sources.known()] == ["factory", "mine"]


def test_names_that_are_taken_or_lead_elsewhere_are_refused() -> None:
    imported()
    for name in ("mine", "factory", "..", "a/b", " mine"):
        with pytest.raises(InputError):
            sources.free_name(name)
