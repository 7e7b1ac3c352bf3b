"""What the runs of a study found, seeds averaged within a person before anything is compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stillroom.evaluation.people import mean_over_seeds


@dataclass(frozen=True)
class Found:
    """The finished runs of one combination.

    Attributes:
        reports: by seed.
    """

    reports: dict[int, dict[str, Any]]

    def of(self, role: str, seeds: Sequence[int] | None = None) -> dict[str, float]:
        """Macro-F1 of each person, the mean over seeds.

        Args:
            role: which model.
            seeds: only these; all that are done by default.
        """
        chosen = sorted(self.reports) if seeds is None else seeds
        scores = {
            (person, seed): value for seed in chosen for person, value in self.reports[seed][role]["per_person"].items()
        }
        return mean_over_seeds(scores)

    def spread_over_seeds(self, role: str) -> float | None:
        """The standard deviation over seeds of the mean over people; None with one seed."""
        means = [report[role]["macro_f1"] for report in self.reports.values()]
        return float(np.std(means, ddof=1)) if len(means) > 1 else None

    @property
    def first(self) -> dict[str, Any]:
        """The report of the first seed: what does not depend on the seed."""
        return self.reports[min(self.reports)]


def long_table(names: Sequence[str], found: Sequence[Found]) -> pd.DataFrame:
    """One row for each combination, seed, model and person; pruned and quantised students are models as well."""
    rows = [
        (name, seed, role, person, value)
        for name, one in zip(names, found, strict=True)
        for seed, report in sorted(one.reports.items())
        for role in report["models"]
        for person, value in report[role]["per_person"].items()
    ]
    return pd.DataFrame(rows, columns=["cell", "seed", "model", "person", "macro_f1"])
