"""Lesson 2: the spectrum of a movement, by the discrete Fourier transform of one window."""

from __future__ import annotations

from stillroom_app.services.lessons import rhythms
from stillroom_app.services.lessons.frame import SAMPLE, Knob, Lesson, Question, Step

LESSON = Lesson(
    number=2,
    slug="spectrum",
    title="The spectrum of a movement",
    question="Which frequencies is a movement made of?",
    minutes=4,
    steps=(
        Step(
            "A movement",
            "Above: **[[seconds]] seconds** of one channel. What repeats in the movement repeats in the signal. "
            "Below, the same as a spectrum: how much of it goes at which pace. [[look]]",
            view="signal",
            knobs=(SAMPLE,),
        ),
        Step(
            "Your guess",
            "A frequency of 1 Hz is once a second. A window of 4 s tells paces apart that differ by one turn in 4 s.",
            view="bin",
            knobs=("bin", SAMPLE),
            sets={"bin": 6},
            formula=r"X_k = \sum_n x_n\, e^{-2\pi i\, k n / N}",
            guess=Question(
                "A hand goes to and fro 6 times in 4 seconds. Where does its spectrum rise?",
                ("At 0.67 Hz", "At 1.5 Hz", "At 24 Hz"),
                right=1,
                why="6 turns in 4 s are 1.5 in a second. Now turn the bin, or click on the spectrum.",
            ),
        ),
        Step(
            "One wave",
            "Each bin is **one wave** that fits a whole number of times into the window. Bins stand **[[bin]] Hz** "
            "apart: one over the window's length. They end at **[[half]] Hz**: half of the [[rate]] samples a second.",
            view="bin",
            knobs=("bin", SAMPLE),
            formula=r"A_k = \frac{2}{N}\, |X_k|",
        ),
        Step(
            "Built again",
            "Add the strongest waves one by one and the movement comes back; **all of them give it exactly**. A "
            "rhythmic movement needs few, a jerk needs many.",
            view="some",
            knobs=("k", SAMPLE),
            sets={"k": 1},
            formula=r"x_n = \tfrac1N \sum_k X_k\, e^{2\pi i\, k n / N}",
        ),
    ),
    checks=(
        Question(
            "You want bins that stand half as far apart. What do you do?",
            ("Take windows twice as long", "Take samples twice as often", "Take twice as many channels"),
            right=0,
            why="The distance of bins is one over the window's length. More samples a second only reach higher.",
            hint="Not this one. What does the distance of the bins follow from? Step 3 says it.",
        ),
        Question(
            "A sensor takes 25 samples a second. Which of these can its spectrum not show?",
            ("A step twice a second", "A screwdriver's hum at 7.5 Hz", "A vibration at 40 Hz"),
            right=2,
            why="The spectrum ends at half the rate, 12.5 Hz. What is faster shows up at a wrong, lower frequency.",
            hint="Not this one. Up to which frequency does the spectrum reach?",
        ),
    ),
    knobs=(
        Knob(SAMPLE, "Window", "sample"),
        Knob("bin", "Bin", least=1, most=256, step=1, start=6),
        Knob("k", "Strongest frequencies", least=1, most=256, step=1, start=1),
    ),
    sources=(
        "The discrete Fourier transform, as numpy.fft.rfft; the page Spectra shows Welch's densities: "
        "core/stillroom/signal/spectra.py",
        "The screwdriver's 450 turns a minute: the simulated line, core/stillroom/data/sources/factory",
    ),
    data=rhythms.data,
    fits=rhythms.fits,
    scripts=("signal_maths.js",),
)  # fmt: skip
