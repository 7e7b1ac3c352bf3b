"""HAPT: raw signals in the publisher's layout, labels counted from 1, and the rest left unlabelled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.data.source import open_source
from stillroom.data.sources.hapt import ACTIVITIES

LABELS = "1 1 5 11 60\n1 1 7 61 80\n2 1 1 1 100\n3 2 12 5 5\n"


def publish(root: Path, labels: str = LABELS, rows: int = 100) -> Path:
    """Three experiments of two people, in the publisher's form."""
    folder = root / "HAPT Data Set" / "RawData"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for experiment, person in ((1, 1), (2, 1), (3, 2)):
        for kind in ("acc", "gyro"):
            np.savetxt(folder / f"{kind}_exp{experiment:02d}_user{person:02d}.txt", rng.normal(size=(rows, 3)))
    (folder / "labels.txt").write_text(labels)
    return root


def test_experiments_become_recordings_in_canonical_units(tmp_path: Path) -> None:
    data = open_source(f"hapt:{publish(tmp_path)}", use_cache=False)
    assert [recording.name for recording in data.recordings] == ["u01/e01", "u01/e02", "u02/e03"]
    assert data.layout.names == tuple(f"waist.{kind}.{axis}" for kind in ("acc", "gyro") for axis in "xyz")
    raw = np.loadtxt(tmp_path / "HAPT Data Set/RawData/acc_exp01_user01.txt").T
    np.testing.assert_allclose(data.recordings[0].signal[:3], raw * 9.80665, rtol=1e-6)
    raw = np.loadtxt(tmp_path / "HAPT Data Set/RawData/gyro_exp01_user01.txt").T
    np.testing.assert_allclose(data.recordings[0].signal[3:], raw, rtol=1e-6)


def test_labels_hold_from_first_to_last_sample_and_nowhere_else(tmp_path: Path) -> None:
    data = open_source(f"hapt:{publish(tmp_path)}", use_cache=False)
    assert data.classes == ("WALKING", "STANDING", "STAND_TO_SIT", "LIE_TO_STAND")
    codes = [recording.codes("activity", data.classes) for recording in data.recordings]
    expected = np.full(100, -1)
    expected[10:60], expected[60:80] = 1, 2
    assert codes[0].tolist() == expected.tolist()
    assert codes[1].tolist() == [0] * 100
    assert np.flatnonzero(codes[2] >= 0).tolist() == [4]


@pytest.mark.parametrize(
    ("labels", "said"),
    [("1 1 5 1 101\n", "row 1"), ("1 1 5 1 10\n1 1 13 2 3\n", "row 2"), ("1 1 5 0 10\n", "row 1"), ("1 1 5\n", "")],
)
def test_labels_that_cannot_be_are_refused_by_row(tmp_path: Path, labels: str, said: str) -> None:
    with pytest.raises(InputError, match=rf"labels\.txt.*{said}"):
        open_source(f"hapt:{publish(tmp_path, labels)}", use_cache=False)


def test_missing_files_are_named(tmp_path: Path) -> None:
    folder = publish(tmp_path) / "HAPT Data Set" / "RawData"
    (folder / "gyro_exp02_user01.txt").unlink()
    with pytest.raises(InputError, match="the gyro file of u01/e02 is missing"):
        open_source(f"hapt:{tmp_path}", use_cache=False)
    (folder / "labels.txt").unlink()
    with pytest.raises(InputError, match=r"labels\.txt is missing"):
        open_source(f"hapt:{tmp_path}", use_cache=False)
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "a.txt").write_text("1")
    with pytest.raises(InputError, match="no raw HAPT signal"):
        open_source(f"hapt:{tmp_path / 'else'}", use_cache=False)


def test_a_torn_signal_is_refused(tmp_path: Path) -> None:
    path = publish(tmp_path) / "HAPT Data Set/RawData/gyro_exp01_user01.txt"
    path.write_text("\n".join(path.read_text().splitlines()[:60]) + "\n")
    with pytest.raises(InputError, match=r"100 rows of acceleration and 60 of rate of turn.*gyro_exp01"):
        open_source(f"hapt:{tmp_path}", use_cache=False)


def test_the_published_recordings_have_their_known_size(stillroom_data: Path) -> None:
    data = open_source(f"hapt:{stillroom_data / 'hapt'}")
    assert data.classes == ACTIVITIES
    assert (len(data.people), len(data.recordings)) == (21, 42)
    codes = np.concatenate([recording.codes("activity", data.classes) for recording in data.recordings])
    assert len(codes) == 797_484
    assert (codes >= 0).mean() == pytest.approx(0.72496, abs=1e-5)
