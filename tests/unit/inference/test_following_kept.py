"""What a stream answered is kept, bounded, and read while it grows; names lead nowhere else."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.inference.following import Answer
from stillroom.inference.following_kept import ANSWERS, BEAT, LIVE, Kept, keeping, rows_after, stream, streams
from stillroom.inference.stream import Prediction

HEAD: dict[str, Any] = {
    "export": "/somewhere/export", "classes": ["walk", "stand"], "rate_hz": 100.0, "window_s": 2.0, "stride_s": 1.0,
    "channels": [{"name": "right_wrist.acc.x", "unit": "m/s2", "mean": 0.0, "sd": 1.0}], "source": "wrist.csv",
    "began_s": 1.0,
}  # fmt: skip


def answer(n: int, news: int = 100) -> Answer:
    said = Prediction(float(n), n + 2.0, "stand", "walk", {"walk": 0.25, "stand": 0.75}, 1.23456)
    return Answer(n, said, 0, 4.56, np.arange(news, dtype=np.float32)[None] / 3)


def test_a_row_holds_what_is_shown_and_at_most_fifty_samples_a_second(tmp_path: Path) -> None:
    with keeping(tmp_path, "line-1", HEAD) as kept:
        kept.add(answer(7))
    (row,), _, _ = rows_after(tmp_path, "line-1", None)
    assert 0 < time.time() - row.pop("at") < 60
    signal = row.pop("signal")
    assert len(signal[0]) == 50 and signal[0][:2] == [0.1667, 0.8333]
    assert row == {
        "n": 7, "start_s": 7.0, "end_s": 9.0, "label": "stand", "smoothed": "walk", "share": 0.25,
        "share_of_label": 0.75, "latency_ms": 1.235, "behind_ms": 4.6, "stretch": 0,
    }  # fmt: skip
    found = stream(tmp_path, "line-1")
    assert found is not None and found.head["signal_hz"] == 50.0


def test_only_what_is_new_is_read_and_a_torn_row_waits(tmp_path: Path) -> None:
    with keeping(tmp_path, "line-1", HEAD) as kept:
        kept.add(answer(0))
        rows, place, passed = rows_after(tmp_path, "line-1", None)
        assert [row["n"] for row in rows] == [0] and not passed
        assert rows_after(tmp_path, "line-1", place) == ([], place, False)
        path = tmp_path / "live/line-1" / ANSWERS
        whole = path.read_bytes()
        path.write_bytes(whole + b'{"n": 1, "sm')
        assert rows_after(tmp_path, "line-1", place) == ([], place, False)
        row = json.loads(whole.splitlines()[-1])
        more = [row | {"n": 1}, row | {"share": float("nan")}, [], {"n": 3}, row | {"n": 2}]
        path.write_bytes(whole + b"no\n" + "".join(json.dumps(one) + "\n" for one in more).encode())
        rows, _, _ = rows_after(tmp_path, "line-1", place)
        assert [row["n"] for row in rows] == [1, 2]


def test_what_is_kept_is_bounded_and_a_place_stays_true_when_the_file_changes(tmp_path: Path) -> None:
    folder = tmp_path / "live/line-1"
    folder.mkdir(parents=True)
    kept, seen, place = Kept(folder, HEAD, most_bytes=20_000), [], 0
    for n in range(200):
        kept.add(answer(n))
        rows, place, passed = rows_after(tmp_path, "line-1", place)
        seen += [row["n"] for row in rows]
        assert not passed, "who reads along misses nothing"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 45_000
    assert seen == list(range(200)) and place > 60_000
    assert rows_after(tmp_path, "line-1", 0)[2], "who comes late is told that rows are gone"
    assert rows_after(tmp_path, "line-1", 10**12)[2], "a place that is none yet"


def test_one_answer_is_bounded_and_begins_with_a_whole_row(tmp_path: Path) -> None:
    with keeping(tmp_path, "line-1", HEAD) as kept:
        for n in range(400):
            kept.add(answer(n, 200))
    rows, place, passed = rows_after(tmp_path, "line-1", None)
    assert passed and 100 < len(rows) < 399 and rows[-1]["n"] == 399
    assert [row["n"] for row in rows] == list(range(rows[0]["n"], 400))
    total, first, place = 0, 0, 0
    while rows := rows_after(tmp_path, "line-1", place)[0]:
        assert rows[0]["n"] == first
        total, first = total + len(rows), rows[-1]["n"] + 1
        place = rows_after(tmp_path, "line-1", place)[1]
    assert total == 400


def test_how_a_stream_stands_is_told_by_its_signs_of_life(tmp_path: Path) -> None:
    with keeping(tmp_path, "a", HEAD) as kept, keeping(tmp_path, "b", HEAD) as other:
        for one in (kept, other):
            one.beat({"windows": 3, "heard_s": None})
        other.end({"why": "stopped"})
        assert [(one.name, one.state) for one in streams(tmp_path)] == [("a", "running"), ("b", "ended")]
        (tmp_path / "live/a" / BEAT).write_text(json.dumps({"at_s": time.time() - 60}))
        found = stream(tmp_path, "a")
        assert found is not None and found.state == "silent" and 59 < found.heard_s < 70


def test_a_name_is_held_by_one_and_what_an_earlier_one_left_is_gone(tmp_path: Path) -> None:
    with keeping(tmp_path, "line-1", HEAD) as kept:
        kept.add(answer(0))
        kept.end({"why": "ended"})
        with (
            pytest.raises(InputError, match="another process is working on this stream"),
            keeping(tmp_path, "line-1", HEAD),
        ):
            pass
    with keeping(tmp_path, "line-1", {**HEAD, "began_s": 2.0}):
        found = stream(tmp_path, "line-1")
        assert found is not None and not found.ended and rows_after(tmp_path, "line-1", None)[0] == []


@pytest.mark.parametrize("name", ["", ".", "..", "../out", "a/b", "/etc", "a b", "-x", "x" * 65, "a\n"])
def test_a_name_leads_nowhere_else(name: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="no name of a stream"), keeping(tmp_path / "in", name, HEAD):
        pass
    assert stream(tmp_path / "in", name) is None
    assert not (tmp_path / "in").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"format": 9}, {"classes": "walk"}, {"classes": [1]}, {"rate_hz": "fast"}, {"rate_hz": float("nan")},
        {"channels": [{"name": "x"}]}, {"source": None}, {"began_s": True},
    ],
)  # fmt: skip
def test_a_damaged_stream_is_left_out(change: dict[str, Any], tmp_path: Path) -> None:
    with keeping(tmp_path, "line-1", HEAD):
        path = tmp_path / "live/line-1" / LIVE
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
        assert streams(tmp_path) == []
    path.write_text("{")
    assert stream(tmp_path, "line-1") is None
