"""Journals: what was appended is read once, whole and in order, also while it grows and after a death in mid-line."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base import journal
from stillroom.base.errors import StorageError

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=5), PLAIN, max_size=3), max_size=6)


@given(OBJECTS, st.data())
def test_cut_off_anywhere_the_whole_lines_are_read_and_after_mending_it_goes_on(
    values: list[dict[str, object]], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        for value in values:
            journal.append(path, value)
        written = path.read_bytes() if values else b""
        cut = data.draw(st.integers(0, len(written)))
        path.write_bytes(written[:cut])
        whole = written[:cut].count(b"\n")
        assert journal.read_from(path)[0] == values[:whole]
        journal.mend(path)
        journal.append(path, {"after": 1})
        assert journal.read_from(path)[0] == [*values[:whole], {"after": 1}]


@given(OBJECTS, st.integers(1, 40))
def test_read_while_it_grows_each_object_is_read_once(values: list[dict[str, object]], piece: int) -> None:
    with TemporaryDirectory() as folder:
        whole, path = Path(folder) / "whole.jsonl", Path(folder) / "growing.jsonl"
        for value in values:
            journal.append(whole, value)
        written = whole.read_bytes() if values else b""
        read, offset = journal.read_from(path)
        assert (read, offset) == ([], 0)
        for start in range(0, len(written), piece):
            with path.open("ab") as file:
                file.write(written[start : start + piece])
            found, offset = journal.read_from(path, offset)
            read += found
        assert read == values and offset == len(written)


def test_a_damaged_line_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    journal.append(path, {"number": 1})
    with path.open("ab") as file:
        file.write(b'\xff\x00 {"a":\n[1, 2]\n\n"text"\n')
    journal.append(path, {"number": 2})
    assert [value["number"] for value in journal.read_from(path)[0]] == [1, 2]


def test_nothing_yet_is_an_empty_journal_and_needs_no_mending(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    journal.mend(path)
    assert journal.read_from(path, 7) == ([], 7) and not path.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a device that is always full")
def test_a_full_disk_is_one_error_with_its_mend() -> None:
    with pytest.raises(StorageError, match="The disk is full"):
        journal.append(Path("/dev/full"), {"a": 1})


@given(OBJECTS, st.integers(0, 200))
def test_the_end_of_a_journal_is_whole_lines_and_says_if_it_is_all(values: list[dict[str, object]], size: int) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        assert journal.read_end(path, size) == ([], True)
        for value in values:
            journal.append(path, {"nested": value})
        found, whole = journal.read_end(path, size)
        wanted = [{"nested": value} for value in values]
        assert found == wanted[len(wanted) - len(found) :]
        assert whole == (not values or size >= path.stat().st_size)
        assert not whole or found == wanted
