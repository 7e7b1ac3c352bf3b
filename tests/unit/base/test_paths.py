"""Files appear whole or not at all: through failures, kills and full disks, and what cannot be read is named."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stillroom.base import paths
from stillroom.base.errors import InputError, StorageError
from stillroom.base.paths import cache_dir, read_json, storage_errors, whole_file, write_json, write_text


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(params=[None, "old"], ids=["a new file", "an old file"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A path that holds nothing, or something already."""
    path = tmp_path / "target.txt"
    if request.param:
        path.write_text(request.param)
    return path


def unchanged(target: Path, before: str | None) -> None:
    assert (target.read_text() if target.exists() else None) == before
    assert names(target.parent) == (["target.txt"] if before else [])


def before(target: Path) -> str | None:
    return target.read_text() if target.exists() else None


def test_a_file_appears_whole_and_only_at_the_end(target: Path) -> None:
    old = before(target)
    with whole_file(target) as beside:
        beside.write_text("new")
        assert beside.parent == target.parent and beside.name.startswith(".")
        assert (target.read_text() if target.exists() else None) == old
    assert target.read_text() == "new"
    assert names(target.parent) == ["target.txt"]


@pytest.mark.parametrize("failure", [ValueError("no"), KeyboardInterrupt()])
def test_a_failure_midway_leaves_what_was_there(target: Path, failure: BaseException) -> None:
    old = before(target)
    with pytest.raises(type(failure)), whole_file(target) as beside:
        beside.write_text("half")
        raise failure
    unchanged(target, old)


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "b" / "c.txt", "x")
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "x"


def test_a_kill_midway_leaves_what_was_there(target: Path) -> None:
    old = before(target)
    code = (
        "import pathlib, sys; from stillroom.base.paths import whole_file\n"
        "with whole_file(pathlib.Path(sys.argv[1])) as beside:\n"
        "    beside.write_text('half'); print('ready', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(target)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "ready\n"
        process.kill()
    assert (target.read_text() if target.exists() else None) == old
    assert [name for name in names(target.parent) if not name.endswith(".part")] == (["target.txt"] if old else [])
    write_text(target, "new")
    assert target.read_text() == "new"


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_the_user_s_umask_holds(target: Path, mask: int, mode: int) -> None:
    former = os.umask(mask)
    try:
        write_text(target, "new")
    finally:
        os.umask(former)
    assert stat.S_IMODE(target.stat().st_mode) == mode


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "The disk has failed"),
    ],
)
def test_a_disk_that_refuses_at_the_last_moment_is_named(
    target: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    old = before(target)

    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(paths.os, "fsync", refuse)
    with pytest.raises(StorageError, match=rf"cannot write \(.*target\.txt\)\. .*{said}"):
        write_text(target, "new")
    unchanged(target, old)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 64 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    try:
        refused = subprocess.run(mount, capture_output=True, check=False).returncode
    except OSError:
        refused = 1
    if refused:
        pytest.skip("no small disk can be mounted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_leaves_the_old_file_and_no_half(small_disk: Path) -> None:
    write_text(small_disk / "a.txt", "old")
    with pytest.raises(StorageError, match=r"cannot write \(.*a\.txt\)\. The disk is full"):
        write_text(small_disk / "a.txt", "x" * 100_000)
    assert names(small_disk) == ["a.txt"] and (small_disk / "a.txt").read_text() == "old"
    write_text(small_disk / "a.txt", "new")
    assert (small_disk / "a.txt").read_text() == "new"


def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(paths.os, "open", refuse)
    with pytest.raises(StorageError, match=r"a\.txt\)\. The folder may not be written to"):
        write_text(tmp_path / "a.txt", "x")


def in_a_file(folder: Path) -> Path:
    (folder / "file").write_text("x")
    return folder / "file" / "a.txt"


def on_a_folder(folder: Path) -> Path:
    (folder / "a.txt").mkdir()
    return folder / "a.txt"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (in_a_file, "A file stands where a folder should be"),
        (on_a_folder, "A folder stands where the file should be"),
        (lambda folder: folder / ("a" * 300), "The name is too long"),
    ],
)
def test_a_place_that_can_hold_no_file_is_named(tmp_path: Path, make: Callable[[Path], Path], said: str) -> None:
    path = make(tmp_path)
    there = sorted(tmp_path.rglob("*"))
    with pytest.raises(StorageError, match=said):
        write_text(path, "x")
    assert sorted(tmp_path.rglob("*")) == there


def test_a_folder_that_went_away_is_named(tmp_path: Path) -> None:
    gone = tmp_path / "gone" / "a.txt"
    with pytest.raises(StorageError, match=r"the folder is gone \(.*gone\)"), storage_errors(gone):
        gone.open("a")


def test_what_is_not_the_disk_s_fault_passes(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), storage_errors(tmp_path / "a.txt"):
        (tmp_path / "other" / "b.txt").read_text()


def test_json_comes_back_as_it_was_written(tmp_path: Path) -> None:
    value = {"ort": "Küche", "numbers": [1, 2.5, None, True], "deep": {"a": []}}
    write_json(tmp_path / "a.json", value)
    assert read_json(tmp_path / "a.json") == value
    assert (tmp_path / "a.json").read_text(encoding="utf-8").endswith("}\n")


@pytest.mark.parametrize("value", [float("nan"), [1.0, float("inf")], {"a": object()}])
def test_what_is_no_json_is_refused_and_the_old_file_stays(target: Path, value: object) -> None:
    old = before(target)
    with pytest.raises((ValueError, TypeError)):
        write_json(target, value)
    unchanged(target, old)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"{'a': 1}", b"\xff\xfe", b"[" * 100_000, b"1" * 5000], ids=lambda raw: repr(raw[:9])
)
def test_a_file_that_is_no_json_is_named(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "a.json").write_bytes(raw)
    with pytest.raises(InputError, match=r"not valid JSON: .*a\.json"):
        read_json(tmp_path / "a.json")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such file \(.*a\.json\)"):
        read_json(tmp_path / "a.json")
    with pytest.raises(InputError, match=r"cannot read: Is a directory"):
        read_json(tmp_path)


def test_the_cache_lies_where_the_user_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STILLROOM_CACHE", str(tmp_path / "mine"))
    assert cache_dir() == tmp_path / "mine"
    monkeypatch.delenv("STILLROOM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_dir() == tmp_path / "xdg" / "stillroom"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert cache_dir() == tmp_path / ".cache" / "stillroom"
