"""What came through the browser is looked at by name and by content before any of it is kept."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.app.tables import csv, npz, table, zipped

from stillroom.base.errors import InputError
from stillroom_app.services import contents, sources, uploads
from stillroom_app.services.uploads import Upload, safe_name, stage


def nothing_is_left() -> bool:
    return not sources.folder().exists() or not list(sources.folder().iterdir())


def parquet() -> bytes:
    file = io.BytesIO()
    table().to_parquet(file)
    return file.getvalue()


def test_a_table_of_every_kind_is_staged_out_of_sight() -> None:
    place = stage([Upload("a.csv", csv()), Upload("b.parquet", parquet()), Upload("c.npz", npz(x=np.arange(9.0)))])
    assert sorted(path.name for path in place.iterdir()) == ["a.csv", "b.parquet", "c.npz"]
    assert place.name.startswith(".")
    assert [one.name for one in sources.known()] == ["factory"]


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "weights.pt", "table.csv", "table.parquet", "x.npz"])
@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_a_pickle_is_refused_under_any_name_and_says_what_to_save(name: str, protocol: int) -> None:
    content = pickle.dumps({"time": [1, 2], "label": ["a"]}, protocol=protocol)
    with pytest.raises(InputError, match=r"pickle.*numpy\.savez|never read"):
        stage([Upload(name, content)])
    assert nothing_is_left()


def test_a_pickle_within_an_npz_is_refused() -> None:
    with pytest.raises(InputError, match="'labels' holds Python objects"):
        stage([Upload("x.npz", npz(ax=np.arange(4.0), labels=np.array([{}, []], dtype=object)))])
    assert nothing_is_left()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("table.csv", zipped(a=b"1")),
        ("table.csv", "time,ax\n1,2\n".encode("utf-16")),
        ("table.parquet", csv()),
        ("x.npz", csv()),
        ("sheet.xlsx", zipped(a=b"1")),
        ("page.html", b"<html>"),
        ("x.npy", b"\x93NUMPY"),
        ("noname", b"1,2"),
        ("table.csv", b"  \n"),
        ("all.zip", csv()),
        ("all.zip", zipped(**{"readme.txt": b"hello"})),
    ],
)
def test_content_that_is_not_what_the_name_says_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(InputError):
        stage([Upload(name, content)])
    assert nothing_is_left()


@pytest.mark.parametrize("name", ["../out.csv", "a/../../out.csv", "/etc/out.csv", "C:\\out.csv", "a\\..\\..\\out.csv"])
def test_a_zip_that_climbs_out_of_its_folder_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="leads out of the zip"):
        stage([Upload("all.zip", zipped(**{"good.csv": csv(), name: csv()}))])
    assert nothing_is_left()


def test_a_zip_that_swells_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "UNPACKED_BYTES", 1 << 20)
    bomb = zipped(**{"zeros.csv": b"0" * (4 << 20)})
    assert len(bomb) < 1 << 14
    with pytest.raises(InputError, match="the zip holds more"):
        stage([Upload("all.zip", bomb)])


def test_a_table_that_swells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "CELLS", 10_000)
    long = io.BytesIO()
    pd.DataFrame({"ax": np.zeros(20_000)}).to_parquet(long)
    packed = io.BytesIO()
    np.savez_compressed(packed, ax=np.zeros(20_000))
    for name, content in (("long.parquet", long.getvalue()), ("long.npz", packed.getvalue())):
        with pytest.raises(InputError, match="more than the 10,000"):
            stage([Upload(name, content)])


def test_a_zip_within_a_zip_and_a_locked_one_are_refused() -> None:
    with pytest.raises(InputError, match="a zip within the zip"):
        stage([Upload("all.zip", zipped(**{"inner.zip": zipped(**{"a.csv": csv()})}))])
    with pytest.raises(InputError, match="pickle"):
        stage([Upload("all.zip", zipped(**{"a.csv": csv(), "model.pkl": b"x"}))])


def test_too_much_at_once_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LIMIT_BYTES", 1000)
    with pytest.raises(InputError, match="at once"):
        stage([Upload("a.csv", csv())])
    with pytest.raises(InputError, match="no file"):
        stage([])


def test_folders_of_a_zip_stay_and_what_is_no_table_is_left_behind() -> None:
    members = {"set/p1/a.csv": csv(), "set/p2/a.csv": csv(), "set/readme.md": b"x", "__MACOSX/a.csv": b"x"}
    place = stage([Upload("set.zip", zipped(**members))])
    files = sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())
    assert files == ["set/p1/a.csv", "set/p2/a.csv"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("mine.csv", "mine.csv"),
        ("../../etc/passwd.csv", "passwd.csv"),
        ("D:\\set\\mine.csv", "mine.csv"),
        (".hidden.csv", "hidden.csv"),
        ("<img src=x>;rm -rf $HOME.csv", "_img src_x_rm -rf _HOME.csv"),
        ("", "file"),
        ("...", "file"),
    ],
)
def test_a_file_s_name_is_never_a_path(name: str, kept: str) -> None:
    assert safe_name(name) == kept


def test_two_files_of_one_name_are_both_kept() -> None:
    place = stage([Upload("a/x.csv", csv()), Upload("b/x.csv", csv())])
    assert sorted(path.name for path in place.iterdir()) == ["x-2.csv", "x.csv"]


def test_only_what_was_staged_is_discarded(tmp_path: Path) -> None:
    place = stage([Upload("a.csv", csv())])
    other = tmp_path / "precious"
    other.mkdir()
    uploads.discard(other)
    uploads.discard(place)
    assert other.is_dir()
    assert not place.exists()


def test_a_damaged_zip_is_refused() -> None:
    whole = bytearray(zipped(**{"a.csv": csv()}))
    whole[40:60] = b"\xff" * 20
    with pytest.raises((InputError, zipfile.BadZipFile)) as caught:
        stage([Upload("all.zip", bytes(whole))])
    assert isinstance(caught.value, InputError)
