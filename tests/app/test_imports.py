"""From files to a data set that opens: guessed, changed by a person, checked, and kept whole or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.app.tables import csv, table, zipped

from stillroom.base.errors import InputError, StorageError
from stillroom.base.paths import read_json
from stillroom_app.services import imports, sources
from stillroom_app.services.imports import Looked, Settings, checked, look, mapping_of, save, settings_of
from stillroom_app.services.uploads import Upload, stage


def looked(content: bytes = b"", name: str = "mine.csv") -> tuple[Path, Looked]:
    place = stage([Upload(name, content or csv())])
    return place, look(place)


def rows_with(rows: tuple[dict[str, str], ...], column: str, **changes: str) -> list[dict[str, str]]:
    return [{**row, **(changes if row["column"] == column else {})} for row in rows]


def test_columns_are_guessed_and_a_mapping_comes_of_the_table_unchanged() -> None:
    _, found = looked()
    assert [row["role"] for row in found.rows] == ["time", "label", "person", *["channel"] * 6]
    assert [row["axis"] for row in found.rows[3:]] == list("xyzxyz")
    assert found.rows[1]["holds"] == "walk, sit"
    assert found.mapping is not None
    assert mapping_of(found.rows, found.mapping, settings_of(found.mapping)) == found.mapping


def test_what_was_said_of_a_column_is_what_is_read() -> None:
    place, found = looked()
    rows = rows_with(found.rows, "ax", site="Right Wrist", axis="", unit="g", kind="acc")
    rows = rows_with(tuple(rows), "gz", role="ignore")
    settings = replace(settings_of(found.mapping), site="left_wrist", title="Line 3", unlabelled=("sit",))
    mapping = mapping_of(rows, found.mapping, settings)
    assert [one.channel for one in mapping.channels] == [
        "right_wrist.acc.v", "left_wrist.acc.y", "left_wrist.acc.z", "left_wrist.gyro.x", "left_wrist.gyro.y",
    ]  # fmt: skip
    told = checked(place, mapping)
    assert [one["name"] for one in told["classes"]] == ["walk"]
    assert read_json(place / "stillroom.json")["title"] == "Line 3"


@pytest.mark.parametrize(
    ("column", "changes", "said"),
    [
        ("ay", {"role": "label"}, "columns label and ay"),
        ("ay", {"site": ""}, "column ay"),
        ("ay", {"kind": ""}, "column ay"),
        ("ay", {"unit": ""}, "column ay"),
        ("ay", {"unit": "pF"}, "column ay"),
        ("ay", {"axis": "x"}, "named twice"),
    ],
)
def test_a_table_that_is_no_mapping_names_its_column(column: str, changes: dict[str, str], said: str) -> None:
    _, found = looked()
    with pytest.raises(InputError, match=said):
        mapping_of(rows_with(found.rows, column, **changes), found.mapping, settings_of(found.mapping))


def test_a_table_without_a_known_sensor_can_be_told_what_it_is() -> None:
    content = table()[["label", "person"]].assign(k=table()["ax"].map("{:.3f}".format)).to_csv(index=False)
    strange = content.replace("label,person,k", "was,wer,wert")
    _, found = looked(strange.encode())
    rows = rows_with(found.rows, "wert", role="channel", site="hand", kind="other", axis="", unit="1")
    rows = rows_with(tuple(rows_with(tuple(rows), "was", role="label")), "wer", role="person")
    mapping = mapping_of(rows, None, Settings(rate_hz=25.0))
    assert [one.channel for one in mapping.channels] == ["hand.other.v"]
    assert mapping.time.rate_hz == 25.0
    with pytest.raises(InputError, match="no column is a channel"):
        mapping_of([{**row, "role": "ignore"} for row in rows], None, Settings())


def test_an_error_in_the_file_names_row_and_column_and_is_not_kept() -> None:
    lines = csv().decode().splitlines()
    lines[7] = lines[7].replace(lines[7].split(",")[3], "oops", 1)
    place, found = looked("\n".join(lines).encode())
    assert found.mapping is not None
    assert [row["role"] for row in found.rows if row["column"] == "ax"] == ["channel"]
    mapping = mapping_of(found.rows, found.mapping, settings_of(found.mapping))
    errors = [one for one in checked(place, mapping)["findings"] if one["level"] == "error"]
    assert "row 8" in errors[0]["where"]
    assert "ax" in errors[0]["where"]
    with pytest.raises(InputError, match="row 8"):
        save(place, "mine", mapping)
    assert [one.name for one in sources.known()] == ["factory"]


def test_long_missing_stretches_are_refused_until_they_count_as_gaps() -> None:
    holed = table()
    holed.iloc[100:160, 3] = np.nan
    place, found = looked(holed.to_csv(index=False).encode())
    settings = settings_of(found.mapping)
    strict, lenient = (mapping_of(found.rows, found.mapping, replace(settings, gaps=gaps)) for gaps in (False, True))
    assert any(one["level"] == "error" for one in checked(place, strict)["findings"])
    assert not any(one["level"] == "error" for one in checked(place, lenient)["findings"])


def test_what_is_saved_opens_by_its_name_and_by_the_command_line_s() -> None:
    place, found = looked()
    assert found.mapping is not None
    to = save(place, "mine", found.mapping)
    assert not place.exists()
    assert sorted(path.name for path in to.iterdir()) == ["mine.csv", "stillroom.json"]
    dataset = sources.opened("mine")
    assert dataset.people == ("w0", "w1", "w2")
    assert dataset.classes == ("sit", "walk")
    assert dataset.card.protocol == "person"
    assert sources.source_of("mine") == str(to)


def test_of_one_person_the_set_says_that_stretches_are_held_out() -> None:
    place, found = looked(csv(people=1, seconds=60))
    assert found.mapping is not None
    save(place, "alone", found.mapping)
    assert sources.opened("alone").card.protocol == "blocks"


@pytest.mark.parametrize("name", ["", "../out", "a/b", ".hidden", "factory", "x" * 80, "a\nb", "<b>"])
def test_a_name_that_cannot_be_one_keeps_nothing(name: str) -> None:
    place, found = looked()
    assert found.mapping is not None
    with pytest.raises(InputError):
        save(place, name, found.mapping)
    assert [one.name for one in sources.known()] == ["factory"]
    assert place.is_dir()


def test_a_full_disk_leaves_nothing_half_written(monkeypatch: pytest.MonkeyPatch) -> None:
    place, found = looked()
    assert found.mapping is not None

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(StorageError, match="disk is full"):
        save(place, "mine", found.mapping)
    assert [one.name for one in sources.known()] == ["factory"]
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageError):
        stage([Upload("a.csv", csv())])
    assert [path for path in sources.folder().iterdir() if path != place] == []


def test_files_that_were_staged_elsewhere_are_not_moved(tmp_path: Path) -> None:
    _, found = looked()
    assert found.mapping is not None
    with pytest.raises(InputError, match="no longer there"):
        save(tmp_path, "mine", found.mapping)


def test_a_zip_of_people_s_files_tells_people_by_their_names() -> None:
    alone = table(people=1).drop(columns="person").to_csv(index=False).encode()
    place, found = looked(zipped(**{"set/s01.csv": alone, "set/s02.csv": alone}), "set.zip")
    assert (found.files, found.whose) == (2, "the files' names")
    assert found.mapping is not None
    assert list(checked(place, found.mapping)["people"]) == ["s01", "s02"]


def test_a_mapping_that_came_along_is_the_one_that_is_used() -> None:
    place, found = looked()
    assert found.mapping is not None
    imports.checked(place, found.mapping.changed(title="As it was"))
    mapping = (place / "stillroom.json").read_bytes()
    again = stage([Upload("mine.csv", csv()), Upload("mine.stillroom.json", mapping)])
    known = look(again).mapping
    assert known is not None
    assert known.title == "As it was"


@pytest.mark.parametrize(
    "pattern", [r"(?P<person>(\w+)+)$!", r"(a|aa)+$", r"(.*).*.*.*!", r"(\w{1,9}\w*\w*\w*)", r"((?:[a-z]\d)*)x"]
)
def test_a_pattern_that_may_search_for_hours_is_refused(pattern: str) -> None:
    mapping = looked()[1].mapping
    assert mapping is not None
    told = {**mapping.as_json(), "person": {"pattern": pattern}}
    place = stage(
        [Upload("mine.zip", zipped(**{"a" * 30 + ".csv": csv(), "stillroom.json": json.dumps(told).encode()}))]
    )
    with pytest.raises(InputError, match="may search for hours"):
        look(place)


def test_the_patterns_that_we_propose_are_not_refused() -> None:
    mapping = looked()[1].mapping
    assert mapping is not None
    for pattern in (r"(?i)^(.*?)[ /_-]*(?:left|right)", r"^[^/]+/([^/]+)/", r"s(\d+)_"):
        imports._refuse_slow_patterns(mapping.changed(person={"pattern": pattern}))
