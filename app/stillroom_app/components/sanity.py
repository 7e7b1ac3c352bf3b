"""What an explanation is worth, said before it is shown: its checks with their numbers, model by model.

Attributions persuade more than they inform. The limits are those of `stillroom.figures.sanity`: conventions, no test.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from stillroom.figures import sanity
from stillroom.figures.intervals import estimate_of, told
from stillroom_app.components.chart import chart
from stillroom_app.theme import look

_SIGNS = {
    True: ":green[:material/check_circle:]",
    False: ":red[:material/cancel:]",
    None: ":gray[:material/remove_circle_outline:]",
}
_WHEN = (
    "Trust a picture of what a model looks at only where **its order matters** (without what it names first the model"
    " fails sooner than without anything else) and where **untrained weights give another one**."
)


def strip(windows: Mapping[str, Any], origin: str, key: str) -> None:
    """The checks of all models that were explained, and whether they agree; the curves on request.

    Args:
        windows: the part `windows` of an explanation.
        origin: which run.
        key: of its own on the page.
    """
    models = {role: model for role, model in windows["models"].items() if role != "alone"} or windows["models"]
    with st.container(border=True, key=key):
        st.markdown(f"**Can it be believed?** {_WHEN}")
        grid = st.grid(4, min_column_width=180)
        checks = {role: {one.name: one for one in sanity.checks_of(model["sanity"])} for role, model in models.items()}
        for name, title, about, number in _SHOWN:
            lines = [
                f"{_SIGNS[checks[role][name].holds]} :small[{role.replace('_', ' ')} {number(model['sanity'])}]"
                for role, model in models.items()
            ]
            grid.markdown("  \n".join([f"**{title}**", f":small[{about}]", *lines]))
        said = ["**Teacher and student agree**", ":small[rank correlation, over people]"]
        grid.markdown("  \n".join([*said, *_agreement(windows.get("agreement"))]))
        _curves(windows["models"], origin, key)


def _curves(models: Mapping[str, Any], origin: str, key: str) -> None:
    opened = st.expander("Deletion curves and every check", key=f"{key}_more", on_change="rerun", type="compact")
    if not opened.open:
        return
    with opened:
        for role, model in models.items():
            figure = sanity.strip(model["sanity"], role=role, origin=origin, method=model["method"], look=look())
            chart(figure, f"{key}_{role}")


def _order(of: Mapping[str, Any]) -> str:
    curves = of["deletion"]
    return f"{curves['deletion_area']:.2f}, random {curves['random_area']:.2f}"


def _sums(of: Mapping[str, Any]) -> str:
    return "not promised" if of["completeness"] is None else f"{100 * of['completeness']['overall']:.1f} %"


def _untrained(of: Mapping[str, Any]) -> str:
    random = of["randomised"]
    if random is None or random["signed"] is None:
        return "not asked"
    return f"{random['absolute']:.2f}, by chance {random['absolute_by_chance']:.2f}"


def _agreement(part: Mapping[str, Any] | None) -> list[str]:
    found = ((part or {}).get("student") or {}).get("cells")
    if not found or found["rank"] is None:
        return [f"{_SIGNS[None]} :small[not asked]"]
    rank, chance = estimate_of(found["rank"]), found["rank_by_chance"] or 0.0
    holds = None if rank.low is None else rank.low > chance
    return [f"{_SIGNS[holds]} :small[{told(rank, '+.2f')}]", f":small[by chance {abs(chance):.2f}]"]


_SHOWN = (
    ("its order matters", "Its order matters", "what deleting it leaves of the score", _order),
    ("sums add up", "Sums add up", "what the sums miss of the score", _sums),
    ("untrained weights differ", "Untrained weights differ", "likeness to an untrained net's", _untrained),
)
