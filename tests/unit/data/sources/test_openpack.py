"""OpenPack: every release's tree, every annotation kind, merged people, and missing pieces named."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stillroom.base.errors import InputError
from stillroom.data.source import open_source
from stillroom.data.sources.openpack_facts import OPERATIONS

START_MS = 1_648_531_521_000
AXES = [f"acc_{a}" for a in "xyz"] + [f"gyro_{a}" for a in "xyz"] + [f"quat_{a}" for a in "wxyz"]
ANNOTATIONS = {
    "openpack-operations": """uuid,user,session,box,id,operation,start,end,actions
a,U,S,1,100,Picking,2022-03-29 14:25:22.500000+09:00,2022-03-29 14:25:31+09:00,x
b,U,S,1,8100,Null,2022-03-29 14:25:31+09:00,2022-03-29 14:25:33+09:00,x
c,U,S,1,1000,Fill out Order,2022-03-29 14:25:33+09:00,2022-03-29 14:25:40.250000+09:00,x
""",
    "openpack-operations-1hz": "unixtime,user,session,box,id\n"
    + "".join(f"{START_MS + 1000 * s},U,S,1,{100 if s < 10 else 1000}\n" for s in (*range(2, 10), *range(12, 18))),
    "openpack-actions": """uuid,user,session,box,id,operation,action,start,end,box_size,work_position,is_top_view_label
a,U,S,1,702,Scan Label,Scan Order Sheet,2022-03-29 14:25:24+09:00,2022-03-29 14:25:26+09:00,,,0
b,U,S,1,8103,Null,Ignore,2022-03-29 14:25:26+09:00,2022-03-29 14:25:27+09:00,,,0
c,U,S,1,706,Scan Label,Scan Order Sheet,2022-03-29 14:25:27+09:00,2022-03-29 14:25:28+09:00,,,0
""",
    "openpack-actions-1hz": "unixtime,user,session,box,ID101,ID103,ID8105\n"
    + "".join(
        f"{START_MS + 1000 * second},U,S,1,{shares}\n"
        for second, shares in ((3, "0.6,0.4,0"), (4, "0.3,0.7,0"), (5, "0,0,1"))
    ),
    "openpack-outliers": """uuid,user,session,id,category,event,start,end,tag
a,U,S,Bx04,Struggling,Scan,2022-03-29 14:25:25.5+09:00,2022-03-29 14:25:26+09:00,HT
""",
}  # fmt: skip


def imu(seed: int, rows: int = 700, step_ms: int = 30) -> pd.DataFrame:
    """One ATR's table in g, deg/s and unit quaternions."""
    values = np.random.default_rng(seed).normal(size=(rows, 10)).cumsum(axis=0) / 50 + 1.0
    values[:, 6:] /= np.linalg.norm(values[:, 6:], axis=1, keepdims=True)
    return pd.DataFrame(values, columns=AXES).assign(unixtime=START_MS + step_ms * np.arange(rows))[["unixtime", *AXES]]


def publish(root: Path, user: str = "U0209", session: str = "S0500", *, under: str = "atr") -> Path:
    """One session of the v1.0.0 tree, or with the sensors directly under the user (`under=""`)."""
    home = root / "openpack" / "v1.0.0" / user
    for number in range(1, 5):
        path = home / under / f"atr0{number}" / f"{session}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        imu(number).to_csv(path, index=False)
    for kind, text in ANNOTATIONS.items():
        annotate(home, session, kind, text)
    return home


def annotate(home: Path, session: str, kind: str, text: str) -> None:
    path = home / "annotation" / kind / f"{session}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def preprocessed(path: Path, operations: np.ndarray, stamp: str = "unixtime") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = [imu(n)[AXES].add_prefix(f"atr0{n}/") for n in range(1, 5)]
    table = pd.concat(parts, axis=1)
    table.insert(0, "operation", operations)
    table.insert(0, stamp, imu(1)["unixtime"])
    table.to_csv(path, index=False)


def opened(path: Path, name: str = "openpack", track: str | None = None):  # type: ignore[no-untyped-def]
    return open_source(f"{name}:{path}", use_cache=False, track=track)


def spans(recording, track: str) -> list[tuple[float, float, str]]:  # type: ignore[no-untyped-def]
    return [(round(s.start_s, 3), round(s.end_s, 3), s.label) for s in recording.tracks[track]]


def test_four_devices_become_forty_channels_in_canonical_units(tmp_path: Path) -> None:
    home = publish(tmp_path)
    data = opened(tmp_path)
    (recording,) = data.recordings
    assert recording.name == "U0209/S0500"
    assert data.layout.sites == ("right_wrist", "left_wrist", "right_upper_arm", "left_upper_arm")
    assert (len(data.layout), data.rate_hz) == (40, 30.0)
    assert recording.duration_s == pytest.approx(700 * 0.03, abs=0.1)
    assert recording.start_s == pytest.approx(START_MS / 1000)
    raw = pd.read_csv(home / "atr/atr02/S0500.csv")
    scale = {"acc": 9.80665, "gyro": np.pi / 180, "quat": 1.0}
    for axis in AXES:
        row = recording.signal[data.layout.names.index(f"left_wrist.{axis.replace('_', '.')}")]
        assert row.mean() == pytest.approx(raw[axis].mean() * scale[axis.split("_")[0]], rel=0.02), axis


def test_every_annotation_kind_is_a_track(tmp_path: Path) -> None:
    publish(tmp_path)
    data = opened(tmp_path)
    (recording,) = data.recordings
    assert data.classes == ("Picking", "Fill out Order")
    assert spans(recording, "operation") == [(1.5, 10.0, "Picking"), (12.0, 19.25, "Fill out Order")]
    assert spans(recording, "operation-1hz") == [(2.0, 10.0, "Picking"), (12.0, 18.0, "Fill out Order")]
    assert spans(recording, "action") == [(3.0, 5.0, "702 Scan Order Sheet"), (6.0, 7.0, "706 Scan Order Sheet")]
    assert spans(recording, "action-1hz") == [(3.0, 4.0, "101 Pick Up Sheet"), (4.0, 5.0, "103 Pick Up Item from Box")]
    assert spans(recording, "outlier") == [(4.5, 5.0, "Struggling / Scan")]
    assert opened(tmp_path, track="outlier").classes == ("Struggling / Scan",)


def test_facts_say_subject_scenario_issue_and_origin_of_the_labels(tmp_path: Path) -> None:
    publish(tmp_path)
    assert dict(opened(tmp_path).recordings[0].facts) == {
        "subject": "U0209",
        "scenario": "S4",
        "dominant_hand": "right",
        "known_issue": "atr03 was attached in the wrong direction",
        "labels": "intervals",
    }


def test_two_ids_of_one_person_are_one_person_with_sessions_of_their_own(tmp_path: Path) -> None:
    publish(tmp_path, "U0105", "S0100")
    publish(tmp_path, "U0202", "S0100")
    publish(tmp_path, "U0109", "S0200")
    data = opened(tmp_path)
    assert data.people == ("U0105", "U0109")
    assert [recording.name for recording in data.recordings] == ["U0105/S0100", "U0105/U0202-S0100", "U0109/S0200"]
    assert [recording.facts["subject"] for recording in data.recordings] == ["U0105", "U0202", "U0109"]
    assert data.recordings[2].facts["dominant_hand"] == "left"


@pytest.mark.parametrize("depth", ["", "openpack", "openpack/v1.0.0/U0209"])
def test_the_tree_is_found_at_any_depth(tmp_path: Path, depth: str) -> None:
    publish(tmp_path)
    assert len(opened(tmp_path / depth).recordings) == 1


def test_a_users_zip_and_a_folder_of_zips_are_read(tmp_path: Path) -> None:
    for user in ("U0101", "U0209"):
        home = publish(tmp_path / user, user)
        with zipfile.ZipFile(tmp_path / f"{user}.zip", "w") as archive:
            for path in home.rglob("*.csv"):
                archive.write(path, path.relative_to(home))
        shutil.rmtree(tmp_path / user)
    assert opened(tmp_path / "U0209.zip").people == ("U0209",)
    assert opened(tmp_path).people == ("U0101", "U0209")


def test_older_trees_are_read_by_whole_seconds(tmp_path: Path) -> None:
    home = publish(tmp_path, under="")
    shutil.rmtree(home / "annotation")
    rows = "".join(f"{START_MS + 1000 * s},209,500,1,{200 if s < 5 else 8200},201\n" for s in range(1, 9))
    annotate(home, "S0500", "activity-1s", "unixtime,user,session,box,operation,action\n" + rows)
    (recording,) = opened(tmp_path).recordings
    assert spans(recording, "operation") == [(1.0, 5.0, "Relocate Item Label")]
    assert spans(recording, "action-1hz") == [(1.0, 9.0, "201 Remove Item Label")]
    assert recording.facts["labels"] == "by whole seconds, from an older release"
    shutil.rmtree(home / "annotation")
    annotate(home, "S0500", "work-process", f"unixtime,user,session,box,act_id\n{START_MS},209,500,1,300\n")
    assert spans(opened(tmp_path).recordings[0], "operation") == [(0.0, 1.0, "Assemble Box")]


@pytest.mark.parametrize("as_index", [True, False])
@pytest.mark.parametrize("stamp", ["unixtime", "timestamp"])
def test_preprocessed_tables_hold_ids_or_indices(tmp_path: Path, as_index: bool, stamp: str) -> None:
    codes = np.repeat([10, 0, 3, 9] if as_index else [8100, 100, 400, 1000], 175)
    preprocessed(tmp_path / "preprocessed/imuWithOperationLabel/U0101-S0100.csv", codes, stamp)
    data = opened(tmp_path)
    assert data.classes == ("Picking", "Insert Items", "Fill out Order")
    assert spans(data.recordings[0], "operation")[0] == (5.25, 10.5, "Picking")
    assert len(data.layout) == 40


def test_a_sessions_own_files_are_preferred_to_its_preprocessed_table(tmp_path: Path) -> None:
    publish(tmp_path)
    preprocessed(tmp_path / "U0209-S0500.csv", np.full(700, 3))
    (recording,) = opened(tmp_path).recordings
    assert recording.facts["labels"] == "intervals"


def test_a_missing_device_is_named(tmp_path: Path) -> None:
    (publish(tmp_path) / "atr/atr03/S0500.csv").unlink()
    with pytest.raises(InputError, match=r"atr03 \(right upper arm\) of U0209 S0500 is missing"):
        opened(tmp_path)


def test_a_session_without_annotation_is_unlabelled_and_says_so(tmp_path: Path) -> None:
    publish(tmp_path, "U0209", "S0500")
    shutil.rmtree(publish(tmp_path, "U0101", "S0100") / "annotation")
    data = opened(tmp_path)
    assert data.recordings[0].facts["labels"] == "none: the session has no annotation of operations"
    assert (data.recordings[0].codes("operation", data.classes) == -1).all()
    shutil.rmtree(tmp_path / "openpack/v1.0.0/U0209")
    with pytest.raises(InputError, match="no labels of kind 'operation'"):
        opened(tmp_path)


@pytest.mark.parametrize(
    ("kind", "old", "new", "said"),
    [
        ("openpack-operations", ",100,", ",150,", r"id 150 is unknown.*row 2"),
        ("openpack-operations", "2022-03-29 14:25:31+09:00,x", "soon,x", r"'soon' is no time.*row 2, column end"),
        ("openpack-operations", "14:25:33+09:00", "14:25:33", r"no time with a zone.*row 4, column start"),
        ("openpack-operations", "14:25:40", "14:25:30", r"ends before it starts.*row 4"),
        ("openpack-operations", "start", "begin", r"column 'start' is missing"),
        ("openpack-actions-1hz", "ID103", "ID104", r"ID 104 is unknown"),
    ],
)
def test_annotations_that_cannot_be_are_refused_by_row(
    tmp_path: Path, kind: str, old: str, new: str, said: str
) -> None:
    annotate(publish(tmp_path), "S0500", kind, ANNOTATIONS[kind].replace(old, new))
    with pytest.raises(InputError, match=said):
        opened(tmp_path)


def test_the_session_whose_stamps_are_broken_is_left_out(tmp_path: Path) -> None:
    publish(tmp_path, "U0108", "S0400")
    with pytest.raises(InputError, match="no OpenPack session"):
        opened(tmp_path)
    publish(tmp_path, "U0108", "S0300")
    assert [recording.session for recording in opened(tmp_path).recordings] == ["S0300"]


def test_the_wrong_first_stamp_of_one_file_is_dropped(tmp_path: Path) -> None:
    path = publish(tmp_path, "U0101", "S0500") / "atr/atr01/S0500.csv"
    table = pd.read_csv(path)
    table.loc[0, "unixtime"] += 60_000
    table.to_csv(path, index=False)
    assert opened(tmp_path).recordings[0].start_s == pytest.approx(START_MS / 1000 + 0.03)


def test_the_bands_are_a_source_of_their_own(tmp_path: Path) -> None:
    home = publish(tmp_path)
    with pytest.raises(InputError, match="no E4 band"):
        opened(tmp_path, "openpack-e4")
    for kind, hz in (("acc", 32), ("bvp", 64), ("eda", 4), ("temp", 4)):
        names = [f"acc_{a}" for a in "xyz"] if kind == "acc" else [kind]
        table = pd.DataFrame(0.1020, index=range(20 * hz), columns=names)
        table.insert(0, "time", START_MS + (1000 * np.arange(20 * hz) / hz).astype(int))
        (home / "e4/e401" / kind).mkdir(parents=True)
        table.to_csv(home / "e4/e401" / kind / "S0500.csv", index=False)
    data = opened(tmp_path, "openpack-e4")
    assert data.layout.names[40:] == tuple(
        f"right_wrist_e4.{name}" for name in ("acc.x", "acc.y", "acc.z", "bvp.v", "eda.v", "temp.v")
    )
    assert data.recordings[0].signal[40].mean() == pytest.approx(9.81, abs=0.01)
    assert len(opened(tmp_path).layout) == 40


def test_the_published_session_has_its_known_seconds(stillroom_data: Path) -> None:
    data = open_source(f"openpack:{stillroom_data / 'openpack'}")
    (recording,) = data.recordings
    assert data.classes == tuple(OPERATIONS.values())
    assert len(recording.tracks["operation"]) == 193
    assert sum(span.end_s - span.start_s for span in recording.tracks["operation-1hz"]) == pytest.approx(1404)
    known = [153, 201, 220, 114, 194, 63, 197, 127, 18, 117]
    seconds = dict.fromkeys(data.classes, 0.0)
    for span in recording.tracks["operation-1hz"]:
        seconds[span.label] += span.end_s - span.start_s
    assert [round(value) for value in seconds.values()] == known
    fine, coarse = (recording.codes(track, data.classes) for track in ("operation", "operation-1hz"))
    both = (fine >= 0) & (coarse >= 0)
    assert (fine[both] != coarse[both]).mean() == pytest.approx(0.069, abs=0.003)
    np.testing.assert_allclose(np.linalg.norm(recording.signal[6:10], axis=0), 1.0, atol=1e-5)
