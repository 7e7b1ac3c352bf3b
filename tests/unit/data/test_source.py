"""Reading a source: parsed once, from the cache ever after, anew when a file changed, whatever the cache's state."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from stillroom.base.errors import InputError, StorageError
from stillroom.base.events import Event
from stillroom.data import source as module
from stillroom.data.card import Card
from stillroom.data.dataset import Dataset
from stillroom.data.recording import Recording, Span
from stillroom.data.source import SOURCES, Part, read, resolve
from stillroom.data.tree import Tree
from stillroom.sensors.channel import Channel
from stillroom.sensors.layout import Layout

LAYOUT = Layout(channels=(Channel(site="waist", kind="acc", axis="x", unit="m/s2", rate_hz=10.0),))


class Notes:
    """A publisher with one text file a recording, a number a line; it counts how often each is parsed."""

    card = Card(name="notes", title="Notes", licence="none", rate_hz=10.0)

    def __init__(self, version: int = 1) -> None:
        self.version = version
        self.parsed: list[str] = []

    def parts(self, tree: Tree | None) -> Sequence[Part]:
        assert tree
        return [Part(entry.name.removesuffix(".txt"), (entry,), {"scale": 2.0}) for entry in tree.entries]

    def parse(self, part: Part) -> Recording:
        self.parsed.append(part.name)
        signal = np.array([part.entries[0].read().split()], dtype=np.float32)
        length = signal.shape[1]
        tracks = {"activity": (Span(0.0, 1.0, "sit"), Span(1.0, length / 10, "walk"))}
        return Recording(part.name, "1", LAYOUT, 10.0, signal, np.array([[0, 9], [12, length]]), tracks)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three people's notes."""
    for person in ("a", "b", "c"):
        write(tmp_path / "notes" / f"{person}.txt", range(ord(person), ord(person) + 40))
    return tmp_path / "notes"


def write(path: Path, values: Sequence[float]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(map(str, values)))


def opened(source: Notes, folder: Path, cache: Path, **settings: bool) -> tuple[Dataset, list[Event]]:
    events: list[Event] = []
    source.parsed.clear()
    return read(source, Tree(folder), cache=cache, emit=events.append, **settings), events


def same(one: Dataset, other: Dataset) -> bool:
    return (one.card, one.classes, one.key) == (other.card, other.classes, other.key) and all(
        (a.name, a.layout, list(a.tracks["activity"])) == (b.name, b.layout, list(b.tracks["activity"]))
        and np.array_equal(a.signal, b.signal)
        and np.array_equal(a.segments, b.segments)
        for a, b in zip(one.recordings, other.recordings, strict=True)
    )


def test_a_second_opening_parses_nothing_and_gives_the_same(folder: Path, tmp_path: Path) -> None:
    source = Notes()
    first, events = opened(source, folder, tmp_path / "cache")
    assert source.parsed == ["a", "b", "c"]
    assert [event.data for event in events] == [
        {"part": name, "done": done, "of": 3, "cached": 0} for done, name in enumerate("abc", start=1)
    ]
    second, events = opened(source, folder, tmp_path / "cache")
    assert source.parsed == [] and events[-1].data["cached"] == 3
    assert same(first, second)


def test_a_changed_file_and_no_other_is_parsed_again(folder: Path, tmp_path: Path) -> None:
    source = Notes()
    first, _ = opened(source, folder, tmp_path / "cache")
    write(folder / "b.txt", range(1000, 1040))
    second, _ = opened(source, folder, tmp_path / "cache")
    assert source.parsed == ["b"]
    assert second.key != first.key and second.recordings[1].signal[0, 0] == 1000


def test_a_touched_file_of_the_same_size_is_parsed_again(folder: Path, tmp_path: Path) -> None:
    source = Notes()
    opened(source, folder, tmp_path / "cache")
    stat = (folder / "b.txt").stat()
    (folder / "b.txt").write_text((folder / "b.txt").read_text().replace("98", "89", 1))
    os.utime(folder / "b.txt", ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    data, _ = opened(source, folder, tmp_path / "cache")
    assert source.parsed == ["b"] and data.recordings[1].signal[0, 0] == 89


def test_a_new_version_of_the_parser_parses_all_again(folder: Path, tmp_path: Path) -> None:
    first, _ = opened(Notes(), folder, tmp_path / "cache")
    newer = Notes(version=2)
    second, _ = opened(newer, folder, tmp_path / "cache")
    assert newer.parsed == ["a", "b", "c"] and first.key != second.key


@pytest.mark.parametrize("damage", ["truncated", "flipped", "emptied", "a folder"])
def test_a_damaged_cached_file_is_parsed_and_kept_again(folder: Path, tmp_path: Path, damage: str) -> None:
    source = Notes()
    first, _ = opened(source, folder, tmp_path / "cache")
    victim = sorted((tmp_path / "cache").rglob("*.parquet"))[0]
    raw = victim.read_bytes()
    if damage == "a folder":
        victim.unlink()
        victim.mkdir()
    else:
        middle = bytes(raw[:60]) + bytes([raw[60] ^ 1]) + raw[61:]
        victim.write_bytes({"truncated": raw[:-20], "flipped": middle, "emptied": b""}[damage])
    second, events = opened(source, folder, tmp_path / "cache")
    assert len(source.parsed) == 1 and same(first, second)
    notes = [event.message for event in events if event.kind == "note"]
    third, _ = opened(source, folder, tmp_path / "cache")
    assert same(first, third)
    if damage == "a folder":
        assert len(notes) == 1 and "A folder stands where the file should be" in notes[0]
    else:
        assert notes == [] and source.parsed == []


def test_without_the_cache_nothing_is_read_from_it_or_kept(folder: Path, tmp_path: Path) -> None:
    source = Notes()
    for _ in range(2):
        opened(source, folder, tmp_path / "cache", use_cache=False)
        assert source.parsed == ["a", "b", "c"]
    assert not (tmp_path / "cache").exists()


def test_a_cache_that_cannot_be_written_is_a_note(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    source = Notes()
    data, events = opened(source, folder, tmp_path / "cache")
    notes = [event.message for event in events if event.kind == "note"]
    assert len(notes) == 3 and all(note.startswith("not cached: cannot write (") for note in notes)
    assert len(data.recordings) == 3


@pytest.mark.parametrize(
    "error", [StorageError("cannot write", mend="The disk is full"), OSError(errno.ETIMEDOUT, "Connection timed out")]
)
def test_a_disk_that_fails_is_a_note(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(module, "save_recording", refuse)
    data, events = opened(Notes(), folder, tmp_path / "cache")
    assert len(data.recordings) == 3
    assert [event.message[:12] for event in events if event.kind == "note"] == ["not cached: "] * 3


def test_many_readers_at_once_fill_one_cache_and_agree(folder: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: opened(Notes(), folder, tmp_path / "cache")[0], range(24)))
    assert all(same(found[0], other) for other in found[1:])
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert len(kept) == 3 and all(path.suffix == ".parquet" for path in kept)


def test_the_user_s_cache_is_the_default(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_CACHE", str(tmp_path / "mine"))
    read(Notes(), Tree(folder))
    assert len(list((tmp_path / "mine" / "recordings" / "notes").iterdir())) == 3


@pytest.mark.parametrize("value", ["inf", "-inf", "1e400"])
def test_an_infinite_value_is_refused_by_place_and_never_kept(folder: Path, tmp_path: Path, value: str) -> None:
    write(folder / "b.txt", [1.0] * 25 + [float(value)] + [1.0] * 14)
    with pytest.raises(InputError, match=r"waist\.acc\.x is no finite number \(b\.txt, 2\.50 s after its start\)"):
        opened(Notes(), folder, tmp_path / "cache")
    assert len(list((tmp_path / "cache").rglob("*.parquet"))) == 1


def test_the_key_changes_with_name_size_stamp_and_settings(folder: Path) -> None:
    part = Notes().parts(Tree(folder))[0]
    entry = part.entries[0]
    others = [
        Part("b", part.entries, part.settings),
        Part("a", (), part.settings),
        Part("a", part.entries, {"scale": 3.0}),
        *(Part("a", (type(entry)(*changed, entry.read),), part.settings) for changed in (
            ("b.txt", entry.size_bytes, entry.stamp),
            (entry.name, entry.size_bytes + 1, entry.stamp),
            (entry.name, entry.size_bytes, entry.stamp + 1),
        )),
    ]  # fmt: skip
    assert all(other.key() != part.key() for other in others)
    assert Part("a", part.entries, {"scale": 2.0}).key() == part.key()


def test_a_source_is_resolved_by_name_by_name_and_path_or_by_path(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("t,x\n0,1\n")
    source, tree = resolve(f"dsads:{tmp_path}")
    assert source is SOURCES["dsads"] and tree is not None and tree.path == tmp_path
    assert resolve("factory")[1] is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dsads:", r"a path must follow the colon \(dsads:\)\. As dsads:/where"),
        ("dsasd:/tmp", r"unknown data source 'dsasd'\. Did you mean dsads"),
        ("nowhere", r"'nowhere' is neither a known data source nor a file or folder\. Sources: "),
        ("dsads:/no/where", r"no such file or folder \(/no/where\)"),
    ],
)
def test_a_source_that_is_none_is_named(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        resolve(text)
