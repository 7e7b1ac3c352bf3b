"""`stillroom predict`: recordings or a stream through an exported student alone, window by window, without torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.text import Text

from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean
from stillroom.cli.console import Output, clean, guarded, table

if TYPE_CHECKING:
    from stillroom.data.recording import Recording
    from stillroom.inference.predictor import Predictor
    from stillroom.inference.smoothing import Smoothing

EXAMPLES = (
    "As: stillroom predict export/ --data factory --person p01 --smoothing majority:5, or live: "
    "stillroom predict export/ --follow listen://127.0.0.1:7007 --stride-s 0.5 --to line-1"
)
_MOST_ROWS = 40
_SMOOTHING = (
    "none, majority[:N] (the last N windows vote), hysteresis[:N] (a new label must win N windows in a row) or hmm[:N] "
    "(probabilities add up, an activity lasting N windows on average). All but none show a change late."
)
_FOLLOW = (
    "Instead of --data, a stream as it comes: a CSV file that grows, tcp://HOST:PORT, listen://127.0.0.1:PORT, "
    "unix:PATH, or replay:SOURCE for a recording at true speed. Lines of CSV under names of channels, t in seconds; or "
    "JSON lines."
)


def predict(
    export: Path = typer.Argument(help="The folder that `stillroom export` wrote."),
    data: str = typer.Option("", help="NAME, NAME:PATH, or a path to your own data, labelled or not."),
    follow: str = typer.Option("", help=_FOLLOW),
    precision: str = typer.Option("fp32", help="fp32, fp16, int8-u8 or int8-s8."),
    stride_s: float = typer.Option(0.0, min=0, help="Seconds from one window to the next; half a window by default."),
    smoothing: str = typer.Option("none", help=_SMOOTHING),
    person: str = typer.Option("", help="Only this person's recordings."),
    limit: int = typer.Option(0, min=0, help="Only the first so many windows; 0 for all."),
    to: str = typer.Option("", help="With --follow: a name under which the app shows the stream, or a .jsonl file."),
    columns: str = typer.Option("", help="With --follow: the columns in order, as t,right_wrist.acc.x [g],...,-"),
    rate_hz: float = typer.Option(0.0, min=0, help="With --follow: samples a second, where no column tells the time."),
    gap_s: float = typer.Option(0.5, min=0.01, help="With --follow: a longer silence begins a new stretch."),
    until_idle: float = typer.Option(0.0, min=0, help="With --follow: end after so many seconds without a byte."),
    skip_bad: bool = typer.Option(False, "--skip-bad", help="With --follow: pass over bad lines and count them."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object; with --follow one a window, then `ended`."),
) -> None:
    """Recordings or a stream through an exported student: labels, probabilities and latency of every window."""
    with guarded(as_json) as output:
        from stillroom.cli import following
        from stillroom.inference.predictor import Predictor
        from stillroom.inference.smoothing import smoothing_of

        asked = following.Asked(follow, to, columns, rate_hz, gap_s, until_idle, skip_bad, person)
        following.refuse_both(data, asked, limit)
        smooth = smoothing_of(smoothing)
        predictor = Predictor(export.expanduser(), precision)
        if follow:
            return following.follow(predictor, export.expanduser().absolute(), asked, stride_s or None, smooth, output)
        recordings, track = _recordings(data, person, output)
        found = _windows(recordings, track, predictor, stride_s or None, smooth)
        windows = list(islice(found, limit or None))
        if not windows:
            longest = max(recording.duration_s for recording in recordings)
            raise InputError(
                f"no recording holds a window of {predictor.width / predictor.rate_hz:g} s",
                where=f"the longest lasts {longest:.1f} s",
                mend="Give longer recordings without gaps",
            )
        _tell_known(predictor, recordings, output)
        facts = {"export": str(export), "precision": precision, **_summary(windows, predictor.classes)}
        output.show(facts, lambda console: _draw(console, facts))
    return None


def _tell_known(predictor: Predictor, recordings: Sequence[Recording], output: Output) -> None:
    """Says who of the people here has taught the student: a score on them is no score on somebody new."""
    made_with = predictor.manifest.provenance
    taught = {*made_with.get("train_people", ()), *made_with.get("validation_people", ())}
    if known := sorted({recording.person for recording in recordings} & taught):
        named = ", ".join(known[:8]) + (" and others" if len(known) > 8 else "")
        output.note(f"The student was made with recordings of {named}: scores on them say nothing of somebody new")


def _recordings(data: str, person: str, output: Output) -> tuple[list[Recording], str]:
    """What the source holds, labelled or not, and the annotation kind that its labels are of."""
    from stillroom.data.source import read_recordings, resolve

    source, tree = resolve(data)
    if source.card.simulated:
        output.note(f"{source.card.title}: nobody was recorded")
    found = read_recordings(source, tree, emit=output.emit)[0]
    people = sorted({recording.person for recording in found})
    if person and person not in people:
        raise InputError(f"there is no person {person!r}", where="--person", mend=did_you_mean(person, people))
    kept = [recording for recording in found if person in ("", recording.person)]
    if not kept:
        raise InputError("no recording was found", where=data, mend="Check that the path holds recordings")
    return sorted(kept, key=lambda recording: recording.name.split("/")), source.card.track


def _windows(
    recordings: Sequence[Recording],
    track: str,
    predictor: Predictor,
    stride_s: float | None,
    smoothing: Smoothing,
) -> Iterator[dict[str, Any]]:
    from stillroom.inference.fitting import fitted
    from stillroom.inference.scoring import truth_of
    from stillroom.inference.stream import predictions, stride_of, windows_of

    stride = stride_of(predictor, stride_s)
    for recording in recordings:
        ready = fitted(recording, predictor.manifest)
        codes = ready.codes(track, predictor.classes)
        for answer in predictions(windows_of(ready, predictor.width, stride), predictor, smoothing):
            code = truth_of(codes, round(answer.start_s * predictor.rate_hz), predictor.width)
            yield {
                "person": recording.person,
                "recording": recording.name,
                "start_s": answer.start_s,
                "end_s": answer.end_s,
                "label": answer.label,
                "smoothed": answer.smoothed,
                "truth": predictor.classes[code] if code >= 0 else None,
                "probability": answer.probability,
                "latency_ms": answer.latency_ms,
            }


def _summary(windows: list[dict[str, Any]], classes: tuple[str, ...]) -> dict[str, Any]:
    from stillroom.inference.latency import latency
    from stillroom.inference.scoring import macro_f1

    def scored(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        return {
            "macro_f1": macro_f1(((row["truth"], row["label"]) for row in rows), classes),
            "macro_f1_smoothed": macro_f1(((row["truth"], row["smoothed"]) for row in rows), classes),
            "labelled": sum(row["truth"] is not None for row in rows),
        }

    people = dict.fromkeys(row["person"] for row in windows)
    by_person = {name: [row for row in windows if row["person"] == name] for name in people}
    return {
        "windows": windows,
        "latency_ms": latency([row["latency_ms"] for row in windows]),
        **scored(windows),
        "people": [{"person": name, "windows": len(rows), **scored(rows)} for name, rows in by_person.items()],
    }


def _draw(console: Console, facts: dict[str, Any]) -> None:
    rows = [
        _stretch(list(part)) for _, part in groupby(facts["windows"], lambda row: (row["recording"], row["smoothed"]))
    ]
    names = ("recording", "from s>", "to s>", "shown", "windows>", "mean probability>")
    console.print(table("", names, rows[:_MOST_ROWS]))
    if len(rows) > _MOST_ROWS:
        console.print(Text(f"and {len(rows) - _MOST_ROWS} more stretches; --json prints every window"))
    people = [
        (item["person"], item["windows"], item["labelled"], _share(item["macro_f1"]), _share(item["macro_f1_smoothed"]))
        for item in facts["people"]
    ]
    console.print(table("", ("person", "windows>", "labelled>", "macro-F1>", "after smoothing>"), people))
    took = facts["latency_ms"]
    console.print(
        Text(
            clean(
                f"{facts['precision']}: {took['median']:.3f} ms a window (median of {took['n']}; "
                f"95 % within {took['p95']:.3f} ms), measured here, ONNX Runtime, one thread"
            )
        )
    )


def _stretch(windows: list[dict[str, Any]]) -> tuple[object, ...]:
    first, last = windows[0], windows[-1]
    mean = sum(row["probability"][row["smoothed"]] for row in windows) / len(windows)
    bounds = (f"{first['start_s']:.1f}", f"{last['end_s']:.1f}")
    return first["recording"], *bounds, first["smoothed"], len(windows), f"{mean:.2f}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
