"""Two runs' students window by window: by activity, what each takes for what, and windows that one alone got wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stillroom.evaluation.pairs import class_changes, confusion_change, differing
from stillroom.runs.predictions import Places, Predictions, places_of, predictions_of
from stillroom_app.services.comparing import STUDENT
from stillroom_app.services.listing import Listed

MOST = 50


@dataclass(frozen=True)
class Pair:
    """Two students' answers to the same windows.

    Attributes:
        one: of the first.
        other: of the second.
        classes: by their index.
        places: where the windows lie; None where that was not kept.
    """

    one: Predictions
    other: Predictions
    classes: list[str]
    places: Places | None

    def by_class(self) -> dict[str, dict[str, Any]]:
        """How much more F1 the second has on each activity."""
        return class_changes(self.one, self.other, self.classes)

    def confusion(self) -> NDArray[np.float64]:
        """`(done, said)`: how much more of each activity's windows the second calls so."""
        return confusion_change(self.one, self.other, len(self.classes))

    def examples(self, done: str, said: str, names: tuple[str, str], most: int = MOST) -> tuple[pd.DataFrame, int]:
        """Windows of an activity that exactly one of the two called so, and how many there are in all.

        Args:
            done: what was done.
            said: what one of them said.
            names: of the two students, for the columns.
            most: rows at most.
        """
        found = differing(self.one, self.other, self.classes.index(done), self.classes.index(said))
        shown = found[:most]
        where: dict[str, Any] = {"person": self.one.unit[shown], "window": self.one.ids[shown]}
        if self.places is not None:
            ids = self.one.ids[shown]
            recordings = [self.places.names[place] for place in self.places.recording[ids]]
            where = {"recording": recordings, "from, s": np.round(self.places.start_s[ids], 1)}
        answers = {
            name: [self.classes[code] for code in told.said[shown]]
            for name, told in zip(names, (self.one, self.other), strict=True)
        }
        return pd.DataFrame({**where, **answers}), len(found)


def pair_of(one: Listed, other: Listed) -> Pair:
    """The answers of two runs' students.

    Raises:
        InputError: predictions that are gone or damaged, or of other windows.
    """
    first, second = (predictions_of(run.run, STUDENT) for run in (one, other))
    return Pair(first, second, list(one.run.report["classes"]), places_of(one.run) or places_of(other.run))
