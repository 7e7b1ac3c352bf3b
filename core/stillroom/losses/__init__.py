"""Losses: one small file an idea, per-sample values first, a named weighted sum last.

Importing this package registers every term.
"""

from stillroom.losses import (
    attention_transfer,
    conditional,
    correlation,
    cross_entropy,
    dist,
    dkd,
    fitnets,
    fsp,
    hinton,
    logit_std,
    memory,
    nst,
    pkt,
    representation,
    rkd,
    similarity,
    stage,
    vid,
)

__all__ = [
    "attention_transfer",
    "conditional",
    "correlation",
    "cross_entropy",
    "dist",
    "dkd",
    "fitnets",
    "fsp",
    "hinton",
    "logit_std",
    "memory",
    "nst",
    "pkt",
    "representation",
    "rkd",
    "similarity",
    "stage",
    "vid",
]
