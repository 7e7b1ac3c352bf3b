"""What a run's models cost on one device, out of `cost.json`: which device, which figures, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean
from stillroom.figures.amounts import HERE, MODELS, amount, count, measured, runtime_of, size, times
from stillroom.report.parts import Table, Tile
from stillroom.report.wording import DASH, clean

MEASURED, ESTIMATED, COUNTED, ASSUMED = "measured", "estimated", "counted", "assumed"
_COUNTS = (
    ("parameters", "params", count), ("MACs per answer", "macs", count), ("file", "size_bytes", size),
    ("working memory, at most", "activation_bytes", size),
)  # fmt: skip
_RUNTIMES = ("onnxruntime", "tensorrt", "eager")

Told = dict[str, Any]


def device_of(cost: Told | None, asked: str) -> str:
    """The device that the front page is about; empty where nothing was measured or estimated.

    Args:
        cost: as `stillroom cost` told it.
        asked: by its name; a board that was measured by default, else the computer that measured.

    Raises:
        InputError: there is no figure of the device that was asked for.
    """
    known = list(dict.fromkeys(str(one["device"]) for one in (cost or {}).get("figures", ())))
    if asked:
        named = HERE if asked in ("here", "this-computer") else asked
        if named not in known:
            mend = f"Ask for it first: stillroom cost RUN --device {asked}"
            raise InputError(
                f"the run holds no figure of {asked!r}", where="--device",
                mend=f"{did_you_mean(asked, known)}. {mend}" if known else mend,
            )  # fmt: skip
        return named
    boards = [name for name in known if name != HERE and all(map(measured, _of(cost, name)))]
    return boards[0] if boards else HERE if HERE in known else known[0] if known else ""


def titled(device: str, cost: Told | None) -> str:
    """A device in words; the computer that measured by its processor."""
    if device != HERE:
        return clean(device)
    host = (cost or {}).get("host") or {}
    cores = host.get("cores")
    many = f", {cores} core{'s' * (cores != 1)}" if cores else ""
    return f"{clean(host.get('cpu') or 'the computer that made it', 48)}{many}"


def front_table(report: Told, cost: Told | None, device: str) -> Table:
    """Counts, and times and energies on the device: teacher, student, how many times less, and how it was found."""
    rows: list[list[str]] = []
    strong = set()
    for title, key, said in _COUNTS:
        before, after = (_counted(report, cost, model, key) for model in MODELS)
        if before is None and after is None:
            continue
        ratio = _less(before, after)
        rows.append([title, *(DASH if one is None else said(one) for one in (before, after)), ratio, COUNTED])
    for runtime, pair in pairs(cost, device, "latency")[:1]:
        strong.add(len(rows))
        rows.append(_figure_row(f"answer, {runtime_of(runtime)}", pair))
    for runtime, pair in pairs(cost, device, "energy")[:1]:
        rows.append(_figure_row(f"its energy, {runtime_of(runtime)}", pair))
    head = ("", ">teacher", ">student", ">ratio", "found by")
    return Table(head, rows, frozenset(strong), caption="What teacher and student cost")


def pairs(cost: Told | None, device: str, quantity: str) -> list[tuple[str, dict[str, Told]]]:
    """Figures of one window on one thread by runtime, of teacher and student both; what was measured counts alone."""
    found: list[tuple[str, dict[str, Told]]] = []
    own = [one for one in _of(cost, device) if one["quantity"] == quantity]
    own = [one for one in own if one.get("batch", 1) == 1 and one.get("threads") in (None, 1)]
    own = [one for one in own if measured(one)] or own
    for runtime in [*_RUNTIMES, *sorted({str(one["runtime"]) for one in own} - set(_RUNTIMES))]:
        pair = {str(one["model"]): one for one in own if one["runtime"] == runtime}
        if set(MODELS) <= set(pair):
            found.append((runtime, pair))
    return found[:2]


def time_tile(cost: Told | None, device: str) -> Tile | None:
    """Time of one answer, teacher to student; None where nobody asked."""
    found = pairs(cost, device, "latency")
    if not found:
        return None
    runtime, pair = found[0]
    teacher, student = (pair[model] for model in MODELS)
    note = f"one answer, {runtime_of(runtime)}"
    if not measured(student):  # an estimate is never told without its band
        value, _, band = value_of(student).partition(" (")
        said = f"{band.rstrip(')')}; teacher {value_of(teacher)}"
        return Tile("Time", "", f"about {value}", said, ESTIMATED)
    scale, unit = (1000.0, "µs") if student["unit"] == "ms" and teacher["value"] < 1 else (1.0, student["unit"])
    before, after = (f"{amount(scale * one['value'])} {unit}" for one in (teacher, student))
    return Tile("Time", *one_unit(before, after), note, _origin(pair.values()))


def one_unit(before: str, after: str) -> tuple[str, str]:
    """Two amounts; the first without its unit where the second has the same."""
    value, _, unit = before.rpartition(" ")
    return (value if unit == after.rpartition(" ")[2] else before), after


def source_note(cost: Told | None, device: str) -> str:
    """Where the front page's figures come from, in a sentence or two."""
    if not cost:
        return "Time, memory and energy were not asked for (stillroom cost RUN): counts are those of the networks."
    shown = [
        one
        for quantity in ("latency", "energy")
        for _, pair in pairs(cost, device, quantity)[:1]
        for one in pair.values()
    ]
    if not shown:
        return f"Nothing was measured or estimated on {titled(device, cost)} for both models."
    host = cost.get("host") or {}
    named = f"on {titled(device, cost)}, {host.get('system')}" if device == HERE else f"for {titled(device, cost)}"
    how = "measured" if all(map(measured, shown)) else "estimated, not measured"
    said = f"Times {how} {named}"
    modes = list(dict.fromkeys(clean(one["mode"]) for one in shown if one.get("mode")))
    said += f" ({', '.join(modes)})" if modes else ""
    if all(map(measured, shown)):
        busy = " The machine was busy." if any(one.get("busy") for one in shown) else ""
        return f"{said}: {_plain(shown[0]['provenance'])}.{busy}"
    return f"{said}: a band, not a promise; in brackets from where to where it may lie. Sources: cost table."


def cost_table(cost: Told) -> tuple[Table, list[str]]:
    """Every figure with the number of its source, and the sources."""
    sources = list(dict.fromkeys(str(one["provenance"]) for one in cost["figures"]))
    rows = [
        [*map(clean, (one["model"], _what(one), titled(str(one["device"]), cost), one.get("mode") or "")),
         runtime_of(str(one["runtime"])), clean(one["precision"]), value_of(one),
         f"[{sources.index(str(one['provenance'])) + 1}]"]
        for one in cost["figures"]
    ]  # fmt: skip
    head = ("model", "what", "where", "mode", "runtime", "numbers", ">value (band)", "source")
    return Table(head, rows, caption="Every figure of cost", small=True), [_plain(one) for one in sources]


def remarks(cost: Told) -> list[str]:
    """What to keep in mind of the figures, each thing once."""
    busy = sum(bool(one.get("busy")) for one in cost["figures"])
    told = [f"The machine was busy in {busy} of {len(cost['figures'])} measurements, by their spread."] if busy else []
    more = dict.fromkeys(clean(one["remark"]) for one in cost["figures"] if one.get("remark") and not one.get("busy"))
    return [*told, *more, *(clean(note) for note in cost["notes"])]


def value_of(one: Mapping[str, Any]) -> str:
    """A figure with its unit and its band; microseconds below a tenth of a millisecond."""
    scale, unit = (
        (1000.0, "µs") if one["unit"] == "ms" and (one["value"] or one["high"] or 1) < 0.1 else (1, one["unit"])
    )
    low, high = (one[edge] for edge in ("low", "high"))
    band = f"{amount(scale * low)} to {amount(scale * high)}" if low is not None and high is not None else ""
    if one["value"] is None:
        return f"{band} {unit}" if band else DASH
    value = f"{one['value']:,}" if isinstance(one["value"], int) else amount(scale * one["value"])
    return f"{value} {unit}" + (f" ({band})" if band and not measured(one) else "")


def _figure_row(title: str, pair: Mapping[str, Told]) -> list[str]:
    before, after = (pair[model]["value"] for model in MODELS)
    return [title, *(value_of(pair[model]) for model in MODELS), _less(before, after), _origin(pair.values())]


def _origin(figures: Sequence[Told] | Any) -> str:
    return MEASURED if all(map(measured, figures)) else ESTIMATED


def _less(before: float | None, after: float | None) -> str:
    return times(before / after) if before and after else DASH


def _counted(report: Told, cost: Told | None, model: str, key: str) -> Any:
    known = (cost or {}).get(model) or {}
    return known[key] if known.get(key) is not None else (report.get(model) or {}).get(key)


def _of(cost: Told | None, device: str) -> list[Told]:
    return [one for one in (cost or {}).get("figures", ()) if one["device"] == device]


def _what(one: Mapping[str, Any]) -> str:
    batch, threads = one.get("batch", 1), one.get("threads")
    more = [f"{batch} windows"] * (batch > 1) + [f"{threads} threads"] * (threads is not None and threads > 1)
    return clean(", ".join([str(one["quantity"]), *more]))


def _plain(text: object) -> str:
    """A sentence whose "measured here" would be read elsewhere."""
    return clean(text).replace("measured here", "measured there")
