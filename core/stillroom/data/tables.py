"""Text tables to float arrays, with errors that name file, row and column."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.data.tree import Entry


def read_table(entry: Entry, *, header: bool = True, separator: str = ",", decimal: str = ".") -> pd.DataFrame:
    """A delimited text file as text and number columns.

    Raises:
        InputError: empty, not text, or rows longer than the header.
    """
    raw = entry.read()
    try:
        with warnings.catch_warnings():
            # Without index_col=False pandas takes surplus cells for row names and shifts every column; with it, it
            # drops them with a warning (a bare separator at each row's end is no surplus).
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                io.BytesIO(raw),
                header=0 if header else None,
                index_col=False,
                sep=separator,
                decimal=decimal,
                skipinitialspace=True,
                low_memory=False,
                na_values=["NaN", "nan", "null"],
            )
    except pd.errors.EmptyDataError as error:
        raise InputError("the file is empty", where=entry.name, mend="Download or export it again") from error
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise InputError(
            f"not a readable table: {error}".strip(), where=entry.name, mend="Download or export it again"
        ) from error
    except pd.errors.ParserWarning as error:
        raise InputError(
            "the rows have more cells than the header", where=entry.name, mend="Name every column in the first row"
        ) from error


def need_columns(table: pd.DataFrame, names: Sequence[str], where: str) -> None:
    """Raises an `InputError` that names the first missing column and those present."""
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise InputError(
            f"column {missing[0]!r} is missing",
            where=where,
            mend=f"Columns present: {', '.join(map(str, table.columns))[:300]}",
        )


def numbers(table: pd.DataFrame, names: Sequence[str | int], where: str, *, header: bool = True) -> NDArray[np.float64]:
    """Columns as `(column, row)` float64; missing cells become NaN.

    Raises:
        InputError: a cell that is no number, by row and column.
    """
    rows = []
    for name in names:
        column = table[name]
        if column.dtype.kind not in "fiu":
            column = _to_numbers(column, where, 2 if header else 1)
        rows.append(column.to_numpy(dtype=np.float64))
    return np.stack(rows)


def _to_numbers(column: pd.Series, where: str, first_row: int) -> pd.Series:
    parsed = pd.to_numeric(column, errors="coerce")
    bad = np.flatnonzero((parsed.isna() & column.notna()).to_numpy())
    if len(bad):
        raise InputError(
            f"{str(column.iloc[bad[0]])[:40]!r} is no number",
            where=f"{where}, row {bad[0] + first_row}, column {column.name}",
            mend="Correct the cell, or leave it empty where the value is missing",
        )
    return parsed
