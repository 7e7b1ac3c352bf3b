"""`stillroom predict --follow`: a stream answered as it comes; on a line that moves, row by row, or into a folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from stillroom.base.errors import InputError, StillroomError, StoppedError
from stillroom.base.events import Event, silent
from stillroom.base.paths import workspace
from stillroom.cli.console import Output, clean, print_json, stdout
from stillroom.cli.stopping import stop_on_signal

if TYPE_CHECKING:
    from stillroom.inference.following import Answer, Following
    from stillroom.inference.following_kept import Kept
    from stillroom.inference.following_sources import Source
    from stillroom.inference.predictor import Predictor
    from stillroom.inference.smoothing import Smoothing

_REPLAY = "replay:"
_BAR = 20
_TOLD_EVERY_S = 60.0


@dataclass(frozen=True)
class Asked:
    """How to follow.

    Attributes:
        follow: the source, as typed.
        to: a name below the workspace's `live`, or a file that ends in `.jsonl`; empty for neither.
        columns: names of the columns, where the stream has no header.
        rate_hz: of the samples, where no column tells the time; 0 where one does.
        gap_s: a silence longer than this begins a new stretch.
        until_idle_s: ends after so long without a byte; 0 for never.
        skip_bad: pass over bad lines.
        person: whose recording is replayed.
    """

    follow: str
    to: str = ""
    columns: str = ""
    rate_hz: float = 0.0
    gap_s: float = 0.5
    until_idle_s: float = 0.0
    skip_bad: bool = False
    person: str = ""


def follow(
    predictor: Predictor, export: Path, asked: Asked, stride_s: float | None, smoothing: Smoothing, output: Output
) -> None:
    """Follows until the stream ends or somebody asks to stop.

    Raises:
        InputError: what the stream brings cannot be read or answered.
        StoppedError: on request, after the summary.
    """
    with stop_on_signal() as stop, ExitStack() as stack:
        one = _following(predictor, asked, stride_s, smoothing, output)
        tellers: list[Callable[[Answer], None]] = [_to_people(stack, output, predictor)]
        kept = stack.enter_context(_kept(asked, predictor, export, stride_s)) if asked.to else None
        if kept is not None:
            tellers.append(kept)
        output.emit(Event("stream", f"Following {asked.follow}; Ctrl-C ends it"))
        one.stop, one.look = stop, lambda: kept.look(one) if kept is not None else None
        try:
            for answer in one:
                for tell in tellers:
                    tell(answer)
        except StillroomError as error:
            one.why = error.sentence()
            raise
        finally:
            output.value = {"ended": one.told()}
            if kept is not None:
                kept.end(one)
    if not output.as_json:
        output.show(output.value, lambda console: _draw(console, one.told()))
    if one.why == "stopped":
        raise StoppedError("stopped")


def _following(
    predictor: Predictor, asked: Asked, stride_s: float | None, smoothing: Smoothing, output: Output
) -> Following:
    from stillroom.inference.following import Following
    from stillroom.inference.following_lines import Lines, columns_said
    from stillroom.inference.following_sources import shown
    from stillroom.inference.following_windows import Windows
    from stillroom.inference.stream import stride_of

    def say(sentence: str) -> None:
        output.emit(Event("stream", sentence[:1].upper() + sentence[1:]))

    where = shown(asked.follow)  # errors are kept with the stream, where others read them
    lines = Lines(
        predictor.layout,
        where,
        columns=columns_said(asked.columns),
        rate_hz=asked.rate_hz,
        back_s=asked.gap_s,
        skip_bad=asked.skip_bad,
    )
    windows = Windows(predictor.manifest, stride_of(predictor, stride_s), asked.gap_s, where, say)
    return Following(_source(asked, output), lines, windows, predictor, smoothing, asked.until_idle_s, say=say)


def _source(asked: Asked, output: Output) -> Source:
    from stillroom.inference.following_sources import source_of

    if not asked.follow.startswith(_REPLAY):
        return source_of(asked.follow)
    from stillroom.cli.replay import recording_of
    from stillroom.data.replaying import played

    # silent: what a job counted last is what pages show of it, and a stream counts nothing
    recording = recording_of(asked.follow.removeprefix(_REPLAY), asked.person, output, silent)
    return lambda: played(recording)


class _Keeping:
    """Writes what was answered where others watch it: a row a window, and a sign of life."""

    def __init__(self, kept: Kept) -> None:
        self._kept, self._last = kept, ""

    def __call__(self, answer: Answer) -> None:
        self._kept.add(answer)
        self._last = answer.said.smoothed

    def look(self, one: Following) -> None:
        self._kept.beat(self._told(one))

    def end(self, one: Following) -> None:
        self._kept.beat(self._told(one), now=True)
        self._kept.end(one.told())

    def _told(self, one: Following) -> dict[str, Any]:
        counted = {"windows": one.answered, "samples": one.samples, "skipped": one.lines.skipped}
        odd = {"strangers": one.strangers, "first_stranger": one.first_stranger, "puzzle": one.puzzle}
        return {**counted, **odd, "heard_s": one.heard_s, "last": self._last}


class _Writing:
    """Appends rows to a file of the user's own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, answer: Answer) -> None:
        from stillroom.base.journal import append

        append(self._path, {**answer.as_dict(), "at": time.time()})

    def look(self, one: Following) -> None:
        """Nothing: a file has no sign of life."""

    def end(self, one: Following) -> None:
        """Nothing: the rows are all."""


@contextmanager
def _kept(asked: Asked, predictor: Predictor, export: Path, stride_s: float | None) -> Iterator[_Keeping | _Writing]:
    from stillroom.inference.following_kept import keeping
    from stillroom.inference.following_sources import shown
    from stillroom.inference.stream import stride_of

    if asked.to.endswith(".jsonl"):
        yield _Writing(Path(asked.to).expanduser())
        return
    manifest = predictor.manifest
    head = {
        "export": str(export),
        "classes": list(predictor.classes),
        "channels": [
            {"name": channel.name, "unit": channel.unit, "mean": mean, "sd": sd}
            for channel, mean, sd in zip(predictor.layout, manifest.mean, manifest.sd, strict=True)
        ],
        "rate_hz": predictor.rate_hz,
        "window_s": predictor.width / predictor.rate_hz,
        "stride_s": stride_of(predictor, stride_s) / predictor.rate_hz,
        "source": shown(asked.follow),
        "began_s": time.time(),
    }
    with keeping(workspace(), asked.to, head) as kept:
        yield _Keeping(kept)


def _to_people(stack: ExitStack, output: Output, predictor: Predictor) -> Callable[[Answer], None]:
    """How answers are shown: JSON lines, a line that moves where a person looks, else a line at every change."""
    if output.as_json:
        return lambda answer: print_json(answer.as_dict())
    console = stdout()
    if console.is_terminal:
        live = stack.enter_context(Live(console=console, refresh_per_second=10, transient=True))
        return lambda answer: live.update(_line(answer, predictor))
    shown: list[str] = []

    def at_a_change(answer: Answer) -> None:
        if shown[-1:] != [answer.said.smoothed]:
            shown[:] = [answer.said.smoothed]
            console.print(_line(answer, predictor), soft_wrap=True)

    return at_a_change


def _line(answer: Answer, predictor: Predictor) -> Text:
    said, widest = answer.said, max(map(len, predictor.classes))
    share = said.probability[said.smoothed]
    bar = "━" * round(_BAR * share)
    times = f"{said.latency_ms:.1f} ms after its last sample, {answer.behind_ms:.0f} ms behind the quickest"
    text = clean(f"{said.end_s:9.1f} s  {said.smoothed:<{widest}}  {bar:<{_BAR}} {100 * share:3.0f} %  {times}")
    return Text(text)


def _draw(console: Console, told: dict[str, Any]) -> None:
    why = {"idle": "nothing came any more", "ended": "the stream ended", "stopped": "stopped on request"}[told["why"]]
    took = told["latency_ms"]
    said = [f"{told['windows']} windows from {told['samples']} samples; {why}"]
    if took["n"]:
        said.append(
            f"from a window's last sample to its answer: {took['median']:.1f} ms (median of {took['n']}; 95 % within "
            f"{took['p95']:.1f} ms), measured here"
        )
    said += [f"{told['gaps']} times a new stretch began"] * bool(told["gaps"])
    said += [f"{told['skipped']} bad lines were passed over, the first: {told['first_skipped']}"] * bool(
        told["skipped"]
    )
    closed = f"{told['strangers']} connections that brought no stream were closed, the first: {told['first_stranger']}"
    said += [closed] * bool(told["strangers"])
    more = " any more" * bool(told["windows"])
    said += [f"no answer came{more}: {told['puzzle']}"] * bool(told["puzzle"])
    said += ["half a line was left at the end"] * told["half_line"]
    for line in said:
        console.print(Text(clean(line)), soft_wrap=True)


def refuse_both(data: str, asked: Asked, limit: int) -> None:
    """Refuses a stream and recordings at once, and options of the one given to the other.

    Raises:
        InputError: naming the option.
    """
    if bool(data) == bool(asked.follow):
        raise InputError(
            "two sources were named" if data else "no source was named",
            where="--data, --follow",
            mend="Name recordings (--data SOURCE) or a stream (--follow SOURCE)",
        )
    plain = Asked(follow="", person=asked.person)
    if data and asked != plain:
        names = [name for name, value in vars(asked).items() if value != getattr(plain, name)]
        raise InputError("that goes with --follow", where=f"--{names[0].removesuffix('_s').replace('_', '-')}")
    if asked.person and asked.follow and not asked.follow.startswith(_REPLAY):
        raise InputError("that goes with --data, or a recording that is replayed", where="--person")
    if asked.follow and limit:
        raise InputError("that goes with --data", where="--limit", mend="Stop a stream with Ctrl-C or --until-idle")
