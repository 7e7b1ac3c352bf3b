"""A job's journal as the Training page reads it: only what is new since the last look, kept in a bounded state.

A distillation tells which models it makes in which folds, and every epoch; a study, an explanation or an export tell
how far they are. From their times follows how long the rest may take, as a range.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from stillroom.base import journal
from stillroom.base.errors import StillroomError
from stillroom.runs.store import Run
from stillroom_app.services import jobs

_TRAININGS, _EPOCHS, _SAID, _STEPS, _FOLLOWED = 48, 400, 300, 60, 16
_ENOUGH_STEPS = 20
Place = tuple[str, str]  # fold and role


@dataclass
class Seen:
    """What a journal has told so far.

    Attributes:
        offset: bytes read.
        folds: in order, of a distillation.
        roles: the models of each fold, in order.
        now: fold and role of what is being made.
        done: models done.
        of: models in all, or the counted steps of another job.
        part: what is being done, in words.
        run: the folder of the run that was opened.
        epochs: entries of each training, the latest trainings only.
        planned: how many epochs each has at most.
        took_s: how long each model took.
        steps: when the last counted steps ended, and how far that was.
        said: the last sentences: when, kind, words.
        trained: epochs seen in all.
    """

    offset: int = 0
    folds: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    now: Place | None = None
    done: int = 0
    of: int = 0
    part: str = ""
    run: str = ""
    epochs: OrderedDict[Place, list[dict[str, Any]]] = field(default_factory=OrderedDict)
    planned: dict[Place, int] = field(default_factory=dict)
    took_s: dict[Place, float] = field(default_factory=dict)
    steps: deque[tuple[float, int, int]] = field(default_factory=lambda: deque(maxlen=_STEPS))
    said: deque[tuple[float, str, str]] = field(default_factory=lambda: deque(maxlen=_SAID))
    trained: int = 0
    _began_s: float | None = None

    def hear(self, event: Mapping[str, Any]) -> None:
        """Takes in one event."""
        kind, data, at_s = str(event.get("kind", "")), event.get("data") or {}, float(event.get("time_s", 0.0))
        if event.get("message"):
            self.said.append((at_s, kind, str(event["message"])))
        if kind == "run.started":
            self.run, self._began_s = str(data.get("run", "")), None  # a model that a stop cut short took no known time
        elif kind == "plan":
            self.folds, self.roles = list(data["folds"]), list(data["roles"])
        elif kind == "models":
            self._model(data, at_s)
        elif kind == "epochs":
            self._epoch(data)
        elif "done" in data and "of" in data:
            self.part = str(data.get("part") or self.part)
            if not self.folds:
                self.done, self.of = int(data["done"]), int(data["of"])
                self.steps.append((at_s, self.done, self.of))

    def copied(self) -> Seen:
        """As it is now; another thread may read on."""
        epochs = OrderedDict((place, list(entries)) for place, entries in self.epochs.items())
        more: dict[str, Any] = {name: getattr(self, name).copy() for name in ("planned", "took_s", "steps", "said")}
        return replace(self, epochs=epochs, **more)

    def _model(self, data: Mapping[str, Any], at_s: float) -> None:
        fold, _, role = str(data["part"]).partition(": ")
        if self.now and self._began_s is not None:
            self.took_s.setdefault(self.now, at_s - self._began_s)
        self.now, self._began_s = (fold, role), at_s
        self.done, self.of, self.part = int(data["done"]), int(data["of"]), str(data["part"])

    def _epoch(self, data: Mapping[str, Any]) -> None:
        fold, _, role = str(data["phase"]).partition("/")
        place = (fold, role)
        entries = self.epochs.setdefault(place, [])
        entry = {name: data[name] for name in ("epoch", "losses", "validation_macro_f1", "seconds")}
        while entries and entries[-1]["epoch"] >= entry["epoch"]:  # an epoch that was begun anew after a stop
            entries.pop()
        entries.append(entry)
        self.planned[place], self.trained = int(data["of"]), self.trained + 1
        if len(entries) > _EPOCHS:
            del entries[1::2]
        while len(self.epochs) > _TRAININGS:
            gone, _ = self.epochs.popitem(last=False)
            self.planned.pop(gone, None)


_followed: OrderedDict[str, Seen] = OrderedDict()
_lock = threading.Lock()


def follow(folder: str) -> Seen:
    """What a job's journal tells, read on from where the last look ended, which all tabs share."""
    path = Path(folder) / "events.jsonl"
    with _lock:
        seen = _followed.pop(folder, None) or Seen()
        with suppress(FileNotFoundError):
            if path.stat().st_size < seen.offset:
                seen = Seen()
        events, seen.offset = journal.read_from(path, seen.offset)
        for event in events:
            with suppress(AttributeError, KeyError, TypeError, ValueError):  # of a later version, or damaged
                seen.hear(event)
        _followed[folder] = seen
        while len(_followed) > _FOLLOWED:
            _followed.popitem(last=False)
        return seen.copied()


def listed(chosen: str = "", limit: int = 30) -> list[dict[str, Any]]:
    """Jobs that the page offers: what runs or waits, then what ended last; the chosen one in any case."""
    rows = [row for row in jobs.rows() if not row["belongs"] or row["id"] == chosen]
    under_way = [row for row in rows if row["state"] in jobs.UNDER_WAY]
    ended = [row for row in rows if row["state"] not in jobs.UNDER_WAY]
    ended.sort(key=lambda row: row["ended_s"] or 0.0, reverse=True)
    shown = under_way + ended[:limit]
    return shown + [row for row in ended[limit:] if row["id"] == chosen]


def left_s(seen: Seen, now_s: float | None = None) -> tuple[float, float] | None:
    """How long the rest may take, as a range in seconds; None while too little is known.

    A model takes as long as in folds before, and as long as the others where it was not made yet.
    """
    if not seen.folds:
        return _left_of_steps(seen, now_s)
    if seen.trained < _ENOUGH_STEPS or not seen.took_s or seen.now is None:
        return None
    known: dict[str, list[float]] = {}
    for (_, role), seconds in seen.took_s.items():
        known.setdefault(role, []).append(seconds)
    mean = statistics.fmean(seen.took_s.values())
    low = high = 0.0
    for fold, role in _to_come(seen):
        share = _left_of_model(seen, (fold, role))
        found = known.get(role)
        low += share * (0.9 * min(found) if found else 0.4 * mean)
        high += share * (1.15 * max(found) if found else 1.8 * mean)
    return low, high


def _to_come(seen: Seen) -> list[Place]:
    order = [(fold, role) for fold in seen.folds for role in seen.roles]
    return order[order.index(seen.now) :] if seen.now in order else []


def _left_of_model(seen: Seen, place: Place) -> float:
    entries = seen.epochs.get(place)
    if place != seen.now or not entries:
        return 1.0
    return max(0.0, 1.0 - float(entries[-1]["epoch"]) / max(1, seen.planned.get(place, 1)))


def _left_of_steps(seen: Seen, now_s: float | None) -> tuple[float, float] | None:
    alike = [(at_s, done) for at_s, done, of in seen.steps if of == seen.of]
    if len(alike) < 4 or alike[-1][1] <= alike[0][1]:
        return None
    each = [(later - before) / (after - done) for (before, done), (later, after) in pairwise(alike) if after > done]
    rest = seen.of - seen.done
    since = max(0.0, (now_s or time.time()) - alike[-1][0])
    mean, spread = statistics.fmean(each), statistics.pstdev(each)
    expected = max(0.0, rest * mean - min(since, mean))
    width = max(0.15 * expected, 2 * spread * max(rest, 0) ** 0.5)
    return max(0.0, expected - width), expected + width


def terms_of(recipe: Mapping[str, Any], role: str) -> Mapping[str, Any]:
    """The declared terms of one of a run's trainings, by `run.json`'s recipe."""
    base, _, step = role.partition("-")
    if base in ("teacher", "small_teacher"):
        return dict(recipe["teacher"]["terms"])
    if base in ("semantic", "reference"):
        return dict((recipe.get(base) or {}).get("terms", {}))
    for stage in recipe.get("stages", ()):
        if stage["name"] == step:
            return dict(stage["terms"])
    searched, alone = recipe.get("search"), base == "alone"
    if searched and not step:
        return dict(searched["alone_terms" if alone else "terms"])
    return dict(recipe["alone_terms"] if alone else recipe["student"]["terms"])


def weight_at(term: Mapping[str, Any], done: float) -> float:
    """A term's weight when a share of the training is done, as `losses.term` has it."""
    weight, warm_up, fade = (float(term.get(name, own)) for name, own in (("weight", 1), ("warm_up", 0), ("fade", 0)))
    grown = min(1.0, done / warm_up) if warm_up else 1.0
    return weight * grown * (max(0.0, 1.0 - done / fade) if fade else 1.0)


def recipe_of(folder: str) -> dict[str, Any]:
    """The recipe and the settings that a run was asked for; empty where it has not begun, or is gone."""
    with suppress(StillroomError, KeyError, TypeError):
        return dict(Run(Path(folder)).facts["asked"]) if folder else {}
    return {}


def weighted(entries: Sequence[Mapping[str, Any]], terms: Mapping[str, Any], planned: int) -> dict[str, list[float]]:
    """What each term added to the loss, epoch by epoch."""
    names = entries[-1]["losses"] if entries else {}
    return {
        name: [
            float(entry["losses"].get(name, 0.0))
            * weight_at(terms.get(name, {}), (entry["epoch"] - 0.5) / max(1, planned))
            for entry in entries
        ]
        for name in names
    }


def best_of(entries: Sequence[Mapping[str, Any]]) -> tuple[int, float]:
    """The epoch with the best score on validation people, and that score."""
    best = max(entries, key=lambda entry: float(entry["validation_macro_f1"]))
    return int(best["epoch"]), float(best["validation_macro_f1"])
