"""What is assumed about money: prices, batteries and hours of work, each with a low and a high end.

All values are OUR ASSUMPTION until somebody gives another: round numbers of a plausible size, from no supplier and no
study. `option`s are how the command line and an address write them: `units=200`, `price.acc=4:3:6` (value, low, high).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from pydantic import Field, field_validator, model_validator

from stillroom.base.config import Config
from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean
from stillroom.report.wording import kind_of, upper

OURS = "our assumption"
PRICE, OTHER = "price.", "other"
_MOST, _LEAST_MONTHS, _LETTERS = 1e9, 0.01, 8
_KIND = re.compile(r"[a-z0-9_]{1,40}")
_HOW = "Give KEY=VALUE, or KEY=VALUE:LOW:HIGH, as units=200 or price.acc=4:3:6"
_TOLD = {  # name and unit; `{}` is the currency
    "units": ("Workers equipped", "workers"),
    "years": ("Years in use", "years"),
    "housing": ("Housing, board, radio", "{} a wearable"),
    "battery": ("Battery, or its exchange", "{} each"),
    "battery_months": ("A battery lasts", "months"),
    "student_months": ("With the student it lasts", "months"),
    "other_mw": ("Sensors and radio draw", "mW a wearable"),
    "minutes": ("Care of a wearable", "minutes a year"),
    "hourly": ("Labour", "{} an hour"),
}


class Range(Config):
    """A value and how low and how high it might be; all three alike where it is known.

    A bare number is read as a known value.
    """

    value: float = Field(ge=0, le=_MOST)
    low: float = Field(ge=0, le=_MOST)
    high: float = Field(ge=0, le=_MOST)

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:
        if isinstance(given, int | float) and not isinstance(given, bool):
            return {"value": given, "low": given, "high": given}
        return given

    @model_validator(mode="after")
    def _in_order(self) -> Range:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{_text(self.low)} (low), {_text(self.value)} and {_text(self.high)} (high) must rise")
        return self

    @property
    def known(self) -> bool:
        """Whether it has no width."""
        return self.low == self.high

    @property
    def option(self) -> str:
        """As an option writes it."""
        return ":".join(_text(one) for one in ((self.value,) if self.known else (self.value, self.low, self.high)))


def _range(value: float, low: float, high: float) -> Range:
    return Range(value=value, low=low, high=high)


def _prices() -> dict[str, Range]:
    """Of one sensor, mounted: a round number between half and twice as much. Our assumption."""
    round_numbers = {
        "acc": 4, "gyro": 6, "mag": 4, "magn": 4, "quat": 16, "capacitive": 12, "bvp": 16, "eda": 20, "temp": 2,
        "baro": 4, OTHER: 10,
    }  # fmt: skip
    return {kind: _range(price, price / 2, 2 * price) for kind, price in round_numbers.items()}


class Assumptions(Config):
    """What is assumed; a *wearable* is one housing with its radio and battery, one at each site of each worker.

    Attributes:
        currency: its sign or letters.
        units: workers who wear a set; known, so that it is asked of nobody how many they might be.
        years: that the sets are in use.
        price: of one sensor, by its kind; a kind that is not listed costs what `other` does.
        housing: of one wearable: housing, board, radio.
        battery: of one battery, or one exchange.
        battery_months: that a battery lasts with the teacher's sensors.
        student_months: that it lasts with the student's; as with the teacher's where it is not given and not derived
            from energies.
        other_mw: drawn by a wearable's sensors and radio; used only where the energy of an answer is known.
        minutes: of work on one wearable in a year: charging, cleaning, pairing.
        hourly: what an hour of that work costs.
    """

    currency: str = "EUR"
    units: Range = _range(100, 100, 100)
    years: Range = _range(3, 2, 5)
    price: dict[str, Range] = Field(default_factory=_prices)
    housing: Range = _range(40, 20, 80)
    battery: Range = _range(3, 1, 6)
    battery_months: Range = _range(12, 6, 24)
    student_months: Range | None = None
    other_mw: Range = _range(5, 2, 20)
    minutes: Range = _range(30, 10, 60)
    hourly: Range = _range(40, 25, 60)

    @field_validator("currency")
    @classmethod
    def _is_currency(cls, value: str) -> str:
        if not 1 <= len(value) <= _LETTERS or not all(
            one.isalpha() or unicodedata.category(one) == "Sc" for one in value
        ):
            raise ValueError(f"a currency is a sign or up to {_LETTERS} letters, as EUR")
        return value

    @field_validator("price")
    @classmethod
    def _are_kinds(cls, value: dict[str, Range]) -> dict[str, Range]:
        for kind in value:
            if not _KIND.fullmatch(kind):
                raise ValueError(f"{kind!r} is no kind of sensor: small letters, digits and underscores")
        return {**_prices(), **value}

    @field_validator("units")
    @classmethod
    def _are_whole(cls, value: Range) -> Range:
        if not all(one.is_integer() for one in (value.value, value.low, value.high)):
            raise ValueError("workers are counted in whole numbers")
        return value

    @field_validator("battery_months", "student_months")
    @classmethod
    def _lasts(cls, value: Range | None) -> Range | None:
        if value is not None and value.low < _LEAST_MONTHS:
            raise ValueError(f"a battery lasts at least {_LEAST_MONTHS} months")
        return value

    def of(self, key: str) -> Range | None:
        """An assumption by its key; the price of a kind is `price.KIND`."""
        if key.startswith(PRICE):
            return self.price.get(key.removeprefix(PRICE), self.price[OTHER])
        found: Range | None = getattr(self, key)
        return found

    def having(self, key: str, given: Range) -> Assumptions:
        """The same with one of them replaced."""
        if key.startswith(PRICE):
            return self.model_copy(update={"price": {**self.price, key.removeprefix(PRICE): given}})
        return self.model_copy(update={key: given})


class Line(NamedTuple):
    """An assumption as it is printed.

    Attributes:
        key: as options name it.
        name: for people.
        unit: of its numbers.
        given: its value and ends.
        ours: whether nobody has given another than we assume.
    """

    key: str
    name: str
    unit: str
    given: Range
    ours: bool


def lines(assumptions: Assumptions, kinds: Iterable[str], *, energies: bool = False) -> list[Line]:
    """The assumptions that play a part, in the order in which they are printed.

    Args:
        assumptions: all.
        kinds: of the sensors that are kept or dropped.
        energies: whether the energy of an answer is known, so that what else draws power matters.
    """
    keys = ["units", "years", *(f"{PRICE}{kind}" for kind in dict.fromkeys(kinds)), "housing", "battery"]
    keys += ["battery_months"]
    if assumptions.student_months is not None:
        keys += ["student_months"]
    elif energies:
        keys += ["other_mw"]
    return list(_lines(assumptions, [*keys, "minutes", "hourly"]))


def _lines(assumptions: Assumptions, keys: Sequence[str]) -> Iterator[Line]:
    plain = Assumptions()
    for key in keys:
        given = assumptions.of(key)
        if given is not None:
            name, unit = (upper(kind_of(key)), "{} each") if key.startswith(PRICE) else _TOLD[key]
            yield Line(key, name, unit.format(assumptions.currency), given, given == plain.of(key))


def from_options(options: Iterable[str], base: Assumptions | None = None) -> Assumptions:
    """Assumptions with some of them replaced; of several for one key the last counts.

    Args:
        options: as `units=200`, `price.acc=4:3:6`, `currency=USD`.
        base: what else is assumed; ours by default.

    Raises:
        InputError: an option that cannot be read, names nothing, is negative, or whose ends do not rise.
    """
    found = base or Assumptions()
    for option in options:
        key, _, given = option.partition("=")
        where = f"--assume {option}"
        told = found.model_dump(mode="json")
        if key == "currency":
            told[key] = given
        elif key.startswith(PRICE):
            told["price"][key.removeprefix(PRICE)] = _read(given, where)
        elif key in _TOLD:
            told[key] = _read(given, where)
        else:
            keys = ["currency", *_TOLD, *(f"{PRICE}{kind}" for kind in found.price)]
            raise InputError(f"nothing is assumed under {key!r}", where=where, mend=did_you_mean(key, keys))
        found = _checked(told, where)
    return found


def as_options(assumptions: Assumptions) -> list[str]:
    """What differs from our assumptions, so that `from_options` gives the same again."""
    plain = Assumptions()
    keys = [*_TOLD, *(f"{PRICE}{kind}" for kind in assumptions.price)]
    given = [(key, assumptions.of(key)) for key in keys]
    found = [f"{key}={one.option}" for key, one in given if one is not None and one != plain.of(key)]
    return [f"currency={assumptions.currency}"] * (assumptions.currency != plain.currency) + found


def _checked(told: dict[str, Any], where: str) -> Assumptions:
    try:
        return Assumptions.from_input(told, where=where)
    except InputError as error:
        raise InputError(error.what, where=where, mend=_HOW) from error


def _read(given: str, where: str) -> dict[str, float]:
    try:
        numbers = [float(one) for one in given.split(":")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 3) or not all(map(math.isfinite, numbers)):
        raise InputError(f"{given!r} is no number, nor a number with a low and a high one", where=where, mend=_HOW)
    value, low, high = numbers * 3 if len(numbers) == 1 else numbers
    return {"value": value, "low": low, "high": high}


def _text(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)
