"""DSADS: segments are joined in order, a missing one is a gap and never a false join, a torn file is named."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.data.dataset import Dataset
from stillroom.data.source import open_source
from stillroom.data.sources.dsads import ACTIVITIES, LAYOUT, UNITS
from stillroom.data.windows import WindowConfig, cut


def segment(person: int, activity: int, number: int) -> np.ndarray:
    """`(45, 125)`: each value tells which sample it is of the five minutes, and in its decimals of whom and what."""
    count = 125 * (number - 1) + np.arange(125) + person / 10 + activity / 1000
    return count + 10_000 * np.arange(45)[:, None]


def publish(
    root: Path, people: Iterable[int] = (1, 2), activities: Iterable[int] = (1, 9), numbers=(1, 2, 3, 4)
) -> Path:
    """Files of the publisher's form."""
    activities = list(activities)
    for person in people:
        for activity in activities:
            for number in numbers:
                path = root / f"a{activity:02d}" / f"p{person}" / f"s{number:02d}.txt"
                path.parent.mkdir(parents=True, exist_ok=True)
                np.savetxt(path, segment(person, activity, number).T, delimiter=",", fmt="%.5f")
    return root


def opened(path: Path) -> Dataset:
    return open_source(f"dsads:{path}", use_cache=False)


def zipped(root: Path, target: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(root.rglob("*.txt")):
            archive.write(path, prefix + path.relative_to(root).as_posix())
    return target


def test_segments_become_one_recording_of_each_person_and_activity(tmp_path: Path) -> None:
    data = opened(publish(tmp_path))
    assert [recording.name for recording in data.recordings] == ["p1/1/a01", "p1/1/a09", "p2/1/a01", "p2/1/a09"]
    assert data.people == ("p1", "p2") and data.classes == (ACTIVITIES[0], ACTIVITIES[8])
    for recording in data.recordings:
        person, activity = int(recording.person[1:]), int(recording.piece[1:])
        whole = np.concatenate([segment(person, activity, number) for number in (1, 2, 3, 4)], axis=1)
        np.testing.assert_allclose(recording.signal, whole.astype(np.float32), rtol=1e-7)
        assert recording.segments.tolist() == [[0, 500]] and recording.rate_hz == 25
        assert (recording.codes("activity", data.classes) == data.classes.index(ACTIVITIES[activity - 1])).all()


def test_channels_stand_in_the_publisher_s_order(tmp_path: Path) -> None:
    data = opened(publish(tmp_path, people=[1], activities=[1], numbers=[1]))
    assert data.layout == LAYOUT and len(LAYOUT) == 45
    assert UNITS == ("torso", "right_arm", "left_arm", "right_leg", "left_leg") == LAYOUT.sites
    for column, name in ((0, "torso.acc.x"), (4, "torso.gyro.y"), (17, "right_arm.magn.z"), (44, "left_leg.magn.z")):
        assert LAYOUT.names[column] == name
        assert data.recordings[0].signal[column, 0] == pytest.approx(10_000 * column + 0.101, abs=0.01)


@pytest.mark.parametrize(
    ("numbers", "segments"),
    [
        ((1, 2, 4), [[0, 250], [375, 500]]),
        ((1, 3, 6, 7), [[0, 125], [250, 375], [625, 875]]),
        ((2, 3), [[0, 250]]),
        ((60,), [[0, 125]]),
    ],
)
def test_a_missing_segment_is_a_gap_and_no_window_crosses_it(
    tmp_path: Path, numbers: tuple[int, ...], segments: list[list[int]]
) -> None:
    data = opened(publish(tmp_path, numbers=numbers))
    recording = data.recordings[0]
    assert recording.segments.tolist() == segments and recording.start_s == pytest.approx(0, abs=1e-9)
    there = np.concatenate([np.arange(first, stop) for first, stop in segments])
    whole = np.concatenate([segment(1, 1, number) for number in numbers], axis=1)
    np.testing.assert_allclose(recording.signal[:, there], whole.astype(np.float32), rtol=1e-7)
    codes = recording.codes("activity", data.classes)
    assert np.flatnonzero(codes >= 0).tolist() == there.tolist()
    index = cut(data, WindowConfig(window_s=3.0, stride_s=0.2, min_windows=0))
    starts = (index.start - index.offsets[index.recording])[index.recording == 0]
    steps = [np.diff(recording.signal[0, start : start + index.width]) for start in starts]
    assert steps and all(np.abs(step - 1).max() < 0.01 for step in steps), (
        "a window joins what does not belong together"
    )


@pytest.mark.parametrize("form", ["deep", "zip", "zip with a folder", "zip beside others"])
def test_it_is_found_at_any_depth_and_in_the_publisher_s_zip(tmp_path: Path, form: str) -> None:
    plain = publish(tmp_path / "plain", people=[1], numbers=[1, 2])
    there = {
        "deep": lambda: publish(tmp_path / "x" / "y" / "data", people=[1], numbers=[1, 2]).parents[1],
        "zip": lambda: zipped(plain, tmp_path / "daily.zip"),
        "zip with a folder": lambda: zipped(plain, tmp_path / "daily.zip", "data/"),
        "zip beside others": lambda: (
            (tmp_path / "z").mkdir(), (tmp_path / "z" / "readme.md").write_text("hello"),
            zipped(plain, tmp_path / "z" / "daily.zip", "data/"),
        )[2].parent,
    }[form]()  # fmt: skip
    for one, other in zip(opened(plain).recordings, opened(there).recordings, strict=True):
        assert one.name == other.name
        np.testing.assert_array_equal(one.signal, other.signal)


def test_segments_are_ordered_by_number_wherever_they_lie(tmp_path: Path) -> None:
    publish(tmp_path / "z", people=[1], activities=[1], numbers=[1, 2])
    publish(tmp_path / "a", people=[1], activities=[1], numbers=[3, 4])
    (recording,) = opened(tmp_path).recordings
    assert recording.segments.tolist() == [[0, 500]]
    assert np.diff(recording.signal[0]).max() == pytest.approx(1, abs=0.01)


def test_two_copies_are_refused_and_not_joined(tmp_path: Path) -> None:
    zipped(publish(tmp_path / "data", people=[1]), tmp_path / "daily.zip")
    with pytest.raises(InputError, match=r"the same segment stands twice \(.*s01\.txt and .*s01\.txt\)\. Name one"):
        opened(tmp_path)


def altered(change: Callable[[list[list[str]]], object]) -> Callable[[Path], None]:
    """Rewrites the cells of `a09/p1/s02.txt`."""

    def apply(root: Path) -> None:
        path = root / "a09" / "p1" / "s02.txt"
        rows = [line.split(",") for line in path.read_text().splitlines()]
        change(rows)
        path.write_text("\n".join(",".join(row) for row in rows) + "\n")

    return apply


def set_cell(row: int, column: int, value: str) -> Callable[[Path], None]:
    return altered(lambda rows: rows[row].__setitem__(column, value))


HERE = r"a09/p1/s02\.txt"
CASES: dict[str, tuple[Callable[[Path], None], str]] = {
    "44 columns": (altered(lambda rows: [row.pop() for row in rows]), rf"44 columns, expected 45 \({HERE}\)"),
    "46 columns": (altered(lambda rows: [row.append("1") for row in rows]), rf"46 columns, expected 45 \({HERE}\)"),
    "a short row": (
        altered(lambda rows: rows[-1].__delitem__(slice(9, None))),
        rf"9 cells, expected 45 \({HERE}, row 125\)",
    ),
    "124 rows": (altered(lambda rows: rows.pop()), rf"124 rows, expected 125 \({HERE}\)"),
    "text": (set_cell(6, 2, "oops"), rf"'oops' is no number \({HERE}, row 7, column 2\)"),
    "infinity": (set_cell(6, 2, "inf"), r"torso\.acc\.z is no finite number \(p1/a09, 5\.24 s after its start\)"),
    "a long silence": (
        altered(lambda rows: [row.__setitem__(3, "NaN") for row in rows[20:50]]),
        r"torso\.gyro\.x is missing for 1\.20 s.*a09/p1, samples 146 to 175",
    ),
    "an unknown activity": (
        lambda root: (root / "a09").rename(root / "a20") and None,
        r"activity 20 does not exist \(a20/p1/s01\.txt\)\. DSADS has a01 to a19",
    ),
    "activity nought": (lambda root: (root / "a09").rename(root / "a00") and None, "activity 0 does not exist"),
    "an empty file": (lambda root: (root / "a09/p1/s02.txt").write_text("") and None, rf"the file is empty \({HERE}\)"),
}


@pytest.mark.parametrize(("damage", "said"), CASES.values(), ids=CASES.keys())
def test_what_is_no_whole_segment_is_named(tmp_path: Path, damage: Callable[[Path], None], said: str) -> None:
    damage(publish(tmp_path))
    with pytest.raises(InputError, match=said):
        opened(tmp_path)


def test_a_missing_value_is_bridged(tmp_path: Path) -> None:
    set_cell(6, 2, "NaN")(publish(tmp_path))
    signal = opened(tmp_path).recordings[1].signal
    assert signal[2, 131] == pytest.approx((signal[2, 130] + signal[2, 132]) / 2, rel=1e-6)


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\n\n"])
def test_line_ends_make_no_difference(tmp_path: Path, ending: str) -> None:
    expected = opened(publish(tmp_path, activities=[1])).recordings[0].signal
    for path in tmp_path.rglob("s02.txt"):
        lines = path.read_text().splitlines()
        path.write_bytes((("\r\n" if "\r" in ending else "\n").join(lines) + ending).encode())
    np.testing.assert_array_equal(opened(tmp_path).recordings[0].signal, expected)


def test_a_truncated_zip_is_named(tmp_path: Path) -> None:
    target = zipped(publish(tmp_path / "data", people=[1], numbers=[1]), tmp_path / "daily.zip")
    target.write_bytes(target.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"truncated or no zip at all \(daily\.zip\)"):
        opened(target)


def test_the_published_recordings_have_their_known_size(stillroom_data: Path) -> None:
    data = open_source(f"dsads:{stillroom_data / 'dsads'}")
    assert data.people == ("p1", "p2", "p3", "p4", "p5") and data.classes == ACTIVITIES
    assert len(data.recordings) == 95 and {r.signal.shape for r in data.recordings} == {(45, 7500)}
    assert all(recording.segments.tolist() == [[0, 7500]] for recording in data.recordings)
    index = cut(data, WindowConfig(window_s=5.0, stride_s=5.0))
    assert np.bincount(index.person).tolist() == [1140] * 5
    assert np.bincount(index.label).tolist() == [300] * 19
    # the torso feels gravity, whoever wears it and whatever they do
    rows = data.layout.indices_of(data.layout.select("torso.acc.*"))
    felt = [np.linalg.norm(recording.signal[rows].mean(axis=1)) for recording in data.recordings]
    assert min(felt) > 7 and max(felt) < 12


def test_a_whole_published_file_is_taken_as_it_is(stillroom_data: Path) -> None:
    name = "a10/p2/s30.txt"
    (path,) = (stillroom_data / "dsads").rglob(name)
    data = open_source(f"dsads:{stillroom_data / 'dsads'}")
    recording = next(r for r in data.recordings if r.name == "p2/1/a10")
    expected = np.loadtxt(path, delimiter=",").T
    np.testing.assert_allclose(recording.signal[:, 29 * 125 : 30 * 125], expected, rtol=1e-6, atol=1e-6)
