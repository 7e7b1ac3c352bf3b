"""Lesson 5: stage distillation, in time and in frequency, on features that a run keeps; losses as `losses/stage.py`."""

from __future__ import annotations

from typing import Any

from stillroom_app.services.lessons.frame import SAMPLE, Knob, Lesson, Question, Step
from stillroom_app.services.lessons.maps import STUDENT, TEACHER, UNTRAINED, has_maps, maps_of, plain_list
from stillroom_app.services.workspace import Entry, kept

_ORDINAL = ("first", "second", "third", "fourth")
_ANCHORS = "explain/anchors.json"
_TAUGHT = "taught"  # the step that begins with a student that was trained at its stage, where the run kept one
_SAMPLE = Knob(SAMPLE, "Window", "sample")


def data(one: Entry) -> dict[str, Any]:
    """Some channels of the teacher's features and the student's, before and after, of some tested windows.

    Raises:
        InputError: the run keeps no feature maps, or damaged ones.
    """
    maps, classes = maps_of(one.run), [str(name) for name in one.run.report["classes"]]
    anchors = [str(name) for name in maps["anchors"]][:2]  # a third one is too short to read
    models = {TEACHER: TEACHER, "before": UNTRAINED, "after": "student-stage_{}", "finished": STUDENT}
    stages = []
    for number, anchor in enumerate(anchors):
        named = {said: name.format(number) for said, name in models.items()}
        stages.append(
            {
                "title": f"{_ORDINAL[number]} stage",
                "channels": maps[f"{anchor}/channels"].tolist(),
                "variance": plain_list(maps[f"{anchor}/variance"]),
                "models": {
                    said: plain_list(maps[f"{anchor}/{name}"])
                    for said, name in named.items()
                    if f"{anchor}/{name}" in maps
                },
            }
        )
    students = [said for said in models if said != TEACHER and all(said in stage["models"] for stage in stages)]
    samples = [
        {"name": f"{classes[code]}, {unit}", "number": int(number)}
        for number, unit, code in zip(maps["ids"], maps["unit"], maps["label"], strict=True)
    ]
    return {
        "samples": samples,
        "stages": stages,
        "window_s": float(maps["window_s"]),
        "choices": {"stage": list(_ORDINAL[: len(stages)]), "model": students},
        "begins": {_TAUGHT: {"model": "after" if "after" in students else "finished"}},
        "origin": f"What the run's teacher and student hold inside of windows of {one.run.report['units']} that "
        "neither had seen",
        "words": _words(one, anchors[0], maps[f"{anchors[0]}/{TEACHER}"].shape[2], float(maps["window_s"])),
    }


def _words(one: Entry, anchor: str, samples: int, window_s: float) -> dict[str, str]:
    """What this run kept of its first stage, and only as much as follows from that."""
    told = (kept(one.run.folder / _ANCHORS) or {}).get("told", {}).get("anchors", {}).get(anchor, {})
    models = told.get("models", {})

    def value(model: str, part: str) -> float | None:
        found = models.get(model, {}).get(part)
        return float(found) if isinstance(found, int | float) else None

    trained, ways = (UNTRAINED, "student-stage_0", STUDENT), []
    for part, digits in (("time", 2), ("frequency", 4)):
        numbers = [number for model in trained if (number := value(model, part)) is not None]
        ways.append(", ".join(f"{number:.{digits}f}" for number in numbers) or "not kept")
    alone, taught = value("alone", "frequency"), value(STUDENT, "frequency")
    return {
        "samples": str(samples), "bins": str(samples // 2), "hertz": f"{1 / window_s:g}", "time": ways[0],
        "frequency": ways[1], "moments": "untrained, trained at this stage and finished"
        if value("student-stage_0", "time") is not None else "untrained and finished",
        "alone": _of_alone(alone, taught),
    }  # fmt: skip


def _of_alone(alone: float | None, taught: float | None) -> str:
    if alone is None or taught is None:
        return "The run keeps no numbers of a student that was taught nothing, with which to compare."
    if alone <= taught:
        return (
            f"A student that was taught nothing ends at {alone:.4f}: nearness in the spectrum is no proof that a "
            "stage taught anything."
        )
    return f"A student that was taught nothing ends at {alone:.4f}, further from the teacher than the taught one."


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
            formula=r"L_{\text{raw}} = \tfrac1N \sum_t (s_t - f_t)^2",
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
            "Pull a student's bin up or down: its wave grows or shrinks above. **Parseval**: squares summed over "
            "time equal squares of all $N$ bins, mirror images too, divided by $N$. That holds for whole waves. This "
            "loss looks at heights alone, through a logarithm, at length 1; in time it divides by the teacher's "
            "spread (**our reading** as well).",
            view="drag",
            knobs=("edit", "height", "weight", SAMPLE),
            sets={**_SHOWN, "edit": 3, "weight": 1, "model": "finished"},
            begins=_TAUGHT,
            formula=r"L = \underbrace{L_{\text{raw}} / \operatorname{Var} f}_{L_{\text{time}}} + "
            r"\lambda_f\, L_{\text{freq}}\;",
        ),
        Step(
            "Training",
            "Let one part pull alone. **Time alone** also puts every bin right. **Frequency alone** brings the bins "
            "into the teacher's proportions and leaves the curve wrong. To be watched, frequency pulls 20 times as "
            "hard here, and no step exceeds a tenth of the spread. A real student's weights must fit all windows at "
            "once and get less far.",
            view="walk",
            knobs=("pull", "n", "stage", SAMPLE),
            sets={**_SHOWN, "model": "before", "pull": "frequency"},
            formula=r"s \leftarrow s - \eta \,\frac{\partial L}{\partial s}",
        ),
        Step(
            "What it did",
            "How far this run's student was from its teacher at the first stage, over the windows that were "
            "explained, [[moments]]. **In time**: [[time]]. **In frequency**: [[frequency]]. [[alone]]",
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
            why="Phase and mean can still differ, and size counts for next to nothing: doubled, a curve scores about "
            "0.0002. That is why the part in time stays.",
            hint="Not this one. In step 2 the curves differ while this part is 0.",
        ),
        Question(
            "Which setting is SMLDist's stage loss as its authors released it?",
            (f"{_LAMBDA} = 1, and raw features", f"{_LAMBDA} = 0, in the teacher's spread",
             f"{_LAMBDA} = 0, and raw features"),
            right=2,
            why="The released code compares raw features over time. The part in frequency and the spread are our "
            "reading.",
            hint="Not this one. Which two things does the released code not have? Look at steps 1 and 3.",
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
    scripts=("signal_maths.js", "stages_maths.js"),
    notebook="03_smldist_stages_memory_logits.ipynb",
)  # fmt: skip
