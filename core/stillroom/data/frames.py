"""A user's own file as a table: CSV, Parquet or NPZ to named columns. Nothing is unpickled.

CSV must be UTF-8; an NPZ's two-dimensional arrays become columns `name.0`, `name.1`, ..., the longer axis being time,
and arrays of one value hold for every row.
"""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.data.mapping import Csv
from stillroom.data.tables import read_table
from stillroom.data.tree import Entry

TEXT = (".csv", ".tsv", ".txt")
SUFFIXES = (".csv", ".tsv", ".parquet", ".npz")


def read_frame(entry: Entry, form: Csv) -> pd.DataFrame:
    """The file's columns, by name.

    Raises:
        InputError: empty, damaged, no table, or two columns of one name.
    """
    raw = entry.read()
    if not raw.strip():
        raise InputError("the file is empty", where=entry.name, mend="Export it again, or leave it out")
    suffix = "." + entry.name.lower().rpartition(".")[2]
    if suffix == ".parquet":
        frame = _parquet(raw, entry.name)
    elif suffix == ".npz":
        frame = _npz(raw, entry.name)
    else:
        frame = _text(replace(entry, _open=lambda: raw), raw, form)
    if not len(frame):
        raise InputError("the file has a header and no rows", where=entry.name, mend="Export it again, or leave it out")
    return frame


def first_row(entry: Entry, form: Csv) -> int:
    """What people call the first row of values: 2 below a header, else 1."""
    return 2 if form.header and entry.name.lower().endswith(TEXT) else 1


def _text(entry: Entry, raw: bytes, form: Csv) -> pd.DataFrame:
    try:
        head = raw.decode("utf-8-sig").split("\n", 1)[0].strip("\r\n")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        raise InputError(
            f"the file is not UTF-8 text (byte 0x{raw[error.start]:02x})",
            where=f"{entry.name}, row {row}",
            mend="Save it as UTF-8 (in a spreadsheet: export as CSV UTF-8)",
        ) from error
    separator = form.separator or _separator(head)
    cells = (
        next(csv.reader([head], delimiter=separator, skipinitialspace=True)) if len(separator) == 1 else head.split()
    )
    if form.header:
        _refuse_doubles([cell.strip() for cell in cells], f"{entry.name}, row 1")
    frame = read_table(entry, header=form.header, separator=separator, decimal=form.decimal)
    frame.columns = [str(n).strip() if form.header else str(i + 1) for i, n in enumerate(frame.columns)]
    return frame


def _separator(head: str) -> str:
    """The mark that cuts the first row most often; blanks where none of the usual ones stands in it."""
    counts = {mark: head.count(mark) for mark in (";", "\t", ",")}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else r"\s+" if " " in head.strip() else ","


def _parquet(raw: bytes, where: str) -> pd.DataFrame:
    try:
        table = pq.read_table(io.BytesIO(raw))
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"not a whole Parquet file: {str(error).splitlines()[0][:120]}", where=where, mend="Export or copy it again"
        ) from error
    _refuse_doubles(table.column_names, where)
    for index, kind in enumerate(table.schema.types):
        if pa.types.is_nested(kind):
            text = pa.array([str(value) for value in table.column(index).to_pylist()])
            table = table.set_column(index, table.column_names[index], text)
    frame: pd.DataFrame = table.to_pandas(ignore_metadata=True)
    return frame


def _npz(raw: bytes, where: str) -> pd.DataFrame:
    arrays = _arrays(raw, where)
    flat: dict[str, NDArray[np.generic]] = {}
    for name, array in arrays.items():
        if array.ndim > 2:
            raise InputError(
                f"array {name!r} has {array.ndim} axes, expected rows, or rows and columns",
                where=where,
                mend="Save the recording itself, not windows cut from it",
            )
        if array.ndim == 2:
            columns = array if array.shape[0] < array.shape[1] else array.T
            flat |= {f"{name}.{index}": column for index, column in enumerate(columns)}
        else:
            flat[name] = array.reshape(-1)
    long = Counter(len(array) for array in flat.values() if len(array) != 1)
    rows = long.most_common(1)[0][0] if long else 1
    for name, array in flat.items():
        if len(array) not in (1, rows):
            raise InputError(f"array {name!r} has {len(array)} values, the others {rows}", where=where)
    return pd.DataFrame({name: np.broadcast_to(array, rows) for name, array in flat.items()})


def _arrays(raw: bytes, where: str) -> dict[str, NDArray[np.generic]]:
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (ValueError, AttributeError, TypeError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        pickled = "bject array" in str(error) or "pickled" in str(error)
        what = "it holds Python objects, which are never unpickled" if pickled else "not a whole NPZ file"
        mend = "Save plain arrays of numbers or text" if pickled else "Save or copy it again"
        raise InputError(what, where=where, mend=mend) from error
    if not arrays:
        raise InputError("the file holds no array", where=where, mend="Save it again with named arrays")
    return arrays


def _refuse_doubles(names: list[str], where: str) -> None:
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise InputError(f"two columns are called {twice[0]!r}", where=where, mend="Give each column its own name")
