"""Lesson 8: attribution and how it misleads, on a net that is small enough to be asked in the browser.

The net comes with the app (`small_net.json`, made by `assets/make_small_net.py` from the simulated line).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from stillroom_app.services import workspace
from stillroom_app.services.lessons.frame import SAMPLE, Knob, Lesson, Question, Step, Value
from stillroom_app.services.listing import Listed
from stillroom_app.services.workspace import HEADLINE, Entry

NET = Path(__file__).with_name("small_net.json")
HUM, TWIN, PRESSURE = "right wrist acc, fast", "right wrist gyro, slow", "air pressure"
_SAMPLE = Knob(SAMPLE, "Window", "sample")


def fits(one: Listed) -> bool:
    """The net is of the simulated line, whose first result in the demo stands for it."""
    return one.name == HEADLINE


def data(one: Entry) -> dict[str, Any]:
    """The net, windows of people whom it never met, and what they are held against."""
    kept: dict[str, Any] = json.loads(NET.read_text(encoding="utf-8"))
    names = [given["name"] for given in kept["inputs"]]
    return {
        **{name: kept[name] for name in ("inputs", "classes", "net", "untrained", "baselines", "samples")},
        "hum": names.index(HUM),
        "twin": names.index(TWIN),
        "pressure": names.index(PRESSURE),
        "shown": "a small net fitted to it",
        "origin": "Fitted to seven people, shown on windows of the other three: one of each activity, chosen among "
        "those that it answers rightly. The air pressure is made up",
        "words": {
            "inputs": str(len(names)), "score": f"{kept['macro_f1']:.2f}", "windows": str(kept["windows"]),
            "untrained": _untrained(one),
        },
    }  # fmt: skip


def _untrained(one: Entry) -> str:
    """How alike the sizes of the teacher's attributions are to those of its net with fresh weights."""
    try:
        told = workspace.kept(one.run.folder / "explain/windows.json") or {}
        return f"{told['told']['models']['teacher']['sanity']['randomised']['magnitude']:.2f}"
    except (KeyError, TypeError, ValueError):
        return "not kept"


_METHODS = (("integrated", "integrated gradients"), ("times_input", "gradient × input"), ("gradient", "gradient"),
            ("occlusion", "occlusion"))  # fmt: skip
_BEGIN: dict[str, Value] = {"unit": 1, "share": 0, "weights": "trained", SAMPLE: 0}

LESSON = Lesson(
    number=8,
    slug="attribution",
    title="Attribution, and how it misleads",
    question="Can one believe what a net says it went by?",
    minutes=5,
    steps=(
        Step(
            "What it went by",
            "A tiny net hears how much each sensor moves, slowly and fast; macro-F1 [[score]] on [[windows]] windows "
            "of strangers. **Integrated gradients** walk from a *baseline* to the window and add up the slope on the "
            "way. The bars sum to what the score gained.",
            view="bars",
            knobs=("method", SAMPLE),
            sets={**_BEGIN, "method": "integrated", "base": "mean"},
            formula=r"\begin{gathered} a_i = (x_i - b_i)\, \bar g_i \\ "
            r"\bar g_i = \int_0^1 \frac{\partial F}{\partial x_i}\big(b + s(x-b)\big)\,ds \end{gathered}\;",
        ),
        Step(
            "Your guess",
            "A **barometer** hangs on the wall and is an input, too: about 1013 hPa, whatever people do. We made it "
            "up, and it knows nothing. Now every input's slope is multiplied by its value: *gradient × input*.",
            view="guess",
            knobs=("method", "base", SAMPLE),
            sets={**_BEGIN, "method": "times_input", "base": "mean"},
            formula=r"a_i = x_i \,\frac{\partial F}{\partial x_i}(x)",
            guess=Question(
                "Somebody drives screws. Which input gets the longest bar?",
                ("The tool hand, moving fast", "The barometer", "The tool hand, turning slowly"),
                right=1,
                why="A tiny slope times 1013 is a lot. Against a baseline of *zero* hPa, a vacuum, integrated "
                "gradients blame it too; against its mean they do not.",
            ),
        ),
        Step(
            "Compared with what",
            "While screws are driven the simulation puts a **hum of the driver** into the tool hand. Against the "
            "*mean* window it hardly counts, for other work shakes the hand as much. Against a *quiet* one it does. "
            "Neither is wrong: each baseline asks another question.",
            view="base",
            knobs=("base", "method", SAMPLE),
            sets={**_BEGIN, "method": "integrated", "base": "quiet"},
        ),
        Step(
            "Same answer, other bars",
            "Tell the net one input in **another unit** and adjust its weights: it answers the same. A gradient grows "
            "or shrinks with the unit. Glue a **twin** beside a sensor and share the weight: both look unimportant, "
            "and dropping either seems cheap.",
            view="same",
            knobs=("unit", "share", "method", SAMPLE),
            sets={**_BEGIN, "method": "gradient", "base": "mean"},
        ),
        Step(
            "Is it true?",
            "**Delete** inputs, what speaks most *for* the answer first, what speaks against it last: it must fall "
            "faster than in random order. And ask a net that was **never fitted**: where its bars are much the same, "
            "they tell of the signal, not of the net. (For the demo's large teacher their rank correlation is "
            "[[untrained]].)",
            view="check",
            knobs=("method", "base", "weights", SAMPLE),
            sets={**_BEGIN, "method": "times_input", "base": "zero"},
        ),
    ),
    checks=(
        Question(
            "An acceleration is told in g instead of m/s², and the weights are adjusted to it. What changes?",
            ("The net's answers", "Its gradients by that input", "Integrated gradients"),
            right=1,
            why="A slope is per unit. Integrated gradients multiply it by a distance in the same unit, so that it "
            "cancels.",
            hint="Not this one. Turn the unit in step 4 and change the method.",
        ),
        Question(
            "Two sensors always move alike, and both have short bars. What may you conclude?",
            ("Neither matters", "Either may go, and then the other as well",
             "Nothing about leaving out both: ask for that"),
            right=2,
            why="They share what they say. Short bars of twins speak of each alone, with the other still there.",
            hint="Not this one. Give the twin half of the weight in step 4.",
        ),
    ),
    knobs=(
        _SAMPLE,
        Knob("method", "Method", "choice", choices=_METHODS),
        Knob("base", "Baseline", "choice", choices=(("mean", "mean window"), ("quiet", "quiet"), ("zero", "zero"))),
        Knob("unit", "Unit of right acc, fast", least=0.1, most=10, step=0.1, start=1, unit="times"),
        Knob("share", "Twin of right gyro, slow", least=0, most=1, step=0.05, start=0),
        Knob("weights", "Weights", "choice",
             choices=(("trained", "fitted"), ("0", "never fitted, 1"), ("1", "2"), ("2", "3"))),
    ),
    sources=(
        "Integrated gradients: Sundararajan et al. 2017, arXiv 1703.01365",
        "Untrained weights as a check: Adebayo et al. 2018, arXiv 1810.03292",
        "Deletion: Petsiuk et al. 2018, arXiv 1806.07421",
    ),
    data=data,
    fits=fits,
    scripts=("attribution_maths.js",),
    notebook="05_why_and_which_sensor_can_go.ipynb",
)  # fmt: skip
