"""What memories read: shares of patterns under the class that each argues for, as the memory itself answers."""

import re
from typing import Any

import numpy as np
import pytest
import torch

from stillroom.base.errors import InputError
from stillroom.figures import memory_reads
from stillroom.figures.palette import face_of
from stillroom.figures.theme import DARK, Look, plain
from stillroom.models.memory import Memory

CLASSES = ("pick", "tape <b>box</b>", "scan & sign")
looks = pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True)], ids=["light", "dark", "narrow"])


def _memory(seed: int = 0) -> Memory:
    torch.manual_seed(seed)
    return Memory(features=8, classes=len(CLASSES), patterns=12, beta=0.7, updates=1)


def _told(seed: int) -> tuple[Any, Any, int]:
    """Scores and arguments of a memory, and its own answer."""
    memory, z = _memory(seed), torch.randn(1, 8, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        argued = memory.output(memory.value(memory.norm(memory.bank)))
        return memory.scores(z)[0].numpy(), argued.numpy(), int(memory(z).argmax())


def _drawn(told: dict[str, Any] | None = None, **more: Any) -> Any:
    memories = {"teacher": _told(1), "student": _told(2)} if told is None else told
    usual: dict[str, Any] = {"factor": 1.0, "truth": CLASSES[1], "origin": "Made up, window 3"}
    scores, argued = ({role: one[place] for role, one in memories.items()} for place in (0, 1))
    return memory_reads.reads(scores, argued, CLASSES, **usual | more)


def _bars(figure: Any) -> list[Any]:
    return [trace for trace in figure.data if trace.type == "bar"]


@looks
def test_each_pattern_has_its_share_under_the_class_it_argues_for(check, look: Look) -> None:
    figure = check(_drawn(look=look))
    for bars, seed in zip(_bars(figure), (1, 2), strict=True):
        scores, argued, _ = _told(seed)
        shares = torch.from_numpy(scores).softmax(dim=0).numpy()
        assert np.asarray(bars.x) == pytest.approx(shares, abs=1e-6)
        assert list(bars.customdata) == list(range(12))
        rows = [re.sub(r"^<b>| ◂ done</b>$", "", name) for name in bars.y]
        assert rows == [plain(CLASSES[code]) for code in argued.argmax(axis=1)]


def test_the_pieces_of_a_row_lie_end_to_end(check) -> None:
    bars = _bars(check(_drawn()))[0]
    for name in set(bars.y):
        pieces = sorted((bars.base[i], bars.x[i]) for i in range(12) if bars.y[i] == name)
        ends = np.cumsum([0.0, *(share for _, share in pieces)])
        assert [base for base, _ in pieces] == pytest.approx(ends[:-1])


@looks
@pytest.mark.parametrize("seed", range(1, 6))
def test_the_answer_that_is_told_is_the_memory_s_own(check, look: Look, seed: int) -> None:
    scores, argued, answer = _told(seed)
    figure = check(_drawn({"teacher": (scores, argued)}, look=look))
    heads = [note.text for note in figure.layout.annotations if "answers" in note.text]
    assert len(heads) == 1 and f"answers <b>{plain(CLASSES[answer])}</b>" in heads[0]


def test_how_many_patterns_are_read_follows_from_the_entropy(check) -> None:
    argued = np.eye(4, len(CLASSES))
    even, one = np.zeros(4), np.array([0.0, 60.0, 0.0, 0.0])
    figure = check(_drawn({"teacher": (even, argued), "student": (one, argued)}, factor=0.5))
    said = figure.layout.title.text.replace("<br>", " ").replace("</b> <b>", " ")
    assert "at 0.5 times its beta: teacher 4.0 of 4, student 1.0 of 4" in said
    assert "2.00 of 2.00 bits" in figure.layout.annotations[0].text
    assert "own beta" in check(_drawn()).layout.title.text


@looks
def test_a_panel_wears_its_model_s_colour_and_all_panels_one_order(check, look: Look) -> None:
    figure = check(_drawn(look=look))
    assert [bars.marker.color for bars in _bars(figure)] == [
        face_of(role).colour(look.dark) for role in ("teacher", "student")
    ]
    orders = {tuple(axis.categoryarray) for axis in (figure.layout.yaxis, figure.layout.yaxis2)}
    assert orders == {("pick", "<b>tape &lt;b&gt;box&lt;/b&gt; ◂ done</b>", "scan &amp; sign")}
    assert (figure.layout.xaxis.domain == figure.layout.xaxis2.domain) == look.narrow


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, "no memory"),
        ({"teacher": ([0.0, 1.0], np.zeros((2, 2)))}, "for 3 classes"),
        ({"teacher": ([0.0, 1.0], np.zeros((3, 3)))}, "for 3 classes"),
        ({"teacher": ([], np.zeros((0, 3)))}, "for 3 classes"),
        ({"teacher": ([0.0, np.nan], np.zeros((2, 3)))}, "for 3 classes"),
    ],
)
def test_what_is_no_memory_is_refused(told: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        _drawn(told)


def test_a_memory_whose_arguments_are_missing_is_refused() -> None:
    with pytest.raises(InputError, match="for 3 classes"):
        memory_reads.reads({"teacher": [0.0, 1.0]}, {}, CLASSES, factor=1.0, origin="Made up")
