"""TSAK's strategies: what of the teacher a student imitates, alone or summed, as `sc_logit+attn_rep`.

`t_logit` and `sc_logit` are Hinton's term on the logits of the teacher (stage 1) and of the semantic classifier
(stage 2); `attn_rep`, `causal_rep` and `combi_rep` pull the student's representation towards one of the teacher's. The
names but `t_logit` are attested, by summaries of arXiv 2408.14146; form and weights are our reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean

SOFT_SHARE, TEMPERATURE, PULL = 0.5, 2.0, 1.0
# validation people of DSADS, five folds, one seed: the student alone .604 with it, .587 without; under its noise
SMOOTHING = 0.1
NONE = "none"

_LOGITS = {"t_logit": "teacher", "sc_logit": "semantic"}
_REPRESENTATIONS = {"attn_rep": "attention", "causal_rep": "causal", "combi_rep": "representation"}
STRATEGIES = (NONE, *_LOGITS, *_REPRESENTATIONS)
COMPARED = (*STRATEGIES, "sc_logit+combi_rep")  # what an ablation compares where nothing else is asked for


def named(strategy: str, terms: Mapping[str, Mapping[str, Any]]) -> str:
    """What a student's terms are called: the strategy, as long as they are its own but for weights and temperatures."""

    def kinds(declared: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        return {
            name: [one.get("loss", name), one.get("source", ""), one.get("of", "")] for name, one in declared.items()
        }

    if strategy and kinds(terms) == kinds(strategy_terms(strategy)):
        return strategy
    return f"terms of its own ({', '.join(terms)})"


def strategy_terms(strategy: str) -> dict[str, dict[str, Any]]:
    """The student's terms under a strategy: cross-entropy and what the strategy adds.

    Logit terms share `SOFT_SHARE` of the loss, as in `(1 - alpha) CE + alpha T^2 KL`; each representation term is added
    with the weight `PULL`.

    Args:
        strategy: `none`, or names joined by `+`.

    Raises:
        InputError: an unknown name, one name twice, or `none` beside others.
    """
    where, names = f"strategy {strategy!r}", strategy.split("+")
    for name in names:
        if name not in STRATEGIES:
            raise InputError(f"no strategy {name!r}", where=where, mend=did_you_mean(name, list(STRATEGIES)))
    if len(set(names)) < len(names) or (NONE in names and len(names) > 1):
        raise InputError("a sum names each strategy once", where=where, mend="As sc_logit+attn_rep, or none alone")
    soft = [name for name in names if name in _LOGITS]
    hard = {"weight": 1.0 - SOFT_SHARE if soft else 1.0, "smoothing": SMOOTHING}
    terms: dict[str, dict[str, Any]] = {"cross_entropy": hard}
    for name in soft:
        share = SOFT_SHARE / len(soft)
        terms[name] = {"loss": "hinton", "source": _LOGITS[name], "weight": share, "temperature": TEMPERATURE}
    for name in names:
        if name in _REPRESENTATIONS:
            terms[name] = {"loss": "representation", "of": f"teacher.{_REPRESENTATIONS[name]}", "weight": PULL}
    return terms
