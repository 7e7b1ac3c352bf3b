"""A person seen from the front with the sensors that are worn; each site and each sensor is a checkbox.

Sites that the catalogue knows are joined to their place on the body by a line; others stand below it. A halo says what
a site's sensors are worth, where that is known. The drawing is for the eye: everything is said and done by the boxes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import streamlit as st

from stillroom_app.components.body_map_parts import CSS, HTML, JS
from stillroom_app.services.sensors import Place, spoken

_map = st.components.v2.component("stillroom.body_map", html=HTML, css=CSS, js=JS)
_TIMES = "body_map_times"


def body_map(
    places: Sequence[Place],
    kept: Collection[str],
    choose: Callable[[list[str]], None],
    *,
    worth: Mapping[str, float] | None = None,
    key: str = "body_map",
) -> None:
    """Draws the sensors on a body, to be kept or left out.

    Args:
        places: sites with their sensors.
        kept: names of the sensors that are kept.
        choose: told of the sensors that are kept from now on, before the page is drawn again.
        worth: of each site, 0 to 1; how large its halo is.
        key: of its own on the page.
    """

    def picked() -> None:
        told = st.session_state[key].picked
        if isinstance(told, dict):
            st.session_state[_TIMES] = int(told.get("times", 0))
            known = {sensor.name for place in places for sensor in place.sensors}
            choose([str(name) for name in told.get("kept", []) if name in known])

    _map(
        key=key,
        data={
            "places": [_place(place, (worth or {}).get(place.name)) for place in places],
            "kept": sorted(kept),
            "times": st.session_state.get(_TIMES, 0),
        },
        on_picked_change=picked,
    )


def _place(place: Place, worth: float | None) -> dict[str, Any]:
    sensors = [
        {"name": one.name, "kind": one.kind, "told": f"{one.title}, {one.channels} channels"} for one in place.sensors
    ]
    return {"name": place.name, "said": spoken(place.name), "x": place.x, "y": place.y, "worth": worth,
            "sensors": sensors}  # fmt: skip
