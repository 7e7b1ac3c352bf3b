"""Registries, whatever is filed: each name once, all of them findable, and a slip answered by the nearest."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.base.registry import Registry, did_you_mean

names = st.lists(st.text("abcdefgh_", min_size=3, max_size=10), min_size=1, max_size=8, unique=True)


def filled(known: list[str]) -> Registry[object]:
    registry: Registry[object] = Registry("thing")
    for name in known:
        thing = object()
        assert registry.register(name)(thing) is thing
        assert registry[name] is thing
    return registry


@given(names)
def test_what_is_filed_is_found_once_and_in_order(known: list[str]) -> None:
    registry = filled(known)
    assert list(registry) == sorted(known)
    assert len(registry) == len(known)
    assert all(name in registry for name in known)


@given(names)
def test_a_name_that_is_taken_keeps_its_thing(known: list[str]) -> None:
    registry = filled(known)
    kept = registry[known[0]]
    with pytest.raises(ValueError, match=f"thing '{known[0]}' is registered twice"):
        registry.register(known[0])(object())
    assert registry[known[0]] is kept and len(registry) == len(known)


@given(names, st.text("xyz", max_size=6))
def test_an_unknown_name_is_named_with_what_there_is(known: list[str], name: str) -> None:
    registry = filled(known)
    assert name not in registry
    with pytest.raises(InputError) as caught:
        registry[name]
    assert caught.value.what == f"unknown thing {name!r}"
    assert caught.value.mend == f"Known: {', '.join(sorted(known))}"


@given(names, st.integers(0, 9), st.sampled_from("xyz"))
def test_a_slip_of_one_letter_is_answered_by_the_name(known: list[str], at: int, letter: str) -> None:
    meant = known[0]
    slip = meant[: at % len(meant)] + letter + meant[at % len(meant) + 1 :]
    assume(len(known) <= 3)  # of more, three nearer ones could be named first
    assert meant in did_you_mean(slip, known)
