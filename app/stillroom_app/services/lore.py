"""What is told of each loss: what it matches, its formula, where it was published, and the file that holds it.

The formulas are those of the files that are named; a file's own words are read from it, and not run.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import stillroom

_SOFT = r"p^{(T)} = \mathrm{softmax}(z / T)"


@dataclass(frozen=True)
class Lore:
    """What is told of a loss.

    Attributes:
        title: its name for people.
        matches: what of the student is compared with what, in a line.
        formula: in LaTeX.
        source: where it was published, and how freely it is followed.
        file: that holds it, below `core/stillroom/losses`, without its ending.
        ours: whether form or place is our reading.
    """

    title: str
    matches: str
    formula: str
    source: str
    file: str = ""
    ours: bool = False


LORE: dict[str, Lore] = {
    "cross_entropy": Lore(
        "Cross-entropy",
        "The student's answer with the label.",
        r"-w_y \sum_k q_k \log p_k, \quad q = (1-\varepsilon)\,\mathrm{onehot}(y) + \varepsilon / K",
        "Label smoothing: Szegedy et al. 2016, arXiv 1512.00567",
    ),
    "hinton": Lore(
        "Soft targets",
        "The student's softened answer with the teacher's: also how wrong each wrong class is.",
        r"T^2 \sum_k p_t^{(T)} \log \frac{p_t^{(T)}}{p_s^{(T)}}, \quad " + _SOFT,
        "Hinton et al. 2015, arXiv 1503.02531",
    ),
    "conditional": Lore(
        "Conditional rule",
        "The teacher's softened answer where it is right; the label where it is wrong.",
        r"T^2\,\mathrm{KL}\big(t \,\|\, p_s^{(T)}\big), \quad t = p_t^{(T)} \text{ if } \arg\max z_t = y,"
        r"\text{ else } (1-\varepsilon)\,\mathrm{onehot}(y) + \varepsilon / K",
        "SMLDist, arXiv 2107.07331; the released rule stands beside it as a variant",
        ours=True,
    ),
    "representation": Lore(
        "Representation",
        "The student's representation, projected, with one of the teacher's.",
        r"\left\| \frac{W g}{\|W g\|} - \frac{r}{\|r\|} \right\|^2 = 2 - 2 \cos(W g, r)",
        "FitNets (arXiv 1412.6550) on pooled vectors; TSAK (arXiv 2408.14146) names it, its form is not public",
        ours=True,
    ),
    "stage": Lore(
        "Stage",
        "Features of an early stage, over time and by their spectra.",
        r"\overline{\frac{(f_s - f_t)^2}{\mathrm{var}_t}} + \lambda_f \, \overline{(\ell_s - \ell_t)^2}, \quad "
        r"\ell = \frac{\log(1 + |\mathrm{rfft}_{k \ge 1} f|)}{\|\log(1 + |\mathrm{rfft}_{k \ge 1} f|)\|}",
        "SMLDist, arXiv 2107.07331; its released code has no frequency: lambda_f = 0 is as released",
        ours=True,
    ),
    "memory": Lore(
        "Memory",
        "What the student's memory associates with a window, with what the teacher's does.",
        r"T^2\,\mathrm{KL}\big(\mathrm{softmax}(s_t/T) \,\|\, \mathrm{softmax}(s_s/T)\big), \quad s = \beta\, q K^\top",
        "SMLDist, arXiv 2107.07331; its released code copies the head and has no such term",
        ours=True,
    ),
    "dkd": Lore(
        "Decoupled",
        "The label against all others, and the others among themselves.",
        r"\alpha\,T^2\,\mathrm{KL}(b_t \| b_s) + \beta\,T^2\,\mathrm{KL}(\hat p_t \| \hat p_s), \quad "
        r"b = [p_y, 1 - p_y]",
        "Zhao et al. 2022, arXiv 2203.08679",
    ),
    "dist": Lore(
        "Correlation of answers",
        "How answers rise and fall together, over classes and over windows.",
        r"\beta\,\big(1 - \overline{r_{\text{classes}}}\big) + \gamma\,\big(1 - \overline{r_{\text{windows}}}\big)",
        "Huang et al. 2022, arXiv 2205.10536",
    ),
    "logit_std": Lore(
        "Standardised soft targets",
        "Softened answers as z-scores, so that no scale is copied.",
        r"T^2\,\mathrm{KL}\big(\mathrm{softmax}(Z(z_t)/T) \,\|\, \mathrm{softmax}(Z(z_s)/T)\big), \quad "
        r"Z(z) = \frac{z - \bar z}{\sigma(z)}",
        "Sun et al. 2024, arXiv 2403.01427",
    ),
    "fitnets": Lore(
        "Hint",
        "The student's features, connected, with the teacher's.",
        r"\overline{(W f_s - f_t)^2}",
        "Romero et al. 2015, arXiv 1412.6550",
    ),
    "attention_transfer": Lore(
        "Attention transfer",
        "When the networks are active.",
        r"\overline{(Q_s - Q_t)^2}, \quad Q = \frac{\overline{f^2}}{\|\overline{f^2}\|} \text{ over time}",
        "Zagoruyko and Komodakis 2017, arXiv 1612.03928",
    ),
    "similarity": Lore(
        "Similarity",
        "Which windows of a batch are alike.",
        r"\frac{\|G_s - G_t\|_F^2}{B^2}, \quad G = F F^\top \text{, rows of length 1}",
        "Tung and Mori 2019, arXiv 1907.09682",
    ),
    "rkd": Lore(
        "Relations",
        "Distances between windows, and angles between three of them.",
        r"25\,\overline{h\big(d_{ij}/\bar d\big)} + 50\,\overline{h\big(\cos \angle_{ijk}\big)}",
        "Park et al. 2019, arXiv 1904.05068",
    ),
    "pkt": Lore(
        "Neighbours",
        "Who is whose neighbour, as a distribution.",
        r"\overline{p_t \log \frac{p_t}{p_s}}, \quad p \propto \tfrac12(\cos + 1)",
        "Passalis and Tefas 2018, arXiv 1803.10837",
    ),
    "nst": Lore(
        "Channels as a set",
        "What the student's channels do, as a set, with the teacher's.",
        r"\overline{k(s, s')} + \overline{k(t, t')} - 2\,\overline{k(s, t)}, \quad k(a,b) = (a \cdot b)^2",
        "Huang and Wang 2017, arXiv 1707.01219",
    ),
    "vid": Lore(
        "Information",
        "How well the teacher's features follow from the student's.",
        r"\tfrac12\,\overline{\frac{(\mu(f_s) - f_t)^2}{v} + \log v}",
        "Ahn et al. 2019, arXiv 1904.05835",
    ),
    "correlation": Lore(
        "Correlation congruence",
        "A kernel between windows, with the teacher's.",
        r"\overline{(K_s - K_t)^2}",
        "Peng et al. 2019, arXiv 1904.01802",
    ),
    "fsp": Lore(
        "Flow",
        "How features early and late in a network go together.",
        r"\overline{(G_s - G_t)^2}, \quad G = \tfrac{1}{N} F_1 F_2^\top",
        "Yim et al., CVPR 2017",
    ),
}


def lore_of(loss: str, settings: Mapping[str, Any] | None = None) -> Lore:
    """What is told of a loss; a bare name for one that nothing is written of.

    Args:
        loss: its name.
        settings: of a term, where it is told as these have it.
    """
    lore = LORE.get(loss) or Lore(loss.replace("_", " "), "", "", "")
    told = _AS_SET.get(loss)
    return told(lore, settings) if told and settings else lore


def _cross_entropy(lore: Lore, settings: Mapping[str, Any]) -> Lore:
    weight = "" if settings.get("balanced") is False else "w_y "
    if settings.get("smoothing"):
        return replace(lore, formula=lore.formula.replace("w_y ", weight))
    return replace(lore, formula=rf"-{weight}\log p_y")


def _conditional(lore: Lore, settings: Mapping[str, Any]) -> Lore:
    if settings.get("variant") != "released":
        return lore
    return replace(
        lore,
        matches="The teacher's answer where it is right, else the label, as the released code has it.",
        formula=r"-\log q_y - \sum_k \mathrm{softmax}(t)_k \log q_k, \quad "
        r"q = \mathrm{softmax}\big(\mathrm{softmax}(z_s / \|z_s\|)\big), \quad "
        r"t = \mathrm{softmax}(z_t / \|z_t\|) \text{ if its largest is } y, \text{ else } h\,\mathrm{onehot}(y)",
        source="SMLDist (arXiv 2107.07331), its authors' code of 2021 read literally",
        ours=False,
    )


def _stage(lore: Lore, settings: Mapping[str, Any]) -> Lore:
    square = r"(f_s - f_t)^2"
    time = square if settings.get("standardise") is False else rf"\frac{{{square}}}{{\mathrm{{var}}_t}}"
    formula = rf"\overline{{{time}}}"
    if not settings.get("frequency", 1.0):
        return replace(lore, formula=formula, matches="Features of an early stage, over time.")
    bins = r"\mathrm{rfft} f" if settings.get("dc") else r"\mathrm{rfft}_{k \ge 1} f"
    formula += (
        rf" + \lambda_f \, \overline{{(\ell_s - \ell_t)^2}}, \quad "
        rf"\ell = \frac{{\log(1 + |{bins}|)}}{{\|\log(1 + |{bins}|)\|}}"
    )
    return replace(lore, formula=formula)


def _dist(lore: Lore, settings: Mapping[str, Any]) -> Lore:
    if settings.get("variant") != "released":
        return lore
    return replace(lore, formula=rf"T^2 \Big( {lore.formula} \Big)")


def _rkd(lore: Lore, settings: Mapping[str, Any]) -> Lore:
    distance, angle = (f"{float(settings.get(name, own)):g}" for name, own in (("distance", 25.0), ("angle", 50.0)))
    return replace(lore, formula=lore.formula.replace("25", distance, 1).replace("50", angle, 1))


_AS_SET = {"cross_entropy": _cross_entropy, "conditional": _conditional, "stage": _stage, "dist": _dist, "rkd": _rkd}


def file_of(loss: str) -> str:
    """The file that holds a loss, as the source tree has it."""
    return f"core/stillroom/losses/{lore_of(loss).file or loss}.py"


@lru_cache(maxsize=64)
def own_words(loss: str) -> str:
    """What the loss's file says of itself, read and not run; empty where there is none."""
    path = Path(stillroom.__file__).parent / "losses" / f"{lore_of(loss).file or loss}.py"
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "") if path.is_file() else ""
