"""The losses of one training as rows: on or off, how much they weigh, and what they match.

What differs from the recipe is kept as changes by their path (`student.terms.attn_rep.weight`), which go into the
command as `--set`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from stillroom_app.components.distil_choice import GIVEN
from stillroom_app.services.lore import lore_of

_EDITS = "distil_edits"
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
        return
    key = f"epochs_{sign}_{step['role']}{'_fast' if fast else ''}"
    path = f"{step['path']}.training.epochs"
    _begin(key, int(edits(sign).get(path, step["epochs"])))
    now = st.number_input("Epochs", 1, 1000, key=key, width=140, persist_state="session")
    _note(edits(sign), path, now, step["epochs"])
    if step["least_steps"] and path not in edits(sign):
        st.caption(f"At least {step['least_steps']} steps: few windows mean more epochs.")


def terms(step: dict[str, Any], sign: str, below: Callable[[dict[str, Any]], None] | None = None) -> None:
    """Each loss with its switch and its weight.

    Args:
        step: the training.
        sign: of the recipe.
        below: draws more of a loss into its row.
    """
    fixed = not step["terms_path"]
    for term in step["terms"]:
        with st.container(border=True, key=f"term_{sign}_{step['role']}_{term['name']}"):
            if fixed:
                _words(term)
            else:
                path = f"{step['terms_path']}.{term['name']}"
                _row(edits(sign), term, path, f"{sign}_{step['role']}_{term['name']}")
            if below:
                below(term)


def _words(term: dict[str, Any]) -> None:
    lore = lore_of(term["loss"])
    st.markdown(f"**{lore.title}** · {label_of(term)} × {term['weight']:g}  \n{lore.matches}")


def _row(made: dict[str, str], term: dict[str, Any], path: str, key: str) -> None:
    lore = lore_of(term["loss"])
    name, weight, more = st.columns([5, 3, 2], vertical_alignment="center", gap="medium")
    with name:
        _begin(f"on_{key}", made.get(path) != "none")
        ours = " · our reading" if lore.ours else ""
        on = st.toggle(f"**{lore.title}**", key=f"on_{key}", persist_state="session")
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
    now = float(made.get(path, default))
    most = max(1.0, 2 * default, now)
    _begin(key, now)
    value = st.slider("Weight", 0.0, most, step=most / 40, key=key, persist_state="session", format="%g")
    _note(made, path, round(value, 4), default)


def _knob(made: dict[str, str], name: str, default: float, path: str, key: str) -> None:
    label, least, most, step = _KNOBS[name]
    _begin(key, float(made.get(path, default)))
    value = st.number_input(label, least, most, step=step, key=key, persist_state="session", format="%g")
    _note(made, path, value, default)


def _knob_of(settings: dict[str, Any]) -> str:
    """The one setting beside the weight that is worth a place; of a fade, where there is one."""
    return next((one for one in _KNOBS if one in settings and (settings[one] or one != "fade")), "")


def _note(made: dict[str, str], path: str, value: float, default: float) -> None:
    if abs(value - default) < 1e-9:
        made.pop(path, None)
    else:
        made[path] = f"{value:g}"


def _begin(key: str, value: Any) -> None:
    """What a widget shows at first; afterwards it is its own."""
    if key not in st.session_state:
        st.session_state[key] = value
