"""Parsed recordings as Parquet: one file a recording, one column a channel, the rest as JSON in its metadata.

A cached file is named by the fingerprint of what it was parsed from (names, sizes, times of the files, version of the
parser), so a changed file is parsed again. A damaged cache file is parsed again too; it is never trusted: pages carry
a checksum, the metadata its SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stillroom.base.paths import whole_file
from stillroom.data.recording import Recording, Span
from stillroom.sensors.layout import Layout

_META, _SHA = b"stillroom", b"stillroom.sha256"


def save_recording(recording: Recording, path: Path) -> None:
    """Writes one recording, whole or not at all."""
    meta = {
        "person": recording.person,
        "session": recording.session,
        "layout": recording.layout.model_dump(mode="json"),
        "rate_hz": recording.rate_hz,
        "samples": recording.signal.shape[1],
        "segments": recording.segments.tolist(),
        "tracks": {kind: [[s.start_s, s.end_s, s.label] for s in spans] for kind, spans in recording.tracks.items()},
        "start_s": recording.start_s,
        "facts": dict(recording.facts),
        "piece": recording.piece,
    }
    arrays = [pa.array(row) for row in recording.signal]
    table = pa.table(dict(zip(recording.layout.names, arrays, strict=True)))
    text = json.dumps(meta).encode()
    table = table.replace_schema_metadata({_META: text, _SHA: _digest(text)})
    with whole_file(path) as beside:
        pq.write_table(table, beside, compression="none", use_dictionary=False, write_page_checksum=True)


def load_recording(path: Path) -> Recording | None:
    """Reads a cached recording; None where there is none or it is damaged."""
    try:
        table = pq.read_table(path, memory_map=True, page_checksum_verification=True)
        text = table.schema.metadata[_META]
        if table.schema.metadata[_SHA] != _digest(text):
            return None
        meta = json.loads(text)
        signal = np.stack([column.to_numpy() for column in table.columns]).astype(np.float32, copy=False)
        recording = _recording(meta, signal)
        whole = tuple(table.column_names) == recording.layout.names and signal.shape[1] == meta["samples"]
        return recording if whole else None
    except (OSError, KeyError, TypeError, ValueError, pa.ArrowException):
        return None


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode()


def _recording(meta: dict[str, Any], signal: NDArray[np.float32]) -> Recording:
    return Recording(
        person=meta["person"],
        session=meta["session"],
        layout=Layout.model_validate(meta["layout"]),
        rate_hz=meta["rate_hz"],
        signal=signal,
        segments=np.array(meta["segments"], dtype=np.int64).reshape(-1, 2),
        tracks={kind: tuple(Span(*span) for span in spans) for kind, spans in meta["tracks"].items()},
        start_s=meta["start_s"],
        facts=meta["facts"],
        piece=meta["piece"],
    )
