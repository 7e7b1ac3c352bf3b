"""What a file holds, whatever its name says: a table that can be read, or a sentence on what to save instead."""

from __future__ import annotations

import io
import math
import pickletools
import zipfile
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillroom.base.errors import InputError
from stillroom.data.mapping import FILE_NAME

TABLES = (".csv", ".tsv", ".parquet", ".npz")
PICKLES = (".pkl", ".pickle", ".p", ".joblib", ".pt", ".pth", ".ckpt", ".npy")
CELLS = 50_000_000
_MB = 1 << 20
_INSTEAD = {
    ".xlsx": "Save the sheet as CSV UTF-8",
    ".xls": "Save the sheet as CSV UTF-8",
    ".ods": "Save the sheet as CSV UTF-8",
    ".txt": "Where it is a table with one row a sample, name it .csv",
    ".mat": "Save its arrays as NPZ (numpy.savez) or as CSV",
    ".h5": "Save its table as Parquet or CSV",
    ".json": f"Of JSON, only a mapping is read, {FILE_NAME}",
}
_MEND = "Save the table as CSV or Parquet, or plain arrays of numbers as NPZ (numpy.savez)"


def refuse_content(name: str, content: bytes) -> None:
    """Refuses what is no table that can be read.

    Args:
        name: of the file.
        content: its bytes.

    Raises:
        InputError: a kind of file that is not read, a pickle under any name, or content that is another's.
    """
    suffix = _suffix(name)
    refuse_pickle(name, content)
    if name.lower().endswith(FILE_NAME):
        return
    if suffix not in TABLES:
        mend = _INSTEAD.get(suffix, f"Files end in {', '.join(TABLES)}")
        raise InputError(f"files that end in {suffix or 'nothing'} are not read", where=name[:80], mend=mend)
    if suffix == ".parquet":
        _refuse_parquet(name, content)
    elif suffix == ".npz":
        _refuse_npz(name, content)
    else:
        _refuse_text(name, content)


def refuse_pickle(name: str, content: bytes = b"") -> None:
    """Refuses a pickle, by its name or by what it holds.

    Raises:
        InputError: it is one.
    """
    suffix = _suffix(name)
    if suffix == ".npy" or content.startswith(b"\x93NUMPY"):
        raise InputError("a single array has no names of columns", where=name[:80], mend=_MEND)
    if suffix in PICKLES or _pickled(content):
        what = "a pickle can run programs when it is opened, so it is never read"
        raise InputError(what, where=name[:80], mend=_MEND)


def _suffix(name: str) -> str:
    last = name.replace("\\", "/").rpartition("/")[2].lower()
    return f".{last.rpartition('.')[2]}" if "." in last else ""


def _pickled(content: bytes) -> bool:
    if content[:1] == b"\x80" and content[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return True
    if not content.endswith(b".") or len(content) > _MB:  # a pickle's last sign; the old forms are text
        return False
    try:
        return sum(1 for _ in pickletools.genops(content)) > 1
    except Exception:  # whatever the first wrong sign leads it to
        return False


def _refuse_text(name: str, content: bytes) -> None:
    if content.startswith((b"PK\x03\x04", b"PAR1", b"\x89HDF", b"\x1f\x8b", b"%PDF")) or b"\0" in content[: _MB >> 4]:
        what = "the name says text, but the content is none"
        raise InputError(what, where=name[:80], mend="Export it as CSV UTF-8, or give it the ending that it is")


def _refuse_parquet(name: str, content: bytes) -> None:
    try:
        facts = pq.ParquetFile(io.BytesIO(content)).metadata
        cells = facts.num_rows * facts.num_columns
    except (pa.ArrowException, OSError) as error:
        raise InputError("not a whole Parquet file", where=name[:80], mend="Export or copy it again") from error
    _refuse_many(cells, name)


def _refuse_npz(name: str, content: bytes) -> None:
    cells = 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for info in archive.infolist():
                with archive.open(info) as file:
                    shape, kind = _header(file)
                if kind.hasobject:
                    what = f"the array {info.filename.removesuffix('.npy')[:40]!r} holds Python objects (a pickle)"
                    raise InputError(f"{what}, which are never read", where=name[:80], mend=_MEND)
                cells += max(math.prod(shape), info.file_size // 16)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise InputError("not a whole NPZ file", where=name[:80], mend="Save or copy it again") from error
    _refuse_many(cells, name)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(file)
    reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, kind = reader(file)
    return shape, kind


def _refuse_many(cells: int, name: str) -> None:
    if cells > CELLS:
        what = f"{cells:,} values are more than the {CELLS:,} that are read at once"
        raise InputError(what, where=name[:80], mend="Import fewer recordings, or a lower rate")
