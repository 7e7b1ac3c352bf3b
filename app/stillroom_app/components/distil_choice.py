"""What the Distil page is told: recipe, sensors, and how it is judged; also as an address says it.

`?recipe=tsak&student_view=right_wrist.acc.*&set=student.training.epochs=10` opens the page so; what is chosen on it
goes back into the address.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import streamlit as st

from stillroom_app.components.text import plain
from stillroom_app.services import recipes, splits
from stillroom_app.services.recipes import PRESETS

RECIPE, TEACHER, STUDENT, SEED, FAST, GIVEN = (
    "recipe", "distil_teacher", "distil_student", "distil_seed", "distil_fast", "distil_edits_given",
)  # fmt: skip
_READ = "distil_address"  # the address as it was last read or written
_VIEWS = {"teacher_view": TEACHER, "student_view": STUDENT}
_NAMES = ("recipe", *_VIEWS, "seed", "fast", "set")


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
    protocol = row.selectbox(
        "Who is tested", splits.protocols(len(facts["people"])), key=splits.PROTOCOL, width=160,
        help="own: what the data set says of itself", **kept,
    )  # fmt: skip
    window = _seconds(row, "Window in seconds", splits.WINDOW, f"{facts['window_s']:g}, the set's own", kept)
    hint = "half a window" if window else f"{facts['stride_s']:g}, the set's own"
    stride = _seconds(row, "Step in seconds", splits.STRIDE, hint, kept)
    seed = row.number_input("Seed", 0, 2**31 - 1, key=SEED, persist_state="session", width=110)
    fast = row.toggle("Fast", key=FAST, persist_state="session", help="Few epochs: to try things out, not to conclude")
    own = protocol in (None, "", splits.OWN)
    st.caption(plain(splits.said(str(protocol), str(facts["protocol"]))))
    return {
        "protocol": "" if own else str(protocol), "window_s": float(window or 0), "stride_s": float(stride or 0),
        "seed": int(seed or 0), "fast": bool(fast), "leaks_known": bool(st.session_state.get(splits.LEAKS)),
    }  # fmt: skip


def _seconds(row: Any, label: str, key: str, hint: str, kept: dict[str, Any]) -> float | None:
    given: float | None = row.number_input(
        label, min_value=0.1, max_value=60.0, value=None, step=0.5, key=key, placeholder=hint, width=190, **kept
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
    channels = channels_of(facts)
    if "recipe" in said:
        changes = said.get("set", [])
        preset, strategy, edits = recipes.preset_of(said["recipe"][0], changes)
        st.session_state[RECIPE] = preset
        if PRESETS[preset].strategies:
            strategy = strategy or PRESETS[preset].strategy
            named = [] if strategy == "none" else strategy.split("+")
            st.session_state[f"strategy_{preset}"] = named if PRESETS[preset].several else strategy
        st.session_state[GIVEN] = edits
    for name, key in _VIEWS.items():
        if name in said:
            globs = [glob.strip() for glob in said[name][0].split(",") if matching(glob, channels)]
            if "*" not in globs:
                st.session_state[key] = globs
            else:
                st.session_state.pop(key, None)
    if "seed" in said:
        st.session_state[SEED] = int(_number(said["seed"][0]))
    if "fast" in said:
        st.session_state[FAST] = said["fast"][0] == "true"


def _number(text: str) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        return 0.0


def refusal_door(where: str) -> None:
    """Where a refusal is about the data, the door to where it is divided."""
    if "protocol" in where or "window" in where.lower():
        st.page_link("screens/datasets.py", label=plain("See how the data divide"), icon=":material/arrow_forward:")
