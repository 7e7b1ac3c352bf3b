"""Studies of sensors in the workspace and in the demo: each set's estimate beside what was measured for it.

They are read from the files that `stillroom study sensors` keeps; a study whose runs are not over yet has no row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from stillroom_app.services import workspace
from stillroom_app.services.workspace import Whose, kept

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

    @property
    def people(self) -> int:
        """How many people each set was measured with."""
        return len(self.rows[0]["truth"]["per_person"]) if self.rows else 0

    @property
    def origin(self) -> str:
        """Where its numbers come from, in a line."""
        said = [self.data.rpartition("/")[2], str(self.asked.get("protocol", "")), f"{self.people} people tested"]
        said += ["fast setting"] * bool(self.asked.get("fast"))
        return f"Measured here: {', '.join(filter(None, said))}, study {self.name.rpartition('/')[2]}"

    def row(self, group: frozenset[str]) -> Mapping[str, Any] | None:
        """What was measured for a set; None where it was not."""
        return next((row for row in self.rows if frozenset(row["sensors"]) == group), None)


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
    if not plan or plan.get("kind") != _KIND or "data" not in plan.get("asked", {}):
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
    )
