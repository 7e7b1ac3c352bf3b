"""Every board's profile says where its figures come from, and hangs together."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from stillroom.base.config import Config
from stillroom.base.errors import InputError
from stillroom.cost.devices import Figure, Jetson, Microcontroller, device, devices

BOARDS = (
    "nano", "tx2", "xavier-nx", "agx-xavier", "orin-nano", "orin-nx", "agx-orin", "thor-t5000",
    "stm32l4r5", "stm32u575", "stm32u385", "stm32f746", "nrf52840", "nrf5340", "esp32-s3",
)  # fmt: skip
JETSONS = [name for name in BOARDS if isinstance(device(name), Jetson)]
CONTROLLERS = [name for name in BOARDS if isinstance(device(name), Microcontroller)]


def jetson(name: str) -> Jetson:
    profile = device(name)
    assert isinstance(profile, Jetson)
    return profile


def figures(config: Config) -> list[Figure]:
    found: list[Figure] = []
    for value in vars(config).values():
        inside = value if isinstance(value, tuple) else (value,)
        found += [one for one in inside if isinstance(one, Figure)]
        found += [figure for one in inside if isinstance(one, Config) for figure in figures(one)]
    return found


def test_every_board_is_there() -> None:
    assert devices() == tuple(sorted(BOARDS))
    assert (len(JETSONS), len(CONTROLLERS)) == (8, 7)


@pytest.mark.parametrize("name", BOARDS)
def test_every_figure_has_a_source_and_every_mode_a_name_of_its_own(name: str) -> None:
    profile = device(name)
    assert profile.name == name and profile.title
    assert len(figures(profile)) >= 3 and all(len(figure.source) > 10 for figure in figures(profile))
    modes = [mode.name for mode in profile.modes]
    assert modes and len(set(modes)) == len(modes)


def test_a_figure_that_nobody_checked_says_so() -> None:
    assert not jetson("agx-xavier").idle_watts.verified
    assert jetson("agx-xavier").gpu_mhz.verified


@pytest.mark.parametrize("name", JETSONS)
def test_no_mode_is_faster_than_the_board(name: str) -> None:
    board = jetson(name)
    top = board.modes[0]
    for mode in board.modes:
        assert 0 < mode.gpu_mhz.value <= 1.02 * board.gpu_mhz.value
        assert mode.memory_gb_s.value <= top.memory_gb_s.value
        assert mode.watts is not None and board.idle_watts.value < mode.watts.value <= (top.watts or mode.watts).value
        assert mode.gpu_share is None or mode.gpu_share.value < 1


@pytest.mark.parametrize("name", JETSONS)
def test_the_peaks_follow_from_one_another(name: str) -> None:
    board = jetson(name)
    cores = float(board.gpu.split(",")[1].split()[0])
    assert board.fp32_tflops.value == pytest.approx(2 * cores * board.gpu_mhz.value / 1e6, rel=0.02)
    assert board.fp16_tflops.value >= 1.99 * board.fp32_tflops.value
    assert (board.int8_tops is None) == (board.calibrated_like == "nano"), "no INT8 before Volta"
    if board.int8_tops:
        assert board.int8_tops.value == pytest.approx(2 * board.fp16_tflops.value, rel=0.02)


@pytest.mark.parametrize("name", CONTROLLERS)
def test_a_microcontroller_has_a_runtime_for_bytes_and_one_for_floats(name: str) -> None:
    board = device(name)
    assert isinstance(board, Microcontroller)
    assert {one.precision for one in board.runtimes} == {"int8", "fp32"}
    assert all(one.cycles_per_mac_low <= one.cycles_per_mac_high for one in board.runtimes)
    assert all(one.borrowed == ("borrowed" in one.source) for one in board.runtimes)


def test_a_misspelt_board_is_told_the_closest() -> None:
    with pytest.raises(InputError, match=r"unknown device 'agx-xaver'.*Did you mean agx-xavier"):
        device("agx-xaver")


@pytest.mark.parametrize("name", ["agx-xavier", "stm32l4r5"])
def test_a_misspelt_mode_is_told_what_there_is(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} has no power mode '31W'"):
        device(name).mode("31W")
    assert device(name).mode(None) == device(name).modes[0]


@pytest.mark.parametrize("field", ["value", "source"])
def test_a_figure_without_a_source_or_a_value_is_refused(field: str) -> None:
    with pytest.raises(ValidationError):
        Figure(**{"value": 1.0, "source": "somebody", field: 0.0 if field == "value" else ""})
