"""Strategies: what of the teacher a student imitates, alone or summed, as `sc_logit+attn_rep`.

TSAK's: `t_logit` and `sc_logit` are Hinton's term on the logits of the teacher (stage 1) and of the semantic classifier
(stage 2); `attn_rep`, `causal_rep` and `combi_rep` pull the student's representation towards one of the teacher's. The
names but `t_logit` are attested, by summaries of arXiv 2408.14146; form and weights are our reading.

The field's: each of the common losses with its usual weight, beside a plain cross-entropy (`plain`), as they are
compared in the literature; `smoothing` is the control that has soft targets and no teacher.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean

Terms = dict[str, dict[str, Any]]

SOFT_SHARE, TEMPERATURE, PULL = 0.5, 2.0, 1.0
# validation people of DSADS, five folds, one seed: the student alone .604 with it, .587 without; under its noise
SMOOTHING = 0.1
NONE, PLAIN, SMOOTH = "none", "plain", "smoothing"

_LOGITS = {"t_logit": "teacher", "sc_logit": "semantic"}
_REPRESENTATIONS = {"attn_rep": "attention", "causal_rep": "causal", "combi_rep": "representation"}
STRATEGIES = (NONE, *_LOGITS, *_REPRESENTATIONS)
COMPARED = (*STRATEGIES, "sc_logit+combi_rep")  # what an ablation compares where nothing else is asked for

_FIRST, _LAST = {"of": "teacher.anchor_0"}, {"of": "teacher.anchor_1"}
# weights as in the comparisons that most later papers repeat (RepDistiller; DKD, DIST and LogitStd: their own papers)
FIELD: dict[str, Terms] = {
    "hinton": {"cross_entropy": {"weight": 0.1}, "hinton": {"weight": 0.9, "temperature": 4.0}},
    "dkd": {"dkd": {"alpha": 1.0, "beta": 8.0, "temperature": 4.0, "warm_up": 0.5}},
    "dist": {"dist": {"beta": 1.0, "gamma": 1.0, "temperature": 1.0}},
    "logit_std": {"cross_entropy": {"weight": 0.1}, "logit_std": {"weight": 9.0, "temperature": 2.0}},
    "fitnets": {"fitnets": {**_LAST, "weight": 100.0}},
    "attention_transfer": {
        "first": {"loss": "attention_transfer", **_FIRST, "weight": 1000.0},
        "last": {"loss": "attention_transfer", **_LAST, "weight": 1000.0},
    },
    "similarity": {"similarity": {**_LAST, "weight": 3000.0}},
    "rkd": {"rkd": {}},
    "pkt": {"pkt": {"weight": 30000.0}},
    "nst": {"nst": {**_LAST, "weight": 50.0}},
    "vid": {"first": {"loss": "vid", **_FIRST}, "last": {"loss": "vid", **_LAST}},
    "correlation": {"correlation": {"weight": 100.0}},
    "conditional": {"cross_entropy": {"weight": 0.3}, "conditional": {"weight": 0.7}},
}


def named(strategy: str, terms: Mapping[str, Mapping[str, Any]]) -> str:
    """What a student's terms are called: the strategy, as long as they are its own but for weights and temperatures."""

    def kinds(declared: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        return {
            name: [one.get("loss", name), one.get("source", ""), one.get("of", "")] for name, one in declared.items()
        }

    if strategy and kinds(terms) == kinds(strategy_terms(strategy)):
        return strategy
    return f"terms of its own ({', '.join(terms)})"


def alone_terms(strategy: str) -> Terms:
    """What the student alone learns with, beside one that is taught with a strategy."""
    return strategy_terms(PLAIN if strategy.split("+")[0] in (PLAIN, SMOOTH, *FIELD) else NONE)


def strategy_terms(strategy: str) -> Terms:
    """The student's terms under a strategy: cross-entropy and what the strategy adds.

    TSAK's logit terms share `SOFT_SHARE` of the loss, as in `(1 - alpha) CE + alpha T^2 KL`; each representation term
    is added with the weight `PULL`. A loss of the field is added as the literature weighs it.

    Args:
        strategy: `none`, `plain`, `smoothing`, or names joined by `+`.

    Raises:
        InputError: an unknown name, one name twice, one without a teacher beside others, or TSAK's beside the field's.
    """
    where, names = f"strategy {strategy!r}", strategy.split("+")
    known, bare = (*STRATEGIES, PLAIN, SMOOTH, *FIELD), (NONE, PLAIN, SMOOTH)
    for name in names:
        if name not in known:
            raise InputError(f"no strategy {name!r}", where=where, mend=did_you_mean(name, list(known)))
    if len(set(names)) < len(names) or (len(names) > 1 and set(names) & set(bare)):
        raise InputError("a sum names each strategy once", where=where, mend="As sc_logit+attn_rep, or none alone")
    ours = [name for name in names if name in STRATEGIES]
    if ours and len(ours) < len(names):
        raise InputError(
            "TSAK's strategies are summed with one another alone", where=where, mend="As sc_logit+attn_rep"
        )
    return _tsak_terms(ours) if ours else _field_terms(names)


def _tsak_terms(names: list[str]) -> Terms:
    soft = [name for name in names if name in _LOGITS]
    hard = {"weight": 1.0 - SOFT_SHARE if soft else 1.0, "smoothing": SMOOTHING}
    terms: Terms = {"cross_entropy": hard}
    for name in soft:
        share = SOFT_SHARE / len(soft)
        terms[name] = {"loss": "hinton", "source": _LOGITS[name], "weight": share, "temperature": TEMPERATURE}
    for name in names:
        if name in _REPRESENTATIONS:
            terms[name] = {"loss": "representation", "of": f"teacher.{_REPRESENTATIONS[name]}", "weight": PULL}
    return terms


def _field_terms(names: list[str]) -> Terms:
    """Each loss of the field once; a name that stands in two of them is told apart by whose it is."""
    terms: Terms = {"cross_entropy": {"weight": 1.0, **({"smoothing": SMOOTHING} if names == [SMOOTH] else {})}}
    for name in names:
        for part, settings in FIELD.get(name, {}).items():
            if part == "cross_entropy":
                terms[part] = dict(settings)
            else:
                terms[part if part == name else f"{name}_{part}"] = dict(settings)
    return terms
