"""A folder, a zip and a zip in a zip are the same tree, and no name in a zip can harm."""

from __future__ import annotations

import io
import os
import time
import zipfile
from pathlib import Path

import pytest

from stillroom.base.errors import InputError
from stillroom.data.tree import Tree

FILES = {"a.txt": b"one", "deep/b.txt": b"two", "deep/er/c.txt": b"three"}


def folder(root: Path) -> Path:
    for name, content in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def contents(tree: Tree) -> dict[str, bytes]:
    return {entry.name: entry.read() for entry in tree.entries}


def test_a_folder_holds_its_files_by_sorted_name(tmp_path: Path) -> None:
    (folder(tmp_path) / ".hidden").write_text("no")
    tree = Tree(tmp_path)
    assert contents(tree) == FILES
    assert [entry.name for entry in tree.entries] == sorted(FILES)
    assert [entry.name for entry in tree.find(lambda entry: len(entry.parts) == 2)] == ["deep/b.txt"]


def test_a_zip_and_a_zip_in_a_zip_hold_the_same(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(packed(FILES))
    assert contents(Tree(tmp_path / "x.zip")) == {f"x/{name}": content for name, content in FILES.items()}
    (tmp_path / "outer.zip").write_bytes(packed({"in/x.zip": packed(FILES), "__MACOSX/junk": b""}))
    found = contents(Tree(tmp_path / "outer.zip"))
    assert found == {f"outer/in/x/{name}": content for name, content in FILES.items()}


def test_zips_in_a_folder_are_opened(tmp_path: Path) -> None:
    (tmp_path / "U1.zip").write_bytes(packed({"U1/a.csv": b"1"}))
    (tmp_path / "U2.zip").write_bytes(packed({"U2/a.csv": b"2"}))
    assert contents(Tree(tmp_path)) == {"U1/U1/a.csv": b"1", "U2/U2/a.csv": b"2"}


@pytest.mark.parametrize("name", ["/etc/evil.csv", "../../evil.csv", "a/../../evil.csv", "C:\\evil.csv"])
def test_paths_that_climb_out_of_a_zip_touch_no_disk(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "x.zip").write_bytes(packed({name: b"data"}))
    before = sorted(tmp_path.rglob("*"))
    (entry,) = Tree(inside / "x.zip").entries
    assert entry.read() == b"data"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_changed_file_has_another_stamp(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("1")
    (before,) = Tree(tmp_path).entries
    os.utime(path, ns=(time.time_ns(), before.stamp + 1))
    (after,) = Tree(tmp_path).entries
    assert before.stamp != after.stamp


def test_a_missing_path_and_an_empty_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such file or folder.*nowhere"):
        Tree(tmp_path / "nowhere")
    with pytest.raises(InputError, match="the folder is empty"):
        Tree(tmp_path)


def test_a_truncated_zip_is_refused_when_opened(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(packed(FILES)[:-30])
    with pytest.raises(InputError, match=r"truncated or no zip at all \(x\.zip\)"):
        Tree(tmp_path / "x.zip")


def test_a_damaged_member_is_named_when_read_and_the_others_are_read(tmp_path: Path) -> None:
    raw = bytearray(packed({"good.txt": b"fine" * 50, "bad.txt": os.urandom(400)}))
    at = raw.rindex(b"bad.txt", 0, len(raw) // 2) + 100
    raw[at] ^= 0xFF
    (tmp_path / "x.zip").write_bytes(bytes(raw))
    bad, good = Tree(tmp_path / "x.zip").entries
    assert good.read() == b"fine" * 50
    with pytest.raises(InputError, match=r"archive is damaged.*x/bad\.txt"):
        bad.read()


def test_a_zip_with_a_password_is_refused_in_a_sentence(tmp_path: Path) -> None:
    raw = bytearray(packed({"a.txt": b"secret"}))
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "x.zip").write_bytes(bytes(raw))
    (entry,) = Tree(tmp_path / "x.zip").entries
    with pytest.raises(InputError, match=r"encrypted.*x/a\.txt.*Unpack it first"):
        entry.read()


def test_a_file_that_vanished_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("1")
    (entry,) = Tree(tmp_path).entries
    path.unlink()
    with pytest.raises(InputError, match=r"cannot read.*a\.txt"):
        entry.read()
