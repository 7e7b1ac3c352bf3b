"""An estimate is a band that says what it is made of; published measurements that it never saw lie in it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.cost.calibration import Row
from stillroom.cost.devices import Jetson, Microcontroller, device, devices
from stillroom.cost.estimate import energy, estimate, fits
from stillroom.cost.quantity import Estimate, Work, two_digits

STUDENT = Work(macs=680_000, ops=33, kernels=12, bytes=300_000)
JETSONS = [name for name in devices() if isinstance(device(name), Jetson)]
CONTROLLERS = [name for name in devices() if isinstance(device(name), Microcontroller)]
RESNET50 = Work(macs=4_089_184_256, ops=174, kernels=56, bytes=4 * (25_557_032 + 22_782_952))

works = st.builds(
    Work,
    macs=st.integers(1, 10**10),
    ops=st.integers(1, 1000),
    kernels=st.integers(1, 500),
    bytes=st.integers(1, 10**9),
    recurrent=st.booleans(),
    concat_heavy=st.booleans(),
)


def band(found: Estimate) -> tuple[float, float]:
    assert found.value is not None and found.high is not None
    return found.value / found.low, found.high / found.value


@given(st.sampled_from(devices()), st.sampled_from(["fp32", "fp16", "int8"]), works)
def test_the_band_holds_the_value_and_says_where_it_comes_from(name: str, precision: str, work: Work) -> None:
    board = device(name)
    if (isinstance(board, Microcontroller) and precision == "fp16") or (
        isinstance(board, Jetson) and precision == "int8" and not board.int8_tops
    ):
        return
    found = estimate(name, None, None, precision, work)
    assert found.value is not None and found.high is not None
    assert 0 < found.low < found.value < found.high
    assert (found.unit, found.device, found.precision) == ("ms", name, precision)
    assert found.dominant in {"fixed", "launch", "compute", "memory"}
    assert found.provenance.startswith("estimate, ") and "2-D" in found.remark
    assert min(band(found)) > 1.4


@given(st.sampled_from(devices()), works, st.integers(1, 10**9), st.integers(0, 500))
def test_more_work_never_takes_less(name: str, work: Work, macs: int, launches: int) -> None:
    more = Work(**{**vars(work), "macs": work.macs + macs, "kernels": work.kernels + launches})
    less_ms, more_ms = (estimate(name, None, None, precision_of(name), one).value for one in (work, more))
    assert less_ms is not None and more_ms is not None and more_ms >= less_ms


def precision_of(name: str) -> str:
    return "fp16" if name in JETSONS else "int8"


@given(st.floats(1e-6, 1e9))
def test_two_digits_are_kept(value: float) -> None:
    assert two_digits(value) == pytest.approx(value, rel=0.05 + 1e-9)
    assert float(f"{two_digits(value):.1e}") == pytest.approx(two_digits(value), rel=1e-12)


@pytest.mark.parametrize("name", JETSONS)
def test_a_lower_mode_is_never_quicker(name: str) -> None:
    board = device(name)
    assert isinstance(board, Jetson)
    top = estimate(name, None, "tensorrt", "fp16", RESNET50).value
    for mode in board.modes[1:]:
        slower = estimate(name, mode.name, "tensorrt", "fp16", RESNET50)
        assert slower.mode == mode.name
        if mode.cpu_mhz.value <= board.modes[0].cpu_mhz.value:
            assert slower.value is not None and top is not None and slower.value >= top


def test_a_mode_s_clocks_scale_what_they_drive() -> None:
    small = [estimate("agx-xavier", mode, "eager", "fp16", STUDENT).value for mode in ("MAXN", "30W")]
    assert small[1] == pytest.approx(small[0] * 2265.6 / 1200, rel=0.05), "launches follow the processor"
    large = Work(macs=10**12, ops=1, kernels=1, bytes=1)
    heavy = [estimate("agx-xavier", mode, "eager", "fp16", large).value for mode in ("15W", "10W")]
    assert heavy[1] == pytest.approx(heavy[0] * 670 / 520 * 2, rel=0.05), "and half of the GPU is off"


@pytest.mark.parametrize(
    ("board", "precision", "changes", "factor"),
    [
        ("agx-xavier", "fp16", {}, 2),
        ("nano", "fp16", {"recurrent": True}, 3),
        ("nano", "fp16", {"concat_heavy": True}, 4),
        ("agx-xavier", "int8", {}, 3),
        ("agx-orin", "fp16", {}, 3),
        ("agx-orin", "fp16", {"recurrent": True}, 4),
        ("tx2", "fp16", {"concat_heavy": True}, 5),
        ("agx-orin", "int8", {}, 4),
    ],
)
def test_the_band_is_as_wide_as_what_is_not_measured(
    board: str, precision: str, changes: dict[str, bool], factor: float
) -> None:
    work = Work(**{**vars(STUDENT), **changes})
    assert band(estimate(board, None, "tensorrt", precision, work)) == pytest.approx((factor, factor), rel=0.1)


def test_held_out_networks_lie_in_the_band(table: list[Row]) -> None:
    from stillroom.cost.calibration import leave_one_family_out

    for board in ("agx-xavier", "nano"):
        for runtime in ("eager", "tensorrt"):
            for family, ratios in leave_one_family_out(table, board, runtime).items():
                factor = 4 if family == "densenet" else 2
                assert all(1 / factor <= ratio <= factor for ratio in ratios), (board, runtime, family, ratios)


# MLPerf edge, SingleStream, ResNet-50 in INT8, batch 1, median in ms: inference_results_v1.1 and v3.0 of mlcommons
@pytest.mark.parametrize(
    ("board", "measured"), [("agx-xavier", 1.82), ("xavier-nx", 2.42), ("orin-nx", 1.08), ("agx-orin", 0.630)]
)
def test_published_latencies_of_other_boards_lie_in_the_band(board: str, measured: float) -> None:
    found = estimate(board, None, "tensorrt", "int8", RESNET50)
    assert found.high is not None and found.low <= measured <= found.high, found.sentence()


# MLPerf Tiny, X-CUBE-AI on the same chips: cycles for a MAC came from these very nets, so they must come out again
@pytest.mark.parametrize("macs", [264_192, 2_656_768, 12_501_632, 7_489_664])
def test_a_named_runtime_covers_its_nets(macs: int) -> None:
    found = estimate("stm32l4r5", None, "x-cube-ai", "int8", Work(macs, 10, 10, 1))
    for cycles in (1.43, 2.18):
        assert found.high is not None and found.low <= cycles * macs / 120e3 <= found.high
    assert band(found) == pytest.approx((1.5, 1.5), rel=0.1)


def test_a_runtime_left_open_widens_the_band() -> None:
    open_ended = estimate("stm32l4r5", None, None, "int8", STUDENT)
    assert band(open_ended) == pytest.approx((2.5, 2.5), rel=0.1)
    assert band(estimate("nrf52840", None, "plumerai", "int8", STUDENT)) == pytest.approx((2.5, 2.5), rel=0.1)
    assert band(estimate("stm32u575", None, "x-cube-ai", "fp32", STUDENT)) == pytest.approx((5, 5), rel=0.1)
    wide = estimate("esp32-s3", None, None, "int8", STUDENT)
    assert max(band(wide)) > 5, "from esp-nn to plain C it is fifty-fold"
    assert "esp-nn" in wide.runtime and "plain-c" in wide.runtime


def test_floats_on_a_microcontroller_come_out_as_published() -> None:
    found = estimate("stm32u575", None, "x-cube-ai", "fp32", Work(13_008, 5, 5, 1))
    assert found.value == pytest.approx(2.25, rel=0.05), "2.25 ms for 13,008 MAC (STMicroelectronics, IGN)"


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (("jetson", None, None, "fp16"), "unknown device 'jetson'"),
        (("nano", "MAXM", None, "fp16"), "nano has no power mode 'MAXM'.*MAXN"),
        (("nano", None, "tensorflow", "fp16"), "unknown runtime 'tensorflow'"),
        (("nano", None, "tensorrt", "fp8"), "unknown precision 'fp8'"),
        (("nano", None, "tensorrt", "int8"), "nano has no int8"),
        (("agx-orin", None, "eager", "int8"), "eager torch computes no int8"),
        (("nrf5340", None, None, "fp16"), "unknown precision 'fp16' of nrf5340"),
        (("stm32l4r5", None, "esp-nn", "int8"), "unknown runtime 'esp-nn' of stm32l4r5"),
        (("stm32l4r5", "slow", None, "int8"), "stm32l4r5 has no power mode 'slow'"),
    ],
)
def test_what_a_board_does_not_have_is_refused(question: tuple[str, str | None, str | None, str], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        estimate(*question, STUDENT)
    assert caught.value.mend


def test_a_model_without_macs_is_not_timed_on_a_microcontroller() -> None:
    with pytest.raises(InputError, match="has none"):
        estimate("nrf52840", None, None, "int8", Work(0, 5, 5, 100))
    with pytest.raises(InputError, match="cannot be negative"):
        Work(-1, 5, 5, 100)


@given(st.sampled_from(JETSONS), works)
def test_a_jetson_s_energy_is_a_bracket_and_no_point(name: str, work: Work) -> None:
    latency = estimate(name, None, None, "fp16", work)
    found, board = energy(latency), device(name)
    assert isinstance(board, Jetson) and board.modes[0].watts and latency.high is not None
    assert found.value is None and found.unit == "mJ" and found.provenance.startswith("bracket")
    assert found.low == pytest.approx(board.idle_watts.value * latency.low, rel=0.06)
    assert found.high == pytest.approx(board.modes[0].watts.value * latency.high, rel=0.06)


def test_a_microcontroller_s_energy_is_power_times_time() -> None:
    latency = estimate("stm32u575", None, "x-cube-ai", "int8", Work(2_656_768, 10, 10, 1))
    found = energy(latency)
    assert found.value is not None and latency.value is not None and found.high is not None
    assert found.value == pytest.approx(0.0234 * latency.value, rel=0.06)
    assert found.low < found.value < found.high
    per_mac = found.value * 1e-3 / 2_656_768 * 1e12
    assert 183 <= per_mac <= 292, "pJ for a MAC, as measured on that board"


@pytest.mark.parametrize("name", ["esp32-s3", "stm32f746", "nrf5340"])
def test_where_no_power_is_published_there_is_no_energy(name: str) -> None:
    found = energy(estimate(name, None, None, "int8", STUDENT))
    assert (found.low, found.value, found.high) == (None, None, None)
    assert "no power" in found.provenance


def test_what_fits_and_what_does_not_is_said_with_both_numbers() -> None:
    board = device("stm32u385")
    assert isinstance(board, Microcontroller)
    assert fits(board, 60_000, 20_000).fits is True
    assert fits(board, 1_048_576, 262_144).fits is True, "to the last byte"
    assert fits(board, 1_048_577, 1).fits is False and fits(board, 1, 262_145).fits is False
    assert fits(board, 61_440, 524_288).sentence() == (
        "does not fit: 60.0 KiB of 1024.0 KiB flash, 512.0 KiB of 256.0 KiB RAM"
    )
    unknown = board.changed(flash_bytes=None)
    assert fits(unknown, 10**9, 1).fits is None and fits(unknown, 1, 10**9).fits is False


def test_a_sentence_never_gives_a_bare_number() -> None:
    found = estimate("agx-xavier", None, "tensorrt", "fp16", STUDENT)
    assert found.sentence() == f"≈ {found.value:g} ({found.low:g} to {found.high:g}) ms, estimate, not measured"
    assert "to ?" in energy(estimate("nrf5340", None, None, "int8", STUDENT)).sentence()
    assert not math.isnan(found.low)
