"""sp-sw-har: a phone and a watch with bursty clocks of their own become one recording with one set of labels."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.data.recording import Span
from stillroom.data.source import open_source
from stillroom.data.sources.spsw import ACTIVITIES, without_slips

EDGES_S = (0.8, 2.0, 4.4, 5.6, 8.0, 9.2)
ORDER = ("SEATED", "STANDING_UP", "WALKING", "TURNING", "WALKING", "TURNING", "SITTING_DOWN")
START_MS = 1_657_544_336_000


def device(rate_hz: float, start_s: float, seed: int) -> pd.DataFrame:
    """One device's table: a common motion, bursty stamps, and a slip of WALKING before sitting down."""
    true_s = start_s + np.arange(int((10.5 - start_s) * rate_hz)) / rate_hz
    late = np.random.default_rng(seed).exponential(0.006, len(true_s)).clip(0, 0.06)
    stamps = np.maximum.accumulate(np.round(1000 * (true_s + late)).astype(np.int64))
    labels = np.array(ORDER)[np.searchsorted(EDGES_S, stamps / 1000, side="right")]
    labels[np.flatnonzero(labels == "SITTING_DOWN")[:2]] = "WALKING"
    motion = np.sin(2 * np.pi * 1.9 * true_s)
    columns = {f"{axis}_{kind}": motion * scale for kind, scale in (("acc", 3), ("gyro", 1)) for axis in "xyz"}
    return pd.DataFrame({**columns, "timestamp": START_MS + stamps, "label": labels})


def publish(root: Path) -> Path:
    """Two executions of one person and the tables of facts."""
    folder = root / "DATA" / "s03"
    folder.mkdir(parents=True)
    for run in ("01", "02"):
        device(102.44, 0.0, 1).to_csv(folder / f"s03_{run}_sp.csv", index=False)
        device(104.28, 0.37, 2).to_csv(folder / f"s03_{run}_sw.csv", index=False)
    (root / "DATA/executions_info.csv").write_text(
        "execution_id,orientation,first_turn,second_turn\ns03_01,back,l,r\ns03_02,front,r,r\n"
    )
    (root / "DATA/subjects_info.csv").write_text("subject_id,age,dominant_hand,executions\ns03,24,R,2\n")
    return root


def test_phone_and_watch_lie_on_one_grid(tmp_path: Path) -> None:
    data = open_source(f"spsw:{publish(tmp_path)}", use_cache=False)
    first = data.recordings[0]
    assert [recording.name for recording in data.recordings] == ["s03/01", "s03/02"]
    assert data.layout.sites == ("left_pocket", "left_wrist")
    assert (len(data.layout), data.rate_hz) == (12, 50.0)
    assert first.start_s == pytest.approx(START_MS / 1000 + 0.37, abs=0.015)
    assert first.segments.tolist() == [[0, first.signal.shape[1]]]
    phone, watch = first.signal[0, 50:-50], first.signal[6, 50:-50]
    np.testing.assert_allclose(phone, watch, atol=0.35)


def test_slips_of_the_labels_are_absorbed_and_kept_apart(tmp_path: Path) -> None:
    first = open_source(f"spsw:{publish(tmp_path)}", use_cache=False).recordings[0]
    assert tuple(span.label for span in first.tracks["activity"]) == ORDER
    assert len(first.tracks["activity-watch"]) == len(ORDER) + 1
    assert len(first.tracks["activity-phone"]) == len(ORDER) + 1
    starts = [span.start_s + first.start_s - START_MS / 1000 for span in first.tracks["activity"][1:]]
    np.testing.assert_allclose(starts, EDGES_S, atol=0.08)


def test_the_facts_of_person_and_execution_are_kept(tmp_path: Path) -> None:
    data = open_source(f"spsw:{publish(tmp_path)}", use_cache=False)
    assert dict(data.recordings[1].facts) == {
        "orientation": "front",
        "first_turn": "r",
        "second_turn": "r",
        "age": "24",
        "dominant_hand": "R",
    }


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([0.0, 0.02, 0.09, 0.1, 0.5, 2.0])), min_size=1))
def test_absorbing_slips_leaves_no_short_span_and_no_hole(runs: list[tuple[str, float]]) -> None:
    edges = np.cumsum([0.0] + [length for _, length in runs])
    spans = [Span(edges[i], edges[i + 1], label) for i, (label, _) in enumerate(runs)]
    kept = without_slips(spans)
    assert all(one.end_s == other.start_s for one, other in pairwise(kept))
    assert all(one.label != other.label for one, other in pairwise(kept))
    assert all(span.end_s - span.start_s >= 0.0999 for span in kept)
    if kept:
        assert (kept[0].start_s, kept[-1].end_s) == (spans[0].start_s, spans[-1].end_s)


def test_the_zip_beside_its_unpacked_folder_is_no_second_recording(tmp_path: Path) -> None:
    publish(tmp_path)
    shutil.make_archive(str(tmp_path / "set"), "zip", tmp_path, "DATA")
    assert len(open_source(f"spsw:{tmp_path}", use_cache=False).recordings) == 2
    assert len(open_source(f"spsw:{tmp_path / 'set.zip'}", use_cache=False).recordings) == 2


def test_a_missing_watch_is_named(tmp_path: Path) -> None:
    (publish(tmp_path) / "DATA/s03/s03_02_sw.csv").unlink()
    with pytest.raises(InputError, match="the watch's file of execution s03_02 is missing"):
        open_source(f"spsw:{tmp_path}", use_cache=False)


def test_an_unknown_label_is_refused_by_row(tmp_path: Path) -> None:
    path = publish(tmp_path) / "DATA/s03/s03_01_sw.csv"
    table = pd.read_csv(path)
    table.loc[7, "label"] = "FLYING"
    table.to_csv(path, index=False)
    with pytest.raises(InputError, match=r"'FLYING' is unknown .*s03_01_sw\.csv, row 9, column label"):
        open_source(f"spsw:{tmp_path}", use_cache=False)


def test_other_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    with pytest.raises(InputError, match="no sp-sw-har recording"):
        open_source(f"spsw:{tmp_path}", use_cache=False)


def test_the_published_recordings_agree_between_their_devices(stillroom_data: Path) -> None:
    data = open_source(f"spsw:{stillroom_data / 'spsw'}")
    assert (len(data.people), len(data.recordings)) == (18, 175)
    assert data.classes == ACTIVITIES
    agree = differing = apart = 0
    for recording in data.recordings:
        phone, watch = (recording.tracks[f"activity-{device}"] for device in ("phone", "watch"))
        differing += len(phone) != len(watch)
        codes = [recording.codes(track, ACTIVITIES) for track in ("activity-phone", "activity")]
        agree += (codes[0] == codes[1]).mean()
        assert len(recording.segments) == 1
        apart += [span.label for span in recording.tracks["activity"]] != [span.label for span in without_slips(phone)]
    assert (differing, apart) == (43, 1)
    assert agree / 175 > 0.99
    codes = np.concatenate([recording.codes("activity", ACTIVITIES) for recording in data.recordings])
    np.testing.assert_allclose(np.bincount(codes[codes >= 0]) / len(codes), [0.12, 0.11, 0.44, 0.20, 0.13], atol=0.01)


def test_each_axis_is_read_from_its_own_column(tmp_path: Path) -> None:
    publish(tmp_path)
    columns = [f"{axis}_{kind}" for kind in ("acc", "gyro") for axis in "xyz"]
    for number, path in enumerate(sorted((tmp_path / "DATA/s03").glob("*.csv"))):
        level = {column: 10.0 * (number % 2) + place for place, column in enumerate(columns)}
        pd.read_csv(path).assign(**level).to_csv(path, index=False)
    data = open_source(f"spsw:{tmp_path}", use_cache=False)
    for site, first in (("left_pocket", 0.0), ("left_wrist", 10.0)):
        for place, column in enumerate(columns):
            axis, kind = column.split("_")
            row = data.recordings[0].signal[data.layout.names.index(f"{site}.{kind}.{axis}")]
            np.testing.assert_allclose(row, first + place, atol=1e-4)
