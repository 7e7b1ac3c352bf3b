"""The command that would make a run again: its settings as options of `distil`, and `--set` for what was changed.

A run's folder holds its whole recipe and not the words that somebody typed. What differs from the recipe as it is
declared here becomes `--set PATH=VALUE`; where these do not lead to the same recipe (one of another version, or of a
plug-in), that is said instead of a command that would make something else.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from stillroom.base.errors import InputError
from stillroom.jobs.words import words_of
from stillroom.recipes.recipe import RECIPES, Recipe
from stillroom.runs.store import Run

_PLAIN = {"purity": 0.5, "min_windows": 10}
_GROUPS = frozenset({"terms", "alone_terms", "settings", "taps"})  # what a declaration may leave out


def command_of(run: Run) -> str:
    """`stillroom distil ...` with everything that decides the result.

    Args:
        run: done or not.

    Raises:
        InputError: no options lead to the run's recipe.
    """
    return shlex.join(["stillroom", *words_again(run.facts["asked"], where=str(run.folder / "run.json"))])


def words_again(asked: Mapping[str, Any], *, where: str = "") -> list[str]:
    """The same as words, after `stillroom`.

    Args:
        asked: all that decides the result, as `run.json` holds it.
        where: it was read.

    Raises:
        InputError: no options lead to the recipe.
    """
    recipe = Recipe.from_input(asked["recipe"], where=where)
    options = {**_options(asked), "change": changes_of(recipe, fast=bool(asked["fast"]))}
    return words_of(recipe.name, options)


def changes_of(recipe: Recipe, *, fast: bool) -> list[str]:
    """What `--set` must be told to come from the declared recipe to this one.

    Args:
        recipe: of a run.
        fast: whether it was asked in the small setting.

    Raises:
        InputError: nothing leads there.
    """
    mend = "It was made by another version, or by a plug-in; `run.json` holds the whole recipe"
    if recipe.name not in RECIPES:
        raise InputError(f"no recipe {recipe.name!r} is known here", mend=mend)
    declared = RECIPES[recipe.name]().fast() if fast else RECIPES[recipe.name]()
    changes = []
    if recipe.strategy and recipe.strategy != declared.strategy:
        changes = [f"strategy={recipe.strategy}"]
    begun = declared.with_changes(changes)
    changes += list(_differences(begun.model_dump(mode="json"), recipe.model_dump(mode="json")))
    implied = {f"{change.rpartition('.')[0]}.least_steps=0" for change in changes if ".epochs=" in change}
    changes = [change for change in changes if change not in implied]  # setting epochs sets these as well
    with suppress(InputError):  # a value that its own words cannot say
        if declared.with_changes(changes) == recipe:
            return changes
    raise InputError("no options of distil lead to this recipe", where=recipe.name, mend=mend)


def _options(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Options of `distil`, those that are as by default left out."""
    windows = asked["windows"]
    options = {name: asked[name] for name in ("data", "student_view", "protocol", "seed", "threads")}
    options |= {name: asked[name] for name in ("fast", "folds", "drop_class", "track") if asked[name]}
    options |= {name: windows[name] for name in ("window_s", "stride_s")}
    options |= {name: windows[name] for name, usual in _PLAIN.items() if windows[name] != usual}
    if asked["teacher_view"] != "*":
        options["teacher_view"] = asked["teacher_view"]
    if asked["device"] != "cpu":
        options["device"] = asked["device"]
    if asked["teacher_run"]:
        options["teacher"] = asked["teacher_run"]
    if asked["leaks_known"]:
        options["i_know_it_leaks"] = True
    return options


def _differences(before: Mapping[str, Any], now: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, value in now.items():
        old, path = before.get(name), f"{above}{name}"
        if path == "stages" and _named(old) == _named(value):
            for ours, theirs in zip(old or [], value, strict=True):
                yield from _differences(ours, theirs, f"stages.{theirs['name']}.")
        elif isinstance(old, dict) and isinstance(value, dict):
            yield from _differences(old, value, f"{path}.")
        elif name not in before or old != value:
            yield from _set(path, value)
    if above.rstrip(".").rpartition(".")[2] in _GROUPS:
        yield from (f"{above}{name}=none" for name in before if name not in now)


def _set(path: str, value: Any) -> Iterator[str]:
    """A value that is a group of its own is set part by part."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _set(f"{path}.{name}", one)
    elif value is None or isinstance(value, bool):
        yield f"{path}={'none' if value is None else str(value).lower()}"
    else:
        yield f"{path}={json.dumps(value) if isinstance(value, list) else value}"


def _named(stages: Any) -> list[str]:
    return [stage["name"] for stage in stages or []]
