"""The gains of a study's settings: its table's numbers, its sentence, and no claim of the figure's own."""

from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.evaluation.gain import paired_gain
from stillroom.figures import strategies
from stillroom.figures.theme import DARK, Look

looks = pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True)], ids=["light", "dark", "narrow"])
BASE = {"1": 0.5, "tape <b>box</b>": 0.6, "3": 0.7}
SENTENCE = "against strategy=none (macro-F1 0.600), no setting changed the student's score so that it could be shown"


def _row(strategy: str, more: tuple[float, ...] | None) -> dict[str, Any]:
    people = dict(zip(BASE, [v + d for v, d in zip(BASE.values(), more or (0, 0, 0), strict=True)], strict=True))
    gain = None if more is None else {**paired_gain(BASE, people).as_dict(), "p_holm": 1.0}
    return {
        "cell": f"strategy={strategy}", "settings": {"strategy": strategy}, "per_person": people,
        "macro_f1": sum(people.values()) / 3, "against_first": gain,
    }  # fmt: skip


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    """Three strategies and what they are compared with."""
    return [_row("none", None), _row("sc_logit", (0.1, -0.1, 0.2)), _row("sc_logit+attn_rep", (0, 0, 0.3))]


@looks
def test_every_person_the_mean_and_the_interval_are_the_tables(check, rows: Any, look: Look) -> None:
    figure = check(strategies.gains(rows, SENTENCE, origin="Made up", look=look))
    for row, people, mean in zip(rows[1:], figure.data[0::2], figure.data[1::2], strict=False):
        gain = row["against_first"]
        assert list(people.x) == list(gain["per_person"].values())
        assert mean.x[0] == gain["mean"]
        assert mean.x[0] + mean.error_x.array[0] == pytest.approx(gain["high"])
        assert mean.x[0] - mean.error_x.arrayminus[0] == pytest.approx(gain["low"])
    assert [label.partition("<br>")[0] for label in figure.layout.yaxis.ticktext] == ["SC-Logit", "SC-Logit + Attn-Rep"]


@looks
def test_the_studys_sentence_is_quoted_and_every_person_is_in_sight(check, rows: Any, look: Look) -> None:
    figure = check(strategies.gains(rows, SENTENCE, origin="Made up", look=look))
    assert SENTENCE[1:] in figure.layout.title.subtitle.text.replace("<br>", " ")
    low, high = figure.layout.xaxis.range
    assert low < -0.1 and high > 0.3, "all people, however wide the intervals"
    assert high - low < 4, "an interval of three people does not decide the scale alone"


def test_one_person_has_no_interval(check, rows: Any) -> None:
    rows[1]["against_first"] |= {"low": None, "high": None, "n": 1, "per_person": {"1": 0.1}}
    figure = check(strategies.gains(rows, SENTENCE, origin="Made up"))
    assert figure.data[1].error_x.array is None


def test_a_setting_without_a_finished_run_is_left_out_and_said_to_be(check, rows: Any) -> None:
    rows.insert(1, {**rows[0], "macro_f1": None, "per_person": None})
    figure = check(strategies.gains(rows, SENTENCE, origin="Made up"))
    assert len(figure.layout.yaxis.ticktext) == 2
    assert "1 setting without a finished run" in figure.layout.title.subtitle.text.replace("<br>", " ")


def test_any_other_setting_is_named_as_the_study_names_it(check, rows: Any) -> None:
    for number, row in enumerate(rows):
        row |= {"cell": f"temperature={number} <b>", "settings": {"student.terms.hinton.temperature": str(number)}}
    figure = check(strategies.gains(rows, SENTENCE, origin="Made up"))
    assert figure.layout.yaxis.ticktext[0].startswith("temperature=1 &lt;b&gt;")


def test_a_study_that_compares_nothing_is_refused(rows: Any) -> None:
    for given in ([], rows[:1], [{**rows[0], "macro_f1": None}, *rows[1:]]):
        with pytest.raises(InputError, match="nothing to compare"):
            strategies.gains(given, SENTENCE, origin="Made up")
