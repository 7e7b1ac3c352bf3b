"""Lesson 3: temperature and dark knowledge, on what a run's teacher answered; losses as `core/stillroom/losses`."""

from __future__ import annotations

from stillroom_app.services.lessons import answers
from stillroom_app.services.lessons.frame import SAMPLE, Knob, Lesson, Question, Step

_SAMPLE = Knob(SAMPLE, "Window", "sample")

LESSON = Lesson(
    number=3,
    slug="temperature",
    title="Temperature and dark knowledge",
    question="What does a teacher tell that a label does not?",
    minutes=5,
    steps=(
        Step(
            "The answer",
            "A label names one activity. A teacher gives a **share to each of [[classes]]**. Which wrong answers it "
            "finds nearly right is knowledge, too: *dark knowledge*, for at first it is hard to see.",
            view="answer",
            knobs=(SAMPLE,),
            formula=r"p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}",
        ),
        Step(
            "Your guess",
            "The scores $z$ are divided by a **temperature** $T$ before they become shares.",
            view="soft",
            knobs=("T", SAMPLE),
            sets={"T": 1},
            formula=r"p_k^{(T)} = \frac{e^{z_k/T}}{\sum_j e^{z_j/T}}",
            guess=Question(
                "T goes from 1 up to 8. What do the bars do?",
                ("The longest grows and the others vanish", "They come nearer, in the same order",
                 "They come nearer, and some change places"),
                right=1,
                why="Dividing by T shrinks every difference and turns none around. Now turn T: small shares show.",
            ),
        ),
        Step(
            "The push",
            "An arrow shows how **one training step** moves the student's score: up to the right, down to the left. "
            "It is long where teacher and student differ. Without the factor $T^2$ the arrows fade as $T$ grows.",
            view="push",
            knobs=("T", "factor", SAMPLE),
            sets={"T": 4, "n": 0, "rule": "hinton"},
            formula=r"-\frac{\partial L}{\partial z_k} = T \,\big(p_k^{\,\text{teacher}} - p_k^{\,\text{student}}\big)",
        ),
        Step(
            "Training",
            "Take one step at a time, or press *Play*. The student's bars walk to the teacher's, the dark ones too. "
            "A real student learns from thousands of windows at once; this one has only to answer one.",
            view="push",
            knobs=("T", "n", SAMPLE),
            sets={"T": 4, "n": 0, "rule": "hinton", "factor": "with"},
            formula=r"z \leftarrow z - \frac{\partial L}{\partial z}",
        ),
        Step(
            "Teacher wrong",
            "This teacher was wrong in **[[wrong]]** tested windows. SMLDist's *conditional rule* then teaches the "
            "label instead; with $T$ and $\\varepsilon$ it is **our reading**. Its released code sets scores to length "
            "1, softens twice, and depends on our shift of scores to mean 0.",
            view="rule",
            knobs=("rule", "n", SAMPLE),
            sets={"T": 4, "n": 0, "rule": "conditional", "factor": "with"},
            begins="wrong",
            needs=True,
            formula=r"t = \begin{cases} p^{(T)} & \text{if right} \\ "
            r"(1-\varepsilon)\, y + \varepsilon/K & \text{else} \end{cases}",
        ),
    ),
    checks=(
        Question(
            "The temperature is very high. What is left of the teacher's answer?",
            ("Only the most likely activity", "Nearly equal shares, in the same order", "The label"),
            right=1,
            why="Every difference is divided by T, so all shares go towards one over the number of activities.",
            hint="Not this one. Turn T up in step 2 and look at the short bars.",
        ),
        Question(
            "Where does the step push the student's score up?",
            ("Where the teacher's softened share is larger than the student's", "Only at the label",
             "Wherever the teacher's share is above one half"),
            right=0,
            why="The push is T times the difference of the two shares. The label does not stand in it.",
            hint="Not this one. Compare the two bars beside each arrow in step 3.",
        ),
    ),
    knobs=(
        _SAMPLE,
        Knob("T", "Temperature T", least=1, most=20, step=0.5, start=1),
        Knob("factor", "Factor T\N{SUPERSCRIPT TWO}", "choice", choices=(("with", "with"), ("without", "without"))),
        Knob("rule", "What is taught", "choice", choices=(
            ("hinton", "Teacher"), ("conditional", "Conditional, our reading"),
            ("released", "Released, our shift"),
            ("standardised", "z-scores"))),
        Knob("n", "Training steps", "steps", most=60),
    ),
    sources=(
        "Soft targets: Hinton et al. 2015, arXiv 1503.02531; the words *dark knowledge* are from Hinton's talks of "
        "2014, as far as we know",
        "Conditional rule: SMLDist, arXiv 2107.07331, and its authors' code of 2021 read literally",
        "Standardised scores: Sun et al. 2024, arXiv 2403.01427",
    ),
    reading="The conditional rule with a temperature is our reading; T = 4 and an \N{GREEK SMALL LETTER EPSILON} of "
    "0.1 are ours, not the paper's. A run keeps shares, so scores are known but for one added number: here their mean "
    "is 0.",
    data=answers.data,
    fits=answers.fits,
    scripts=("answer_bars.js",),
    notebook="03_smldist_stages_memory_logits.ipynb",
)  # fmt: skip
