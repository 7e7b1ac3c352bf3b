"""Latency of a network on a Jetson, from published measurements of the board or of the one that is most like it.

Launches cost what the fitted board's cost, by the ratio of the processor clocks; computing and moving are the fitted
shares of the peaks that the board has in its power mode. A band is times or divided by two, and by one more for each
thing that no measurement stands for: the board, the precision, steps that wait for one another; and by two more for
networks that mostly join tensors. Held-out families of networks lie in it, and other boards' published latencies.
"""

from __future__ import annotations

from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean
from stillroom.cost.coefficients import Coefficients, overlapped, stored
from stillroom.cost.devices import Jetson, JetsonMode, device
from stillroom.cost.quantity import Estimate, Work, two_digits

RUNTIMES = ("eager", "tensorrt")
SIZES = {"fp32": 1.0, "fp16": 0.5, "int8": 0.25}
ENOUGH = 5
CARRIED = {"eager": (0.79, 1.24), "tensorrt": (0.37, 1.91)}

REMARK = (
    "Fitted on 2-D networks above 40 MMAC; far smaller and 1-D ones are an extrapolation until this board is measured."
)
UNMEASURED_STEPS = "No recurrent network is among the measurements."


def latency(
    board: Jetson,
    mode_name: str | None,
    runtime: str | None,
    precision: str,
    work: Work,
    coefficients: Coefficients | None = None,
) -> Estimate:
    """The time of one window that is waited for, in ms.

    Args:
        board: its profile.
        mode_name: power mode; the default where None.
        runtime: "eager" or "tensorrt", which is the default.
        precision: "fp32", "fp16" or "int8".
        work: what the network does.
        coefficients: re-fitted ones; the package's where None.

    Raises:
        InputError: an unknown mode, runtime or precision, or one that the board does not have.
    """
    mode, runtime = board.mode(mode_name), _runtime(runtime, board)
    known = coefficients or stored(board.calibrated_like, runtime)
    parts = terms(board, mode, precision, work, known)
    value = known.scale * total(parts)
    band = band_of(board, precision, work, known)
    return Estimate(
        low=two_digits(value / band),
        value=two_digits(value),
        high=two_digits(value * band),
        unit="ms",
        device=board.name,
        mode=mode.name,
        runtime=runtime,
        precision=precision,
        dominant=max(parts, key=parts.__getitem__),
        provenance=_provenance(board, precision, known),
        remark=f"{REMARK} {UNMEASURED_STEPS}" if work.recurrent else REMARK,
    )


def band_of(board: Jetson, precision: str, work: Work, known: Coefficients) -> float:
    """By how much the value may be too low or too high."""
    own = known.device == board.name and (known.rows >= ENOUGH or board.calibrated_like == board.name)
    carried = (not own) + (precision not in known.precisions)
    return 2.0 + carried + work.recurrent + 2 * work.concat_heavy


def terms(board: Jetson, mode: JetsonMode, precision: str, work: Work, known: Coefficients) -> dict[str, float]:
    """What the time is made of, in ms, before the scale; computing and moving overlap.

    Raises:
        InputError: the board has no such precision.
    """
    slower = _clock(known) / mode.cpu_mhz.value
    share = mode.gpu_share.value if mode.gpu_share else 1.0
    speed = _peak_tflops(board, known.runtime, precision) * mode.gpu_mhz.value / board.gpu_mhz.value * share
    launches = work.ops if known.runtime == "eager" else work.kernels
    return {
        "fixed": (known.fixed_ms + known.wait_ms) * slower,
        "launch": known.launch_ms * launches * slower,
        "compute": 2 * work.macs / (known.compute_share * 1e9 * speed),
        "memory": work.bytes * SIZES[precision] / (known.memory_share * 1e6 * mode.memory_gb_s.value),
    }


def total(parts: dict[str, float]) -> float:
    """The terms together, in ms."""
    return parts["fixed"] + parts["launch"] + overlapped(parts["compute"], parts["memory"])


def _clock(known: Coefficients) -> float:
    """Of the processor, where the coefficients were fitted."""
    return device(known.device).mode(known.mode).cpu_mhz.value


def _runtime(name: str | None, board: Jetson) -> str:
    if name is None:
        return "tensorrt"
    if name not in RUNTIMES:
        raise InputError(f"unknown runtime {name!r} of {board.name}", mend=did_you_mean(name, list(RUNTIMES)))
    return name


def _peak_tflops(board: Jetson, runtime: str, precision: str) -> float:
    if precision not in SIZES:
        raise InputError(f"unknown precision {precision!r}", mend=did_you_mean(precision, list(SIZES)))
    if precision == "int8":
        if runtime == "eager":
            raise InputError("eager torch computes no int8 on a GPU", mend="Ask for tensorrt, or for fp16.")
        if board.int8_tops is None:
            raise InputError(f"{board.name} has no int8 in TensorRT", mend="Ask for fp16.")
        return board.int8_tops.value
    return (board.fp32_tflops if precision == "fp32" else board.fp16_tflops).value


def _provenance(board: Jetson, precision: str, known: Coefficients) -> str:
    told = [f"estimate, {known.provenance}"]
    if precision not in known.precisions:
        told.append(f"{precision.upper()} was not among them")
    if known.device != board.name:
        low, high = CARRIED[known.runtime]
        told.append(
            f"carried over from {known.device} by clocks and peaks, which between the two measured boards "
            f"predicts x{low} to x{high} of measured"
        )
    elif known.held_out_error is not None:
        told.append(
            f"families of networks that the fit had not seen: mean error {known.held_out_error:.0%}, "
            f"predicted x{known.held_out_low:.2f} to x{known.held_out_high:.2f} of measured"
        )
    return "; ".join(told)
