"""Bytes as a bridge writes them, to samples: lines of CSV under a header, or one JSON object a line.

A column is a channel by its name, with another unit behind it where it has one (`right_wrist.acc.x [g]`); `t`, `time`
or `timestamp` is the clock in seconds, `t_ms` in milliseconds. What the model does not take is passed over. A line may
come in any number of pieces: only a whole one is read, so that the same bytes always give the same samples.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.inference.following_columns import Columns, columns_of
from stillroom.sensors.layout import Layout

_LONGEST = 1 << 20
_LARGEST = 3e38  # of a 32-bit float, which the model takes
_SEPARATORS = (",", ";", "\t")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf|infinity)|", re.IGNORECASE)
_WEB = re.compile(r"[A-Z]+ \S+ HTTP/\d(\.\d)?")
_MEND = "Correct what writes it, or pass over such lines and count them: --skip-bad"


@dataclass(frozen=True, eq=False)
class Sample:
    """One moment of a stream.

    Attributes:
        line: its number, from 1.
        stamp_s: when, by the stream's own clock.
        values: `(channel,)` in the model's channels and units; NaN where one is missing.
    """

    line: int
    stamp_s: float
    values: NDArray[np.float64]


class BadLineError(InputError):
    """A line that is no sample; it can be passed over."""


class Lines:
    """Reads one stream.

    Args:
        layout: the channels that are wanted.
        where: the stream, for messages.
        columns: names of its columns in order, where it has no header of its own.
        rate_hz: of the samples, where no column tells the time; 0 where one does.
        back_s: time may run backwards by no more than this within a stretch, or the clock was set back.
        skip_bad: pass over bad lines and count them.
    """

    def __init__(
        self,
        layout: Layout,
        where: str,
        *,
        columns: Sequence[str] = (),
        rate_hz: float = 0.0,
        back_s: float = 0.5,
        skip_bad: bool = False,
    ) -> None:
        self._layout, self._where, self._rate_hz = layout, where, rate_hz
        self._back_s, self._skip_bad = back_s, skip_bad
        self._named = columns_of(columns, layout, where, clock=not rate_hz) if columns else None
        self._columns: Columns | None = self._named
        self._rest, self._number, self._count = b"", 0, 0
        self._form, self._separator = "", ","
        self._before = -math.inf
        self.skipped, self.first_skipped = 0, ""

    @property
    def half(self) -> bool:
        """Whether a line stands there that has no end yet."""
        return bool(self._rest.strip())

    def begin_anew(self) -> None:
        """Another connection, or another file: half a line is forgotten, a header may come again, and the clock."""
        self._rest, self._form, self._before = b"", "", -math.inf

    def feed(self, data: bytes) -> Iterator[Sample]:
        """The samples whose lines end in these bytes.

        Raises:
            InputError: a header that lacks something, or a line that is no sample where those are not passed over.
        """
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            if (sample := self._heard(line)) is not None:
                yield sample
        if len(self._rest) > _LONGEST:
            raise InputError("a line of more than 1 MB has no end", where=self._at(1), mend="Is this a text stream?")

    def _heard(self, line: bytes) -> Sample | None:
        """One whole line; None where it is empty, a header, or was passed over."""
        self._number += 1
        try:
            text = line.decode("utf-8-sig" if self._number == 1 else "utf-8").strip()
            if not text or (not self._form and self._is_header(text)):
                return None
            return self._sample(text)
        except UnicodeDecodeError:
            bad = BadLineError("no text in UTF-8", where=self._at(), mend=_MEND)
        except BadLineError as error:
            bad = error
        if not self._skip_bad:
            raise bad
        self.skipped += 1
        self.first_skipped = self.first_skipped or bad.sentence()
        return None

    def _is_header(self, text: str) -> bool:
        """Finds out from the first line what the stream is."""
        if _WEB.fullmatch(text):
            raise InputError("a web request and no stream", where=self._at(), mend="Send lines of text, without HTTP")
        if text.startswith("{"):
            names = list(self._object(text))
            self._columns = self._named or columns_of(names, self._layout, self._at(), clock=not self._rate_hz)
            self._form = "json"
            return False
        self._separator = next((one for one in _SEPARATORS if one in text), ",")
        cells = self._cells(text)
        if all(_NUMBER.fullmatch(cell) for cell in cells):
            if self._columns is None:
                like = ",".join(("t", *self._layout.names[:2]))
                raise InputError(
                    f"the stream begins with numbers ({', '.join(cells[:4])}), and nobody says what they are",
                    where=self._at(),
                    mend=f"Begin it with a line of names, or give them in order, as --columns {like},...",
                )
            self._form = "csv"
            return False
        self._columns = self._named or columns_of(cells, self._layout, self._at(), clock=not self._rate_hz)
        self._form = "csv"
        return True

    def _sample(self, text: str) -> Sample:
        columns = self._columns
        assert columns is not None
        if self._form == "csv":
            cells = self._cells(text)
            if len(cells) != columns.count:
                raise BadLineError(f"{len(cells)} cells under {columns.count} columns", where=self._at(), mend=_MEND)
            taken: list[object] = [cells[place] for place in columns.places]
            clock: object = cells[columns.clock] if columns.clock >= 0 else None
        else:
            row = self._object(text)
            taken = [row.get(name) for name in columns.names]
            clock = row.get(columns.clock_name) if columns.clock >= 0 else None
        values = np.array([self._value(one, name) for one, name in zip(taken, columns.names, strict=True)])
        return Sample(self._number, self._stamp(clock, columns), values * columns.factors)

    def _stamp(self, clock: object, columns: Columns) -> float:
        if columns.clock < 0:
            self._count += 1
            return (self._count - 1) / self._rate_hz
        stamp = self._value(clock, columns.clock_name) * columns.clock_s
        if math.isnan(stamp):
            raise BadLineError("the time is missing", where=self._at(columns.clock_name), mend=_MEND)
        if 0 < self._before - stamp <= self._back_s:
            raise BadLineError(
                f"time runs backwards by {self._before - stamp:.3f} s", where=self._at(columns.clock_name), mend=_MEND
            )
        self._before = stamp
        return stamp

    def _value(self, cell: object, name: str) -> float:
        if cell is None or cell == "":
            return math.nan
        number = math.inf
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            number = float(cell) if abs(cell) <= _LARGEST or math.isnan(cell) else math.inf
        elif isinstance(cell, str) and self._form == "csv" and _NUMBER.fullmatch(cell):
            number = float(cell)
        if abs(number) > _LARGEST:
            raise BadLineError(f"{str(cell)[:40]!r} is no number", where=self._at(name), mend=_MEND)
        return number

    def _cells(self, text: str) -> list[str]:
        return [cell.strip().strip('"') for cell in text.split(self._separator)]

    def _object(self, text: str) -> dict[str, object]:
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise BadLineError(f"{text[:40]!r} is no JSON object", where=self._at(), mend=_MEND)
        return row

    def _at(self, column: object = "") -> str:
        where = f"{self._where}, line {self._number}"
        return f"{where}, column {column}" if isinstance(column, str) and column else where


def columns_said(text: str) -> list[str]:
    """The names of `--columns`, in order."""
    return [name.strip() for name in text.split(",")] if text.strip() else []
