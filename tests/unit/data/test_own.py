"""A user's own files: what the mapping says is what the recordings hold, whatever form the table has."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.data.columns import stamps_of
from stillroom.data.mapping import Mapping, TimeMap
from stillroom.data.source import open_source
from stillroom.sensors.units import STANDARD_GRAVITY_MS2

RATE = 50.0


def mapping(**changes: Any) -> dict[str, Any]:
    return {
        "time": {"column": "t", "unit": "s"},
        "rate_hz": RATE,
        "channels": [
            {"column": "ax", "channel": "right_wrist.acc.x", "unit": "g"},
            {"column": "wz", "channel": "right_wrist.gyro.z", "unit": "deg/s"},
        ],
        "label": {"column": "activity"},
        "person": {"column": "who"},
        **changes,
    }


def table(person: str = "anna", rows: int = 200, start_s: float = 0.0, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "t": start_s + np.arange(rows) / RATE,
            "who": person,
            "ax": rng.normal(size=rows),
            "wz": rng.normal(scale=50, size=rows),
            "activity": np.where(np.arange(rows) < rows // 2, "walk", "sit"),
        }
    )


def write(folder: Path, frame: pd.DataFrame, wanted: dict[str, Any], name: str = "a.csv") -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / name
    if name.endswith(".parquet"):
        frame.to_parquet(path)
    elif name.endswith(".npz"):
        # Text goes in as fixed-width strings: an array of objects would need pickle.
        arrays = {str(n): frame[n].to_numpy(dtype=str if frame[n].dtype.kind not in "fi" else None) for n in frame}
        np.savez(path, **arrays)
    else:
        frame.to_csv(path, index=False)
    (folder / "stillroom.json").write_text(json.dumps(wanted))
    return folder


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.npz"])
def test_every_form_of_table_gives_the_same_recording(tmp_path: Path, name: str) -> None:
    frame = table()
    data = open_source(str(write(tmp_path / "own", frame, mapping(), name)))
    (recording,) = data.recordings
    assert (recording.person, recording.session) == ("anna", "a")
    assert data.classes == ("sit", "walk")
    np.testing.assert_allclose(recording.signal[0], frame["ax"] * STANDARD_GRAVITY_MS2, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(recording.signal[1], np.deg2rad(frame["wz"]), rtol=1e-5, atol=1e-5)
    assert recording.codes("activity", data.classes).tolist() == [1] * 100 + [0] * 100


def test_several_people_in_one_file_are_several_recordings(tmp_path: Path) -> None:
    frame = pd.concat([table("anna"), table("ben", seed=1), table("anna", seed=2)])
    data = open_source(str(write(tmp_path, frame, mapping())))
    assert [recording.name for recording in data.recordings] == ["anna/a/1", "anna/a/2", "ben/a"]
    np.testing.assert_allclose(
        data.recordings[2].signal[0], table(seed=1)["ax"] * STANDARD_GRAVITY_MS2, rtol=1e-5, atol=1e-5
    )


def test_rows_of_people_that_alternate_are_sorted_apart(tmp_path: Path) -> None:
    both = [table("anna"), table("ben", seed=1)]
    frame = pd.concat(both).sort_values(["t", "who"], kind="stable")
    data = open_source(str(write(tmp_path, frame, mapping())))
    assert data.people == ("anna", "ben")
    for recording, alone in zip(data.recordings, both, strict=True):
        np.testing.assert_allclose(recording.signal[0], alone["ax"] * STANDARD_GRAVITY_MS2, rtol=1e-5, atol=1e-5)


def test_a_session_column_and_a_long_silence_end_a_recording(tmp_path: Path) -> None:
    frame = pd.concat([table(), table(start_s=1000.0, seed=1), table(start_s=1010.0, seed=2)])
    frame["trial"] = [1.0] * 400 + [2.0] * 200
    data = open_source(str(write(tmp_path, frame, mapping(session={"column": "trial"}))))
    assert [recording.name for recording in data.recordings] == ["anna/1/1", "anna/1/2", "anna/2"]


def test_a_silence_is_a_gap_inside_a_recording(tmp_path: Path) -> None:
    frame = table()
    frame.loc[100:, "t"] += 5.0
    (recording,) = open_source(str(write(tmp_path, frame, mapping()))).recordings
    assert recording.segments.tolist() == [[0, 100], [350, 450]]


def test_long_missing_values_become_a_gap_only_where_the_mapping_says_so(tmp_path: Path) -> None:
    frame = table()
    frame.loc[50:99, "ax"] = np.nan
    (recording,) = open_source(str(write(tmp_path / "gap", frame, mapping(long_nan="gap")))).recordings
    assert recording.segments.tolist() == [[0, 50], [100, 200]]
    with pytest.raises(
        InputError, match=r"right_wrist\.acc\.x is missing for 1\.00 s.*a\.csv, rows 52 to 101, column ax"
    ):
        open_source(str(write(tmp_path / "refuse", frame, mapping())))


def test_short_missing_values_are_filled_by_a_straight_line(tmp_path: Path) -> None:
    frame = table()
    frame["ax"] = frame["t"]
    frame.loc[50:59, "ax"] = -999.0
    (recording,) = open_source(str(write(tmp_path, frame, mapping(missing=[-999.0])))).recordings
    np.testing.assert_allclose(recording.signal[0], frame["t"] * STANDARD_GRAVITY_MS2, rtol=1e-4, atol=1e-5)


def test_labels_are_renamed_and_ignored_as_the_mapping_says(tmp_path: Path) -> None:
    frame = table()
    frame["activity"] = [1.0] * 100 + [0.0] * 50 + [np.nan] * 50
    wanted = mapping(label={"column": "activity", "names": {"1": "walking"}, "ignore": ["0"]})
    data = open_source(str(write(tmp_path, frame, wanted)))
    assert data.classes == ("walking",)
    assert (data.recordings[0].codes("activity", data.classes) == 0).sum() == 100


@pytest.mark.parametrize(("unit", "factor"), [("s", 1.0), ("ms", 1e3), ("us", 1e6), ("ns", 1e9)])
def test_stamps_are_read_in_their_unit(unit: str, factor: float) -> None:
    seconds = 1_700_000_000.0 + np.arange(10) / RATE
    frame = pd.DataFrame({"t": np.rint(seconds * factor).astype(np.int64) if factor > 1 else seconds})
    stamps = stamps_of(frame, TimeMap.model_validate({"column": "t", "unit": unit}), "a.csv", 2)
    np.testing.assert_allclose(stamps, seconds, rtol=0, atol=1e-6)


def test_iso_8601_stamps_mind_their_zone() -> None:
    frame = pd.DataFrame(
        {"t": ["2024-01-01T01:00:00.020000+01:00", "2024-01-01T00:00:00.040Z", "2024-01-01T00:00:00.06"]}
    )
    stamps = stamps_of(frame, TimeMap(column="t", unit="iso8601"), "a.csv", 2)
    np.testing.assert_allclose(np.diff(stamps), 0.02, atol=1e-6)
    assert stamps[0] == pytest.approx(1_704_067_200.02, abs=1e-6)


def test_a_file_without_a_clock_has_the_rate_that_the_mapping_says(tmp_path: Path) -> None:
    wanted = mapping(time={"rate_hz": 100.0}, rate_hz=100.0)
    (recording,) = open_source(str(write(tmp_path, table(), wanted))).recordings
    assert (recording.signal.shape[1], recording.rate_hz, recording.start_s) == (200, 100.0, 0.0)


def test_files_of_devices_become_one_recording(tmp_path: Path) -> None:
    left, right = table(rows=300, start_s=0.5, seed=1)[["t", "ax"]], table(rows=300)[["t", "ax", "activity"]]
    wanted = mapping(
        channels=[
            {"column": "ax", "channel": f"{side}_wrist.acc.x", "unit": "g", "files": f"*_{side}.csv"}
            for side in ("right", "left")
        ],
        person={"pattern": r"(s\d+)_"},
        session={"pattern": r"s\d+_(\d+)_"},
    )
    for session in ("01", "02"):
        write(tmp_path, right, wanted, f"s7_{session}_right.csv")
        write(tmp_path, left, wanted, f"s7_{session}_left.csv")
    data = open_source(str(tmp_path))
    assert [recording.name for recording in data.recordings] == ["s7/01", "s7/02"]
    assert data.layout.names == ("right_wrist.acc.x", "left_wrist.acc.x")
    signal = data.recordings[0].signal
    np.testing.assert_allclose(signal[0, :275], right["ax"][25:] * STANDARD_GRAVITY_MS2, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(signal[1, :275], left["ax"][:275] * STANDARD_GRAVITY_MS2, rtol=1e-4, atol=1e-4)
    (tmp_path / "s7_02_left.csv").unlink()
    with pytest.raises(InputError, match=r"0 files hold left_wrist\.acc\.x.*session 02"):
        open_source(str(tmp_path))


def test_a_table_with_semicolons_and_decimal_commas_is_read(tmp_path: Path) -> None:
    folder = write(tmp_path, table(), mapping(csv={"decimal": ","}))
    table().to_csv(folder / "a.csv", index=False, sep=";", decimal=",")
    (recording,) = open_source(str(folder)).recordings
    np.testing.assert_allclose(recording.signal[0], table()["ax"] * STANDARD_GRAVITY_MS2, rtol=1e-5, atol=1e-5)


def test_one_file_and_a_zip_are_read_like_their_folder(tmp_path: Path) -> None:
    folder = write(tmp_path / "own", table(), mapping())
    (folder / "stillroom.json").rename(folder / "a.stillroom.json")
    alone = open_source(str(folder / "a.csv")).recordings[0]
    with zipfile.ZipFile(tmp_path / "own.zip", "w") as archive:
        archive.write(folder / "a.csv", "deep/a.csv")
        archive.write(folder / "a.stillroom.json", "stillroom.json")
    zipped = open_source(f"own:{tmp_path / 'own.zip'}").recordings[0]
    np.testing.assert_array_equal(alone.signal, zipped.signal)
    assert zipped.session == "own-deep-a"


def test_a_second_opening_reads_no_table_and_a_changed_mapping_or_file_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STILLROOM_CACHE", str(tmp_path / "cache"))
    folder = write(tmp_path / "own", table(), mapping())
    first = open_source(str(folder))
    with monkeypatch.context() as patch:
        patch.setattr("stillroom.data.sources.own.read_columns", lambda *_: pytest.fail("a table was read"))
        assert open_source(str(folder)).key == first.key
    write(folder, table(), mapping(rate_hz=25.0))
    assert open_source(str(folder)).recordings[0].signal.shape[1] == 100
    write(folder, table("ben"), mapping())
    assert open_source(str(folder)).people == ("ben",)


def test_own_data_without_a_mapping_says_how_to_make_one(tmp_path: Path) -> None:
    table().to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(InputError, match=r"no mapping.*stillroom data check .*--write"):
        open_source(str(tmp_path))


def test_a_clock_in_a_wrong_unit_is_refused_with_its_likely_cause(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"50000 Hz, the mapping says 50 Hz.*unit of the time column"):
        open_source(str(write(tmp_path / "fast", table(), mapping(time={"column": "t", "unit": "ms"}))))
    slow = table()
    slow["t"] *= 1000
    with pytest.raises(InputError, match=r"rows 2 to 3|20 s apart.*unit of the time column"):
        open_source(str(write(tmp_path / "slow", slow, mapping())))


@given(scale=st.floats(0.01, 100.0), unit=st.sampled_from(["m/s2", "g", "mg"]))
def test_values_are_scaled_before_their_unit_is_converted(scale: float, unit: str) -> None:
    raw = mapping(channels=[{"column": "ax", "channel": "waist.acc.x", "unit": unit, "scale": scale}])
    (item,) = Mapping.model_validate(raw).channels
    in_ms2 = {"m/s2": 1.0, "g": STANDARD_GRAVITY_MS2, "mg": STANDARD_GRAVITY_MS2 / 1000}[unit]
    assert item.conversion() == pytest.approx(scale * in_ms2)
    assert item.as_channel(RATE).unit == "m/s2"


def test_a_kind_outside_the_catalogue_keeps_its_unit() -> None:
    raw = mapping(channels=[{"column": "e", "channel": "left_arm.emg.v", "unit": "mV"}])
    (item,) = Mapping.model_validate(raw).channels
    assert (item.conversion(), item.as_channel(RATE).unit) == (1.0, "mV")


def test_a_written_mapping_reads_back_as_itself() -> None:
    wanted = Mapping.model_validate(mapping(long_nan="gap", session={"constant": "1"}))
    assert Mapping.model_validate(json.loads(json.dumps(wanted.as_json()))) == wanted
