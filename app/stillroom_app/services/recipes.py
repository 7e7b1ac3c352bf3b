"""Recipes as the Distil page offers them: presets in plain words, what was chosen, and the command that it makes.

What a recipe does in which order, and whether a choice can be run, is asked of the engine process. Nothing is trained
here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stillroom.jobs.words import words_of
from stillroom_app.services import engine

_RULE = ("conditional.variant=released", "cross_entropy=none")


@dataclass(frozen=True)
class Preset:
    """A recipe, or one with some changes, as a choice.

    Attributes:
        recipe: its name on the command line.
        title: in few words.
        line: what it does.
        changes: that make the preset out of the recipe.
        strategies: what its student can imitate, each with a plain line; none where that is fixed.
        several: whether strategies may be summed.
        strategy: the recipe's own.
    """

    recipe: str
    title: str
    line: str
    changes: tuple[str, ...] = ()
    strategies: Mapping[str, str] = ()  # type: ignore[assignment]
    several: bool = False
    strategy: str = ""


TSAK = {
    "t_logit": "the teacher's answers",
    "sc_logit": "the answers of the semantic classifier",
    "attn_rep": "the attention representation",
    "causal_rep": "the causal representation",
    "combi_rep": "both representations combined",
}
FIELD = {
    "hinton": "soft answers at a temperature",
    "dkd": "the label apart from all other classes",
    "dist": "how answers rise and fall together",
    "logit_std": "soft answers without their scale",
    "fitnets": "features themselves, connected",
    "attention_transfer": "when the network is active",
    "similarity": "which windows are alike",
    "rkd": "distances and angles between windows",
    "pkt": "who is whose neighbour",
    "nst": "the channels as a set",
    "vid": "how well features follow from each other",
    "correlation": "a kernel between windows",
    "conditional": "the teacher where it is right, else the label",
    "plain": "labels alone",
    "smoothing": "softened labels, no teacher",
}
MORE: Mapping[str, Callable[[str], Any]] = {
    "folds": int, "drop_class": str, "min_windows": int, "purity": float, "track": str, "teacher": str, "device": str,
}  # fmt: skip
PRESETS = {
    "tsak": Preset(
        "tsak", "TSAK", "Two stages: a teacher of three representations, a semantic classifier over them, the student.",
        strategies=TSAK, several=True, strategy="attn_rep",
    ),
    "smldist": Preset(
        "smldist", "SMLDist, our reading",
        "A copied head, stage after stage in time and frequency, then logits and memory; the classifier is searched.",
    ),
    "smldist_released": Preset(
        "smldist", "SMLDist, as released",
        "Stages in time alone, no memory term, the released rule read literally; the search stays ours.",
        changes=(
            "stages.*.terms.*.frequency=0", "stages.*.terms.*.standardise=false", "student.terms.memory=none",
            *(f"{path}.terms.{rule}" for path in ("student", "search") for rule in _RULE),
        ),
    ),
    "smldist_joint": Preset(
        "smldist_joint", "SMLDist in one training", "The stages' share fades while logits and memory are learned."
    ),
    "hinton": Preset("hinton", "Plain distillation", "The student imitates the teacher's softened answers."),
    "field": Preset(
        "field", "Any loss of the field", "One pair of networks, and the loss of your choice as its paper weighs it.",
        strategies=FIELD, strategy="hinton",
    ),
    "mahmud": Preset("mahmud", "Self-attention teacher", "Another teacher, imitated by its answers."),
    "alone": Preset("alone", "No teacher", "The student by itself and a forest: what the sensors are worth."),
}  # fmt: skip
ROLES = {
    "teacher": ("Teacher", "learns from the labels, with all of its sensors"),
    "semantic": ("Semantic classifier", "learns from the frozen teacher's three representations"),
    "student": ("Student", "learns from the labels and from the teacher"),
    "student-mixed": ("Student, all classifiers", "learns with every classifier at once"),
    "optimised": ("Optimised", "the student is pruned step by step, then goes to INT8"),
    "alone": ("Student, alone", "the same student without a teacher: the comparison that counts"),
    "alone-mixed": ("Alone, all classifiers", ""),
    "small_teacher": ("Small teacher", "the teacher's network on the student's sensors"),
    "reference": ("Reference net", ""),
    "forest": ("Forest", ""),
}


@dataclass(frozen=True)
class Chosen:
    """What the Distil page has been told.

    Attributes:
        preset: a name in `PRESETS`.
        data: SOURCE.
        student_view: globs.
        teacher_view: globs.
        protocol: empty for the data set's own.
        window_s: 0 for the data set's own.
        stride_s: 0 for half a window.
        seed: of everything drawn.
        fast: the small setting.
        folds: only the first so many; 0 for all.
        leaks_known: a random split was asked for twice.
        strategy: what the student imitates; empty for the recipe's own.
        edits: changes made on the page, by path.
        more: options that the page has no control for, as an address gave them.
    """

    preset: str
    data: str
    student_view: str
    teacher_view: str = "*"
    protocol: str = ""
    window_s: float = 0.0
    stride_s: float = 0.0
    seed: int = 0
    fast: bool = False
    folds: int = 0
    leaks_known: bool = False
    strategy: str = ""
    edits: tuple[tuple[str, str], ...] = ()
    more: tuple[tuple[str, Any], ...] = ()

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return PRESETS[self.preset].recipe

    @property
    def base(self) -> list[str]:
        """The changes that make what the page begins with."""
        return [*PRESETS[self.preset].changes, *([f"strategy={self.strategy}"] if self.strategy else [])]

    @property
    def changes(self) -> list[str]:
        """All changes, in the order of the command."""
        return [*self.base, *(f"{path}={value}" for path, value in self.edits)]

    @property
    def options(self) -> dict[str, Any]:
        """The options of `distil`, without those that say what is so anyway."""
        named = {
            "data": self.data,
            "teacher_view": "" if self.teacher_view == "*" else self.teacher_view,
            "student_view": self.student_view,
            "protocol": self.protocol,
            "window_s": f"{self.window_s:g}" if self.window_s else "",
            "stride_s": f"{self.stride_s:g}" if self.stride_s else "",
            "i_know_it_leaks": self.leaks_known and self.protocol.startswith("random"),
            "seed": self.seed,
            "folds": self.folds,
            "fast": self.fast,
            "change": self.changes,
            **{name: list(value) if isinstance(value, tuple) else value for name, value in self.more},
        }
        return {name: value for name, value in named.items() if value}

    @property
    def words(self) -> list[str]:
        """The words of the command, after `stillroom`."""
        return words_of(self.recipe, self.options)


def plan(chosen: Chosen, *, edited: bool = True) -> dict[str, Any]:
    """The recipe's trainings in order (`recipes.described`).

    Args:
        chosen: what was chosen.
        edited: with the page's own changes; without, what they are changes of.

    Raises:
        StillroomError: a change that does not fit, or no answer.
    """
    changes = chosen.changes if edited else chosen.base
    told: dict[str, Any] = engine.ask("describe", recipe=chosen.recipe, fast=chosen.fast, change=changes)
    return told


def facts(chosen: Chosen, version: str) -> dict[str, Any]:
    """What would be run: windows, people, folds, channels (`stillroom_app.engine.check`).

    Args:
        chosen: what was chosen.
        version: of the data set's files, so that the engine reads them anew when they change.

    Raises:
        InputError: it cannot be run; it says what, where, and how to mend it.
    """
    numbers = {"window_s": chosen.window_s, "stride_s": chosen.stride_s}
    options = {**chosen.options, **{name: value for name, value in numbers.items() if value}}
    told: dict[str, Any] = engine.ask("check", recipe=chosen.recipe, options=options, version=version)
    return told


def title_of(role: str) -> tuple[str, str]:
    """A training's name for people, and what happens in it."""
    if role in ROLES:
        return ROLES[role]
    if role.endswith("_int8"):
        return f"{title_of(role.removesuffix('_int8'))[0]}, INT8", ""
    if role.startswith("pruned_"):
        return f"Pruned to {role.removeprefix('pruned_')} %", ""
    base, _, step = role.partition("-")
    if step.startswith("stage_"):
        return f"Stage {step.removeprefix('stage_')}", "the student's early features are pulled towards the teacher's"
    return f"{base.replace('_', ' ').capitalize()}{': ' if step else ''}{step.replace('_', ' ')}", ""


def preset_of(recipe: str, changes: Sequence[str]) -> tuple[str, str, dict[str, str]]:
    """The preset, the strategy and the page's own edits behind a command's changes.

    Args:
        recipe: its name on the command line.
        changes: `PATH=VALUE`.
    """
    fitting = [
        name
        for name, preset in PRESETS.items()
        if preset.recipe == recipe and set(preset.changes) <= set(changes)
    ]  # fmt: skip
    name = max(fitting, key=lambda one: len(PRESETS[one].changes), default="tsak")
    own = dict(change.partition("=")[::2] for change in changes if change not in PRESETS[name].changes)
    return name, own.pop("strategy", ""), own


def more_of(said: Mapping[str, Sequence[str]]) -> tuple[tuple[tuple[str, Any], ...], list[str]]:
    """Options without a control, as an address says them, and sentences on those that cannot be taken over.

    Args:
        said: texts by the options' names, of `MORE`.
    """
    found: list[tuple[str, Any]] = []
    wrong = []
    for name in (name for name in MORE if said.get(name)):
        try:
            values = [MORE[name](text) for text in said[name]]
            found.append((name, tuple(values) if name == "drop_class" else values[-1]))
        except ValueError:
            wrong.append(f"{name}={said[name][-1]} is no number, and is left out.")
    return tuple(found), wrong


def flow(step: Mapping[str, Any], teacher_channels: int, student_channels: int, *, down: bool = False) -> str:
    """The way of the data through one training, as a Mermaid diagram.

    Args:
        step: one of a plan's trainings.
        teacher_channels: how many the teacher sees.
        student_channels: how many the student sees.
        down: drawn downward, for a narrow page.
    """
    role = str(step["role"])
    ours = "T" if role in ("teacher", "semantic") else "S"
    lines = [f"flowchart {'TB' if down else 'LR'}"]
    lines += ["L([labels]):::plain"] * any(map(_asks_labels, step["terms"]))
    taught = sorted({need.partition(".")[0] for term in step["terms"] for need in term["needs"]})
    if taught or ours == "T" or role == "semantic":
        lines += [f"W1([{teacher_channels} channels]):::plain --> T[teacher]:::teacher"]
    if "semantic" in (*taught, role):
        lines.append("T --> C[semantic classifier]:::teacher")
    if ours == "S":
        lines.append(f"W2([{student_channels} channels]):::plain --> S[student]:::student")
    learner = "C" if role == "semantic" else ours
    for number, term in enumerate(step["terms"]):
        lines.append(f"{learner} --> K{number}{{{{{_short(term)}}}}}:::term")
        lines += [f"L --> K{number}"] * _asks_labels(term)
        for need in term["needs"]:
            source, _, answer = need.partition(".")
            lines.append(f"{'C' if source == 'semantic' else 'T'} -. {answer.replace('_', ' ')} .-> K{number}")
    return "\n".join(lines)


def _short(term: Mapping[str, Any]) -> str:
    return f"{str(term['name']).replace('_', ' ')} x {term['weight']:g}"


def _asks_labels(term: Mapping[str, Any]) -> bool:
    return term["loss"] in ("cross_entropy", "conditional", "dkd")
