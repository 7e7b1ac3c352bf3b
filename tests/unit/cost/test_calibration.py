"""The package's coefficients are those of the published table, and hold on families of networks that they never saw."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillroom.base.errors import InputError
from stillroom.cost.calibration import Row, fit, leave_one_family_out, mean_error, read_table
from stillroom.cost.coefficients import overlapped, stored
from stillroom.cost.devices import Jetson, device
from stillroom.cost.jetson import CARRIED, terms, total
from stillroom.cost.quantity import Work

# board, runtime, held-out error in per cent that a plain maximum of computing and moving was once reported with
REPORTED = [("agx-xavier", "eager", 20), ("nano", "eager", 6), ("agx-xavier", "tensorrt", 34), ("nano", "tensorrt", 11)]
PAIRS = [(board, runtime) for board, runtime, _ in REPORTED]


def test_the_table_is_whole(table: list[Row]) -> None:
    assert len(table) == 2 * 47
    assert {(row.device, row.runtime) for row in table} == set(PAIRS)
    assert sum(row.device == "agx-xavier" for row in table) == 2 * 29
    first = table[0]
    assert (first.network, first.launches, first.macs, first.latency_ms) == ("alexnet", 19, 714_188_480, 3.9841)
    assert first.bytes == 2 * (61_100_840 + 1_314_536) and first.wait_ms == pytest.approx(4.96 - 3.9841)


@pytest.mark.parametrize(("board", "runtime"), PAIRS)
def test_the_kept_coefficients_are_those_of_a_new_fit(board: str, runtime: str, table: list[Row]) -> None:
    new, kept = fit(table, board, runtime), stored(board, runtime)
    for field in ("fixed_ms", "launch_ms", "compute_share", "memory_share", "wait_ms", "held_out_error"):
        assert getattr(new, field) == pytest.approx(getattr(kept, field), rel=2e-3, abs=1e-4), field
    assert (new.held_out_low, new.held_out_high) == pytest.approx((kept.held_out_low, kept.held_out_high), rel=2e-3)
    assert (new.rows, new.mode, new.provenance) == (kept.rows, kept.mode, kept.provenance)
    assert 0 < kept.compute_share <= 1 and 0 < kept.memory_share <= 1, "no board beats its peaks"


@pytest.mark.parametrize(("board", "runtime", "reported"), REPORTED)
def test_families_that_were_held_out_are_predicted_as_well_as_reported(
    board: str, runtime: str, reported: int, table: list[Row], record_property: pytest.RecordProperty
) -> None:
    error = mean_error(leave_one_family_out(table, board, runtime))
    record_property("held_out_error", error)
    assert round(100 * error) <= reported, f"{100 * error:.1f} %, in whole per cent as it was reported"


def test_a_held_out_family_is_not_in_the_fit(table: list[Row]) -> None:
    """Whatever a family took, what is predicted of it stays the same."""
    before = leave_one_family_out(table, "nano", "tensorrt")["vgg"]
    spoilt = [Row(**{**vars(row), "latency_ms": 10 * row.latency_ms}) if row.family == "vgg" else row for row in table]
    assert [10 * ratio for ratio in leave_one_family_out(spoilt, "nano", "tensorrt")["vgg"]] == pytest.approx(before)


def test_every_network_is_held_out_once(table: list[Row]) -> None:
    held = leave_one_family_out(table, "agx-xavier", "eager")
    assert sum(map(len, held.values())) == 29
    assert set(held) == {
        "alexnet", "densenet", "mnasnet", "mobilenet", "resnet", "shufflenet", "squeezenet", "vgg"
    }  # fmt: skip


@pytest.mark.parametrize("runtime", ["eager", "tensorrt"])
def test_carried_from_one_measured_board_to_the_other_it_is_as_far_off_as_said(runtime: str, table: list[Row]) -> None:
    ratios = []
    for here, there in (("agx-xavier", "nano"), ("nano", "agx-xavier")):
        board = device(there)
        assert isinstance(board, Jetson)
        for row in table:
            if (row.device, row.runtime) == (there, runtime):
                work = Work(int(row.macs), row.launches, row.launches, int(2 * row.bytes))
                taken = total(terms(board, board.modes[0], "fp16", work, stored(here, runtime)))
                ratios.append(taken / (row.latency_ms + row.wait_ms))
    assert (min(ratios), max(ratios)) == pytest.approx(CARRIED[runtime], abs=0.006)


def test_computing_and_moving_overlap_in_part() -> None:
    assert overlapped(3.0, 0.0) == pytest.approx(3.0)
    assert 4.0 < overlapped(3.0, 4.0) < 7.0


def test_too_few_rows_are_refused(table: list[Row]) -> None:
    with pytest.raises(InputError, match="0 measurements of nano with onnx"):
        fit(table, "nano", "onnx")


@pytest.mark.parametrize("line", ["nano,x,many,1,1,1,1,1,1,1,1", "nano,x,1,1"])
def test_a_line_that_is_no_measurement_is_named(line: str, tmp_path: Path) -> None:
    header = (Path(__file__).parents[3] / "assets/golden/jetson_latency.csv").read_text().splitlines()[0]
    (tmp_path / "table.csv").write_text(f"{header}\n{line}\n")
    with pytest.raises(InputError, match=r"table\.csv, line 2"):
        read_table(tmp_path / "table.csv")
