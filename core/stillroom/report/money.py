"""What fewer sensors may save, under assumptions that are printed beside it; never more than these say.

With `w` workers, sensors of price `p`, wearables (one at each site) of price `h`, `y` years, batteries of price `b`
that last `m` months, and `t` hours of care at a rate `r` for each wearable and year, the sets cost

    hardware w (sum p + sites h)     batteries w sites b 12 y / m     care w sites t r y

and what is saved is the teacher's set minus the student's. Not counted: what stands in `CAVEATS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from stillroom.base.errors import InputError
from stillroom.report.assumptions import (
    OURS,
    PRICE,
    Assumptions,
    Line,
    Range,
    as_options,
    from_options,
    lines,
)
from stillroom.report.pairs import pairs
from stillroom.report.wording import clean, sensors_of

__all__ = [
    "CAVEATS",
    "OURS",
    "Assumptions",
    "Energy",
    "Line",
    "Part",
    "Range",
    "Savings",
    "Swing",
    "amount",
    "as_options",
    "energy_of",
    "from_options",
    "lines",
    "savings",
    "sensors_of",
    "sentence",
    "tornado",
]  # fmt: skip

CAVEATS = (
    "What is not marked as yours is our assumption: a round number, from no supplier and no study.",
    "Sensors are counted one by one, although one chip may hold several.",
    "Not counted: integration, software, training, certification, computers, and what a wrong answer costs.",
)
_MONTHS, _MINUTES, _DIGITS = 12, 60, 3


class Energy(NamedTuple):
    """What one answer takes on one device; measured, never estimated.

    Attributes:
        teacher_mj: of the teacher.
        student_mj: of the student.
        stride_s: from one answer to the next.
        source: how it was measured.
        where: on which device, and how it was set, as "orin-nano, ONNX Runtime, fp32, 15W".
    """

    teacher_mj: float
    student_mj: float
    stride_s: float
    source: str = ""
    where: str = ""


class Part(NamedTuple):
    """One part of the costs: with the teacher's sensors, and with the student's."""

    name: str
    before: float
    after: float

    @property
    def saved(self) -> float:
        """The difference; negative where the student's sensors cost more."""
        return self.before - self.after


@dataclass(frozen=True)
class Savings:
    """What is saved, part by part.

    Attributes:
        dropped: sensors that are needed no more.
        kept: sensors that are.
        assumptions: it rests on.
        energy: that battery lives were derived from; None where they were not.
        parts: hardware, batteries, care.
    """

    dropped: tuple[str, ...]
    kept: tuple[str, ...]
    assumptions: Assumptions
    energy: Energy | None
    parts: tuple[Part, ...]

    @property
    def total(self) -> Part:
        """All parts together: over all years and workers."""
        return Part("total", sum(part.before for part in self.parts), sum(part.after for part in self.parts))

    @property
    def wearables(self) -> tuple[int, int]:
        """How many wearables a worker has: before and after."""
        return len(_sites((*self.kept, *self.dropped))), len(_sites(self.kept))

    @property
    def lines(self) -> list[Line]:
        """The assumptions that play a part."""
        kinds = map(_kind, (*self.dropped, *self.kept))
        return lines(self.assumptions, kinds, energies=self.energy is not None)

    def as_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        parts = (*self.parts, self.total)
        return {
            "dropped": list(self.dropped), "kept": list(self.kept), "currency": self.assumptions.currency,
            "parts": {part.name: {"before": part.before, "after": part.after, "saved": part.saved} for part in parts},
            "assumptions": self.assumptions.model_dump(mode="json"),
            "energy": self.energy._asdict() if self.energy else None,
        }  # fmt: skip


class Swing(NamedTuple):
    """How far one assumption moves what is saved, all others standing as they are.

    Attributes:
        line: the assumption.
        at_low: what is saved where it is at its low end.
        at_high: what is saved where it is at its high end.
    """

    line: Line
    at_low: float
    at_high: float

    @property
    def width(self) -> float:
        """How far apart the two lie."""
        return abs(self.at_high - self.at_low)


def savings(
    dropped: Iterable[str], kept: Iterable[str], assumptions: Assumptions | None = None, energy: Energy | None = None
) -> Savings:
    """What is saved where some sensors are worn no more.

    Args:
        dropped: sensors that go, as `left_wrist.acc`.
        kept: sensors that stay.
        assumptions: ours by default.
        energy: of an answer, where it was measured for both models: how long a battery lasts with the student then
            follows, as if the model ran on the wearable; a given `student_months` counts more.

    Raises:
        InputError: a sensor that goes and stays.
    """
    assumed, goes, stays = assumptions or Assumptions(), _distinct(dropped), _distinct(kept)
    if both := sorted(set(goes) & set(stays)):
        raise InputError("a sensor cannot be dropped and kept", where=", ".join(both))
    every = (*stays, *goes)
    before, after = _life(assumed, energy)
    parts = (
        Part("hardware", _hardware(every, assumed), _hardware(stays, assumed)),
        Part("batteries", _batteries(every, assumed, before), _batteries(stays, assumed, after)),
        Part("care", _care(every, assumed), _care(stays, assumed)),
    )
    return Savings(goes, stays, assumed, energy, parts)


def tornado(saved: Savings) -> list[Swing]:
    """One assumption at a time at its low and at its high end; what moves most comes first.

    Known values, and those that move nothing, are left out.
    """
    found = []
    for line in saved.lines:
        low, high = (_saved_at(saved, line, end) for end in (line.given.low, line.given.high))
        found += [Swing(line, low, high)] * (low != high)
    return sorted(found, key=lambda swing: -swing.width)


def sentence(saved: Savings, swings: Sequence[Swing] | None = None) -> str:
    """What is saved, in words that claim nothing beyond the assumptions.

    Args:
        saved: what is told of.
        swings: of the same; computed where they are not given.
    """
    total, assumed = saved.total, saved.assumptions
    if not saved.dropped:
        return "The student needs the teacher's sensors, all of them: no sensor and no wearable is saved."
    many = len(saved.dropped) + len(saved.kept)
    gone = saved.wearables[0] - saved.wearables[1]
    worn = f"{gone} of {saved.wearables[0]} wearables" if saved.wearables[0] > 1 else "the only wearable"
    less = f", and with them {worn} of every worker," if gone else ""
    verb = "saves" if total.saved >= 0 else "costs"
    workers, years = round(assumed.units.value), assumed.years.value
    said = [
        f"Under these assumptions, leaving out {len(saved.dropped)} of {many} sensors{less} {verb} about"
        f" {amount(abs(total.saved), assumed.currency)}{' more' * (total.saved < 0)} over {years:g}"
        f" year{'s' * (years != 1)} with {workers:,} worker{'s' * (workers != 1)};"
        f" what stays costs about {amount(total.after, assumed.currency)}."
    ]
    swings = tornado(saved) if swings is None else swings
    if swings:
        ends = [end for swing in swings for end in (swing.at_low, swing.at_high)]
        said.append(
            f"One assumption at a time moves what is saved between {amount(min(ends), assumed.currency)} and"
            f" {amount(max(ends), assumed.currency)}; most of all: {_lower(swings[0].line.name)}."
        )
    if saved.energy is not None and assumed.student_months is None:
        measured = f"the energy measured on {saved.energy.where}" if saved.energy.where else "the energy measured"
        said.append(f"How long batteries last follows from {measured}, as if the models ran on the wearable itself.")
    return " ".join(said)


def amount(value: float, currency: str) -> str:
    """Money to three digits: assumptions carry no more."""
    digits = _DIGITS - 1 - (len(str(int(abs(value)))) - 1)
    return f"{round(value, min(0, digits)):,.0f} {currency}".replace("-", "\N{MINUS SIGN}")


def energy_of(told: Mapping[str, Any] | None, device: str, stride_s: float) -> Energy | None:
    """What an answer takes on a device, where it was measured there for both models; None otherwise.

    Args:
        told: what `stillroom cost` told.
        device: by its name.
        stride_s: from one answer to the next.
    """
    for pair in pairs(told, device, "energy")[:1]:  # the one that the front page prints
        teacher, student = pair.both
        whole = None not in pair.values and (teacher["unit"], student["unit"]) == ("mJ", "mJ")
        if pair.measured and whole and stride_s > 0:
            where = f"{clean(device)}, {pair.named}"
            return Energy(teacher["value"], student["value"], stride_s, str(student["provenance"]), where)
    return None


def _saved_at(saved: Savings, line: Line, end: float) -> float:
    assumed = saved.assumptions.having(line.key, Range(value=end, low=end, high=end))
    return savings(saved.dropped, saved.kept, assumed, saved.energy).total.saved


def _life(assumed: Assumptions, energy: Energy | None) -> tuple[float, float]:
    """Months that a battery lasts, before and after.

    From energies: it drains by what else the wearable draws and by an answer's energy in every stride (mJ/s = mW).
    """
    before = assumed.battery_months.value
    if assumed.student_months is not None:
        return before, assumed.student_months.value
    if energy is None:
        return before, before
    drawn = [assumed.other_mw.value + one / energy.stride_s for one in (energy.teacher_mj, energy.student_mj)]
    return before, before * drawn[0] / drawn[1] if drawn[1] else before


def _hardware(sensors: Sequence[str], assumed: Assumptions) -> float:
    prices = (assumed.of(f"{PRICE}{_kind(one)}") for one in sensors)
    return assumed.units.value * (
        sum(price.value for price in prices if price) + len(_sites(sensors)) * assumed.housing.value
    )


def _batteries(sensors: Sequence[str], assumed: Assumptions, months: float) -> float:
    exchanges = _MONTHS * assumed.years.value / months
    return assumed.units.value * len(_sites(sensors)) * exchanges * assumed.battery.value


def _care(sensors: Sequence[str], assumed: Assumptions) -> float:
    hours = assumed.minutes.value / _MINUTES * assumed.years.value
    return assumed.units.value * len(_sites(sensors)) * hours * assumed.hourly.value


def _sites(sensors: Iterable[str]) -> tuple[str, ...]:
    return _distinct(one.rpartition(".")[0] for one in sensors)


def _kind(sensor: str) -> str:
    return sensor.rpartition(".")[2]


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
