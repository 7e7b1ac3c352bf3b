"""What the Distil page is told: recipe, sensors, and how it is judged; also as an address says it.

`?recipe=tsak&student_view=right_wrist.acc.*&set=student.training.epochs=10` opens the page so; what is chosen on it
goes back into the address. What an address says and the page cannot take over is said on it.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import streamlit as st

from stillroom.jobs.words import words_of
from stillroom_app.components.text import number, plain
from stillroom_app.services import recipes, splits
from stillroom_app.services.recipes import PRESETS

RECIPE, TEACHER, STUDENT, SEED, FAST, GIVEN, MORE, NOTES = (
    "recipe", "distil_teacher", "distil_student", "distil_seed", "distil_fast", "distil_edits_given", "distil_more",
    "distil_notes",
)  # fmt: skip
_READ = "distil_address"  # the address as it was last read or written
_VIEWS = {"teacher_view": TEACHER, "student_view": STUDENT}
_NAMES = ("recipe", *_VIEWS, "seed", "fast", "set", *recipes.MORE)
_MOST_WHOLE = 2**53 - 1  # more cannot be told to a browser


def read_address(facts: dict[str, Any]) -> None:
    """Takes over what an address says, once; later choices on the page stand above it."""
    said = {name: st.query_params.get_all(name) for name in _NAMES if name in st.query_params}
    if said and said != st.session_state.get(_READ):
        _take(said, facts)
    st.session_state[_READ] = said


def write_address(chosen: recipes.Chosen) -> None:
    """Puts what is chosen into the address."""
    named = {
        "recipe": [chosen.recipe],
        "teacher_view": [chosen.teacher_view] if chosen.teacher_view != "*" else [],
        "student_view": [chosen.student_view] if chosen.student_view else [],
        "seed": [str(chosen.seed)] if chosen.seed else [],
        "fast": ["true"] if chosen.fast else [],
        "set": chosen.changes,
        **{name: [] for name in recipes.MORE},
        **{
            name: [str(one) for one in (value if isinstance(value, tuple) else (value,))] for name, value in chosen.more
        },
    }
    for name, values in named.items():
        if values != st.query_params.get_all(name):
            if values:
                st.query_params[name] = values
            else:
                del st.query_params[name]
    st.session_state[_READ] = {name: values for name, values in named.items() if values}


def pick_recipe() -> tuple[str, str]:
    """The preset and the strategy."""
    if st.session_state.get(RECIPE) not in PRESETS:
        st.session_state[RECIPE] = "tsak"
    preset = str(
        st.pills(
            "Recipe", list(PRESETS), key=RECIPE, required=True, persist_state="session",
            format_func=lambda name: PRESETS[name].title,
        )
    )  # fmt: skip
    chosen = PRESETS[preset]
    st.markdown(chosen.line)
    return preset, _strategy(preset)


def _strategy(preset: str) -> str:
    found = PRESETS[preset].strategies
    if not found:
        return ""
    key, label = f"strategy_{preset}", "The student imitates"
    own = PRESETS[preset].strategy
    names: list[str]
    if PRESETS[preset].several:
        st.session_state.setdefault(key, [own])
        label = f"{label} (several are summed)"
        names = st.pills(
            label, list(found), key=key, selection_mode="multi", persist_state="session", format_func=found.__getitem__
        )
    else:
        st.session_state.setdefault(key, own)
        said = found.__getitem__
        names = [str(st.pills(label, list(found), key=key, required=True, persist_state="session", format_func=said))]
    strategy = "+".join(name for name in found if name in names) or "none"
    return "" if strategy == PRESETS[preset].strategy else strategy


def pick_views(facts: dict[str, Any]) -> tuple[str, str]:
    """The teacher's and the student's globs, each in a card of its own."""
    globs = [f"{one['sensor']}.*" for one in facts["sensors"]]
    channels = channels_of(facts)
    defaults = {TEACHER: globs, STUDENT: globs[:1]}
    for key, default in defaults.items():  # what another data set's sensors were is no choice here
        kept = [glob for glob in st.session_state.get(key, []) if matching(glob, channels)]
        if kept != st.session_state.get(key) or not kept:
            st.session_state[key] = kept or default
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        teacher = _view("Teacher", "knows much, and stays behind", TEACHER, globs, channels)
    with right.container(border=True, height="stretch"):
        student = _view("Student", "goes onto the device", STUDENT, globs, channels)
    return "*" if set(teacher) >= set(globs) else ",".join(teacher), ",".join(student)


def _view(title: str, line: str, key: str, globs: list[str], channels: list[str]) -> list[str]:
    st.subheader(title, anchor=False)
    chosen = st.multiselect(
        f"Sensors of the {title.lower()}", globs, key=key, accept_new_options=True, persist_state="session",
        format_func=sensor_name, placeholder="Choose sensors, or type a glob: right_*.acc.*",
    )  # fmt: skip
    seen = {name for glob in chosen for name in matching(glob, channels)}
    st.markdown(f"**{len(seen)}** of {len(channels)} channels · {line}")
    return [str(glob) for glob in chosen]


def pick_judging(facts: dict[str, Any]) -> dict[str, Any]:
    """Protocol and windows, as on Datasets, with seed and the small setting."""
    kept: dict[str, Any] = {"bind": "query-params", "persist_state": "session"}
    row = st.container(horizontal=True, vertical_alignment="bottom", key="distil_judging")
    protocols = splits.protocols(len(facts["people"]))
    given = str(st.session_state.get(splits.PROTOCOL) or st.query_params.get(splits.PROTOCOL) or splits.OWN)
    protocol = row.selectbox(
        "Who is tested", [*protocols, *[given] * (given not in protocols)], key=splits.PROTOCOL, width=160,
        help="own: what the data set says of itself", **kept,
    )  # fmt: skip
    window = _seconds(row, "Window in seconds", splits.WINDOW, f"{facts['window_s']:g}, the set's own", kept)
    hint = "half a window" if window else f"{facts['stride_s']:g}, the set's own"
    stride = _seconds(row, "Step in seconds", splits.STRIDE, hint, kept)
    kept_seed = int(st.session_state.get(SEED) or 0)
    seed = row.number_input(
        "Seed", min(0, kept_seed), max(2**31 - 1, kept_seed), key=SEED, persist_state="session", width=110
    )
    fast = row.toggle("Fast", key=FAST, persist_state="session", help="Few epochs: to try things out, not to conclude")
    own = protocol in (None, "", splits.OWN)
    st.caption(plain(splits.said(str(protocol), str(facts["protocol"]))))
    return {
        "protocol": "" if own else str(protocol), "window_s": float(window or 0), "stride_s": float(stride or 0),
        "seed": int(seed or 0), "fast": bool(fast), "more": tuple(st.session_state.get(MORE, ())),
        "leaks_known": bool(st.session_state.get(splits.LEAKS)) or st.query_params.get(splits.LEAKS) == "true",
    }  # fmt: skip


def options_without_control(chosen: recipes.Chosen) -> None:
    """What else is in the command, and a way to leave it out."""
    if chosen.more:
        row = st.container(horizontal=True, vertical_alignment="center", key="distil_more_row")
        words = plain(" ".join(words_of("", dict(chosen.more))[2:]))
        row.markdown(f"Also asked for, and without a control here: **{words}**", width="content")
        if row.button("Leave it out", key="distil_more_out", icon=":material/undo:", type="tertiary"):
            st.session_state[MORE] = ()
            st.rerun()


def note(said: str) -> None:
    """Keeps a sentence on what the page could not take over."""
    kept: dict[str, Any] = st.session_state.setdefault(NOTES, {"said": [], "words": None})
    if said not in kept["said"]:
        kept["said"].append(said)
        kept["words"] = None


def notes(chosen: recipes.Chosen) -> None:
    """What could not be taken over, until something else is chosen."""
    kept = st.session_state.get(NOTES) or {"said": []}
    if not kept["said"]:
        return
    if kept["words"] not in (None, chosen.words):
        st.session_state[NOTES] = {"said": [], "words": None}
        return
    kept["words"] = chosen.words
    st.warning("  \n".join(plain(one) for one in kept["said"]), icon=":material/link_off:")


def _seconds(row: Any, label: str, key: str, hint: str, kept: dict[str, Any]) -> float | None:
    said = str(st.session_state.get(key) or st.query_params.get(key) or "")
    begin = number(said)
    if said and begin is None:
        note(f"{key}={said} is no number, and is left out.")
        del st.query_params[key]
    given: float | None = row.number_input(
        label,
        min_value=min(0.1, begin or 0.1),
        max_value=max(60.0, begin or 0.1),
        value=None,
        step=0.5,
        key=key,
        placeholder=hint,
        width=190,
        **kept,
    )
    return given


def channels_of(facts: dict[str, Any]) -> list[str]:
    """The names of all channels."""
    return [f"{one['sensor']}.{axis}" for one in facts["sensors"] for axis in one["axes"]]


def matching(glob: str, channels: list[str]) -> list[str]:
    """The channels that a glob means."""
    return [name for name in channels if fnmatchcase(name, glob.strip())]


def sensor_name(glob: str) -> str:
    """A sensor in words: `right_wrist.acc.*` is `right wrist acc`; what is no whole sensor stays a glob."""
    site, dot, rest = str(glob).removesuffix(".*").partition(".")
    whole = str(glob).endswith(".*") and dot and "." not in rest and not set("*?[") & set(site + rest)
    return f"{site.replace('_', ' ')} {rest.replace('_', ' ')}" if whole else str(glob)


def told(facts: dict[str, Any]) -> str:
    """What would be run, in a sentence."""
    unit = "person" if facts["unit"] == "people" else "stretch"
    return (
        f"**{facts['windows']:,}** windows of **{facts['people']}** people, **{len(facts['classes'])}** activities ·"
        f" **{facts['folds']}** folds, each {unit} tested once · **{facts['models']}** models to make"
    )


def _take(said: dict[str, list[str]], facts: dict[str, Any]) -> None:
    st.session_state[NOTES] = {"said": [], "words": None}
    if "recipe" in said:
        _take_recipe(said["recipe"][0], said.get("set", []))
    for name, key in _VIEWS.items():
        if name in said:
            _take_view(said[name][0], key, facts)
    if "seed" in said:
        _take_seed(said["seed"][0])
    if "fast" in said:
        st.session_state[FAST] = said["fast"][0] == "true"
    if "recipe" in said or set(recipes.MORE) & set(said):  # an address that names a recipe says all of it
        st.session_state[MORE], wrong = recipes.more_of(said)
        for one in wrong:
            note(one)


def _take_recipe(recipe: str, changes: list[str]) -> None:
    if recipe not in {preset.recipe for preset in PRESETS.values()}:
        return note(f"This page has no recipe {recipe}: it stays as it was, without that recipe's changes.")
    preset, strategy, edits = recipes.preset_of(recipe, changes)
    st.session_state[RECIPE], known = preset, PRESETS[preset].strategies
    if known:
        asked = [] if strategy == "none" else (strategy or PRESETS[preset].strategy).split("+")
        named = [one for one in asked if one in known]
        if absent := [one for one in asked if one not in known]:
            named = named or [PRESETS[preset].strategy]
            note(
                f"strategy={strategy}: there is no {absent[0]} here; {', '.join(map(known.__getitem__, named))} it is."
            )
        st.session_state[f"strategy_{preset}"] = named if PRESETS[preset].several else next(iter(named), "")
    elif strategy:
        edits["strategy"] = strategy  # the engine knows whether it has one
    st.session_state[GIVEN] = edits
    return None


def _take_view(said: str, key: str, facts: dict[str, Any]) -> None:
    channels = channels_of(facts)
    asked = [glob.strip() for glob in said.split(",")]
    if "*" in asked:
        st.session_state[key] = [f"{one['sensor']}.*" for one in facts["sensors"]]
        return
    st.session_state[key] = [glob for glob in asked if matching(glob, channels)]
    if absent := [glob for glob in asked if not matching(glob, channels)]:
        note(f"{', '.join(absent)}: no channel of this data set, and left out.")


def _take_seed(said: str) -> None:
    try:
        seed = int(said)
    except ValueError:
        seed = _MOST_WHOLE + 1
    if abs(seed) > _MOST_WHOLE:
        return note(f"seed={said} is no whole number that a seed can be; the seed stays as it was.")
    st.session_state[SEED] = seed
    return None


def refusal_door(where: str) -> None:
    """Where a refusal is about the data, the door to where it is divided."""
    if "protocol" in where or "window" in where.lower():
        st.page_link("screens/datasets.py", label=plain("See how the data divide"), icon=":material/arrow_forward:")
