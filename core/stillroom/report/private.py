"""The privacy line: which sensors are recorded no more, and how well a wearer can still be told from what is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stillroom.report.parts import Table
from stillroom.report.wording import between, called, clean, listed, percent, signed, site_of, spoken

Told = Mapping[str, Any]
_MOST = 5


def line(dropped: Sequence[str], kept: Sequence[str], probe: Told | None) -> list[str]:
    """The sentences of the front page.

    Args:
        dropped: sensors that are needed no more.
        kept: sensors that are.
        probe: what `stillroom explain` told of privacy; None where nobody asked.
    """
    if not dropped:
        said = ["Every sensor is still recorded."]
    else:
        gone = listed(_gone(dropped, kept), _MOST)
        said = [f"Never recorded any more: {gone} ({len(dropped)} of {len(dropped) + len(kept)} sensors)."]
    return [*said, *(_probed(probe) if probe else ["Whether a wearer can be told from what is kept was not tested."])]


def _gone(dropped: Sequence[str], kept: Sequence[str]) -> list[str]:
    """What goes, a place with all its sensors as one."""
    stays = {one.rpartition(".")[0] for one in kept}
    found: list[str] = []
    for one in dropped:
        site = one.rpartition(".")[0]
        whole = site not in stays and sum(other.rpartition(".")[0] == site for other in dropped) > 1
        found.append(f"anything at the {site_of(one)}" if whole and site else spoken(one))
    return list(dict.fromkeys(found))


def _probed(probe: Told) -> list[str]:
    """What a probe told from the inputs of each model, against guessing."""
    told = {role: seen["inputs"] for role, seen in probe["models"].items() if "inputs" in seen}
    parts = [
        f"{percent(one['mean'])} from what the {called(role)} sees ({_percents(one)})" for role, one in told.items()
    ]
    said = f"A simple probe names the wearer in {', '.join(parts)}; guessing gives {percent(probe['chance'])}."
    found = [said] if parts else []
    if saved := probe["saved"].get("inputs"):
        if saved["low"] is not None and saved["low"] > 0:
            found.append("The student's sensors give away less.")
        elif saved["high"] is not None and saved["high"] < 0:
            found.append("The student's sensors give away more.")
        else:
            found.append("That fewer sensors give away less was not shown.")
    return found


def table(probe: Told) -> tuple[Table, list[str]]:
    """Every recall of the probe with its interval, and what must stand with it."""
    rows = [
        [called(role), clean(name), percent(one["mean"], 1), _percents(one, 1)]
        for role, seen in probe["models"].items()
        for name, one in seen.items()
    ]
    notes = [
        f"A linear probe tells {probe['people']} people apart, {clean(probe['how'])}; guessing gives"
        f" {percent(probe['chance'], 1)}. It is a lower bound: a better probe may tell more.",
        *(
            f"From {clean(name)} the student gives away {signed(one['mean'])} less recall"
            f" ({between(one, 3, sign=True)}), person by person."
            for name, one in probe["saved"].items()
        ),
    ]
    if probe["left_out"]:
        notes.append(f"Left out, for want of a second part: {listed([clean(one) for one in probe['left_out']])}.")
    head = ("model", "told from", ">recall of a person", ">95 % interval")
    return Table(head, rows, caption="Who can be told"), notes


def _percents(one: Told, digits: int = 0) -> str:
    if one["low"] is None:
        return "no interval"
    return f"{100 * one['low']:.{digits}f} to {percent(one['high'], digits)}"
