"""What a run's models cost on one device, out of `cost.json`: which device, which figures, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean
from stillroom.figures.amounts import HERE, amount, count, measured, runtime_of, size, times
from stillroom.report.pairs import Pair, pairs
from stillroom.report.parts import Table, Tile
from stillroom.report.wording import DASH, called, clean

MEASURED, ESTIMATED, COUNTED, ASSUMED = "measured", "estimated", "counted", "assumed"
_COUNTS = (
    ("parameters", "params", count), ("MACs per answer", "macs", count), ("file", "size_bytes", size),
    ("working memory, at most", "activation_bytes", size),
)  # fmt: skip
_QUANTITIES = (("latency", "Times"), ("energy", "Energies"))

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


def front_table(report: Told, cost: Told | None, device: str, role: str = "student") -> Table:
    """Counts, and times and energies on the device: teacher, student, how many times less, and how it was found.

    Args:
        report: of the run.
        cost: as `stillroom cost` told it.
        device: that times and energies are told for.
        role: of the model that stands beside the teacher.
    """
    rows: list[list[str]] = []
    strong = set()
    for title, key, said in _COUNTS:
        before, after = (_counted(report, cost, model, key) for model in ("teacher", role))
        if before is None and after is None:
            continue
        ratio = _less(before, after)
        rows.append([title, *(DASH if one is None else said(one) for one in (before, after)), ratio, COUNTED])
    for pair in pairs(cost, device, "latency")[:1]:
        strong.add(len(rows))
        rows.append(_figure_row("answer", pair))
    rows += [_figure_row("its energy", pair) for pair in pairs(cost, device, "energy")[:1]]
    head = ("", ">teacher", f">{'student' if role == 'student' else called(role)}", ">ratio", "found by")
    return Table(head, rows, frozenset(strong), caption="What teacher and student cost")


def time_tile(cost: Told | None, device: str) -> Tile | None:
    """Time of one answer, teacher to student; None where nobody asked."""
    found = pairs(cost, device, "latency")
    if not found:
        return None
    pair = found[0]
    teacher, student = pair.both
    note = f"one answer, {pair.named}"
    if not pair.measured:  # an estimate is never told without its band
        value, _, band = value_of(student).partition(" (")
        said = f"{band.rstrip(')')}; teacher {value_of(teacher)}; {pair.named}"
        return Tile("Time", "", f"about {value}", said, ESTIMATED)
    scale, unit = (1000.0, "µs") if student["unit"] == "ms" and teacher["value"] < 1 else (1.0, student["unit"])
    before, after = (f"{amount(scale * one['value'])} {unit}" for one in (teacher, student))
    return Tile("Time", *one_unit(before, after), note, _origin(pair))


def one_unit(before: str, after: str) -> tuple[str, str]:
    """Two amounts; the first without its unit where the second has the same."""
    value, _, unit = before.rpartition(" ")
    return (value if unit == after.rpartition(" ")[2] else before), after


def source_note(cost: Told | None, device: str) -> str:
    """Where the front page's figures come from, in a sentence or two."""
    if not cost:
        return "Time, memory and energy were not asked for (stillroom cost RUN): counts are those of the networks."
    found = [(plural, pair) for quantity, plural in _QUANTITIES for pair in pairs(cost, device, quantity)[:1]]
    if not found:
        return f"Nothing was measured or estimated on {titled(device, cost)} for both models."
    named = [plural for plural, pair in found if pair.measured], [plural for plural, pair in found if not pair.measured]
    said = []
    if named[0]:
        said.append(_measured_note(cost, device, _two(named[0]), [pair for _, pair in found if pair.measured]))
    if named[1]:
        said.append(
            f"{_two(named[1])} estimated, not measured for {titled(device, cost)}: a band (in brackets), not a promise."
            " Sources: cost table."
        )
    return " ".join(said)


def _measured_note(cost: Told, device: str, what: str, found: Sequence[Pair]) -> str:
    host = cost.get("host") or {}
    system = f", {clean(host.get('system'))}" if device == HERE else ""
    shown = [one for pair in found for one in pair.both]
    sources = list(dict.fromkeys(_plain(one["provenance"]) for one in shown))
    busy = " The machine was busy." if any(one.get("busy") for one in shown) else ""
    return f"{what} measured on {titled(device, cost)}{system}: {'; '.join(sources)}.{busy}"


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


def _two(names: Sequence[str]) -> str:
    """As "Times and energies"."""
    return " and ".join([*names[:1], *(one.lower() for one in names[1:])])


def _figure_row(title: str, pair: Pair) -> list[str]:
    return [f"{title}, {pair.named}", *map(value_of, pair.both), _less(*pair.values), _origin(pair)]


def _origin(pair: Pair) -> str:
    return MEASURED if pair.measured else ESTIMATED


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
