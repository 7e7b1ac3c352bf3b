"""Lesson 6: a memory that is asked by content, over what a run's teacher makes of windows; as `models/memory.py`.

The patterns are for this lesson: for each activity the mean of what the teacher makes of other people's windows. A
run's own memory learns its patterns, several for each activity, and looks at them through maps that it learns as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom_app.services.lessons.frame import SAMPLE, Knob, Lesson, Question, Step
from stillroom_app.services.lessons.maps import STUDENT, TEACHER, has_maps, maps_of, plain_list
from stillroom_app.services.workspace import Entry

Floats = NDArray[np.float64]
_EPS, _SETTLED = 1e-5, 40  # as a layer norm's; moves, as in the picture
_SAMPLE = Knob(SAMPLE, "Window that asks", "sample")
_BETA = "\N{GREEK SMALL LETTER BETA}"


def normed(rows: Floats) -> Floats:
    """Each row to mean 0 and variance 1, as a layer norm without gains."""
    found: Floats = (rows - rows.mean(1, keepdims=True)) / np.sqrt(rows.var(1, keepdims=True) + _EPS)
    return found


def bank(pooled: Floats, label: NDArray[np.int64], mine: NDArray[np.bool_], classes: int) -> Floats:
    """`(class, feature)` the mean of each activity's windows, layer-normalised.

    Args:
        pooled: `(window, feature)`, layer-normalised.
        label: `(window,)` codes.
        mine: `(window,)` those of the person who asks; left out wherever others did the same.
        classes: how many there are.

    Raises:
        InputError: no window shows one of the activities.
    """
    rows = []
    for code in range(classes):
        own = label == code
        if not own.any():
            raise InputError("no explained window shows one of the activities", mend="Explain more windows")
        rows.append(pooled[own & ~mine if (own & ~mine).any() else own].mean(0))
    return normed(np.array(rows))


def data(one: Entry) -> dict[str, Any]:
    """A bank for each person, and windows of that person that ask it.

    Raises:
        InputError: the run keeps no feature maps, or damaged ones; or its two models cannot ask the same patterns.
    """
    maps, classes = maps_of(one.run), [str(name) for name in one.run.report["classes"]]
    unit, label = maps["pooled/unit"].astype(str), maps["pooled/label"].astype(np.int64)
    seen = {role: normed(maps[f"pooled/{role}"].astype(float)) for role in (TEACHER, STUDENT)}
    if seen[STUDENT].shape != seen[TEACHER].shape:
        raise InputError("its student makes fewer or more numbers of a window than its teacher", where=one.name)
    people = [str(who) for who in np.unique(unit)]
    banks = [bank(seen[TEACHER], label, unit == who, len(classes)) for who in people]
    place = {int(number): at for at, number in enumerate(maps["pooled/ids"])}
    asking = [place[int(number)] for number in maps["ids"] if int(number) in place]
    alike, pair = _most_alike(banks[0])
    samples = [
        {
            "name": f"{classes[label[at]]}, {unit[at]}",
            "label": int(label[at]),
            "bank": people.index(unit[at]),
            **{role: plain_list(seen[role][at]) for role in (TEACHER, STUDENT)},
        }
        for at in sorted(asking, key=lambda at: (label[at] not in pair, at))
    ]
    features, units = banks[0].shape[1], str(one.run.report["units"])
    first = samples[0]
    settled = answering(np.array(first[TEACHER]), banks[first["bank"]], 1 / np.sqrt(features))
    return {
        "samples": samples,
        "classes": classes,
        "banks": [{"patterns": plain_list(rows), **_plane(rows)} for rows in banks],
        "usual": 1 / np.sqrt(features),
        "origin": f"What the run's teacher and student make of windows of {units} that neither had seen",
        "words": {
            "patterns": str(len(classes)), "features": str(features), "usual": f"{1 / np.sqrt(features):.2f}",
            "one": classes[pair[0]], "other": classes[pair[1]], "alike": f"{alike:.2f}",
            "settles": settling(settled, len(classes)), "whose": _whose(unit, label, units),
        },
    }  # fmt: skip


def answering(state: Floats, rows: Floats, beta: float) -> float:
    """How many patterns answer once recall has settled: the exponential of the entropy of their shares."""
    mix = np.ones(len(rows))
    for _ in range(_SETTLED + 1):  # the shares behind the last move
        likeness = beta * rows @ state
        mix = np.exp(likeness - likeness.max())
        mix /= mix.sum()
        state = mix @ rows
    return float(np.exp(-(mix * np.log(np.maximum(mix, 1e-300))).sum()))


def settling(patterns: float, classes: int) -> str:
    """What is said of a memory that settles where so many patterns answer, of two that are alike."""
    if patterns < 1.5:
        return "settles on one of them, although they are alike"
    if patterns < 2.5:
        return "settles between the two: it knows it is one of them, and not which"
    every = "nearly all" if patterns > 0.8 * classes else f"about {patterns:.0f}"
    return f"settles between {every} of its patterns: it does not even know that it is one of the two"


def _whose(unit: NDArray[np.str_], label: NDArray[np.int64], units: str) -> str:
    """Whose windows the patterns are of; where only one did an activity, nobody else's can stand for it."""
    lonely = any(len(np.unique(unit[label == code])) == 1 for code in np.unique(label))
    if units == "stretches":
        return "windows of other stretches" + (", or of the same one where no other shows it" if lonely else "")
    return "other people's windows" + (", or of the same person's where nobody else did it" if lonely else "")


def _most_alike(rows: Floats) -> tuple[float, tuple[int, int]]:
    alike = np.triu(rows @ rows.T / rows.shape[1], 1)
    first, second = np.unravel_index(int(alike.argmax()), alike.shape)
    return float(alike.max()), (int(first), int(second))


def _plane(rows: Floats) -> dict[str, Any]:
    """The plane in which the patterns lie widest apart, to draw them in."""
    centre = rows.mean(0)
    axes = np.linalg.svd(rows - centre, full_matrices=False)[2][:2]
    return {"centre": plain_list(centre), "axes": plain_list(axes)}


_BEGIN = {"n": 0, "noise": 0, "stored": 10}

LESSON = Lesson(
    number=6,
    slug="memory",
    title="A memory that is asked by content",
    question="How does a memory find what a window reminds it of?",
    minutes=5,
    steps=(
        Step(
            "The bank",
            "A window becomes [[features]] numbers, $\\xi$. The bank $K$ holds [[patterns]] **patterns**: for each "
            "activity what the teacher makes of [[whose]], on average. Each pattern gets a share by "
            "how like the window it is. $\\beta$ says how sharply to choose.",
            view="ask",
            knobs=("beta", SAMPLE),
            sets={**_BEGIN, "beta": 0.14, SAMPLE: 2},
            formula=r"p = \operatorname{softmax}(\beta\, \xi K^\top)",
        ),
        Step(
            "Your guess",
            "The memory **recalls**: it mixes its patterns by their shares and takes the mixture as the new $\\xi$. "
            "Suppose $\\beta$ is turned nearly to 0.",
            view="guess",
            knobs=("beta", "n", SAMPLE),
            sets={**_BEGIN, "beta": 0.01},
            formula=r"\xi \leftarrow p\,K",
            guess=Question(
                "What does it recall then?",
                ("The pattern that is most alike", "The window itself", "The mean of all patterns"),
                right=2,
                why="All shares become equal, whatever asks. Press One step, then turn the knob up and do it again.",
            ),
        ),
        Step(
            "Noise",
            "Spoil the window with noise, then recall. Where $\\beta$ is high enough, **one move** lands on a "
            "pattern and the next ones change nothing. Turn $\\beta$ down: it ends in a mixture. No move ever raises "
            "the energy $E$.",
            view="recall",
            knobs=("noise", "n", "beta", SAMPLE),
            sets={**_BEGIN, "beta": 1, "noise": 1, SAMPLE: 3},
            formula=r"E = \tfrac12 \lVert\xi\rVert^2 - \tfrac1\beta \log \sum_p e^{\beta\, \xi k_p}\;",
        ),
        Step(
            "In between",
            "*[[one]]* and *[[other]]* are the two that are stored most alike (likeness [[alike]] of at most 1). At "
            "the usual sharpness, 1/\N{SQUARE ROOT}[[features]], about [[usual]], the memory **[[settles]]**. The "
            "curve counts how many patterns answer.",
            view="between",
            knobs=("beta", SAMPLE),
            sets={**_BEGIN, "beta": 0.14, SAMPLE: 0},
        ),
        Step(
            "As released",
            "SMLDist's released head hands a window to its memory as query **and** as the only stored pattern. Store "
            "one pattern and turn $\\beta$: its share is 100 %, always. Such a memory is two linear maps in "
            "disguise. What the code distils by memory is the head's **copy**.",
            view="ask",
            knobs=("stored", "beta", SAMPLE),
            sets={**_BEGIN, "stored": 1, "beta": 0.14},
        ),
        Step(
            "Distilling it",
            "**Our reading** has a bank of several patterns, which teacher and student share. Both ask it about the "
            "same window; the memory term is how far their shares are apart. It teaches what a window *reminds of*, "
            "one step before the answer.",
            view="term",
            knobs=("beta", SAMPLE),
            sets={**_BEGIN, "beta": 0.14},
            formula=r"L = \operatorname{KL}\big(p^{\text{teacher}} \,\|\, p^{\text{student}}\big)",
        ),
    ),
    checks=(
        Question(
            "A bank holds one pattern only. What does the knob change in what is read?",
            ("Nothing", "A high value makes it surer", "A low value mixes it with the window"),
            right=0,
            why="A softmax over one pattern is 1, whatever asks and however sharply.",
            hint="Not this one. Store one pattern in step 5 and turn the knob.",
        ),
        Question(
            "Two patterns are nearly alike. The memory is to tell them apart. What helps?",
            ("More moves at the same sharpness", "A higher \N{GREEK SMALL LETTER BETA}",
             "A lower \N{GREEK SMALL LETTER BETA}"),
            right=1,
            why="Their likenesses differ by little; only a sharper choice makes a difference of it. More moves "
            "settle between.",
            hint="Not this one. In step 4, where does the curve fall from two patterns to one?",
        ),
    ),
    knobs=(
        _SAMPLE,
        Knob("beta", f"Sharpness {_BETA}", least=0.01, most=1.5, step=0.01, start=0.14),
        Knob("noise", "Noise", least=0, most=3, step=0.1, start=0),
        Knob("n", "Moves", "steps", most=5),
        Knob("stored", "Patterns stored", least=1, most=10, start=10),
    ),
    sources=(
        "The memory: Ramsauer et al. 2021, Hopfield Networks is All You Need, arXiv 2008.02217",
        "Its use in a head: SMLDist, arXiv 2107.07331, and its authors' code of 2021",
    ),
    reading="The bank of several patterns and the term over their shares are our reading; the released code copies the "
    "head and has no such term. The patterns here are means over windows, so that each has a name; a run's own are "
    "learned and have none.",
    data=data,
    fits=has_maps,
    scripts=("memory_maths.js",),
    notebook="03_smldist_stages_memory_logits.ipynb",
)  # fmt: skip
