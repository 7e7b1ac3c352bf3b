"""The body's outline with a mark at each place that had a sensor: filled where one stays, open where all go."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from stillroom.figures.palette import face_of
from stillroom.report.drawing import FAINT, LINE, MUTED
from stillroom.report.parts import Chart
from stillroom.report.wording import kind_of, listed, site_of, spoken
from stillroom.sensors.catalogue import SITES
from stillroom.sensors.outline import HALF, HEAD, HIGH, MIRROR, VIEW, WIDE


def body(kept: Sequence[str], dropped: Sequence[str]) -> Chart | None:
    """Where sensors stay and where they go; None where no place is one that the catalogue knows.

    Args:
        kept: sensors `site.kind` that stay.
        dropped: sensors that go.
    """
    sites = list(dict.fromkeys(name.rpartition(".")[0] for name in (*kept, *dropped)))
    known = [name for name in sites if name in SITES]
    if not known:
        return None
    marks = []
    for number, name in enumerate(known):
        stays = any(one.rpartition(".")[0] == name for one in kept)
        at = SITES[name]
        marks.append(_mark(number, at.x * WIDE, at.y * HIGH, stays))
    alt = f"Stays: {listed([spoken(one) for one in kept])}. Goes: {listed([spoken(one) for one in dropped])}"
    elsewhere = [site_of(f"{name}.") for name in sites if name not in SITES]
    note = f"Not drawn: {listed(elsewhere)}." if elsewhere else ""
    return Chart("body", _sheet("".join(marks), alt), "Where sensors are worn", alt, note)


def by_site(sensors: Sequence[str]) -> list[tuple[str, str]]:
    """Each place with what is worn there, as ("right wrist", "accelerometer and gyroscope")."""
    sites = dict.fromkeys(name.rpartition(".")[0] for name in sensors)
    return [
        (site_of(f"{site}."), listed([kind_of(one) for one in sensors if one.rpartition(".")[0] == site]))
        for site in sites
    ]


def _mark(number: int, x: float, y: float, stays: bool) -> str:
    colour = face_of("student").light
    if stays:
        halo = f'<circle cx="{x:g}" cy="{y:g}" r="17" fill="{colour}" fill-opacity="0.16"/>'
        return f'{halo}<circle id="body--s{number}--kept" cx="{x:g}" cy="{y:g}" r="8.5" fill="{colour}"/>'
    cross = f'<path d="M{x - 3:g} {y - 3:g}l6 6m0 -6l-6 6" stroke="{MUTED}" stroke-width="1.6" fill="none"/>'
    ring = f'cx="{x:g}" cy="{y:g}" r="8" fill="#ffffff" stroke="{MUTED}" stroke-width="1.6" stroke-dasharray="3 2"'
    return f'<circle id="body--s{number}--dropped" {ring}/>{cross}'


def _sheet(marks: str, alt: str) -> str:
    skin = f'fill="{FAINT}" stroke="{LINE}" stroke-width="1.4" stroke-linejoin="round"'
    x, y, wide, high = HEAD
    parts = (
        f'<path d="{HALF}" {skin}/>', f'<path d="{HALF}" transform="{MIRROR}" {skin}/>',
        f'<ellipse cx="{x:g}" cy="{y:g}" rx="{wide:g}" ry="{high:g}" {skin}/>', marks,
    )  # fmt: skip
    opened = f'<svg class="outline" viewBox="{VIEW}" role="img" aria-label="{escape(alt)}">'
    return f"{opened}{''.join(parts)}</svg>"
