"""Lesson 7: fewer sensors, and what a teacher knows that its student cannot see; scores as `evaluation/metrics.py`."""

from __future__ import annotations

from stillroom_app.services.lessons import sets
from stillroom_app.services.lessons.frame import SAMPLE, Knob, Lesson, Question, Step

_SAMPLE = Knob(SAMPLE, "Sensors of the student", "sample")

LESSON = Lesson(
    number=7,
    slug="fewer",
    title="Fewer sensors",
    question="What does a teacher know that its student cannot see?",
    minutes=5,
    steps=(
        Step(
            "What is mixed up",
            "The teacher hears all **[[sensors]] sensors**. Each row is what was done, each column what was said; the "
            "diagonal is right. Choose another model to see the same for a student that hears less.",
            view="counts",
            knobs=("who", SAMPLE),
            sets={"who": "teacher"},
        ),
        Step(
            "Your guess",
            "A dot is a window of one of two activities: left where the answer leans to the first, right where it "
            "leans to the second. The teacher hears all [[sensors]] sensors. Its soft answers are what the student is "
            "taught.",
            view="pair",
            knobs=("border", SAMPLE),
            sets={"border": 0.5},
            guess=Question(
                "Suppose the two look alike in the student's own sensors. What can it learn from the teacher's soft "
                "answers?",
                ("To tell the two apart as the teacher does", "How likely each is, given what it hears",
                 "Nothing: they carry no more than labels"),
                right=1,
                why="Windows that look the same to the student get one answer from it, whatever was taught: at best "
                "the mean of the teacher's answers to them. What is not in its input cannot be taught into it.",
            ),
        ),
        Step(
            "Take sensors away",
            "Switch sensors on and off; the nearest set that a student was **really trained on** is shown. Bars are "
            "*recalls*: of all windows of an activity, the share that was found. Less is heard, and yet not every "
            "bar need fall. One seed each: do not read much into a few points.",
            view="recall",
            knobs=("by",),
            sets={"by": "student"},
        ),
        Step(
            "The score",
            "**F1** of an activity is high where it is found *and* not called in vain. Macro-F1 is the mean over "
            "activities, so that a rare one weighs as much as a frequent one. Reports print the mean over [[units]].",
            view="score",
            knobs=("who", SAMPLE),
            sets={"who": "student"},
            formula=r"F_1 = \frac{2\,\text{right}}{\text{done} + \text{said}}",
        ),
        Step(
            "What teaching added",
            "Each student was also trained **alone**, on labels only. The line is the interval of the difference over "
            "[[units]]. Where it crosses 0, **no gain can be shown**. Look before you believe that distillation makes "
            "up for a sensor.",
            view="gain",
        ),
    ),
    checks=(
        Question(
            "Two activities differ in the left hand only. The student hears the right hand. What helps most?",
            ("A higher temperature", "A larger student", "A sensor at the left hand"),
            right=2,
            why="What tells them apart is not in the student's input. No loss and no size brings it back.",
            hint="Not this one. Ask what the input holds of the left hand.",
        ),
        Question(
            "The student gained 0.017 over the student alone, with an interval from \N{MINUS SIGN}0.025 to +0.059. "
            "What is shown?",
            ("No gain that can be told from chance", "A gain of 0.017", "That distillation does harm"),
            right=0,
            why="The interval holds 0 and also gains that would matter: it is open.",
            hint="Not this one. Is 0 inside the interval?",
        ),
    ),
    knobs=(
        _SAMPLE,
        Knob("border", "Border between the two", least=0.05, most=0.95, step=0.05, start=0.5),
        Knob("by", "Student", "choice", choices=(("student", "taught"), ("alone", "alone"))),
        Knob("who", "Whose answers", "choice",
             choices=(("teacher", "teacher"), ("student", "student, taught"), ("alone", "student, alone"))),
    ),
    sources=(
        "From two hands to one: TSAK, arXiv 2408.14146",
        "Learning with what only the teacher sees: Lopez-Paz et al. 2016, arXiv 1511.03643",
    ),
    data=sets.data,
    fits=sets.fits,
    scripts=("fewer_maths.js",),
    notebook="05_why_and_which_sensor_can_go.ipynb",
)  # fmt: skip
