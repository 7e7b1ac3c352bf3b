"""Makes `first-look.png`, the README's picture, from a finished run: signals, what models say, how they compare.

    stillroom distil tsak --data factory --student-view 'right_wrist.acc.*' --protocol persons:4 --fast --run runs/demo
    python assets/make_first_look.py runs/demo assets/first-look.png --recording p05/1

It needs Chromium or Chrome to turn the page into a picture; an OUT that ends in `.html` is written without one.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go

from stillroom.base.errors import InputError, StillroomError
from stillroom.data.dataset import Dataset
from stillroom.data.source import open_source
from stillroom.data.windows import WindowConfig, WindowIndex, cut
from stillroom.figures import comparison, signals, timeline
from stillroom.figures.bands import shade
from stillroom.figures.palette import FACES, activity_colours, face_of
from stillroom.figures.theme import LIGHT, finish, ink_of, origin_of
from stillroom.runs.store import Run, open_run

WIDTH, HEIGHT = 1340, 744
MARGINS = {"l": 152, "r": 26, "b": 46, "t": 92}
SENSORS = ("right_wrist.acc", "right_wrist.capacitive", "left_wrist.acc", "left_wrist.capacitive")
ROLES = ("teacher", "student")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
LEFT, RIGHT = (0.0, 0.61), (0.77, 1.0)
LANES, SIGNALS, TOP = (0.0, 0.23), (0.255, 1.0), 0.965


@dataclass(frozen=True)
class Scene:
    """A stretch of one tested recording, and everything that is known of it."""

    run: Run
    report: dict[str, Any]
    dataset: Dataset
    index: WindowIndex
    number: int
    between_s: tuple[float, float]

    @property
    def bands(self) -> list[tuple[float, float, str]]:
        """What was done, in the stretch's seconds."""
        track = self.dataset.card.track
        return [(s.start_s, s.end_s, s.label) for s in self.dataset.recordings[self.number].tracks[track]]


def scene_of(folder: Path, name: str, start_s: float, seconds: float) -> Scene:
    """Opens a run again; the recording is the first tested one unless it is named."""
    run = open_run(folder)
    asked, report = run.facts["asked"], run.report
    dataset = open_source(asked["data"], track=asked["track"]).without_classes(tuple(asked["drop_class"]))
    if dataset.key != asked["data_key"]:
        raise InputError("the data has changed since the run", where=str(folder), mend="Make the run anew")
    index = cut(dataset, WindowConfig.from_input(asked["windows"], where=str(folder)))
    tested = {person for fold in report["folds"] for person in fold["test"]}
    names = [r.name if r.person in tested else "" for r in dataset.recordings]
    if name and name not in names:
        raise InputError(f"{name} was not tested in this run", mend=f"Tested: {', '.join(filter(None, names))}")
    number = names.index(name) if name else next(place for place, found in enumerate(names) if found)
    return Scene(run, report, dataset, index, number, (start_s, start_s + seconds))


def draw(scene: Scene) -> go.Figure:
    """The whole picture."""
    figure = go.Figure()
    _signals(figure, scene)
    _lanes(figure, scene)
    _models(figure, scene)
    card, name = scene.dataset.card, scene.dataset.recordings[scene.number].name
    views = (len(scene.report[f"{role}_view"]) for role in ROLES)
    finish(
        figure,
        title="{}: a teacher with {} channels, a student with {}".format(
            "A simulated line" if card.simulated else card.title, *views
        ),
        note=f"{'Simulated line: nobody was recorded. ' if card.simulated else ''}Recording {name}, of a person whom"
        " neither model has seen; hatched is what a model got wrong.",
        origin=origin_of(scene.report),
        look=LIGHT,
        height=10,
    )
    figure.update_layout(width=WIDTH, height=HEIGHT, margin=MARGINS, barmode="overlay")
    figure.layout.title.y = 1 - 14 / HEIGHT
    return figure


def _signals(figure: go.Figure, scene: Scene) -> None:
    recording, rate_hz = scene.dataset.recordings[scene.number], scene.dataset.rate_hz
    first, stop = (round(edge * rate_hz) for edge in scene.between_s)
    rows = {s: rows for s, rows in signals.by_sensor(recording.layout.names).items() if s in SENSORS}
    height = (SIGNALS[1] - SIGNALS[0]) / len(rows)
    for place, (sensor, members) in enumerate(rows.items()):
        axis = f"y{place + 3}"
        for order, channel in enumerate(members):
            values = recording.signal[channel, first:stop].astype(np.float64)
            times = np.arange(first, first + len(values)) / rate_hz
            trace = signals.line(times, values, recording.layout.names[channel], order, LIGHT)
            figure.add_trace(trace.update(xaxis="x", yaxis=axis))
        top = SIGNALS[1] - place * height
        figure.update_layout(
            {f"yaxis{place + 3}": {"domain": [top - 0.9 * height, top], "nticks": 4, "showgrid": False}}
        )
        unit = recording.layout.channels[members[0]].unit.replace("m/s2", "m/s²")
        name = f"{sensor.replace('_', ' ').replace('.', '<br>').replace('acc', 'acceleration')} [{unit}]"
        figure.add_annotation(
            text=name, x=0, xshift=-40, xref="paper", xanchor="right", y=top - 0.45 * height, yref="paper",
            yanchor="middle", align="right", showarrow=False, font={"size": 11},
        )  # fmt: skip
    shade(figure, scene.bands, activity_colours(scene.dataset.classes, False), scene.between_s)


def _lanes(figure: go.Figure, scene: Scene) -> None:
    fold = next(f for f in scene.report["folds"] if scene.dataset.recordings[scene.number].person in f["test"])
    classes = scene.index.classes
    said = {}
    for role in ROLES:
        with np.load(scene.run.part(fold["fold"], role) / "predictions.npz", allow_pickle=False) as kept:
            here = scene.index.recording[kept["ids"]] == scene.number
            said[role] = [classes[code] for code in kept["probabilities"][here].argmax(axis=1)]
            ids = kept["ids"][here]
    starts = (scene.index.start[ids] - scene.index.offsets[scene.number]) / scene.index.rate_hz
    truth = [classes[code] for code in scene.index.label[ids]]
    window_s = scene.index.width / scene.index.rate_hz
    lanes = timeline.lanes_of(
        starts,
        window_s,
        truth,
        said,
        scene.dataset.classes,
        between_s=scene.between_s,
        bands=scene.bands,
        pixels=round(0.97 * LEFT[1] * (WIDTH - MARGINS["l"] - MARGINS["r"])),
    )
    for lane in lanes:
        figure.add_trace(lane.update(xaxis="x", yaxis="y"))
    figure.update_layout(
        xaxis={"domain": LEFT, "range": scene.between_s, "anchor": "y", "title": {"text": "seconds"}, "showgrid": False,
               "zeroline": False},
        yaxis={"domain": LANES, "autorange": "reversed", "type": "category", "showgrid": False},
    )  # fmt: skip


def _models(figure: go.Figure, scene: Scene) -> None:
    roles, report = [role for role in FACES if role in scene.report], scene.report
    for place, role in enumerate(roles):
        for trace in comparison.traces_of(report, role, place, LIGHT):
            figure.add_trace(trace.update(xaxis="x2", yaxis="y2"))
    muted = ink_of(LIGHT).muted
    names = [
        f"{face_of(role).title.replace(', ', ',<br>' if role == 'small_teacher' else ', ')}<br>"
        f"<span style='font-size:11px;color:{muted}'>{report[role]['channels']} channels,"
        f" {report[role]['params'] / 1000:.0f} k parameters</span>"
        for role in roles
    ]
    low = min(value for role in roles for value in (report[role]["low"], *report[role]["per_person"].values()) if value)
    read = f"macro-F1 of {report['n']} people it has never seen:<br>mean and interval, and each of them"
    figure.update_layout(
        xaxis2={"domain": RIGHT, "anchor": "y2", "range": [max(0.0, low - 0.05), 1.03], "zeroline": False,
                "title": {"text": read}},
        yaxis2={"domain": [0.0, TOP], "anchor": "x2", "tickvals": list(range(len(roles))), "ticktext": names,
                "range": [len(roles) - 0.5, -0.6], "showgrid": False, "zeroline": False},
    )  # fmt: skip


def picture(page: Path, out: Path, browser: str) -> None:
    """Photographs a page with a browser that nobody sees."""
    found = shutil.which(browser) if browser else next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        raise InputError("no Chromium or Chrome was found", mend="Name one with --browser, or write an .html")
    with tempfile.TemporaryDirectory() as profile:
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"]
        flags += [f"--user-data-dir={profile}", f"--window-size={WIDTH},{HEIGHT}", "--virtual-time-budget=5000"]
        command = [found, *flags, f"--screenshot={out.resolve()}", page.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)


def main() -> int:
    """Reads the options and writes the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="a finished run's folder")
    parser.add_argument("out", type=Path, help="a .png, or an .html")
    parser.add_argument("--recording", default="", help="person/session; the first tested one by default")
    parser.add_argument("--from", dest="start_s", type=float, default=0.0, help="seconds")
    parser.add_argument("--seconds", type=float, default=75.0)
    parser.add_argument("--browser", default="", help="a Chromium or Chrome; searched for by default")
    options = parser.parse_args()
    try:
        figure = draw(scene_of(options.run, options.recording, options.start_s, options.seconds))
        style = f"<style>body{{margin:0;background:{ink_of(LIGHT).paper}}}</style>"
        page = style + figure.to_html(include_plotlyjs=True, config={"displayModeBar": False, "staticPlot": True})
        if options.out.suffix == ".html":
            options.out.write_text(page, encoding="utf-8")
            return 0
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "page.html"
            file.write_text(page, encoding="utf-8")
            picture(file, options.out, options.browser)
    except StillroomError as error:
        sys.stderr.write(f"error: {error.sentence()}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
