"""What a page is put together from: tables, charts with their numbers, and sections of both. Plain text throughout.

Nothing here is HTML but a chart's drawing, which `drawing` makes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Rows of text under headings.

    Attributes:
        head: the columns' names; those that begin with `>` hold numbers, and are set right.
        rows: as many cells as columns.
        strong: the numbers of rows that stand out.
        caption: what it holds, for who cannot see where it stands.
        small: many columns, set smaller.
        even: columns of one width.
    """

    head: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    strong: frozenset[int] = frozenset()
    caption: str = ""
    small: bool = False
    even: bool = False

    @property
    def columns(self) -> list[tuple[str, bool]]:
        """Each column's name, and whether it is set right."""
        return [(name.removeprefix(">"), name.startswith(">")) for name in self.head]


@dataclass(frozen=True)
class Chart:
    """A drawing and the numbers behind it.

    Attributes:
        name: that its marks' ids begin with.
        svg: the drawing.
        title: what it shows, a sentence.
        alt: what it says, for who cannot see it.
        note: how to read it.
        table: the numbers behind it.
    """

    name: str
    svg: str
    title: str
    alt: str
    note: str = ""
    table: Table | None = None


@dataclass(frozen=True)
class Section:
    """A part of the evidence.

    Attributes:
        title: its heading.
        lead: sentences that open it.
        charts: drawings, each with its table.
        tables: further tables.
        notes: what to keep in mind.
        code: a command.
        anchor: its place, for the list of contents.
    """

    title: str
    anchor: str
    lead: Sequence[str] = ()
    charts: Sequence[Chart] = ()
    tables: Sequence[tuple[str, Table]] = ()
    notes: Sequence[str] = ()
    code: str = ""


@dataclass(frozen=True)
class Tile:
    """One number of the front page.

    Attributes:
        label: what it is.
        before: the teacher's; empty where there is one number only.
        after: the student's.
        note: what it means, or how it was found.
        origin: `measured`, `estimated`, `counted` or `assumed`.
    """

    label: str
    before: str
    after: str
    note: str
    origin: str


@dataclass(frozen=True)
class Untested:
    """Something that was not tested.

    Attributes:
        what: in two or three words.
        why: in a sentence.
        ask: the command that would ask, where there is one.
    """

    what: str
    why: str
    ask: str = ""


@dataclass(frozen=True)
class Badge:
    """A word about everything on the page: simulated, fast setting, pilot.

    Attributes:
        word: of it.
        why: in a sentence.
    """

    word: str
    why: str


@dataclass(frozen=True)
class Front:
    """The page for who decides.

    Attributes:
        kicker: the line above the title.
        title: of what was asked about.
        finding: the answer, one sentence.
        more: sentences that bound it.
        badges: words about everything.
        tiles: the numbers.
        body: the drawing of who wears what; None where no sensor goes.
        kept: sensors that stay, by site in words.
        dropped: sensors that go, likewise.
        scores: the drawing of what it costs in score.
        cost: the table of what it costs on the device, with its sentence.
        cost_note: where those numbers come from.
        money: the sentence, and its drawing.
        tornado: what moves it; None where no money is saved.
        privacy: sentences.
        untested: what was not tested.
        foot: of which run or study.
        money_note: how its drawing is read.
    """

    kicker: str
    title: str
    finding: str
    more: Sequence[str]
    badges: Sequence[Badge]
    tiles: Sequence[Tile]
    body: Chart | None
    kept: Sequence[tuple[str, str]]
    dropped: Sequence[tuple[str, str]]
    scores: Chart
    cost: Table | None
    cost_note: str
    money: str
    tornado: Chart | None
    privacy: Sequence[str]
    untested: Sequence[Untested]
    foot: str = ""
    money_note: str = ""
