"""Asking for a part of an explanation: the door to one that is missing, another method, and what methods compute."""

from __future__ import annotations

import streamlit as st

from stillroom_app.components.job import start_button
from stillroom_app.components.page import exact_command
from stillroom_app.components.waiting import waits
from stillroom_app.services import explained
from stillroom_app.services.explained import METHODS, REMOVES, REMOVING, Part
from stillroom_app.services.workspace import OWN_DEMO, Entry

_ASKS = {
    explained.WINDOWS: ("what its models look at, window by window, with the checks", "Explain 128 windows"),
    explained.FREQUENCY: ("which frequencies its models need", "Ask for the frequencies"),
    explained.PRIVACY: ("whether its features give away who wore the sensors", "Ask who can be told apart"),
    explained.ANCHORS: ("what each stage of the distillation changed", "Ask for the stages"),
}
_FEW = (64, 128, 256, 512)
_SOURCES = {
    "integrated_gradients": (
        r"a_i = (x_i - x'_i)\int_0^1 \frac{\partial f\big(x' + t\,(x - x')\big)}{\partial x_i}\,dt,"
        r"\qquad \sum_i a_i = f(x) - f(x')",
        "Integrated gradients (Sundararajan, Taly and Yan 2017): the slope of the activity's score on the way from a"
        " baseline x' to the window, summed up. The parts add up to the score's change.",
    ),
    "gradient_shap": (
        r"a_i = \mathbb{E}_{x',\,t}\left[(x_i - x'_i)\,\frac{\partial f(x' + t\,(x - x'))}{\partial x_i}\right]",
        "Gradient SHAP (Lundberg and Lee 2017): the same as an expectation over many baselines.",
    ),
    "occlusion": (
        r"a_G = f(x) - f(x_{G \leftarrow x'})",
        "Occlusion (Zeiler and Fergus 2014): how far the score falls where a part is replaced by the baseline.",
    ),
    "feature_ablation": (
        r"a_G = f(x) - f(x_{G \leftarrow x'})",
        "Feature ablation: how far the score falls where a whole group of features is replaced by the baseline.",
    ),
}


def part_or_door(entry: Entry, name: str) -> Part | None:
    """A part of a run's explanation; where it is missing, the way to it is drawn instead.

    Args:
        entry: the run.
        name: of the part.
    """
    waiting = entry.whose == "yours" and waits("explain", entry.run.folder, "explain_waits")
    found = explained.part(entry, name)
    if found is None and not waiting:
        _door(entry, name)
    return found


def anew(entry: Entry, part: Part) -> None:
    """Another method, or more windows; in an expander of which nothing is sent until it is opened."""
    opened = st.expander("Ask with another method", key="explain_anew", on_change="rerun", icon=":material/tune:")
    if not opened.open:
        return None
    with opened:
        if entry.whose == "demo":
            return _demo()
        boxes = st.grid(3, min_column_width=200)
        method = boxes.selectbox("Method", METHODS, key="explain_method", format_func=lambda one: one.replace("_", " "))
        asked = {"method": str(method)}
        if method in REMOVES:
            asked["removing"] = str(boxes.selectbox("Taken away together", REMOVING, key="explain_removing"))
        few = boxes.selectbox("Windows", _FEW, index=1, key="explain_windows")
        started = start_button(
            "Explain anew", explained.words(entry, explained.WINDOWS, **asked, windows=few), "explain_go"
        )
        if started:
            st.rerun()
    return None


def teach(part: Part) -> None:
    """The formula of the method that was used, and where it comes from."""
    method = str(next(iter(part.told["models"].values()))["method"])
    formula, source = _SOURCES[method]
    with st.container(border=True, key="explain_teach"):
        st.markdown(f"**What is drawn.** {source}")
        st.latex(formula)
        st.markdown(
            "f is the score of the activity that was done. The baseline is the mean of training. Heat is a sensor's sum"
            " over its channels; a share is its part of all |a|. Agreement is Spearman's rank correlation of the"
            " channels that both models see, each in ten stretches of time."
        )


def _door(entry: Entry, name: str) -> None:
    what, label = _ASKS[name]
    with st.container(border=True, key="explain_door"):
        if entry.whose == "demo":
            return _demo()
        st.markdown(f"This run was not yet asked {what}. It takes a minute or two and goes on when this tab is closed.")
        words = explained.words(entry, name, **({"windows": 128} if name == explained.WINDOWS else {}))
        if start_button(label, words, f"explain_start_{name}"):
            st.rerun()
    return None


def _demo() -> None:
    st.markdown(
        "The demo holds results and no weights, so nothing new can be asked of it. One of your own can be asked:"
    )
    exact_command(OWN_DEMO, "Trained in a minute on the simulated line")
    st.page_link("screens/distil.py", label="Distil a student", icon=":material/arrow_forward:")
