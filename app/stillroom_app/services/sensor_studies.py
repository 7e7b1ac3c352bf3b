"""Studies of sensors in the workspace and in the demo: each set's estimate beside what was measured for it.

They are read from the files that `stillroom study sensors` keeps; a study whose runs are not over yet has no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from stillroom.figures.theme import made
from stillroom_app.services import workspace
from stillroom_app.services.listing import KEYS
from stillroom_app.services.workspace import DEMO_PREFIX, Whose, kept

_PLAN, _TABLE, _CALIBRATION, _KIND = "plan.json", "table.json", "calibration.json", "sensors"


@dataclass(frozen=True)
class SensorStudy:
    """A study of sensors.

    Attributes:
        name: its folder below the workspace, or `demo:FOLDER`.
        whose: the person's own, or the demo's.
        by: what was left out together.
        data: SOURCE.
        asked: its options.
        command: that began it.
        rows: of each set that was measured: `sensors`, `size`, `price`, `truth`, `estimate`, `forest`.
        calibration: of the estimate and its rivals.
        shapley: by the estimate and by what was measured, where every set was.
        suggested: likewise; None otherwise.
        sentence: its answer.
        caveats: what it rests on.
        on: what its scores were measured on; empty where that was not kept.
        flaw: why its files cannot be used; empty where they can.
    """

    name: str
    whose: Whose
    by: Literal["sensor", "site"]
    data: str
    asked: Mapping[str, Any] = field(repr=False)
    command: str
    rows: Sequence[Mapping[str, Any]] = field(repr=False)
    calibration: Mapping[str, Mapping[str, Any]] = field(repr=False)
    shapley: Mapping[str, Any] = field(repr=False)
    suggested: Mapping[str, Any] | None = field(repr=False)
    sentence: str
    caveats: Sequence[str]
    on: Mapping[str, Any] = field(default_factory=dict, repr=False)
    flaw: str = ""

    @property
    def people(self) -> int:
        """How many people, or stretches, each set was measured with."""
        return len(self.rows[0]["truth"]["per_person"]) if self.rows else 0

    @property
    def units(self) -> str:
        """What intervals are over; blocks of a recording are held out in stretches, whatever else by people."""
        return "stretches" if str(self.asked.get("protocol", "")).startswith("blocks") else "people"

    @property
    def fast(self) -> bool:
        """Whether it was made with the fast setting."""
        return bool(self.on.get("fast", self.asked.get("fast")))

    def origin(self, how: str = "Measured") -> str:
        """Where its numbers come from, in a line.

        Args:
            how: they were come by, as "Measured" or "Estimated".
        """
        said = [self.data.rpartition("/")[2], str(self.asked.get("protocol", "")), f"{self.people} {self.units} tested"]
        said += ["fast setting"] * self.fast
        last = self.name.removeprefix(DEMO_PREFIX).rpartition("/")[2]
        return f"{made(how, self.name)}: {', '.join(filter(None, said))}, study {last}"

    def tested(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """On what a set was tested, see `tested_on`."""
        return tested_on(self.on, row["truth"]["per_person"])

    def row(self, group: frozenset[str]) -> Mapping[str, Any] | None:
        """What was measured for a set; None where it was not."""
        return next((row for row in self.rows if frozenset(row["sensors"]) == group), None)


def tested_on(asked: Mapping[str, Any], people: Iterable[str]) -> tuple[Any, ...]:
    """The same for what was tested on the same windows of the same people; None in it where that was not kept.

    Args:
        asked: what holds `listing.KEYS`.
        people: who was tested, or which stretches.
    """
    return (*(asked.get(key) for key in KEYS), *sorted(people))


def studies() -> list[SensorStudy]:
    """Every study of sensors that can be read, the person's own first, the latest first in each group."""
    found = []
    for prefix, base, whose in (("", workspace.root(), "yours"), (workspace.DEMO_PREFIX, workspace.DEMO, "demo")):
        paths = [path for depth in ("", "*/") for path in base.glob(f"{depth}*/{_PLAN}")]
        for path in sorted(paths, key=lambda one: one.stat().st_mtime, reverse=True):
            name = prefix + path.parent.relative_to(base).as_posix()
            if (one := _study(path.parent, name, "demo" if whose == "demo" else "yours")) is not None:
                found.append(one)
    return found


def trust(calibration: Mapping[str, Mapping[str, Any]]) -> str:
    """How far the estimate can be believed, in plain words."""
    ours = calibration["estimate"]
    bias = "too little" if ours["bias"] < 0 else "too much"
    said = (
        f"Over {ours['n']} sets the estimate missed the measured macro-F1 by {100 * ours['mae']:.1f} points on average;"
        f" it promised {100 * abs(ours['bias']):.1f} points {bias}."
    )
    rho = ours["rho_within"]
    if rho["value"] is None:
        return f"{said} Too few sets of one size were measured to say how well it ranks them."
    bounds = "" if rho["low"] is None else f" ({rho['low']:.2f} to {rho['high']:.2f})"
    rival = calibration.get("forest", {}).get("rho_within", {}).get("value")
    beside = "" if rival is None else f"; a forest trained for each set reaches {rival:.2f}"
    worth = _worth(rho)
    return (
        f"{said} Among sets of one size it ranks them with a correlation of {rho['value']:.2f}{bounds}{beside}. {worth}"
    )


def _worth(rho: Mapping[str, float | None]) -> str:
    """What such a rank correlation is good for; the lower bound decides."""
    least = rho["low"] if rho["low"] is not None else rho["value"]
    assert least is not None
    if least >= 0.6:
        return "Believe its order, not its level: measure the set that you mean to wear."
    if least > 0:
        return "Take its order as a hint: measure the two or three sets that you consider."
    return "Its order may be chance: measure before you decide."


def _study(folder: Path, name: str, whose: Whose) -> SensorStudy | None:
    plan = kept(folder / _PLAN)
    if not plan or plan.get("kind") != _KIND or not isinstance(plan.get("asked"), dict) or "data" not in plan["asked"]:
        return None
    table, found = kept(folder / _TABLE) or {}, kept(folder / _CALIBRATION) or {}
    return SensorStudy(
        name=name,
        whose=whose,
        by=plan["asked"].get("by", "site"),
        data=str(plan["asked"]["data"]),
        asked=plan["asked"],
        command=f"{plan.get('command', '')} --out {folder.name}",
        rows=table.get("table", []),
        calibration=found.get("calibration") or {},
        shapley=found.get("shapley") or {},
        suggested=found.get("suggested"),
        sentence=str(table.get("sentence", "")),
        caveats=table.get("caveats", []),
        on=table.get("on") or {},
        flaw=_flaw(folder, table, found),
    )


def _flaw(folder: Path, table: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Why what a study kept cannot be used; empty where it can: what pages read of it is read once."""
    for name in (_TABLE, _CALIBRATION):
        if (folder / name).exists() and kept(folder / name) is None:
            return f"{name} cannot be read"
    try:
        for row in table.get("table", []):
            frozenset(row["sensors"])
            for score in (row["truth"], row["estimate"], row["forest"]):
                _numbers(score["macro_f1"], *score["per_person"].values())
                _numbers(*(value for value in (score["low"], score["high"]) if value is not None))
        for one in (found.get("calibration") or {}).values():
            _numbers(one["mae"], one["bias"])
            [one[rho]["value"] for rho in ("rho", "rho_within")]
        if found.get("calibration"):
            trust(found["calibration"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return f"a file of it is damaged ({error})"
    return ""


def _numbers(*values: Any) -> None:
    for value in values:
        float(value)
