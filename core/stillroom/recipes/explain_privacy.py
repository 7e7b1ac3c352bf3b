"""What leaving sensors out is worth to those who wear them: how well each can be told from what is kept.

A probe is asked who a window is of, from statistics of the inputs, from a model's representation and from its logits.
All people of the data set are told apart, and a person counts only where the model never saw them. Where each person
has two sessions, one is told after fitting on the other; otherwise halves of each recording are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.base.events import Emit, Event
from stillroom.data.windows import WindowIndex
from stillroom.evaluation.gain import paired_gain
from stillroom.evaluation.identification import identification
from stillroom.evaluation.significance import interval, is_pilot
from stillroom.explain.asking import Stop
from stillroom.explain.subsets import refuse_stopped
from stillroom.models.statistics import window_statistics
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.explained import Explained, explained, roles_explained
from stillroom.recipes.roles import STUDENT, TEACHER
from stillroom.runs.store import Run
from stillroom.training.views import Ids

SEEN = ("inputs", "representation", "logits")
_ROLES = (TEACHER, STUDENT)
_BATCH, _MOST = 512, 6000


def explain_privacy(experiment: Experiment, run: Run, *, emit: Emit, stop: Stop) -> dict[str, Any]:
    """How well people are told from the inputs, representations and logits of teacher and student.

    Args:
        experiment: of the run, reopened.
        run: finished.
        emit: hears of progress.
        stop: asked before each probe.

    Returns:
        `models`: by role and what is seen `{mean, low, high, per_person}` of recall; `saved`: by what is seen, how much
        less the student gives away, as a paired gain; `chance`, `how`, and the sensors that are no longer recorded.

    Raises:
        InputError: the folds test no people, or people that the models saw, or there is one person only.
        StoppedError: on request.
    """
    if experiment.split.unit != "people" or len(experiment.index.people) < 2:
        raise InputError(
            "nobody can be told from others where one person was recorded",
            where=f"protocol {experiment.split.protocol}",
            mend="Leave the part privacy out, or record several people",
        )
    if not strangers_tested(experiment):
        raise InputError(
            "the models saw the people whom they are tested on, so nobody is told as a stranger",
            where=f"protocol {experiment.split.protocol}",
            mend="Leave the part privacy out, or distil with --protocol person",
        )
    known = roles_explained(experiment)
    roles = [role for role in _ROLES if role in known] or list(known)
    recall: dict[str, dict[str, dict[str, float]]] = {role: {name: {} for name in SEEN} for role in roles}
    facts: dict[str, Any] = {}
    for number, fold in enumerate(experiment.folds):
        for role in roles:
            refuse_stopped(stop, f"privacy, {fold.name}")
            part = f"{fold.name}: who is told from the {role}"
            emit(Event("explain.privacy", data={"part": part, "done": number, "of": len(experiment.folds)}))
            with explained(experiment, run, role, fold) as one:
                found, facts = _fold(experiment, one)
            for name, by_person in found.items():
                recall[role][name] |= by_person
    if not any(people for seen in recall.values() for people in seen.values()):
        raise InputError(
            "nobody has windows in two sessions, or in both halves of a recording",
            where=", ".join(experiment.index.people),
            mend="Leave the part privacy out, or record longer",
        )
    models = {role: {name: _told(people) for name, people in seen.items()} for role, seen in recall.items()}
    return {"models": models, **facts, "saved": _saved(recall), "sensors_gone": gone(experiment)}


def strangers_tested(experiment: Experiment) -> bool:
    """Whether the folds test people, several in all, whom their models never saw."""
    index = experiment.index
    if experiment.split.unit != "people" or len(index.people) < 2:
        return False
    return not any(np.isin(index.person[fold.test], index.person[fold.train]).any() for fold in experiment.folds)


def gone(experiment: Experiment) -> list[str]:
    """The sensors that the student's wearer no longer has recorded; none where no student takes a teacher's place."""
    if not {TEACHER, STUDENT} <= set(roles_explained(experiment)):
        return []
    kept = set(experiment.student.layout.sensors)
    return [sensor for sensor in experiment.teacher.layout.sensors if sensor not in kept]


def parts_of(index: WindowIndex, ids: Ids) -> tuple[Ids, NDArray[np.str_], str]:
    """Windows with the part that each is told in after fitting on the others, and how that was done in words.

    Where every person has several sessions, these are the parts. Otherwise each recording is cut in halves, and windows
    that reach over the cut are left out.

    Args:
        index: all windows.
        ids: which ones.
    """
    session = np.array(index.session)[index.recording[ids]]
    person = index.person[ids]
    several = all(len(np.unique(session[person == one])) > 1 for one in np.unique(person))
    if several:
        return ids, session, "by session: each session of a person was told after fitting on that person's others"
    offsets = index.offsets
    middle = (offsets[:-1] + offsets[1:]) // 2
    cut = middle[index.recording[ids]]
    before, after = index.start[ids] + index.width <= cut, index.start[ids] >= cut
    kept = before | after
    return ids[kept], np.where(before[kept], "first half", "second half"), "by halves of each recording, in turn"


def _fold(experiment: Experiment, one: Explained) -> tuple[dict[str, dict[str, float]], dict[str, Any]]:
    index = experiment.index
    ids, part, how = parts_of(index, _thinned(len(index)))
    person, time = index.person_names(ids), index.start[ids]
    whole = [name for name in np.unique(person).tolist() if len(np.unique(part[person == name])) > 1]
    tested = sorted({str(name) for name in one.fold.units} & set(whole))
    rows = np.isin(person, whole)
    ids, part, person, time = ids[rows], part[rows], person[rows], time[rows]
    left = sorted(set(index.people) - set(whole))
    found: dict[str, dict[str, float]] = {name: {} for name in SEEN}
    facts: dict[str, Any] = {"chance": 1 / max(1, len(whole)), "people": len(whole), "how": how, "left_out": left}
    if not tested or len(whole) < 2:
        return found, facts
    for name, vectors in _vectors(experiment, one, ids).items():
        probed = identification(vectors, person, part, time, scored=tested)
        found[name] = dict(probed.per_person)
    return found, facts


def _thinned(count: int) -> Ids:
    """Evenly so many windows: a probe needs no more, and takes its time with each."""
    return np.arange(0, count, max(1, -(-count // _MOST)), dtype=np.int64)


def _vectors(experiment: Experiment, one: Explained, ids: Ids) -> Mapping[str, NDArray[np.float32]]:
    parts: dict[str, list[NDArray[np.float32]]] = {name: [] for name in SEEN}
    with torch.no_grad():
        for begin in range(0, len(ids), _BATCH):
            x = one.windows(experiment, ids[begin : begin + _BATCH])
            output = one.model(x)
            said = (window_statistics(x), output.representation, output.logits)
            for name, tensor in zip(SEEN, said, strict=True):
                parts[name].append(tensor.float().cpu().numpy())
    return {name: np.concatenate(some) for name, some in parts.items()}


def _told(people: Mapping[str, float]) -> dict[str, Any]:
    mean, low, high = interval(list(people.values()), possible=(0.0, 1.0))
    return {"mean": mean, "low": low, "high": high, "per_person": dict(people), "pilot": is_pilot(len(people))}


def _saved(recall: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, Any]:
    """How much less is given away by the student than by the teacher, person by person; above zero where it is less."""
    if set(recall) != set(_ROLES):
        return {}
    return {
        name: paired_gain(recall[STUDENT][name], recall[TEACHER][name]).as_dict() | {"sentence": ""} for name in SEEN
    }
