"""An explanation as tables for people, each with the sentences that it must not stand without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Table = tuple[str, tuple[str, ...], list[list[str]], list[str]]

UNTRAINED, STABLE = 0.3, 0.6  # conventions, and those of `figures.sanity`
_WAYS = {
    "forward": "added one by one, what helps most first",
    "backward": "taken away one by one, what is missed least first",
    "by_price": "added by what a price point brings",
    "by_comfort": "added by what is least in the way",
}
_TITLES = {"teacher": "teacher", "student": "student, distilled", "alone": "student, alone"}


def tables_of(told: Mapping[str, Any]) -> Iterator[Table]:
    """Title, columns, rows and notes of each part that was asked for."""
    if "windows" in told:
        yield from _windows(told["windows"])
    if "frequency" in told:
        yield _cut_off(told["frequency"])
    if "anchors" in told:
        yield _anchors(told["anchors"])
    if "sets" in told:
        yield from _sets(told["sets"])
    if "privacy" in told:
        yield _privacy(told["privacy"])


def sanity_notes(model: Mapping[str, Any]) -> list[str]:
    """What an explanation is worth, in sentences; always shown with it."""
    checks = model["sanity"]
    curves, random = checks["deletion"], checks["randomised"]
    right = curves["deletion_area"] < min(curves["random_areas"])
    found = [
        f"Without what it puts first the probability falls {'sooner' if right else 'no sooner'} than in random order:"
        f" mean {curves['deletion_area']:.2f} against {curves['random_area']:.2f} (in {100 * curves['better']:.0f} % of"
        " the windows)."
    ]
    if complete := checks["completeness"]:
        found.append(f"Sums miss the change of the score by {100 * complete['overall']:.1f} %.")
    if random is not None and random["absolute"] is not None:
        learned = random["absolute"] < UNTRAINED
        found.append(
            f"With untrained weights the explanation is {'another one' if learned else 'much the same'} (rank"
            f" correlation of size {random['absolute']:.2f}, by chance {random['absolute_by_chance']:.2f}; of"
            f" magnitudes alone {_number(random['magnitude'])}, since these follow how loud the input is)."
        )
    if (stable := checks["stability"]["signed"]) is not None:
        found.append(
            f"Against a quiet recording instead of the training mean: rank correlation {stable:+.2f}"
            + ("; what is compared with matters here" if stable < STABLE else "")
            + f" (on {100 * checks['coincide']:.0f} % of the channels the two are one)."
        )
    return found


def _windows(part: Mapping[str, Any]) -> Iterator[Table]:
    for role, model in part["models"].items():
        rows = [
            [one["name"], _interval(one, "importance"), f"{model['signed'][one['name']]:+.2f}", _classes(model, place)]
            for place, one in enumerate(model["sensors"])
        ]
        if len(rows) > 1 or role == next(iter(part["models"])):
            columns = ["sensor", "share of |attribution|", "for the activity", "most in"]
            if model["attention"]:  # how far it is listened to is no reason by itself
                columns.append("attention")
                rows = [[*row, _interval(one, "importance")] for row, one in zip(rows, model["attention"], strict=True)]
            yield _looked_at(role, model), tuple(columns), rows, sanity_notes(model)
    if part["agreement"]:
        yield _agreement(part["agreement"])


def _looked_at(role: str, model: Mapping[str, Any]) -> str:
    steps = f", {model['steps']} steps" if model["steps"] else ""
    return f"{_TITLES.get(role, role)}: what it looks at ({model['method']}{steps}, {model['windows']} windows)"


def _agreement(part: Mapping[str, Any]) -> Table:
    others = [role for role in part if role != "with"]
    rows = [
        [
            _TITLES.get(role, role),
            _over_people(part[role]["channels"]["rank"]),
            _over_people(part[role]["cells"]["rank"]),
            f"{part[role]['cells']['overlap']['mean']:.2f} ({part[role]['cells']['overlap_by_chance']:.2f} by chance)",
        ]
        for role in others
    ]
    columns = ("model", "rank correlation, channels", "by channel and tenth of the window", "top fifth in common")
    first = part[others[0]]
    apart = ", ".join(str(window) for window in first["cells"]["apart"][:5])
    note = (
        f"On the {len(first['channels']['channels'])} channels that both see; windows paired at random give"
        f" {_number(first['cells']['rank_by_chance'])}. {others[0].capitalize()} and"
        f" {part['with']} differ most on the windows {apart}."
    )
    return f"does it look where the {part['with']} looks?", columns, rows, [note]


def _cut_off(part: Mapping[str, Any]) -> Table:
    roles = [name for name in part["cut_off"][0] if name != "cut_hz"]
    rows = [
        ["as recorded" if one["cut_hz"] is None else f"{one['cut_hz']:g} Hz", *(_scored(one[role]) for role in roles)]
        for one in part["cut_off"]
    ]
    notes = ["The models as they are, scored on filtered recordings; one that is trained on these may do better."]
    return "cut above", ("", *(_TITLES.get(role, role) for role in roles)), rows, notes


def _anchors(part: Mapping[str, Any]) -> Table:
    rows = [
        [f"{anchor}: {name}", f"{model['time']:.3f}", f"{model['frequency']:.5f}"]
        for anchor, one in part["anchors"].items()
        for name, model in one["models"].items()
    ]
    notes = [
        f"How far features lie from the teacher's, on {part['windows']} tested windows of fold {part['fold']}: the two"
        " parts of SMLDist's stage term; the spectrum is our reading of its abstract, the released code has none."
    ]
    return "what do its features resemble?", ("anchor, model", "in time", "in the spectrum"), rows, notes


def _sets(part: Mapping[str, Any]) -> Iterator[Table]:
    shares = {one["group"]: one for one in part["shapley"]["shares"]}
    drops = {way: one["drop"] for way, one in part["ablation"].items()}
    rows = [
        [
            one["name"],
            _interval(one, "mean", signed=True),
            _interval(shares[one["name"]], "mean", signed=True),
            *(f"{drop[one['name']]['mean']:+.3f}" for drop in drops.values()),
        ]
        for one in part["dropped"]
    ]
    titles = {"mean": "teacher, at its mean", "permutation": "teacher, permuted"}
    columns = (part["by"], "going without costs (estimate)", "Shapley value", *(titles[way] for way in drops))
    notes = [
        f"Points of macro-F1. Estimated by one network that was trained with any of them missing (all of them:"
        f" {_scored(part['whole'], 'mean')}); nothing was trained for a set. `stillroom study sensors` measures it.",
        "Laid at their mean or permuted, sensors are taken from a teacher that never went without: where the two"
        " disagree, the teacher met windows such as it had never seen, or sensors repeat each other.",
    ]
    if repeats := _repeats(part):
        notes.append(repeats)
    yield "which can go?", columns, rows, notes
    steps = [_step(step) for step in part["suggested"]["front"]]
    columns = ("suggested set", "estimate", "price points", "discomfort points")
    note = "Points are assumptions (an accelerometer costs 1, a gyroscope 2), no money; the best of many looks better."
    yield "the best for its price", columns, steps, [note]
    for way, title in _WAYS.items():
        if steps := [_step(step) for step in part["suggested"][way]]:
            yield title, columns, steps, []


def _repeats(part: Mapping[str, Any]) -> str:
    """The two sensors whose signals have most in common, in a sentence; nothing where it was not to be known."""
    found = part["coherence"]
    if found is None or len(found["sensors"]) < 2:
        return ""
    pairs = [(a, b) for b in range(len(found["sensors"])) for a in range(b)]
    a, b = max(pairs, key=lambda pair: found["values"][pair[0]][pair[1]])
    return (
        f"Of all signals those of {found['sensors'][a]} and {found['sensors'][b]} have most in common: mean coherence"
        f" {found['values'][a][b]:.2f} between their likest channels, {found['by_chance'][a][b]:.2f} by chance."
    )


def _privacy(part: Mapping[str, Any]) -> Table:
    rows = [
        [f"{_TITLES.get(role, role)}: {name}", _scored(one, "mean")]
        for role, seen in part["models"].items()
        for name, one in seen.items()
    ]
    gone = ", ".join(part["sensors_gone"]) or "none"
    notes = [
        f"A linear probe tells {part['people']} people apart ({part['how']}); guessing gives {part['chance']:.2f}."
        " It is a lower bound: a better one may tell more.",
        f"No longer recorded: {gone}.",
        *(
            f"From {name} the student gives away {one['mean']:+.3f} less recall ({_bounds(one)})."
            for name, one in part["saved"].items()
        ),
        *([f"Left out, for want of a second part: {', '.join(part['left_out'])}."] if part["left_out"] else []),
    ]
    return "who can be told from it?", ("from", "recall of a person"), rows, notes


def _bounds(one: Mapping[str, Any]) -> str:
    return "one only" if one["low"] is None else f"{one['low']:+.3f} to {one['high']:+.3f}"


def _classes(model: Mapping[str, Any], place: int) -> str:
    """The activity in whose windows a sensor's share is largest."""
    best = max(model["classes"], key=lambda name: model["classes"][name][place]["importance"])
    return f"{best} ({model['classes'][best][place]['importance']:.2f})"


def _step(step: Mapping[str, Any]) -> list[str]:
    return [" + ".join(step["subset"]) or "nothing", _scored(step, "mean"), f"{step['price']:g}",
            f"{step['discomfort']:g}"]  # fmt: skip


def _interval(one: Mapping[str, Any], key: str, *, signed: bool = False) -> str:
    sign = "+" if signed else ""
    if one["low"] is None:
        return f"{one[key]:{sign}.3f}"
    return f"{one[key]:{sign}.3f} ({one['low']:{sign}.3f} to {one['high']:{sign}.3f})"


def _scored(one: Mapping[str, Any], key: str = "macro_f1") -> str:
    return _interval(one, key)


def _over_people(one: Mapping[str, Any] | None) -> str:
    return "none" if one is None else _interval(one, "mean", signed=True)


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:+.2f}"
