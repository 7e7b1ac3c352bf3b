"""Home: what a small student keeps of a large teacher, seen at once; and the doors to everything else."""

from __future__ import annotations

from typing import Any, Literal

import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom_app.components.first_minute import first_minute
from stillroom_app.components.glimpse import draw_glimpse
from stillroom_app.components.job import short
from stillroom_app.components.page import badge, head, refused
from stillroom_app.components.text import plain
from stillroom_app.services import home, listing
from stillroom_app.services.home import Tile
from stillroom_app.services.listing import Listed

_TILE_PX = 123  # what a tile takes: kept free while the page still loads, so that nothing below moves
_DOORS: tuple[tuple[str, str, str, str, dict[str, str]], ...] = (
    ("sensors", ":material/sensors:", "Which sensors can I drop?", "Explore sensors", {}),
    ("lessons", ":material/school:", "How does a large net teach a small one?", "Learn distillation", {}),
    ("report", ":material/description:", "What do I hand to the person who decides?", "Show to a customer", {}),
)


def draw() -> None:
    """The page."""
    listed = listing.runs()
    shown = home.shown(listed)
    if shown is None:
        head("What can a small net learn from a large one?", "Nothing has been distilled here yet.")
    else:
        _result(shown)
    _doors()
    _lately(listed)


def _result(one: Listed) -> None:
    report = one.run.report
    head(home.headline(report))
    with st.container(horizontal=True, vertical_alignment="center", key="home_origin"):
        badge(one.whose, "" if one.whose == "demo" else one.name)
        st.caption(_setting(report))
    if report["warning"]:
        st.warning(plain(report["warning"]), icon=":material/warning:")
    _tiles(home.tiles(report, home.cost_of(one), one.whose))
    first_minute(home.way(one))
    st.markdown(plain(home.without_teacher(report)))
    if found := home.glimpse(one):
        try:
            draw_glimpse(found, report["classes"], "home_signal", _told_of(found, report["units"]))
        except (KeyError, TypeError, ValueError, IndexError):  # a file that was changed by hand
            st.caption("The half minute that this run kept is damaged; the numbers above are not.")


def _setting(report: dict[str, Any]) -> str:
    strangers = ", each by models that never saw them" * (report["units"] == "people" and not report["warning"])
    said = [plain(report["data_title"]), plain(f"{report['n']} {report['units']} tested{strangers}")]
    said += ["fast setting"] * bool(report["fast"]) + ["a pilot, not a proof"] * bool(report["pilot"])
    return " · ".join(said)


def _tiles(found: list[Tile]) -> None:
    grid = st.grid(columns=len(found), min_column_width=212, row_height=_TILE_PX, key="home_tiles")
    for tile in found:
        colours: dict[bool | None, Literal["green", "orange", "gray"]] = {True: "green", False: "orange", None: "gray"}
        grid.metric(
            tile.label, tile.value, tile.change, border=True, delta_color=colours[tile.better], delta_arrow="off",
            help=tile.note,
        )  # fmt: skip


def _told_of(found: dict[str, Any], units: str) -> str:
    of = "person" if units == "people" else "stretch"
    chosen = f"The {of} whose score is the median; the half minute with the most activities."
    return f"{plain(found['recording'])}, from {found['start_s']:g} s. {chosen} Hatched: wrong."


def _doors() -> None:
    grid = st.grid(columns=3, min_column_width=240, border=True, key="home_doors")
    for page, icon, question, label, query in _DOORS:
        cell = grid.cell()
        cell.markdown(f"**{question}**")
        cell.page_link(f"screens/{page}.py", label=label, icon=icon, query_params=query)


def _lately(listed: list[Listed]) -> None:
    """What ended since one was here, and what can be gone on with."""
    try:
        ended = home.lately()
    except StillroomError as error:
        return refused(error)
    own = next((one for one in listed if one.whose == "yours" and not one.study and "student" in one.models), None)
    waiting = home.unfinished(listed)
    if not (ended or own or waiting):
        return None
    sides = st.columns(2, gap="large")
    if ended:
        _changed(ended, sides[0])
    if own or waiting:
        _go_on(own, waiting, sides[1] if ended else sides[0])
    return None


def _changed(ended: list[dict[str, Any]], where: Any) -> None:
    where.subheader("What has changed", anchor=False)
    for told in ended:
        line = where.container(horizontal=True, vertical_alignment="center")
        why = f": {told['why']}" if told["why"] else ""
        line.markdown(f"**{plain(short(told))}** is {told['state']}{plain(why)}, {told['ago']}")
        line.page_link("screens/training.py", label="Look", query_params={"job": told["job"]})


def _go_on(own: Listed | None, waiting: list[Listed], where: Any) -> None:
    where.subheader("Continue where you were", anchor=False)
    if own:
        for page, label, icon, query in (
            ("compare", f"Compare {own.name}", ":material/compare_arrows:", {"runs": own.name}),
            ("explain", f"Explain {own.name}", ":material/psychology_alt:", {"run": own.name}),
        ):
            where.page_link(f"screens/{page}.py", label=plain(label), icon=icon, query_params=query)
    for one in waiting:
        said = plain(f"{one.name}: {one.state}")
        where.page_link("screens/runs.py", label=said, icon=":material/replay:", query_params={"shown": one.name})


draw()
