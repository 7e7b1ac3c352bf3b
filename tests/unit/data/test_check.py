"""The look over a user's own data: what it proposes from names and magnitudes, and what it finds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.data.check import Report, check, write_mapping
from stillroom.data.findings import leak
from stillroom.data.guess import Guess, nice_rate, of_name, site_in_path, site_of, time_unit, unit_of
from stillroom.data.source import open_source

RATE = 50.0


def table(rows: int = 1000, seed: int = 0, gravity: float = 1.0, turn: float = 60.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    columns: dict[str, object] = {"timestamp": 1_700_000_000_000 + np.arange(rows) * 20}
    for axis in "xyz":
        columns[f"right_wrist_acc_{axis}"] = rng.normal(scale=0.05 * gravity, size=rows) + gravity * (axis == "z")
    for axis in "xyz":
        columns[f"right_wrist_gyro_{axis}"] = rng.normal(scale=turn, size=rows)
    columns["activity"] = np.where(np.arange(rows) % 500 < 250, "walk", "sit")
    return pd.DataFrame(columns)


def people(folder: Path, count: int = 3, **changes: object) -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        table(seed=number).assign(subject=f"p{number}", **changes).to_csv(folder / f"{number}.csv", index=False)
    return folder


def codes(report: Report, level: str = "") -> list[str]:
    return sorted(finding.code for finding in report.findings if level in ("", finding.level))


@pytest.mark.parametrize(
    ("name", "site", "kind", "axis", "unit"),
    [
        ("acc_x", "device", "acc", "x", ""),
        ("ax", "device", "acc", "x", ""),
        ("accelerometer_x", "device", "acc", "x", ""),
        ("right_wrist_acc_x", "right_wrist", "acc", "x", ""),
        ("RightWristAccX", "right_wrist", "acc", "x", ""),
        ("gyro_z", "device", "gyro", "z", ""),
        ("GyroZ [deg/s]", "device", "gyro", "z", "deg/s"),
        ("x_acc", "device", "acc", "x", ""),
        ("atr01/acc_y", "atr01", "acc", "y", ""),
        ("lw_gyro_y_dps", "left_wrist", "gyro", "y", "deg/s"),
        ("quat_w", "device", "quat", "w", ""),
        ("q0", "device", "quat", "w", ""),
        ("Accelerometer X (g)", "device", "acc", "x", "g"),
        ("chest temperature", "chest", "temp", "v", ""),
        ("left_hand_cap_e2", "left_hand", "capacitive", "e2", ""),
        ("y", "device", "", "y", ""),
    ],
)
def test_a_channel_s_name_is_understood(name: str, site: str, kind: str, axis: str, unit: str) -> None:
    assert of_name(name) == Guess("", site, kind, axis, unit)


@pytest.mark.parametrize(
    ("name", "role"),
    [("timestamp", "time"), ("Time (s)", "time"), ("subject_id", "person"), ("activity", "label"), ("Label", "label"),
     ("trial", "session"), ("heart", ""), ("foo_1", "")],
)  # fmt: skip
def test_a_column_s_role_is_understood(name: str, role: str) -> None:
    assert of_name(name).role == role


@given(st.text(max_size=40))
def test_no_column_name_is_too_strange(name: str) -> None:
    guess = of_name(name)
    assert guess.role == "" or guess.kind == ""
    site_of(name.split())


@pytest.mark.parametrize(
    ("kind", "length", "unit"),
    [("acc", 1.0, "g"), ("acc", 9.8, "m/s2"), ("acc", 1000.0, "mg"), ("gyro", 90.0, "deg/s"), ("gyro", 2.0, "rad/s"),
     ("mag", 45.0, "uT"), ("mag", 450.0, "mG"), ("baro", 1013.0, "hPa"), ("baro", 101_300.0, "Pa")],
)  # fmt: skip
def test_a_unit_is_guessed_from_magnitudes(kind: str, length: float, unit: str) -> None:
    vectors = np.full((1 if kind == "baro" else 3, 200), length / (1 if kind == "baro" else np.sqrt(3)))
    assert unit_of(kind, vectors) == (unit, True)


def test_a_doubtful_unit_is_called_doubtful() -> None:
    assert unit_of("acc", np.full((3, 50), 0.05)) == ("m/s2", False)


@given(
    start_s=st.sampled_from([0.0, 1_500_000_000.0]),
    rate_hz=st.floats(5.0, 500.0),
    unit=st.sampled_from([("s", 1.0), ("ms", 1e3), ("us", 1e6), ("ns", 1e9)]),
)
def test_the_unit_of_stamps_is_found(start_s: float, rate_hz: float, unit: tuple[str, float]) -> None:
    assert time_unit((start_s + np.arange(100) / rate_hz) * unit[1]) == unit[0]


def test_a_rate_near_a_usual_one_becomes_it() -> None:
    assert [nice_rate(rate) for rate in (49.6, 99.0, 33.3333333, 102.4)] == [50.0, 100.0, 33.333, 104.0]


def test_a_proposal_opens_and_is_right(tmp_path: Path) -> None:
    folder = people(tmp_path / "own")
    report = check(folder)
    assert report.mapping_file == "" and report.errors == ()
    assert report.mapping.rate_hz == RATE
    assert (report.mapping.time.column, report.mapping.time.unit) == ("timestamp", "ms")
    assert {item.channel: item.unit for item in report.mapping.channels} == {
        f"right_wrist.{kind}.{axis}": unit for kind, unit in (("acc", "g"), ("gyro", "deg/s")) for axis in "xyz"
    }
    assert report.mapping.person.column == "subject"
    assert write_mapping(report) == folder / "stillroom.json"
    data = open_source(str(folder))
    assert (data.people, data.classes) == (("p0", "p1", "p2"), ("sit", "walk"))
    again = check(folder)
    assert again.mapping_file == str(folder / "stillroom.json")
    assert again.mapping == report.mapping and codes(again) == ["people"]


def test_a_mapping_is_never_replaced_silently(tmp_path: Path) -> None:
    report = check(people(tmp_path / "own"))
    path = write_mapping(report)
    path.write_text('{"mine": 1}')
    with pytest.raises(InputError, match="stands there already"):
        write_mapping(report)
    assert json.loads(path.read_text()) == {"mine": 1}
    write_mapping(check(tmp_path / "own", anew=True), overwrite=True)
    assert check(tmp_path / "own").mapping == report.mapping


def test_people_are_found_in_the_files_names(tmp_path: Path) -> None:
    for number in (1, 2):
        table().to_csv(tmp_path / f"subject{number}_walk.csv", index=False)
    report = check(tmp_path)
    assert list(report.summary["people"]) == ["subject1", "subject2"]


def test_files_named_after_sites_become_devices_of_one_recording(tmp_path: Path) -> None:
    frame = table().rename(columns=lambda name: name.removeprefix("right_wrist_"))
    for person in ("s1", "s2"):
        (tmp_path / person).mkdir()
        for site in ("Right_Wrist", "left-ankle"):
            frame.to_csv(tmp_path / person / f"{site}.csv", index=False)
    report = check(tmp_path)
    assert report.errors == ()
    assert {item.channel.split(".")[0] for item in report.mapping.channels} == {"right_wrist", "left_ankle"}
    assert (report.summary["recordings"], list(report.summary["people"])) == (2, ["s1", "s2"])


def test_files_with_other_columns_are_left_out_by_a_glob(tmp_path: Path) -> None:
    folder = people(tmp_path / "own")
    (folder / "readme_of_people.csv").write_text("subject,age\np0,30\n")
    (folder / "day").mkdir()
    for number in range(3):
        (folder / f"{number}.csv").rename(folder / "day" / f"{number}.csv")
    report = check(folder)
    assert report.errors == () and report.summary["files"] == 3 and "files" in codes(report, "note")


def test_what_spoils_results_is_found_and_counted_once(tmp_path: Path) -> None:
    frame = table()
    folder = people(
        tmp_path / "own",
        temperature=21.5,
        mag_x=(frame["activity"] == "walk") * 40.0,
        chest_acc_x=frame["right_wrist_acc_x"],
        waist_acc_x=frame["right_wrist_acc_x"],
    )
    report = check(folder)
    assert report.errors == ()
    by_code = {finding.code: finding for finding in report.findings}
    assert by_code["constant"].what == "device.temp.v never changes" and by_code["constant"].files == 3
    assert by_code["leak"].what == "device.mag.x equals the label"
    assert by_code["copy"].what == "waist.acc.x is a copy of chest.acc.x"


def test_gaps_missing_values_and_rates_are_reported(tmp_path: Path) -> None:
    frame = table()
    frame.loc[500:, "timestamp"] += 7000
    frame.loc[100:110, "right_wrist_acc_x"] = np.nan
    frame.assign(subject="a").to_csv(tmp_path / "a.csv", index=False)
    slow = table(seed=1)
    slow["timestamp"] = 1_700_000_000_000 + np.arange(len(slow)) * 40
    slow.assign(subject="b").to_csv(tmp_path / "b.csv", index=False)
    report = check(tmp_path)
    by_code = {finding.code: finding for finding in report.findings}
    assert by_code["missing"].where == "a.csv, column right_wrist_acc_x, rows 102 to 112"
    assert report.summary["gaps"] == {"count": 1, "total_s": 7.0, "longest_s": 7.0}
    assert report.summary["measured_rate_hz"] == {"low": 25.0, "high": 50.0}
    assert {"gaps", "rate", "rates"} <= set(by_code)


def test_a_wrong_unit_shows_as_a_missing_gravity(tmp_path: Path) -> None:
    folder = people(tmp_path / "own")
    path = write_mapping(check(folder))
    path.write_text(path.read_text().replace('"unit": "g"', '"unit": "m/s2"'))
    report = check(folder)
    assert "unit" in codes(report, "warning")


def test_one_bad_file_does_not_hide_the_others(tmp_path: Path) -> None:
    folder = people(tmp_path / "own")
    write_mapping(check(folder))
    (folder / "1.csv").write_text((folder / "1.csv").read_text().replace("walk", "walk", 1).replace("p1", "", 1))
    bad = pd.read_csv(folder / "2.csv").drop(columns="right_wrist_acc_x")
    bad.to_csv(folder / "2.csv", index=False)
    report = check(folder)
    assert [(error.where, error.what) for error in report.errors] == [
        ("1.csv, row 2, column subject", "an empty cell is no person"),
        ("2.csv", "column 'right_wrist_acc_x' is missing"),
    ]
    assert list(report.summary["people"]) == ["p0"]


def test_a_class_of_one_person_and_a_single_person_are_told(tmp_path: Path) -> None:
    folder = people(tmp_path / "own", count=2)
    odd = pd.read_csv(folder / "1.csv")
    odd.loc[:100, "activity"] = "jump"
    odd.to_csv(folder / "1.csv", index=False)
    assert "class 'jump' was done by one person only" in [finding.what for finding in check(folder).findings]
    (folder / "1.csv").unlink()
    alone = check(folder)
    assert alone.mapping.protocol == "blocks" and "people" in codes(alone, "warning")


def test_a_table_without_header_gets_numbered_columns(tmp_path: Path) -> None:
    table().drop(columns="activity").to_csv(tmp_path / "a.csv", index=False, header=False)
    report = check(tmp_path)
    assert not report.mapping.csv.header and report.mapping.time.column == "1"
    assert [item.column for item in report.mapping.channels] == ["2", "3", "4", "5", "6", "7"]


def test_decimal_commas_are_found(tmp_path: Path) -> None:
    table().to_csv(tmp_path / "a.csv", index=False, sep=";", decimal=",")
    report = check(tmp_path)
    assert report.mapping.csv.decimal == "," and len(report.mapping.channels) == 6 and report.errors == ()


@given(st.lists(st.sampled_from(["walk", "sit", "lie"]), min_size=6, max_size=60).filter(lambda x: len(set(x)) > 1))
def test_a_relabelled_label_is_always_a_leak(labels: list[str]) -> None:
    values = np.array([{"walk": 3.0, "sit": 1.5, "lie": -2.0}[label] for label in labels])
    assert leak(values, np.array(labels)) == "equals the label"


def test_a_movement_is_no_leak() -> None:
    labels = np.array(["walk", "sit"] * 500)
    assert leak(np.random.default_rng(0).normal(size=1000), labels) == ""
    assert leak(np.arange(1000.0) % 5, labels) == ""


def test_sites_are_found_in_paths() -> None:
    assert site_in_path("s1/RightWrist.csv") == ("right_wrist", "rightwrist")
    assert site_in_path("s1/imu3.csv") == ("", "")


def test_real_recordings_of_another_publisher_are_understood(stillroom_data: Path) -> None:
    report = check(stillroom_data / "spsw" / "DATA" / "s01")
    assert report.errors == ()
    assert {item.unit for item in report.mapping.channels} == {"m/s2", "rad/s"}
    assert len(report.summary["classes"]) == 5
