"""What a model keeps of the signal's frequencies: read from what `stillroom explain` told of a run.

The released code of SMLDist has no term on spectra in its stage loss; that term is our reading of the abstract. So its
two parts stand apart here, and its weight can be set to 0, as released.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from stillroom.figures.explanation import figures_of
from stillroom_app.components.chart import chart
from stillroom_app.components.job import start_button
from stillroom_app.components.page import badge, empty
from stillroom_app.components.pick import pick_run
from stillroom_app.components.text import plain
from stillroom_app.services import spectra
from stillroom_app.services.spectra import ANCHORS, FEW_BINS, FREQUENCY
from stillroom_app.services.workspace import Entry
from stillroom_app.state import teaching
from stillroom_app.theme import look

_SAID = {
    ANCHORS: "Spectra of the features of teacher and student, layer by layer, before and after distillation.",
    FREQUENCY: "Which bands each model needs, and what is lost when the signal is cut above a frequency.",
}


def kept_frequencies() -> None:
    """The parts that there are, and a way to those that are missing."""
    one = pick_run()
    if one is None:
        return empty(
            "No finished run lies here yet, so there is no student to look into.", "distil", "Distil a student"
        )
    badge(one.whose)
    told = spectra.explained(one.run.folder)
    figures = figures_of(one.run.folder, told, look=look()) if told else {}
    if ANCHORS in told:
        _anchors(told[ANCHORS], figures)
    if FREQUENCY in told:
        _bands(figures)
    for part in (ANCHORS, FREQUENCY):
        if part not in told:
            _missing(one, part)
    return None


def _anchors(part: dict[str, Any], figures: dict[str, Any]) -> None:
    st.subheader("What the student's layers come to resemble", anchor=False)
    weight = _weight(part)
    deep = {name: one for name, one in part["anchors"].items() if len(one["hertz"]) < FEW_BINS}
    for name, one in part["anchors"].items():
        if name not in deep:
            _anchor(name, one, weight, figures)
    if deep:
        with st.expander("Too few bins to read", key="anchors_deep", on_change="rerun", type="compact") as folded:
            if folded.open:
                st.markdown("A layer this deep has few samples, and so few bins; a single one can decide.")
                for name, one in deep.items():
                    _anchor(name, one, weight, figures)


def _weight(part: dict[str, Any]) -> float:
    known = max((float(one["weight"]) for one in part["anchors"].values()), default=0.0) or 1.0
    weight = st.slider(
        "Weight of the spectra, λ_f (our reading; 0 is as released)", 0.0, max(2.0, known), known, 0.1, key="lambda_f"
    )
    if teaching():
        st.latex(r"\ell_{stage} = \overline{(f_s - f_t)^2/\sigma_t^2} \;+\; \lambda_f\,\overline{(l_s - l_t)^2}")
        st.markdown(
            "f are features of a window, l their log-amplitude spectra brought to length 1. The released code of"
            " SMLDist has the first part alone; the second is our reading of the abstract (arXiv 2107.07331)."
        )
    return float(weight)


def _anchor(name: str, one: dict[str, Any], weight: float, figures: dict[str, Any]) -> None:
    if f"anchor-{name}" not in figures:
        return
    chart(figures[f"anchor-{name}"], f"anchor_{name}")
    hertz = one["hertz"]
    apart = hertz[1] - hertz[0] if len(hertz) > 1 else hertz[0]
    st.caption(
        f"{len(hertz)} bins, {apart:.3g} Hz apart; nothing is known between them. Below: the stage term's parts, and"
        f" their sum at λ_f = {weight:g}."
    )
    table = pd.DataFrame(spectra.terms(one, weight))
    number = st.column_config.NumberColumn(format="%.4f")
    st.dataframe(
        table,
        hide_index=True,
        key=f"terms_{name}",
        column_config=dict.fromkeys(("time", "spectrum", "stage term"), number),
        alt=f"The stage term's parts in time and in spectrum at {name}, by model",
    )


def _bands(figures: dict[str, Any]) -> None:
    st.subheader("Which frequencies are needed", anchor=False)
    named = [name for name in figures if name.startswith(("cut_off", "bands-", "amplitudes-"))]
    for name in sorted(named, key=lambda name: not name.startswith("cut_off")):
        chart(figures[name], f"frequency_{name}")


def _missing(one: Entry, part: str) -> None:
    with st.container(border=True, key=f"ask_{part}"):
        st.markdown(_SAID[part])
        if part == ANCHORS and not spectra.has_layers(one.run.facts):
            st.markdown(
                "The two networks of this run are built differently: no layer of one stands beside the other's."
            )
            return
        if not _has_weights(one.run.folder):
            st.markdown(f"{plain(one.name)} holds results without its models, so they cannot be asked: train it anew.")
            return
        words = ("explain", str(one.run.folder), "--part", part)
        start_button("Ask the models", words, key=f"start_{part}", primary=False)


def _has_weights(folder: Path) -> bool:
    return next(folder.glob("folds/*/*/*.safetensors"), None) is not None
