"""Windows in planes: every group under its own colour and symbol in each panel, and none drawn that is not there."""

import re
from typing import Any

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.figures import representations
from stillroom.figures.theme import DARK, Look

NAMES = ("pick", "tape <b>box</b>", "scan & sign", "never done")
looks = pytest.mark.parametrize(
    "look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)], ids=["light", "dark", "narrow", "both"]
)


def _panels(windows: int) -> list[representations.Panel]:
    draw = np.random.default_rng(0)
    return [
        representations.Panel(f"<i>{name}</i>", draw.normal(size=(windows, 2)), "its head: .7 <b>", ("1st <b>", "2nd"))
        for name in ("attention", "causal")
    ]


def _groups(windows: int) -> list[str]:
    return [NAMES[number % 3] for number in range(windows)]


def _drawn(panels: list[representations.Panel], groups: list[str], **more: Any) -> Any:
    usual: dict[str, Any] = {"origin": "Made up, run first", "title": "What is grouped"}
    return representations.planes(panels, groups, NAMES, **usual | more)


@looks
def test_each_window_lies_at_its_place_under_its_group(check, look: Look) -> None:
    panels, groups = _panels(30), _groups(30)
    figure = check(_drawn(panels, groups, look=look, told=[f"window {n} of <b>" for n in range(30)]))
    assert len(figure.data) == 2 * 3, "three groups have windows, the fourth is left out"
    for number, trace in enumerate(figure.data):
        rows = [place for place, name in enumerate(groups) if name == NAMES[number % 3]]
        points = np.asarray(panels[number // 3].points)[rows]
        assert np.array_equal(np.stack([trace.x, trace.y], axis=1), points)
        assert trace.customdata[0] == f"window {rows[0]} of &lt;b&gt;"


@looks
def test_a_group_is_hidden_in_all_panels_at_once_and_named_once(check, look: Look) -> None:
    figure = check(_drawn(_panels(30), _groups(30), look=look))
    assert len({trace.legendgroup for trace in figure.data}) == 3
    assert [trace.showlegend for trace in figure.data] == [True] * 3 + [False] * 3
    marks = {trace.legendgroup: (trace.marker.color, trace.marker.symbol) for trace in figure.data}
    assert len({colour for colour, _ in marks.values()}) == len({symbol for _, symbol in marks.values()}) == 3
    assert all((t.marker.color, t.marker.symbol) == marks[t.legendgroup] for t in figure.data)


def test_a_group_keeps_its_colour_where_others_are_missing(check) -> None:
    groups = [NAMES[2]] * 5
    alone = check(_drawn(_panels(5), groups)).data[0]
    among = next(t for t in check(_drawn(_panels(30), _groups(30))).data if "scan" in t.name)
    assert (alone.marker.color, alone.marker.symbol) == (among.marker.color, among.marker.symbol)


@looks
def test_panels_lie_side_by_side_or_one_below_the_other(check, look: Look) -> None:
    figure = check(_drawn(_panels(30), _groups(30), look=look))
    assert (figure.layout.xaxis.domain == figure.layout.xaxis2.domain) == look.narrow
    assert (figure.layout.yaxis.domain == figure.layout.yaxis2.domain) != look.narrow


def test_names_of_panels_and_axes_are_no_markup(check) -> None:
    figure = check(_drawn(_panels(30), _groups(30)))
    written = " ".join([*(note.text for note in figure.layout.annotations), figure.layout.xaxis.title.text])
    assert re.findall(r"<(?!/?b>|br>|/?span)", written) == []
    assert "&lt;i&gt;attention" in written and "1st &lt;b&gt;" in written


def test_a_large_set_is_thinned_evenly(check) -> None:
    figure = check(_drawn(_panels(9000), _groups(9000)))
    counts = [len(trace.x) for trace in figure.data[:3]]
    assert sum(counts) <= 1500 and min(counts) > 400


@pytest.mark.parametrize(
    ("panels", "groups", "said"),
    [
        ([], _groups(3), "no window to show"),
        (_panels(0), [], "no window to show"),
        (_panels(4), _groups(3), "for 3 windows"),
        ([representations.Panel("odd", [[0.0, np.nan]])], ["pick"], "for 1 windows"),
        (_panels(1), ["a stranger"], "a stranger"),
    ],
)
def test_what_cannot_be_drawn_is_refused(panels: Any, groups: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        _drawn(panels, groups)
