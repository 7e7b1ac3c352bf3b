"""What a run's student saves beside its teacher, or a study's set beside all sensors: one sum for page and file.

The student is the model that the report is about: the distilled one, else the one that comes nearest to it.
"""

from __future__ import annotations

from stillroom.report.assumptions import Assumptions
from stillroom.report.chosen import parted
from stillroom.report.costs import device_of
from stillroom.report.finding import TEACHER, goes, shown
from stillroom.report.money import Savings, energy_of, savings
from stillroom.report.sources import RunSource, Source, StudySource


def saved_of(source: Source, assumed: Assumptions | None = None, device: str = "") -> Savings | None:
    """What is saved; None where nothing stands beside a teacher, nor a set beside all sensors.

    Args:
        source: what a report is about.
        assumed: under which assumptions; ours by default.
        device: whose energies decide how long batteries last, where they were measured.

    Raises:
        InputError: the run holds no figure of that device.
    """
    if isinstance(source, StudySource) and source.plan["kind"] == "sensors":
        kept, dropped = parted(source)
        return savings(dropped, kept, assumed)
    if not isinstance(source, RunSource) or not source.scored(TEACHER) or shown(source.report) == TEACHER:
        return None
    kept, dropped = goes(source.report)
    stride_s = float((source.facts["asked"].get("windows") or {}).get("stride_s") or 0)
    return savings(dropped, kept, assumed, energy_of(source.cost, device_of(source.cost, device), stride_s))
