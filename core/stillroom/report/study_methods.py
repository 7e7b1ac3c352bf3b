"""What a study of methods found over its data sets: gains that were shown, and how far ranks tell methods apart.

A method is named as the best one only where a test says so: the highest of many means is no finding.
"""

from __future__ import annotations

from typing import Any

from stillroom.report.costs import COUNTED, MEASURED
from stillroom.report.parts import Tile
from stillroom.report.sources import MethodsSource
from stillroom.report.wording import between, clean, listed, p_value, signed

_LEVEL = 0.05

Told = dict[str, Any]


def over_sets(source: MethodsSource) -> str:
    """The answer over several data sets."""
    entries, first = source.told["ranks"], clean(_first(source))
    shown = [
        f"{clean(entry['method'])} on {clean(name)} ({signed(gain['mean'])}, Holm's p = {p_value(gain['p_holm'])})"
        for entry in entries
        for name, gain in entry["gains"].items()
        if gain and _gained(gain)
    ]
    gained = f"No method gained over {first} so that it could be shown on any data set"
    if shown:
        gained = f"A gain over {first} was shown for {listed(shown)}"
    p, best = source.told["friedman_p"], entries[0]
    if p is not None and p <= _LEVEL:
        rank = f"the best is that of {clean(best['method'])}, {best['mean_rank']:.1f} of {len(entries)}"
        return f"{gained}. Mean ranks differ (Friedman's p = {p_value(p)}): {rank}"
    return f"{gained}; that mean ranks differ was not shown ({_untold(p)})"


def method_tiles(source: MethodsSource) -> list[Tile]:
    """What was compared, how many gains were shown, and how far ranks tell methods apart."""
    entries, names = source.told["ranks"], list(source.studies)
    every = [gain for entry in entries for gain in entry["gains"].values() if gain]
    found = [
        Tile("Methods", "", str(len(entries)), "on the same networks and folds", COUNTED),
        Tile("Data sets", "", str(len(names)), ", ".join(clean(name, 24) for name in names), COUNTED),
        Tile(
            "Gains shown",
            "",
            f"{sum(map(_gained, every))} of {len(every)}",
            f"over {clean(_first(source), 24)}",
            COUNTED,
        ),
    ]
    if len(names) == 1:
        return found + [_largest(entries)] * bool(every)
    p = source.told["friedman_p"]
    if p is not None and p <= _LEVEL:
        return [*found, Tile("Best mean rank", "", f"{entries[0]['mean_rank']:.1f}",
                             f"{clean(entries[0]['method'], 30)}; Friedman's p = {p_value(p)}", MEASURED)]  # fmt: skip
    spread = f"{entries[0]['mean_rank']:.1f} to {entries[-1]['mean_rank']:.1f}"
    return [*found, Tile("Mean ranks", "", spread, f"a difference was not shown: {_untold(p)}", MEASURED)]


def _first(source: MethodsSource) -> str:
    """What all others are compared with."""
    return str(next(iter(source.studies.values())).table["table"][0]["cell"])


def _largest(entries: list[Told]) -> Tile:
    """The largest gain on the only data set, and whether it was shown."""
    gained = [(entry["method"], gain) for entry in entries for gain in entry["gains"].values() if gain]
    method, gain = max(gained, key=lambda pair: pair[1]["mean"])
    note = f"{clean(method, 24)}, {between(gain, 2, sign=True)}: {verdict(gain)}"
    return Tile("Largest gain", "", signed(gain["mean"], 2), note, MEASURED)


def _gained(gain: Told) -> bool:
    return bool(gain["mean"] > 0 and verdict(gain) == "shown")


def verdict(gain: Told) -> str:
    """A difference counts as shown where its interval leaves zero out and Holm's p is small, as the study counts it."""
    clear = gain["low"] is not None and (gain["low"] > 0 or gain["high"] < 0)
    return "shown" if clear and gain["p_holm"] <= _LEVEL else "not shown"


def _untold(p: float | None) -> str:
    return "too few for a test" if p is None else f"Friedman's p = {p_value(p)}"
