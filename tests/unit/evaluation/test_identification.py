from __future__ import annotations

import json
import warnings

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.evaluation import identification as module
from stillroom.evaluation.identification import Identification, identification

WINDOWS = 60


def made(people: int, sessions: int, apart: float, drift: float = 0.0, seed: int = 0) -> dict[str, np.ndarray]:
    """Each person has a place of his own in four features, each session of his one shifted by `drift`."""
    draw = np.random.default_rng(seed)
    places = apart * draw.standard_normal((people, 1, 4)) + drift * draw.standard_normal((people, sessions, 4))
    who, when = np.meshgrid(np.arange(people), np.arange(sessions), indexing="ij")
    who, when = np.repeat(who.ravel(), WINDOWS), np.repeat(when.ravel(), WINDOWS)
    return {
        "vectors": places[who, when] + draw.standard_normal((len(who), 4)),
        "person": np.array([f"p{one:02d}" for one in who]),
        "session": np.array([f"s{one}" for one in when]),
        "time": np.arange(len(who)),
    }


def test_people_who_stand_apart_are_told() -> None:
    found = identification(**made(people=5, sessions=2, apart=8))
    assert found.mean > 0.95
    assert (found.people, found.chance, found.features, found.pilot) == (5, 0.2, 4, True)
    assert set(found.per_person) == {f"p{one:02d}" for one in range(5)}
    assert found.how.startswith("by session")


def test_people_who_do_not_are_told_by_chance_alone() -> None:
    found = identification(**made(people=10, sessions=3, apart=0))
    assert found.mean == pytest.approx(0.1, abs=0.04)
    assert found.low < found.chance < found.high


def test_what_tells_sessions_but_not_people_does_not_count() -> None:
    # each session lies far from all others, also from the same person's: on the session it knows a probe would be sure
    found = identification(**made(people=8, sessions=2, apart=0, drift=8))
    assert found.mean < 0.4


def test_one_session_is_told_by_halves_in_time_with_a_gap_and_says_so() -> None:
    found = identification(**made(people=4, sessions=1, apart=8))
    assert found.mean > 0.95
    assert found.how == "by halves in time of one session, 10 windows between them left out"


def test_windows_in_the_gap_and_of_the_tested_half_never_teach(monkeypatch: pytest.MonkeyPatch) -> None:
    given = made(people=2, sessions=1, apart=5)
    given["vectors"] = np.column_stack([given["time"], given["vectors"]]).astype(float)
    shuffled = np.random.default_rng(5).permutation(len(given["time"]))
    seen: list[np.ndarray] = []

    class Spy(module.LogisticRegression):
        def fit(self, x: np.ndarray, y: np.ndarray) -> Spy:
            seen.append(x[:, 0])
            return super().fit(x, y)

    monkeypatch.setattr(module, "LogisticRegression", Spy)
    mixed = {name: values[shuffled] for name, values in given.items()}
    identification(**mixed, gap=10)
    # 60 windows each, (60 - 10) / 2 to a half: the later half of both is learnt to tell the first, and the other way
    for found, first in zip(seen, (35, 0), strict=True):
        learnt = np.concatenate([np.arange(first, first + 25), np.arange(60 + first, 85 + first)])
        assert np.sort(found) == pytest.approx((learnt - learnt.mean()) / learnt.std())


def test_a_person_with_one_session_among_others_is_halved_and_named() -> None:
    given = made(people=4, sessions=2, apart=8)
    given["session"][given["person"] == "p02"] = "s0"
    found = identification(**given)
    assert found.mean > 0.95
    assert "by session" in found.how
    assert "p02 by halves" in found.how


def test_a_larger_person_is_not_favoured() -> None:
    given = made(people=4, sessions=2, apart=0)
    many = np.concatenate([np.tile(np.flatnonzero(given["person"] == "p00"), 10), np.arange(len(given["person"]))])
    found = identification(**{name: values[many] for name, values in given.items()})
    assert found.per_person["p00"] < 0.5


def test_only_the_scored_peoples_recall_counts_and_chance_stays() -> None:
    given = made(people=6, sessions=2, apart=1)
    every, some = identification(**given), identification(**given, scored=["p03", "p01"])
    assert some.per_person == {name: every.per_person[name] for name in ("p01", "p03")}
    assert some.mean == pytest.approx(np.mean(list(some.per_person.values())))
    assert (some.people, some.chance) == (6, 1 / 6)
    assert identification(**given, scored=["p03"]).low is None


def test_units_and_constant_features_change_nothing() -> None:
    given = made(people=4, sessions=2, apart=1)
    plain = identification(**given)
    for extra in (0.1, 1e6):
        wider = np.column_stack([given["vectors"] * 1000 - 7, np.full(len(given["time"]), extra)])
        found = identification(**{**given, "vectors": wider})
        assert found.features == 4
        assert found.per_person == pytest.approx(plain.per_person, abs=0.02)


def test_features_that_never_change_tell_nobody() -> None:
    given = made(people=4, sessions=2, apart=1)
    found = identification(**{**given, "vectors": np.full((len(given["time"]), 3), 0.1)})
    assert (found.features, found.mean) == (0, 0.25)


def test_the_answer_is_the_same_twice_and_in_any_order_of_windows() -> None:
    given = made(people=4, sessions=2, apart=1)
    order = np.random.default_rng(3).permutation(len(given["time"]))
    first, again = identification(**given), identification(**given)
    assert first == again
    mixed = identification(**{name: values[order] for name, values in given.items()})
    assert mixed.per_person == pytest.approx(first.per_person, abs=0.02)


def test_a_fit_that_does_not_end_is_told_and_warns_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROUNDS", 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = identification(**made(people=4, sessions=2, apart=1))
    assert not found.converged
    monkeypatch.undo()
    assert identification(**made(people=4, sessions=2, apart=1)).converged


def test_input_that_cannot_be_right_is_refused() -> None:
    given = made(people=3, sessions=2, apart=1)
    with pytest.raises(InputError, match="one person"):
        identification(**made(people=1, sessions=2, apart=1))
    with pytest.raises(InputError, match="no window of eve"):
        identification(**given, scored=["eve"])
    with pytest.raises(InputError, match="nobody counts"):
        identification(**given, scored=[])
    with pytest.raises(InputError, match="different lengths"):
        identification(**{**given, "time": given["time"][1:]})
    with pytest.raises(InputError, match=r"not finite \(vectors, window 0\)"):
        identification(**{**given, "vectors": np.full((360, 2), np.nan)})
    with pytest.raises(InputError, match=r"\(window, feature\)"):
        identification(**{**given, "vectors": np.zeros(360)})
    with pytest.raises(InputError, match="too few for two halves"):
        identification(**made(people=2, sessions=1, apart=1), gap=60)


def test_the_answer_is_ready_for_json() -> None:
    found = identification(**made(people=3, sessions=2, apart=2))
    assert isinstance(found, Identification)
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["chance"] == pytest.approx(1 / 3)
