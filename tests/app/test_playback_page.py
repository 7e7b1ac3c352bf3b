"""Playback and its kiosk, drawn in each state; what happens in the browser is tested there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from tests.app import playable
from tests.app.kit import opened, words
from tests.app.made import changed, run_like

from stillroom.runs.playback import PLAYBACK
from stillroom.runs.store import COST
from stillroom_app.components import kiosk
from stillroom_app.services import workspace as places
from stillroom_app.services.workspace import Entry


@pytest.fixture
def line(workspace: Path) -> Path:
    return playable.kept_in(run_like("tsak", workspace / "line"), playable.playback(30))


@pytest.fixture
def bare(workspace: Path) -> Path:
    folder = run_like("tsak", workspace / "line")
    (folder / PLAYBACK).unlink(missing_ok=True)
    return folder


def sent(at: AppTest, name: str = "stillroom.player") -> dict[str, Any] | None:
    """What the player was given."""
    found = [one.proto for one in at.get("bidi_component") if one.proto.component_name == name]
    return json.loads(found[0].json or found[0].mixed.json) if found else None


@pytest.mark.usefixtures("line")
def test_a_run_is_played_with_its_colours_costs_and_caveats() -> None:
    at = opened("playback", run="line")
    given = sent(at)
    assert given is not None and given["run"] == "line" and given["kiosk"] is None
    for ground in ("light", "dark"):
        assert len(given["look"][ground]["classes"]) == len(given["show"]["classes"])
        assert given["look"][ground]["roles"]["student"]["title"] == "Student"
    assert given["costs"]["time"]["teacher"]
    assert "simulated" in words(at) and "median" in words(at)
    assert not at.error


@pytest.mark.usefixtures("bare")
def test_a_run_without_a_playback_says_what_it_needs_and_starts_it(started: list[list[str]]) -> None:
    at = opened("playback", run="line")
    assert sent(at) is None and "weights" in words(at) and "stillroom runs playback" in words(at)
    at.button(key="playback_make").click().run()
    assert started[0][:2] == ["runs", "playback"] and "--sets" in started[0]


def test_a_damaged_playback_is_refused_and_can_be_made_anew(line: Path) -> None:
    (line / PLAYBACK).write_bytes(b"no")
    at = opened("playback", run="line")
    assert "damaged" in at.error[0].value.lower() and at.button(key="playback_make")


def test_what_was_not_asked_can_be_asked_for(workspace: Path) -> None:
    playable.kept_in(run_like("tsak", workspace / "line"), playable.plain(30))
    at = opened("playback", run="line")
    assert sent(at) is not None
    assert [one.label for one in at.expander if one.label == "Ask for more"]


@pytest.mark.usefixtures("line")
def test_teach_tells_what_a_window_is_in_this_playbacks_numbers() -> None:
    assert "4 s" not in words(opened("playback", run="line")).replace("4 s.", "")
    said = words(opened("playback", run="line", teach="true"))
    assert "*window* of 4 s" in said and "every 0.5 s" in said and "88%" in said


@pytest.mark.usefixtures("line")
def test_live_is_another_signal_of_the_same_page() -> None:
    at = opened("playback", run="line", signal="Live")
    assert sent(at) is None and sent(at, "stillroom.live") is not None


def test_names_of_the_users_own_stay_text(line: Path) -> None:
    changed(line, warning="<b>*loud*</b>")
    said = "\n".join(one.value for one in opened("playback", run="line").markdown)
    assert "<b>*loud*" not in said and "\\<b\\>" in said


@pytest.mark.usefixtures("line")
@pytest.mark.parametrize("page", ["home", "compare"])
def test_the_kiosk_stands_alone_whichever_page_is_asked_for(page: str) -> None:
    at = opened(page, demo="1", run="line")
    given = sent(at)
    assert given is not None and given["kiosk"]["idleS"] == kiosk.IDLE_S and given["kiosk"]["reloadS"] == kiosk.RELOAD_S
    assert "channels" in given["kiosk"]["title"] and "lost (" in given["kiosk"]["under"]
    assert given["kiosk"]["caveats"] == ["simulated", "fast setting"]
    assert not at.title and not at.sidebar.children


@pytest.mark.usefixtures("bare")
def test_a_kiosk_without_anything_to_play_stands_still_and_says_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kiosk, "HEADLINE", "demo:nothing")
    monkeypatch.setattr(places, "DEMO", places.DEMO / "nowhere")
    at = opened("home", demo="1")
    given = sent(at)
    assert given is not None and given["still"] and given["kiosk"]["picture"].startswith("data:image/png")
    assert not at.error and not at.exception


def test_where_one_playback_is_damaged_the_kiosk_plays_the_next(line: Path, workspace: Path) -> None:
    playable.kept_in(run_like("tsak", workspace / "other"), playable.plain(30))
    (line / PLAYBACK).write_bytes(b"no")
    at = opened("home", demo="1", run="line")
    given = sent(at)
    assert given is not None and given["run"] == "other" and not at.error


@pytest.mark.parametrize("figures", [[1], {"a": 1}, [{"quantity": "energy", "low": 1, "high": 2}]])
def test_a_cost_that_was_changed_by_hand_takes_nothing_else_away(line: Path, figures: Any) -> None:
    (line / COST).write_text(json.dumps({"figures": figures}))
    for at in (opened("playback", run="line"), opened("home", demo="1", run="line")):
        given = sent(at)
        assert given is not None and given["run"] == "line" and "why" in given["costs"]["time"] and not at.error


def test_whatever_fails_the_kiosk_plays_the_next(line: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    playable.kept_in(run_like("tsak", workspace / "other"), playable.plain(30))
    whole = kiosk.playing_costs.costs_of

    def fails(entry: Entry, sets: Any) -> Any:
        if entry.run.folder == line:
            raise RuntimeError("nobody thought of it")
        return whole(entry, sets)

    monkeypatch.setattr(kiosk.playing_costs, "costs_of", fails)
    given = sent(opened("home", demo="1", run="line"))
    assert given is not None and given["run"] == "other"


@pytest.mark.usefixtures("line")
def test_a_run_that_is_not_there_is_named_and_so_is_the_one_that_plays_instead() -> None:
    at = opened("playback", run="<b>nope")
    assert [one.value for one in at.info] == ["There is no finished run named \\<b\\>nope here\\. This is line\\."]
    assert not opened("playback", run="line").info and not opened("playback").info
