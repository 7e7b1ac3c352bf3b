"""A live signal: what is followed in the workspace, drawn in the browser as it comes, and how to feed one.

The server draws the page once; the browser then asks `/api/live` for what is new. A stream that begins appears by
itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from stillroom.figures.palette import activity_colours, axis_colour, face_of
from stillroom.figures.theme import ink_of
from stillroom.inference.following_kept import Stream
from stillroom_app.components.job import start_button
from stillroom_app.components.page import badge, empty, exact_command
from stillroom_app.components.text import plain
from stillroom_app.services import live
from stillroom_app.services.live import LISTEN, ROUTE, Exported
from stillroom_app.serving.live import ticket
from stillroom_app.state import teaching
from stillroom_app.theme import FONT, look

_PARTS = ("live_paint.js", "live.js")
_AXES = 4
_STREAM, _WANTED = "stream", "live_wanted"
_REPLAYED, _BRIDGED = "Replay a recording", "Connect a sensor"
_NONE = "No stream yet. Once one is started below, its signal appears here by itself."
_TILES = (
    ("answered", "Answered in", "from a window’s last sample to its answer; median of the last 60, measured here"),
    ("behind", "Later than the quickest", "against the stream’s quickest sample so far; the way itself is not in it"),
    ("heard", "Last sign of life", "when the last samples came"),
    ("windows", "Windows", "answered since the stream began"),
)


def _read(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


_live = st.components.v2.component(
    "stillroom.live", html=_read("live.html"), css=_read("live.css"), js="\n".join(map(_read, _PARTS))
)


def live_panel() -> None:
    """The streams of the workspace, one of them as it comes, and how to feed one."""
    found = live.listed()
    chosen = _chosen(found)
    if chosen is not None:
        _about(chosen)
    _view(chosen)
    _feed(bool(found))
    if teaching():
        _teach()


def _chosen(found: list[Stream]) -> Stream | None:
    """The stream that is shown: one that was just started, else that of the address, else the first."""
    names = [one.name for one in found]
    if not names:
        return None
    if (wanted := st.session_state.get(_WANTED)) in names:
        st.session_state[_STREAM] = wanted
        del st.session_state[_WANTED]
    if len(names) == 1:
        return found[0]
    name = st.selectbox("Stream", names, key=_STREAM, bind="query-params", persist_state="session", width=320)
    return found[names.index(name)] if name in names else found[0]


def _about(one: Stream) -> None:
    head = one.head
    with st.container(horizontal=True, vertical_alignment="center", key="live_about"):
        badge("demo" if live.is_simulated(one) else "yours")
        every = f"windows of {head['window_s']:g} s, one every {head['stride_s']:g} s"
        said = f"{one.name}, from {head['source']}; {every}; answered on this machine, ONNX Runtime, one thread"
        st.markdown(f":small[{plain(said)}]", width="content")


def _view(one: Stream | None) -> None:
    head = live.head_of(one) if one is not None else None
    _live(
        key="live_view",
        data={
            "head": head, "names": live.names(), "route": ROUTE, "ticket": ticket(),
            "none": _NONE, "tiles": _TILES, "look": _look(one), "alt": _alt(one),
        },
        on_anew_change=lambda: None,
        height="content",
    )  # fmt: skip


def _look(one: Stream | None) -> dict[str, Any]:
    """Colours; the student's is the palette's."""
    dark, ink = look().dark, ink_of(look())
    classes = one.head["classes"] if one is not None else []
    colours = activity_colours(classes, dark)
    return {
        "ink": ink.text, "muted": ink.muted, "line": ink.line, "font": FONT,
        "student": face_of("student").colour(dark), "classes": [colours[name] for name in classes],
        "axes": [axis_colour(number, dark) for number in range(_AXES)],
    }  # fmt: skip


def _alt(one: Stream | None) -> str:
    if one is None:
        return ""
    return f"The signal of {one.name} comes in from the right; below it what the student said at each moment."


def _feed(any_yet: bool) -> None:
    """How a stream is begun."""
    ways = live.ways()
    if not ways:
        return empty(
            "A stream is answered by an exported student, and there is none yet. Export one of a run of your own; then"
            " it can be followed here or on a device, without torch.",
            "device",
            "Export a student",
        )
    opened = st.expander("Start a stream", icon=":material/sensors:", expanded=not any_yet, key="live_feed")
    with opened:
        row = st.container(horizontal=True, vertical_alignment="bottom", key="live_ways")
        names = [one.run for one in ways]
        run = row.selectbox("Student of", names, key="live_run", width=320) if len(ways) > 1 else names[0]
        way = row.segmented_control(
            "Signal from", [_REPLAYED, _BRIDGED], default=_REPLAYED, key="live_way", required=True
        )
        export = ways[names.index(str(run))]
        (_replay if way == _REPLAYED else _bridge)(export)
    return None


def _replay(export: Exported) -> None:
    who = f" of {plain(export.stranger)}, who taught it nothing," if export.stranger else ""
    st.markdown(f"A recording{who} is played to the student at true speed, as a sensor would send it.")
    _start("Play a recording", export, f"replay:{export.data}", "live_replay")


def _bridge(export: Exported) -> None:
    st.markdown(
        "A small program of yours reads the sensor and sends lines to this machine: a line of names first, then"
        " `t` in seconds and the channels. Rates above the student’s, bursts and gaps are dealt with."
    )
    _start("Wait for a sensor", export, LISTEN, "live_listen")
    st.caption("A bridge in ten lines; here it sends the simulated line")
    st.code(live.BRIDGE, language=None, wrap_lines=True)
    exact_command(["data", "replay", "factory", "--to", "tcp://127.0.0.1:7007"], "The same without a program")
    st.markdown("A file that grows will do as well: `--follow measured.csv`.")


def _start(label: str, export: Exported, follow: str, key: str) -> None:
    name = live.free_name()
    if start_button(label, live.words(export, follow, name), key, threads=0):
        st.session_state[_WANTED] = name
        st.info(f"{plain(name)} begins. Its signal appears above within seconds.", icon=":material/sensors:")


def _teach() -> None:
    with st.container(border=True, key="live_teach"):
        st.markdown(
            "**What comes late, and why.** An answer about a moment needs a window around it, so that a live answer is"
            " always late by up to a window, however quick the chip is. *Answered in* is what computing adds to that:"
            " usually a thousandth of it. *Later than the quickest* compares samples of one stream by their stamps: it"
            " grows when the way from the sensor is jammed or the machine is busy. How long the way itself takes is not"
            " in it, since two clocks alone do not tell that."
        )
        st.markdown(
            "**Another clock.** Samples that come in bursts, with jitter, or faster than the student learnt are put on"
            " its own clock: a straight line through the last ten seconds’ stamps, then a low-pass and interpolation in"
            " one. A silence of more than half a second begins a new stretch, and smoothing forgets what was before."
        )
