"""The cache of parsed recordings: what comes back is what went in, and a damaged file is never trusted."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillroom.base import paths
from stillroom.base.errors import StorageError
from stillroom.data.cache import load_recording, save_recording
from stillroom.data.recording import Recording, Span
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

LAYOUT = Layout(channels=(*sensor_channels("waist", "acc", 50.0), *sensor_channels("waist", "temp", 4.0)))


def recording(samples: int = 200, channels: int = 4) -> Recording:
    draw = np.random.default_rng(3)
    return Recording(
        person="p1",
        session="évening",
        layout=Layout(channels=LAYOUT.channels[:channels]),
        rate_hz=50.0,
        signal=draw.normal(size=(channels, samples)).astype(np.float32),
        segments=np.array([[0, samples // 2], [samples // 2 + 5, samples]], dtype=np.int64),
        tracks={"activity": (Span(0.0, 1.5, "sit"), Span(1.5, 1 / 3 + 2, "walk, fast")), "step": ()},
        start_s=1.7e9 + 1 / 7,
        facts={"hand": "left"},
        piece="a03",
    )


def same(one: Recording, other: Recording) -> bool:
    plain = ("person", "session", "layout", "rate_hz", "start_s", "facts", "piece", "name")
    return (
        all(getattr(one, name) == getattr(other, name) for name in plain)
        and {kind: list(spans) for kind, spans in one.tracks.items()}
        == {kind: list(spans) for kind, spans in other.tracks.items()}
        and one.signal.dtype == other.signal.dtype
        and np.array_equal(one.signal.view(np.uint32), other.signal.view(np.uint32))
        and one.segments.dtype == other.segments.dtype
        and np.array_equal(one.segments, other.segments)
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a cached recording."""
    path = tmp_path_factory.mktemp("kept") / "a.parquet"
    save_recording(recording(), path)
    return path.read_bytes()


def test_what_comes_back_is_what_went_in(tmp_path: Path) -> None:
    save_recording(recording(), tmp_path / "deep" / "a.parquet")
    again = load_recording(tmp_path / "deep" / "a.parquet")
    assert again is not None and same(again, recording())
    assert again.signal.flags.writeable and again.signal.flags.c_contiguous


@pytest.mark.parametrize("value", [0.0, -0.0, np.nan, np.inf, 1e-42, np.float32(3.4e38)])
def test_every_float_survives_bit_for_bit(tmp_path: Path, value: float) -> None:
    odd = recording()
    odd.signal[0, 3] = value
    save_recording(odd, tmp_path / "a.parquet")
    again = load_recording(tmp_path / "a.parquet")
    assert again is not None and same(again, odd)


def test_a_recording_without_a_segment_or_a_label_survives(tmp_path: Path) -> None:
    bare = recording(channels=1)
    bare = Recording("p1", "1", bare.layout, 50.0, bare.signal, np.zeros((0, 2), np.int64), {})
    save_recording(bare, tmp_path / "a.parquet")
    again = load_recording(tmp_path / "a.parquet")
    assert again is not None and same(again, bare)


def test_there_is_nothing_where_nothing_was_kept(tmp_path: Path) -> None:
    assert load_recording(tmp_path / "a.parquet") is None
    assert load_recording(tmp_path) is None


@settings(max_examples=300)
@given(st.data())
def test_a_changed_byte_is_noticed_or_harmless(
    kept: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    raw = bytearray(kept)
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.getbasetemp() / "changed.parquet"
    path.write_bytes(raw)
    again = load_recording(path)
    assert again is None or same(again, recording())


@pytest.mark.parametrize("keep", [0, 4, 100, 0.5, 0.9, -1])
def test_a_truncated_file_is_none(kept: bytes, tmp_path: Path, keep: float) -> None:
    stop = int(keep * len(kept)) if isinstance(keep, float) else keep
    (tmp_path / "a.parquet").write_bytes(kept[:stop])
    assert load_recording(tmp_path / "a.parquet") is None


def test_a_table_of_someone_else_is_none(kept: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(kept)
    table = pq.read_table(tmp_path / "a.parquet")
    for other in (
        table.replace_schema_metadata({}),
        table.replace_schema_metadata({b"stillroom": b"[]", b"stillroom.sha256": b""}),
        table.replace_schema_metadata(
            {name: value.replace(b'"sit"', b'"sat"') for name, value in table.schema.metadata.items()}
        ),
        table.drop_columns(["waist.acc.x"]),
        table.slice(0, 50),
    ):
        pq.write_table(other, tmp_path / "b.parquet")
        assert load_recording(tmp_path / "b.parquet") is None


def test_a_full_disk_is_a_storage_error_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(paths.os, "fsync", refuse)
    with pytest.raises(StorageError, match="The disk is full"):
        save_recording(recording(), tmp_path / "a.parquet")
    assert list(tmp_path.iterdir()) == []
