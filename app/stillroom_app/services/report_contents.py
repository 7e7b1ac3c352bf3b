"""What a report will hold of a run or a study, and what it will say was not asked, with the page where one asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from stillroom.base.errors import InputError
from stillroom.figures.amounts import HERE
from stillroom.report.costs import device_of, titled
from stillroom.report.sources import RunSource, Source, StudySource, read
from stillroom_app.services.workspace import place

_ASKED: tuple[tuple[str, str, str, str, dict[str, str]], ...] = (
    ("windows", "What it looks at", "attributions, with their checks", "explain", {}),
    ("sets", "What each sensor is worth", "estimates from the trained model", "sensors", {}),
    ("privacy", "What it gives away", "whether people can be told apart", "explain", {"explain_tab": "Who it is"}),
)


@dataclass(frozen=True)
class Held:
    """One thing that a report may hold.

    Attributes:
        title: of it.
        there: whether it will.
        note: what it is made from.
        page: where it is asked for; empty where there is nothing to ask.
        query: of that page's address.
    """

    title: str
    there: bool
    note: str
    page: str = ""
    query: dict[str, str] = field(default_factory=dict)


def source_of(name: str) -> Source:
    """The run or study of a name, as a report reads it.

    Raises:
        InputError: it is not finished or damaged.
    """
    folder, called, _ = place(name)
    try:
        return read(folder)
    except InputError as error:
        where = error.where.replace(str(folder), called)
        raise InputError(error.what.replace(str(folder), called), where=where, mend=error.mend) from None


def contents(source: Source, name: str) -> list[Held]:
    """What its report holds, and what it will say is missing.

    Args:
        source: the run or study.
        name: of it in the workspace.

    Raises:
        InputError: the file that holds its costs is damaged.
    """
    if isinstance(source, RunSource):
        return list(_of_run(source, name))
    if isinstance(source, StudySource):
        rows = len(source.table["table"])
        found = [Held("Everything that was measured", True, f"{rows} row{'s' * (rows != 1)}, with intervals")]
        known = bool(source.calibration.get("calibration"))
        return found + [Held("The estimate against the truth", True, "how far it can be believed")] * known
    sets = len(source.studies)
    return [Held("Ranks of the methods", True, f"over {sets} data set{'s' * (sets != 1)}, each with its own table")]


def devices_of(source: Source) -> dict[str, str]:
    """The devices that its costs were told of, by what people call them: as `--device` takes each, the default first.

    The default is the empty text.

    Raises:
        InputError: the file that holds the costs is damaged.
    """
    if not isinstance(source, RunSource) or source.cost is None:
        return {}
    try:
        first = device_of(source.cost, "")
        names = dict.fromkeys([first, *(str(one["device"]) for one in source.cost["figures"])])
        return {
            titled(name, source.cost): "" if name == first else "here" if name == HERE else name
            for name in names
            if name
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"cost.json is damaged ({error})", where=source.name, mend="Measure anew") from error


def _of_run(source: RunSource, name: str) -> Iterator[Held]:
    report = source.report
    yield Held("The score, person by person", True, f"{report['n']} {report['units']} tested, with intervals")
    devices = devices_of(source)
    more = f", and for {len(devices) - 1} more" * (len(devices) > 1)
    yield Held("What it costs", bool(devices), f"on {next(iter(devices), '')}{more}", "device", {"run": name})
    for part, title, note, page, query in _ASKED:
        yield Held(title, part in source.explained, note, page, {"run": name} | query)
