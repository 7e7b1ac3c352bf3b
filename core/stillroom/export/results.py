"""What a board sends back: `results.json` of `board/bench`, as a schema.

A row is one model in one runtime and way of running. A row with an error holds no times.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from stillroom.base.config import Config
from stillroom.base.errors import InputError
from stillroom.base.paths import read_json

KIND, FORMAT = "stillroom device results", 1

Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Milliseconds = Annotated[float, Field(gt=0)]


class Parity(Config):
    """How right the answers were.

    Attributes:
        max_abs: the largest difference from the expected logits.
        label_agreement: the share of windows with the expected label.
        windows: how many were compared.
        runtime: which one answered; not the row's own where that cannot say its answers.
    """

    max_abs: float = Field(ge=0)
    label_agreement: float = Field(ge=0, le=1)
    windows: int = Field(ge=1)
    runtime: str


class Energy(Config):
    """Power of the named rails while idle and while busy, in mW, and the energy of an inference, in mJ."""

    source: str
    rail: str
    idle_mw: float = Field(ge=0)
    busy_mw: float = Field(ge=0)
    mj_per_inference: float = Field(ge=0)


class Layer(Config):
    """The mean time of one layer, as the runtime's profiler has it."""

    name: str
    mean_ms: float = Field(ge=0)


class Row(Config):
    """One measurement.

    Attributes:
        model: the file's name.
        model_sha256: of the file that was measured.
        precision: that the runtime was asked to compute in.
        loop: `synchronous`, one call after another as the caller waits; or `pipelined`, the next one enqueued ahead.
        n: calls that were timed.
        error: why there are no times.
    """

    model: str
    model_sha256: Hash
    precision: str
    runtime: str
    provider: str | None
    options: tuple[str, ...] | None
    cuda_graph: bool | None
    loop: Literal["synchronous", "pipelined"] | None
    threads: int | None
    batch: int = Field(ge=1)
    n: int | None = Field(ge=1)
    p50_ms: Milliseconds | None
    p90_ms: Milliseconds | None
    p99_ms: Milliseconds | None
    min_ms: Milliseconds | None
    mean_ms: Milliseconds | None
    enqueue_ms: float | None
    parity: Parity | None
    energy: Energy | None
    per_layer: tuple[Layer, ...] | None
    error: str | None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        times = (self.min_ms, self.p50_ms, self.p90_ms, self.p99_ms)
        if self.error is None:
            if None in (*times, self.mean_ms, self.n, self.loop):
                raise ValueError("a row without an error needs its times, how many they are and the way of running")
            if list(times) != sorted(time for time in times if time is not None):
                raise ValueError("min, p50, p90 and p99 must rise")
        return self


class Board(Config):
    """The machine, and how it was set.

    Attributes:
        model: the board, as its device tree names it; null on other machines.
        l4t: Jetson Linux.
        power_mode: of nvpmodel.
        clocks: what jetson_clocks showed.
        clocks_locked: whether the GPU's clock was fixed.
        load_1m: how many processes wanted to run before.
    """

    model: str | None
    l4t: str | None
    power_mode: str | None
    clocks: str | None
    clocks_locked: bool | None
    cpu: str = Field(min_length=1)
    cores: int = Field(ge=1)
    machine: str
    system: str
    load_1m: float | None

    @model_validator(mode="after")
    def _says_its_mode(self) -> Self:
        if (self.l4t or "jetson" in (self.model or "").lower()) and not self.power_mode:
            raise ValueError("a Jetson's figures need its power mode; `nvpmodel -q` must work there (try sudo)")
        return self


class Results(Config):
    """Everything that a board sent back."""

    kind: Literal["stillroom device results"]
    format: int = Field(alias="schema")
    bundle_id: str
    started_at: datetime
    device: Board
    versions: dict[str, str | None]
    failures: tuple[str, ...]
    rows: tuple[Row, ...]

    @field_validator("started_at")
    @classmethod
    def _in_our_time(cls, value: datetime) -> datetime:
        if not 2000 <= value.year <= 2200:
            raise ValueError(f"{value.isoformat()} is no time at which anything was measured; set the board's clock")
        return value

    @property
    def measured(self) -> tuple[Row, ...]:
        """The rows without an error."""
        return tuple(row for row in self.rows if row.error is None)


def read_results(path: Path) -> tuple[Results, dict[str, Any]]:
    """Reads results, checked, and as they stand in the file.

    Raises:
        InputError: missing, no JSON, something else, of a later format, or a wrong field.
    """
    raw = read_json(path)
    if not isinstance(raw, dict) or raw.get("kind") != KIND:
        raise InputError(
            "these are not the results of a device bundle",
            where=str(path),
            mend="Name the results.json that run_bench.py wrote on the board",
        )
    found = raw.get("schema")
    if type(found) is int and found > FORMAT:
        raise InputError(f"schema {found} is newer than {FORMAT}", where=str(path), mend="Update Stillroom")
    if type(found) is not int or found < 1:
        raise InputError(f"{found!r} is no schema of ours", where=str(path), mend="Measure again with run_bench.py")
    return Results.from_input(raw, where=str(path)), raw
