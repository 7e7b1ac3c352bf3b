"""Parsed recordings as Parquet: one file a recording, one column a channel, the rest as JSON in its metadata.

A cached file is named by the fingerprint of what it was parsed from (names, sizes, times of the files, version of the
parser), so a changed file is parsed again. A damaged cache file is parsed again too; it is never trusted.
"""

from __future__ import annotations

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

_META = b"stillroom"


def save_recording(recording: Recording, path: Path) -> None:
    """Writes one recording, whole or not at all."""
    meta = {
        "person": recording.person,
        "session": recording.session,
        "layout": recording.layout.model_dump(mode="json"),
        "rate_hz": recording.rate_hz,
        "segments": recording.segments.tolist(),
        "tracks": {kind: [[s.start_s, s.end_s, s.label] for s in spans] for kind, spans in recording.tracks.items()},
        "start_s": recording.start_s,
        "facts": dict(recording.facts),
        "piece": recording.piece,
    }
    arrays = [pa.array(row) for row in recording.signal]
    table = pa.table(dict(zip(recording.layout.names, arrays, strict=True)))
    with whole_file(path) as beside:
        pq.write_table(
            table.replace_schema_metadata({_META: json.dumps(meta)}), beside, compression="none", use_dictionary=False
        )


def load_recording(path: Path) -> Recording | None:
    """Reads a cached recording; None where there is none or it is damaged."""
    try:
        table = pq.read_table(path, memory_map=True, use_threads=False)
        meta: dict[str, Any] = json.loads(table.schema.metadata[_META])
        signal = np.stack([column.to_numpy() for column in table.columns]).astype(np.float32, copy=False)
        return _recording(meta, signal)
    except (OSError, KeyError, TypeError, ValueError, pa.ArrowException):
        return None


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
