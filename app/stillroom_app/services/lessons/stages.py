"""Lesson 5: stage distillation, in time and in frequency, on features that a run keeps; losses as `losses/stage.py`."""

from __future__ import annotations

from typing import Any

from stillroom.base.errors import InputError
from stillroom_app.services.lessons.frame import SAMPLE, Knob, Lesson, Question, Step
from stillroom_app.services.lessons.maps import has_maps, maps_of, plain_list
from stillroom_app.services.workspace import Entry, kept

_TEACHER, _UNTRAINED, _STUDENT = "teacher", "untrained", "student"
_ORDINAL = ("first", "second", "third", "fourth")
_ANCHORS = "explain/anchors.json"
_SAMPLE = Knob(SAMPLE, "Window", "sample")


def data(one: Entry) -> dict[str, Any]:
    """Some channels of the teacher's features and the student's, before and after, of some tested windows.

    Raises:
        InputError: the run keeps no feature maps, or damaged ones.
    """
    maps, classes = maps_of(one.run), [str(name) for name in one.run.report["classes"]]
    anchors = [str(name) for name in maps["anchors"]][:2]  # a third one is too short to read
    models = {_TEACHER: _TEACHER, "before": _UNTRAINED, "finished": _STUDENT}
    stages = []
    for number, anchor in enumerate(anchors):
        after = f"student-stage_{number}"
        named = {**models, "after": after if f"{anchor}/{after}" in maps else _STUDENT}
        if lacking := [name for name in named.values() if f"{anchor}/{name}" not in maps]:
            raise InputError(f"its feature maps lack {lacking[0]} at {anchor}", where=one.name)
        stages.append(
            {
                "title": f"{_ORDINAL[number]} stage",
                "channels": maps[f"{anchor}/channels"].tolist(),
                "variance": plain_list(maps[f"{anchor}/variance"]),
                "models": {said: plain_list(maps[f"{anchor}/{name}"]) for said, name in named.items()},
            }
        )
    samples = [
        {"name": f"{classes[code]}, {unit}", "number": int(number)}
        for number, unit, code in zip(maps["ids"], maps["unit"], maps["label"], strict=True)
    ]
    return {
        "samples": samples,
        "stages": stages,
        "window_s": float(maps["window_s"]),
        "origin": "What the run's teacher and student hold inside of windows of people whom neither had seen",
        "words": _words(one, anchors[0], maps[f"{anchors[0]}/{_TEACHER}"].shape[2], float(maps["window_s"])),
    }


def _words(one: Entry, anchor: str, samples: int, window_s: float) -> dict[str, str]:
    told = (kept(one.run.folder / _ANCHORS) or {}).get("told", {}).get("anchors", {}).get(anchor, {})
    models = told.get("models", {})
    said = {"samples": str(samples), "bins": str(samples // 2), "hertz": f"{1 / window_s:g}"}
    for place, name in (("before", _UNTRAINED), ("after", "student-stage_0"), ("end", _STUDENT), ("alone", "alone")):
        for part, digits in (("time", 2), ("frequency", 4)):
            value = models.get(name, {}).get(part)
            said[f"{place}_{part}"] = "not kept" if value is None else f"{value:.{digits}f}"
    return said


_LAMBDA = "\N{GREEK SMALL LETTER LAMDA}"
_SHOWN = {"edit": 0, "height": 1, "late": 0, "n": 0}

LESSON = Lesson(
    number=5,
    slug="stages",
    title="Distillation between the layers",
    question="What does a student copy before it answers at all?",
    minutes=5,
    steps=(
        Step(
            "Two features",
            "Inside a network a window becomes *features*: curves that mean something to the network alone. SMLDist "
            "pulls a student's curve to the teacher's, stage by stage. Its released code takes the **mean squared "
            "difference over time** and nothing else.",
            view="time",
            knobs=("model", "stage", "channel", SAMPLE),
            sets={**_SHOWN, "model": "before"},
            formula=r"L_{\text{time}} = \tfrac1N \sum_t (s_t - f_t)^2",
        ),
        Step(
            "Your guess",
            "The paper's later abstracts speak of frequencies; the released code has none. **Our reading**: compare "
            "the *heights* of the bins as well. [[samples]] samples give [[bins]] bins, [[hertz]] Hz apart. Suppose "
            "the student's curve **is** the teacher's, only two samples late, its end wrapped round to the front.",
            view="late",
            knobs=("late", "channel", SAMPLE),
            sets={**_SHOWN, "late": 2},
            formula=r"\begin{gathered} \ell = \frac{\log(1+|F|)}{\lVert\log(1+|F|)\rVert} \\ "
            r"L_{\text{freq}} = \tfrac1K \sum_k (\ell^s_k - \ell^f_k)^2 \end{gathered}\;",
            guess=Question(
                "Which part of the loss sees the delay?",
                ("Both parts alike", "The part in time alone", "The part in frequency alone"),
                right=1,
                why="A delay turns each wave and leaves its height: the bins cannot see it. Slide it and watch.",
            ),
        ),
        Step(
            "Drag a bin",
            "Pull a student's bin up or down: its wave grows or shrinks in the curve above. **Parseval**: squares "
            "summed over time equal squares summed over bins. That holds for whole waves, not for this loss. It "
            "looks at heights alone, through a logarithm, scaled to length 1.",
            view="drag",
            knobs=("edit", "height", "weight", SAMPLE),
            sets={**_SHOWN, "edit": 3, "weight": 1, "model": "after"},
            formula=r"L = L_{\text{time}} + \lambda_f\, L_{\text{freq}}\;",
        ),
        Step(
            "Training",
            "Let one part pull alone. **Time alone** also puts every bin right. **Frequency alone** brings the bins "
            "into the teacher's proportions and leaves the curve wrong. A real student's weights must fit all "
            "windows at once and get less far.",
            view="walk",
            knobs=("pull", "n", "stage", SAMPLE),
            sets={**_SHOWN, "model": "before", "pull": "frequency"},
            formula=r"s \leftarrow s - \eta \,\frac{\partial L}{\partial s}",
        ),
        Step(
            "What it did",
            "In this run, at the first stage, the part in time went from [[before_time]] to [[after_time]] while it "
            "was trained, and was [[end_time]] when the student was finished. In frequency: [[before_frequency]], "
            "[[after_frequency]], [[end_frequency]]. A student **taught nothing** ends at [[alone_frequency]]. "
            "So nearness in the spectrum is no proof that a stage taught anything.",
            view="time",
            knobs=("model", "stage", "channel", SAMPLE),
            sets={**_SHOWN, "model": "finished"},
        ),
    ),
    checks=(
        Question(
            "The part in frequency is 0. What follows for the two curves?",
            ("They are the same", "Their bins have the same proportions, on a log scale", "They are equally late"),
            right=1,
            why="Phase, mean and overall size can still differ. That is why the part in time stays.",
            hint="Not this one. In step 2 the curves differ while this part is 0.",
        ),
        Question(
            "Which setting is SMLDist's stage loss as its authors released it?",
            (f"{_LAMBDA} = 1", f"{_LAMBDA} = 10", f"{_LAMBDA} = 0"),
            right=2,
            why="The released code compares raw features over time. The part in frequency is our reading.",
            hint="Not this one. Which part does the released code not have?",
        ),
    ),
    knobs=(
        _SAMPLE,
        Knob("stage", "Stage", "choice", choices=(("first", "first"), ("second", "second"))),
        Knob("channel", "Channel", least=1, most=6, start=1),
        Knob("model", "Student", "choice",
             choices=(("before", "untrained"), ("after", "after its stage"), ("finished", "finished"))),
        Knob("late", "Late by", least=0, most=12, start=0, unit="samples"),
        Knob("edit", "Bin", least=0, most=12, start=0),
        Knob("height", "Its height", least=0, most=3, step=0.05, start=1, unit="times"),
        Knob("weight", f"{_LAMBDA} (our reading)", least=0, most=10, step=0.5, start=1),
        Knob("pull", "What pulls", "choice",
             choices=(("time", "time"), ("frequency", "frequency"), ("both", "both"))),
        Knob("n", "Training steps", "steps", most=60),
    ),
    sources=(
        "Stages, in time: SMLDist, arXiv 2107.07331, and its authors' code of 2021",
        "Features as hints: Romero et al. 2015, arXiv 1412.6550",
    ),
    reading="The part in frequency is our reading of the paper's later abstracts, and so is the scale of the part in "
    "time: it is measured in the spread of the teacher's channel. As released it is the plain squared difference.",
    data=data,
    fits=has_maps,
    scripts=("stages_maths.js",),
    notebook="03_smldist_stages_memory_logits.ipynb",
)  # fmt: skip
