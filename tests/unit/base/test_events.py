"""Events: each listener hears each event once, in order, and what is heard is plain."""

from __future__ import annotations

import json
import time

import pytest

from stillroom.base.events import Event, fan_out, silent


def test_every_listener_hears_every_event_in_order() -> None:
    one: list[Event] = []
    two: list[Event] = []
    emit = fan_out(one.append, silent, two.append)
    events = [Event("epoch", data={"number": number}) for number in range(3)]
    for event in events:
        emit(event)
    assert one == two == events


def test_a_listener_s_failure_is_not_swallowed() -> None:
    heard: list[Event] = []

    def broken(_: Event) -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fan_out(heard.append, broken)(Event("note"))
    assert len(heard) == 1


def test_no_listener_is_silence() -> None:
    fan_out()(Event("note"))


def test_an_event_is_stamped_and_plain() -> None:
    before = time.time()
    event = Event("phase.started", "Teaching", {"phase": "teacher"})
    assert before <= event.time_s <= time.time()
    told = json.loads(json.dumps(event.as_dict()))
    assert told == {
        "kind": "phase.started",
        "message": "Teaching",
        "data": {"phase": "teacher"},
        "time_s": event.time_s,
    }


def test_events_share_no_data() -> None:
    Event("note").data["a"] = 1
    assert Event("note").data == {}
