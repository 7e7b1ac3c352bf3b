"""Lesson 1: how a recording becomes windows with one label each, as `data.windows.cut` cuts them."""

from __future__ import annotations

from stillroom_app.services.lessons import stretches
from stillroom_app.services.lessons.frame import SAMPLE, Knob, Lesson, Question, Step

LESSON = Lesson(
    number=1,
    slug="windows",
    title="Windows and labels",
    question="How does a recording become examples to learn from?",
    minutes=4,
    steps=(
        Step(
            "The recording",
            "A sensor delivers **[[rate]] samples a second**, without end. Somebody noted what was done, and when: the "
            "coloured bands. A net wants examples of one size, each with one label.",
            view="recording",
            knobs=(SAMPLE,),
        ),
        Step(
            "Your guess",
            "So the recording is cut into **windows** of one length. They start at even steps, the *stride*, which may "
            "be shorter than a window.",
            view="cut",
            knobs=("length", "stride", SAMPLE),
            sets={"length": 4, "stride": 2, "purity": 0.5},
            formula=r"n = \left\lfloor \frac{N - w}{s} \right\rfloor + 1",
            guess=Question(
                "Windows of 4 s start every 2 s. In how many of them is one moment, away from the ends?",
                ("One", "Two", "Four"),
                right=1,
                why="Length divided by stride: 4 / 2. Each sample is used twice. Turn length and stride.",
            ),
        ),
        Step(
            "One label",
            "A window's label is the activity that holds for **most of its samples**; its share is the *purity*. A "
            "window across a change is impure. Where too little of it agrees, it is left out: dashed.",
            view="label",
            knobs=("w", "purity", SAMPLE),
            sets={"length": 4, "stride": 2, "purity": 0.5},
            formula=r"\text{purity} = \frac{\text{samples with the label}}{\text{samples}}",
        ),
        Step(
            "What it costs",
            "This run took windows of **[[own]]**: [[samples]] samples each, [[all]] windows. Shorter ones answer "
            "sooner and see less of a movement. With a stricter purity fewer are left, and none of the changes, which "
            "a real stream does not leave out.",
            view="label",
            knobs=("length", "stride", "purity", "w", SAMPLE),
            begins="own",
        ),
    ),
    checks=(
        Question(
            "A window holds 60 samples of *tape box*, 30 of *scan codes* and 10 without a label. What is its purity?",
            ("0.67", "0.60", "0.90"),
            right=1,
            why="60 of 100 samples: what has no label counts against every label.",
            hint="Not this one. All samples of the window count, those without a label too.",
        ),
        Question(
            "Why must windows of one person never stand both in training and in test?",
            ("Neighbouring windows share samples, and a person moves alike", "There would be too many windows",
             "Labels would be missing"),
            right=0,
            why="The test would ask for what was learned by heart. So splits are by person.",
            hint="Not this one. Think of the overlap, and of how one person moves.",
        ),
    ),
    knobs=(
        Knob(SAMPLE, "Recording", "sample"),
        Knob("length", "Window length", least=0.5, most=10, step=0.5, start=4, unit="s"),
        Knob("stride", "Stride", least=0.5, most=10, step=0.5, start=2, unit="s"),
        Knob("purity", "Least purity", least=0.05, most=1, step=0.05, start=0.5),
        Knob("w", "Which window", least=0, most=400, step=1, start=2),
    ),
    sources=("How this engine cuts: core/stillroom/data/windows.py",),
    data=stretches.data,
    fits=stretches.fits,
    scripts=("signal_maths.js", "answer_bars.js"),
    notebook="01_from_recordings_to_a_student.ipynb",
)  # fmt: skip
