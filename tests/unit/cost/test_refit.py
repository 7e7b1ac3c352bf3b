"""Measurements of one's own board move its estimate: fixed time and launches from five on, the whole below that."""

from __future__ import annotations

import pytest

from stillroom.base.errors import InputError
from stillroom.cost.coefficients import Coefficients, stored
from stillroom.cost.devices import Jetson, device
from stillroom.cost.estimate import estimate
from stillroom.cost.jetson import terms, total
from stillroom.cost.quantity import Work
from stillroom.cost.refit import Measured, refit

SIZES = ((8, 22_000), (12, 680_000), (20, 2_000_000), (34, 5_000_000), (60, 39_000_000), (90, 40_000_000))


def work(launches: int, macs: int) -> Work:
    return Work(macs=macs, ops=3 * launches, kernels=launches, bytes=macs // 2)


def as_if(board: str, mode: str | None, runtime: str, precision: str, fixed: float, launch: float) -> list[Measured]:
    """Rows of a board of which t0 and a are known."""
    profile = device(board)
    assert isinstance(profile, Jetson)
    own = profile.mode(mode)
    true = stored(profile.calibrated_like, runtime).changed(
        device=board, mode=own.name, fixed_ms=fixed, launch_ms=launch, wait_ms=0.0
    )
    return [
        Measured(one, precision, total(terms(profile, own, precision, one, true)))
        for one in (work(*size) for size in SIZES)
    ]


@pytest.mark.parametrize("runtime", ["eager", "tensorrt"])
@pytest.mark.parametrize(
    ("board", "mode", "precision"), [("agx-orin", "30W", "fp16"), ("agx-xavier", None, "int8"), ("nano", "5W", "fp32")]
)
def test_five_measurements_find_fixed_time_and_launches_again(
    board: str, mode: str | None, precision: str, runtime: str
) -> None:
    precision = "fp16" if runtime == "eager" else precision
    found = refit(board, runtime, mode, as_if(board, mode, runtime, precision, 0.4, 0.011))
    assert (found.fixed_ms, found.launch_ms) == pytest.approx((0.4, 0.011), rel=1e-6)
    profile = device(board)
    assert isinstance(profile, Jetson)
    before = stored(profile.calibrated_like, runtime)
    assert (found.compute_share, found.memory_share) == (before.compute_share, before.memory_share)
    assert "re-fitted on 6 measurements" in found.provenance and before.provenance in found.provenance
    assert (found.scale, found.wait_ms, found.rows, found.held_out_error) == (1.0, 0.0, 6, None)


def ask(found: Coefficients | None, mode: str | None = None, precision: str = "fp16") -> tuple[float, float]:
    answer = estimate("agx-orin", mode, "tensorrt", precision, work(25, 3_000_000), coefficients=found)
    assert answer.value is not None and answer.high is not None
    return answer.value, answer.high / answer.value


def test_the_estimate_follows_and_its_band_narrows() -> None:
    found = refit("agx-orin", "tensorrt", None, as_if("agx-orin", None, "tensorrt", "fp16", 0.1, 0.004))
    value, band = ask(found)
    assert value == pytest.approx(0.1 + 25 * 0.004, rel=0.2)
    assert band == pytest.approx(2, rel=0.1) and ask(None)[1] == pytest.approx(3, rel=0.1)
    assert ask(found, precision="int8")[1] == pytest.approx(3, rel=0.1), "INT8 was not measured"
    assert ask(found, mode="15W")[0] > value, "in another mode the clocks are taken into account"


def test_fewer_measurements_only_scale() -> None:
    guessed, _ = ask(None)
    rows = [Measured(work(25, 3_000_000), "fp16", 0.5 * guessed)] * 4
    found = refit("agx-orin", "tensorrt", None, rows)
    assert ask(found) == (pytest.approx(0.5 * guessed, rel=0.05), pytest.approx(3, rel=0.1))
    assert found.provenance.startswith("scaled by 4 measurements")


@pytest.mark.parametrize("mode", ["MAXN", "15W"])
def test_measurements_that_agree_change_nothing(mode: str) -> None:
    profile = device("agx-orin")
    assert isinstance(profile, Jetson)
    base = stored("agx-xavier", "tensorrt")
    known = total(terms(profile, profile.mode(mode), "fp16", work(25, 3_000_000), base))
    found = refit("agx-orin", "tensorrt", mode, [Measured(work(25, 3_000_000), "fp16", known)])
    assert found.scale == pytest.approx(1) and found.mode == mode


def test_measurements_of_one_size_only_scale() -> None:
    guessed, _ = ask(None)
    found = refit("agx-orin", "tensorrt", None, [Measured(work(25, 3_000_000), "fp16", 2 * guessed)] * 8)
    assert found.provenance.startswith("scaled by 8")
    assert ask(found)[0] == pytest.approx(2 * guessed, rel=0.05)


def test_a_time_below_the_peaks_gives_no_negative_coefficient() -> None:
    rows = [Measured(work(*size), "fp16", 1e-5) for size in SIZES]
    found = refit("agx-orin", "tensorrt", None, rows)
    assert found.fixed_ms >= 0 and found.launch_ms >= 0


@pytest.mark.parametrize(
    ("board", "runtime", "rows", "said"),
    [
        ("nrf52840", "tensorrt", [Measured(work(8, 9), "int8", 1.0)], "only a Jetson"),
        ("nano", "tensorrt", [], "needs measurements"),
        ("nano", "tensorrt", [Measured(work(8, 9), "fp16", 0.0)], "above 0 ms"),
        ("nano", "onnx", [Measured(work(8, 9), "fp16", 1.0)], "unknown runtime 'onnx'"),
        ("nano", "tensorrt", [Measured(work(8, 9), "int8", 1.0)], "nano has no int8"),
        ("nona", "tensorrt", [], "unknown device"),
    ],
)
def test_what_is_no_measurement_of_a_board_is_refused(
    board: str, runtime: str, rows: list[Measured], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        refit(board, runtime, None, rows)
