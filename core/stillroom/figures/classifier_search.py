"""Which classifier a search chose, fold by fold: the mixing weights that validation people gave to each of them.

The largest weight decides, and stands in full colour. The student alone went through the same search: where both come
to the same classifier, it is the data's and the network's doing rather than the teacher's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from stillroom.base.errors import InputError
from stillroom.figures.cost_wording import label_rows, small
from stillroom.figures.palette import face_of, faded
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, origin_of, plain

_ROW, _BETWEEN = 30, 0.5
_PALE = 0.3
_LETTER_PX, _WIDTH = 8, {False: 620, True: 230}


def weights(report: dict[str, Any], *, look: Look = LIGHT) -> go.Figure:
    """A bar for the student and for the student alone in each fold, shared out among the classifiers.

    Args:
        report: as in `report.json`.
        look: ground and width.

    Raises:
        InputError: the run searched for no classifier.
    """
    if not report.get("classifier"):
        mend = "Distil by a recipe that has a search, as smldist"
        raise InputError("this run has no classifier that was searched", where="the report", mend=mend)
    told = report["classifier"]
    by_role = {"student": told["weights"], "alone": told["alone"]["weights"]}
    figure, labels = go.Figure(), []
    for number, fold in enumerate(told["weights"]):
        for role, folds in by_role.items():
            place = number * (2 + _BETWEEN) + (role == "alone")
            figure.add_traces(_pieces(folds[fold], place, role, look))
            labels.append((place, f"{_title(role)}<br>{small(fold, look)}"))
    label_rows(figure, labels, top=0.6)
    figure.update_xaxes(range=[0, 1.005], tickformat=".0%", title_text="mixing weight by validation people", dtick=0.25)
    figure.update_layout(barmode="overlay")
    said = "; for the student alone ".join(map(_often, by_role.values()))
    return finish(
        figure,
        title=f"The search kept {said}",
        note="The classifier with the largest weight, in full colour, is kept and tuned; the others are deleted.",
        origin=origin_of(report),
        look=look,
        height=round(_ROW * (max(place for place, _ in labels) + 1.2)) + 66,
        alt=f"The search kept {said}. Weights of the first fold: {_listed(next(iter(told['weights'].values())))}",
    )


def _title(role: str) -> str:
    return {"student": "distilled", "alone": "alone"}[role]


def _best(shares: Mapping[str, float]) -> str:
    return max(shares, key=lambda name: shares[name])


def _often(folds: Mapping[str, Mapping[str, float]]) -> str:
    """As `cosine in 2 of 2 folds`, the most frequent first."""
    chosen = [_best(shares) for shares in folds.values()]
    counts = sorted({name: chosen.count(name) for name in chosen}.items(), key=lambda pair: -pair[1])
    whole = f"of {len(chosen)} fold{'s' * (len(chosen) != 1)}"
    return ", ".join(f"{name} in {count}" for name, count in counts) + f" {whole}"


def _listed(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {share:.0%}" for name, share in shares.items())


def _on(colour: str, look: Look) -> str:
    """Of the ground and the text, whichever is read better on a colour."""
    ink = ink_of(look)
    return max((ink.paper, ink.text), key=lambda one: abs(_lightness(one) - _lightness(colour)))


def _lightness(colour: str) -> float:
    """Of a hex colour, as the eye weighs its parts (the cube root of WCAG's luminance)."""
    red, green, blue = ((int(colour[place : place + 2], 16) / 255) ** 2.2 for place in (1, 3, 5))
    return float((0.2126 * red + 0.7152 * green + 0.0722 * blue) ** (1 / 3))


def _pieces(shares: Mapping[str, float], place: float, role: str, look: Look) -> list[go.Bar]:
    """One bar in pieces; a name is written where there is room."""
    ink, colour, best, base, pieces = ink_of(look), face_of(role).colour(look.dark), _best(shares), 0.0, []
    for name, share in shares.items():
        said = plain(name) + (f" {share:.0%}" if share * _WIDTH[look.narrow] > _LETTER_PX * (len(name) + 5) else "")
        room = share * _WIDTH[look.narrow] > _LETTER_PX * len(name)
        pieces.append(
            go.Bar(
                orientation="h", y=[place], x=[share], base=[base], width=0.84, showlegend=False, name=plain(name),
                marker={"color": colour if name == best else faded(colour, _PALE),
                        "line": {"color": ink.paper, "width": 1}},
                text=[said if room else ""], textposition="inside", insidetextanchor="middle", textangle=0,
                textfont={"size": 12, "color": _on(colour, look) if name == best else ink.text}, constraintext="none",
                hovertemplate=f"{plain(name)}: {share:.1%}<extra>{face_of(role).title}</extra>",
            )
        )  # fmt: skip
        base += share
    return pieces
