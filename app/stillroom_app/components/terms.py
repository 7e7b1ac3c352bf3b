"""The losses of one training as rows: on or off, how much they weigh, and what they match.

What differs from the recipe is kept as changes by their path (`student.terms.attn_rep.weight`), which go into the
command as `--set`. A widget reaches as far as what was given; what is no number stays as it is, for the engine to
refuse, and can be taken back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from stillroom_app.components.distil_choice import GIVEN
from stillroom_app.components.text import number, plain
from stillroom_app.services.lore import lore_of

_EDITS, _MOST_WHOLE = "distil_edits", 2**53 - 1  # more cannot be told to a browser
_KNOBS = {
    "temperature": ("Temperature", 0.5, 20.0, 0.5),
    "frequency": ("λ_f, our reading", 0.0, 20.0, 0.5),
    "fade": ("Fades over", 0.0, 1.0, 0.1),
    "smoothing": ("Smoothing", 0.0, 0.9, 0.05),
}


def edits(sign: str) -> dict[str, str]:
    """The changes made on the page, by path; to be changed in place.

    Args:
        sign: of the recipe that they change; each has changes of its own.
    """
    kept: dict[str, dict[str, str]] = st.session_state.setdefault(_EDITS, {})
    if (given := st.session_state.pop(GIVEN, None)) is not None:  # an address has said so just now
        kept[sign] = given
        for key in [key for key in st.session_state if f"_{sign}_" in str(key)]:
            del st.session_state[key]
    return kept.setdefault(sign, {})


def epochs(step: dict[str, Any], sign: str, *, fast: bool) -> None:
    """How long a training lasts."""
    if not step["path"]:
        st.caption("Trained like the student, and without the teacher.")
        return None
    key = f"epochs_{sign}_{step['role']}{'_fast' if fast else ''}"
    path, made = f"{step['path']}.training.epochs", edits(sign)
    begin = number(made.get(path, str(step["epochs"])))
    if begin is None or begin != int(begin) or abs(begin) > _MOST_WHOLE:
        return _taken_back(made, path, key)
    _begin(key, int(begin))
    least, most = _reach(key, 1, 1000)
    now = st.number_input("Epochs", int(least), int(most), key=key, width=140, persist_state="session")
    _note(made, path, now, step["epochs"])
    if step["least_steps"] and path not in made:
        st.caption(f"At least {step['least_steps']} steps: few windows mean more epochs.")
    return None


def terms(step: dict[str, Any], sign: str, below: Callable[[dict[str, Any]], None] | None = None) -> None:
    """Each loss with its switch and its weight.

    Args:
        step: the training.
        sign: of the recipe.
        below: draws more of a loss, as it is set now, into its row.
    """
    fixed = not step["terms_path"]
    for term in step["terms"]:
        path = f"{step['terms_path']}.{term['name']}"
        with st.container(border=True, key=f"term_{sign}_{step['role']}_{term['name']}"):
            if fixed:
                _words(term)
            else:
                _row(edits(sign), term, path, f"{sign}_{step['role']}_{term['name']}")
            if below:
                below(term if fixed else _as_set(term, edits(sign), path))


def _words(term: dict[str, Any]) -> None:
    lore = lore_of(term["loss"], term["settings"])
    st.markdown(f"**{lore.title}** · {label_of(term)} × {term['weight']:g}  \n{lore.matches}")


def _row(made: dict[str, str], term: dict[str, Any], path: str, key: str) -> None:
    lore = lore_of(term["loss"], term["settings"])
    name, weight, more = st.columns([5, 3, 2], vertical_alignment="center", gap="medium")
    with name:
        _begin(f"on_{key}", made.get(path) != "none")
        ours = " · our reading" if lore.ours else ""
        on = st.toggle(lore.title, key=f"on_{key}", persist_state="session")
        st.markdown(lore.matches)
        st.caption(f"With {label_of(term)}{ours}")
    if on:
        made.pop(path, None)
        with weight:
            _weight(made, term, f"{path}.weight", f"weight_{key}")
        knob = next(
            (one for one in _KNOBS if one in term["settings"] and (term["settings"][one] or one != "fade")), None
        )
        if knob:
            with more:
                _knob(made, knob, term["settings"][knob], f"{path}.{knob}", f"{knob}_{key}")
    else:
        for one in [one for one in made if one.startswith(f"{path}.")]:
            del made[one]
        made[path] = "none"


def label_of(term: dict[str, Any]) -> str:
    """Whose answers a term looks at, in words."""
    needs = [need.replace(".", "'s ").replace("_", " ") for need in term["needs"]]
    of = str(term["settings"].get("of", "logits")).replace("_", " ")
    return f"the {needs[0]}" if needs else "the labels" + (f", by its {of}" if of != "logits" else "")


def _weight(made: dict[str, str], term: dict[str, Any], path: str, key: str) -> None:
    default = float(term["weight"])
    if (begin := number(made.get(path, str(default)))) is None:
        return _taken_back(made, path, key)
    _begin(key, begin)
    least, most = _reach(key, 0.0, max(1.0, 2 * default))
    value = st.slider("Weight", least, most, step=(most - least) / 40, key=key, persist_state="session", format="%g")
    return _note(made, path, value, default)


def _knob(made: dict[str, str], name: str, default: float, path: str, key: str) -> None:
    label, least, most, step = _KNOBS[name]
    if (begin := number(made.get(path, str(default)))) is None:
        return _taken_back(made, path, key)
    _begin(key, begin)
    least, most = _reach(key, least, most)
    value = st.number_input(label, least, most, step=step, key=key, persist_state="session", format="%g")
    return _note(made, path, value, default)


def _as_set(term: dict[str, Any], made: Mapping[str, str], path: str) -> dict[str, Any]:
    """A term with the changes made on the page."""
    own = {one: _read(text) for name, text in made.items() if (one := name.removeprefix(f"{path}.")) != name}
    settings = {name: own.get(name, value) for name, value in term["settings"].items()}
    weight = own.get("weight")
    return {**term, "settings": settings, "weight": weight if isinstance(weight, int | float) else term["weight"]}


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _reach(key: str, least: float, most: float) -> tuple[float, float]:
    """A widget's bounds, as wide as what it was ever given: a slider that changes its bounds forgets its value."""
    value, kept = float(st.session_state[key]), f"{key}_reach"
    before = st.session_state.get(kept, (least, most))
    st.session_state[kept] = min(value, least, before[0]), max(value, most, before[1])
    found: tuple[float, float] = st.session_state[kept]
    return found


def _taken_back(made: dict[str, str], path: str, key: str) -> None:
    """Says that a change is none that a widget can show, and lets it be taken back."""
    st.caption(f"Asked for: {plain(f'{path}={made[path]}')}, which is no number for this.")
    if st.button("Take it back", key=f"{key}_back", icon=":material/undo:", type="tertiary"):
        del made[path]
        st.rerun()


def _note(made: dict[str, str], path: str, value: float, default: float) -> None:
    given = number(made.get(path, ""))
    if abs(value - default) < 1e-9:
        made.pop(path, None)
    elif given is None or abs(value - given) > 1e-12:  # else it stands as it was given, to the last digit
        made[path] = f"{round(value, 4):.12g}"


def _begin(key: str, value: Any) -> None:
    """What a widget shows at first; afterwards it is its own."""
    if key not in st.session_state:
        st.session_state[key] = value
