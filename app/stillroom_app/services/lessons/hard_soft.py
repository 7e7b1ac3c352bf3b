"""Lesson 4: a label and a teacher pull on one student, weighed by alpha; losses as `core/stillroom/losses`."""

from __future__ import annotations

from stillroom_app.services.lessons import answers
from stillroom_app.services.lessons.frame import SAMPLE, Knob, Lesson, Question, Step

LESSON = Lesson(
    number=4,
    slug="hard_soft",
    title="Hard and soft targets",
    question="How much should a student believe its teacher?",
    minutes=4,
    steps=(
        Step(
            "Two voices",
            "A label is **hard**: all for one activity. A teacher is **soft**: a share for each, and it can be "
            "wrong: here it was wrong in **[[wrong]]** tested windows. A student hears both.",
            view="ends",
            knobs=(SAMPLE,),
            begins="wrong",
        ),
        Step(
            "Your guess",
            "One number weighs them: $\\alpha$. At 0 only the label counts, at 1 only the teacher. So that the label's "
            "loss has a lowest place, too, the label gets 99 % and not all.",
            view="strip",
            knobs=("alpha", "T", SAMPLE),
            sets={"alpha": 0.5, "T": 4},
            begins="wrong",
            formula=r"L = (1-\alpha)\,\text{CE} + \alpha\, T^2\,\text{KL}",
            guess=Question(
                "\N{GREEK SMALL LETTER ALPHA} goes from 0 to 1. What does the lowest place of the loss do?",
                ("It stays at the label", "It moves from the label to the teacher",
                 "It jumps over at one half"),
                right=1,
                why="Each loss is a bowl. The sum of two bowls is lowest between their lowest places. Turn it.",
            ),
        ),
        Step(
            "Between them",
            "From left to right, a student's answer changes from the label's to the teacher's. The thick curve is the "
            "loss. In a window of which the teacher is wrong, **the answer turns from right to wrong** on the way: "
            "watch the last number.",
            view="strip",
            knobs=("alpha", "T", SAMPLE),
            sets={"n": 0},
            formula=r"L = (1-\alpha)\,\text{CE} + \alpha\, T^2\,\text{KL}",
        ),
        Step(
            "Rolling down",
            "The dot begins where this run's student stands on that line. **Each step goes down the slope**, and rests "
            "where label and teacher pull alike. Here $y$ is the label at 99 %, and $p_T$ and $t_T$ are softened "
            "shares.",
            view="roll",
            knobs=("alpha", "n", "T", SAMPLE),
            sets={"n": 0},
            formula="\\frac{\\partial L}{\\partial z} = (1-\\alpha)(p - y)\n{} + \\alpha T (p_T - t_T)",
        ),
    ),
    checks=(
        Question(
            "\N{GREEK SMALL LETTER ALPHA} = 0. What does the student learn from the teacher?",
            ("Only which answer is the most likely", "Nothing", "Its dark knowledge, more slowly"),
            right=1,
            why="The soft term is multiplied by 0: it is plain training on labels.",
            hint="Not this one. Put 0 into the formula.",
        ),
        Question(
            "The teacher is wrong, and \N{GREEK SMALL LETTER ALPHA} = 1. What does the student learn of this window?",
            ("The teacher's wrong answer", "The label", "To leave the window out"),
            right=0,
            why="Nothing else stands in its loss. That is why the label keeps a share, or a conditional rule corrects.",
            hint="Not this one. Turn \N{GREEK SMALL LETTER ALPHA} to 1 in step 3.",
        ),
    ),
    knobs=(
        Knob(SAMPLE, "Window", "sample"),
        Knob("alpha", "Share of the teacher, \N{GREEK SMALL LETTER ALPHA}", least=0, most=1, step=0.05, start=0.5),
        Knob("T", "Temperature T", least=1, most=20, step=0.5, start=4),
        Knob("n", "Training steps", "steps", most=40),
    ),
    sources=(
        "The weighed sum: Hinton et al. 2015, arXiv 1503.02531",
        "Computed as core/stillroom/losses/cross_entropy.py, with label smoothing, and hinton.py do, classes alike",
    ),
    reading="The line is drawn by us: from scores that give the label 99 %, which are the lowest place of its softened "
    "loss, straight to the teacher's. A real student learns from many windows and need not stay on it.",
    data=answers.data,
    fits=answers.fits,
    scripts=("answer_bars.js",),
    notebook="03_smldist_stages_memory_logits.ipynb",
)  # fmt: skip
