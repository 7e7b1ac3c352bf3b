"""The index: one SQLite file (WAL) beside the jobs' folders, so that thousands are listed and filtered at once.

It also holds the queue's one decision that must be taken by one process alone: which job starts next. All else in it
can be made anew from the folders, and is, where the file is damaged or another Stillroom's.
"""

from __future__ import annotations

import shlex
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillroom.base.errors import StorageError
from stillroom.base.paths import storage_errors
from stillroom.jobs.record import ACTIVE, CLAIM_S, QUEUED, STARTING, STATES, Job, Standing

VERSION = 1
UNKNOWN_BYTES = 1_000_000_000  # counted for a job that does not say how much memory it may hold
_TIMEOUT_S = 10.0
_CLOCK_SET_BACK_S = 60.0  # what is that much older was not seen earlier
_TABLE = """
CREATE TABLE jobs (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, command TEXT NOT NULL, belongs TEXT NOT NULL, made_s REAL NOT NULL,
    changed_s REAL NOT NULL, threads INTEGER NOT NULL, memory_bytes INTEGER NOT NULL, pid INTEGER, began_s REAL,
    ended_s REAL, heard_s REAL, attempt INTEGER NOT NULL, why TEXT NOT NULL
);
CREATE INDEX by_state ON jobs (state, made_s);
"""
_COLUMNS = ("id", "state", "command", "belongs", "made_s", "changed_s", "threads", "memory_bytes", "pid", "began_s",
            "ended_s", "heard_s", "attempt", "why")  # fmt: skip
_PUT = f"""
INSERT INTO jobs ({", ".join(_COLUMNS)}) VALUES ({", ".join("?" * len(_COLUMNS))})
ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])}
WHERE changed_s - excluded.changed_s NOT BETWEEN 1e-6 AND {_CLOCK_SET_BACK_S}
AND NOT (excluded.state = '{QUEUED}' AND state = '{STARTING}' AND pid IS NULL
         AND excluded.changed_s - changed_s < {CLAIM_S})
"""
# what has failed is the disk or the patience, and not the file
_NOT_ITS_FAULT = (
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PERM,
)  # fmt: skip


class DamagedIndexError(Exception):
    """The file is no index of ours."""


@dataclass(frozen=True)
class Index:
    """The index.

    Attributes:
        path: of the SQLite file.
    """

    path: Path

    def put(self, jobs: Iterable[tuple[Job, Standing]], looked_s: float) -> None:
        """Writes down how jobs stand.

        What somebody else has seen since stays, and who has just claimed a job is given time to say so in its folder.

        Args:
            jobs: and how they stand.
            looked_s: when their folders were looked at, in seconds since 1970.
        """
        rows = [tuple(row_of(job, standing, looked_s).values()) for job, standing in jobs]
        with self._open() as connection:
            connection.executemany(_PUT, rows)

    def forget(self, ids: Iterable[str]) -> None:
        """Leaves out jobs whose folders are gone."""
        with self._open() as connection:
            connection.executemany("DELETE FROM jobs WHERE id = ?", [(name,) for name in ids])

    def rows(self, states: Sequence[str] = (), match: str = "") -> list[dict[str, Any]]:
        """Jobs, the latest first.

        Args:
            states: only these; all by default.
            match: only where the command, the group or the name holds this text.
        """
        where = [f"state IN ({', '.join('?' * len(states))})"] if states else []
        where += ["instr(command || char(10) || belongs || char(10) || id, ?) > 0"] if match else []
        query = f"SELECT * FROM jobs {'WHERE ' * bool(where)}{' AND '.join(where)} ORDER BY made_s DESC, id"
        with self._open() as connection:
            found = connection.execute(query, [*states, *([match] if match else [])]).fetchall()
            if (said := connection.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
                raise DamagedIndexError(said.splitlines()[-1])
        if any(row["state"] not in STATES for row in found):
            raise DamagedIndexError("a state that there is not")
        return [dict(row) for row in found]

    def claim(self, cores: int, memory_bytes: int | None) -> str | None:
        """Takes the first queued job that there is room for, and marks it as starting.

        Jobs start in the order in which they were made: a large one is not passed over for ever by small ones.

        Args:
            cores: threads that may compute at once, of all active jobs together.
            memory_bytes: what they may hold together; None for no bound.
        """
        active = f"state IN ({', '.join('?' * len(ACTIVE))})"
        with self._open() as connection:
            used = connection.execute(
                f"SELECT COUNT(*), TOTAL(threads), TOTAL(memory_bytes) FROM jobs WHERE threads > 0 AND {active}", ACTIVE
            ).fetchone()
            first = connection.execute(
                "SELECT id, threads, memory_bytes FROM jobs WHERE state = ? ORDER BY made_s, id LIMIT 1", (QUEUED,)
            ).fetchone()
            if first is None or used[1] + first["threads"] > cores:
                return None
            needed = first["memory_bytes"] if first["threads"] else 0  # one that only waits for others holds little
            if used[0] and memory_bytes is not None and used[2] + needed > memory_bytes:
                return None
            now = time.time()
            connection.execute("UPDATE jobs SET state = ?, changed_s = ? WHERE id = ?", (STARTING, now, first["id"]))
            return str(first["id"])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction, alone."""
        try:
            with storage_errors(self.path):
                self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=_TIMEOUT_S, isolation_level=None)) as connection:
                connection.row_factory = sqlite3.Row
                self._write_ahead(connection)
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute("BEGIN IMMEDIATE")
                self._lay(connection)
                yield connection
                connection.execute("COMMIT")
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF not in _NOT_ITS_FAULT:
                raise DamagedIndexError(str(error)) from error
            raise StorageError(
                f"the job index cannot be used: {error}",
                where=str(self.path),
                mend="Make room on the disk and let no other program hold the file; the jobs themselves are safe",
            ) from error

    def _write_ahead(self, connection: sqlite3.Connection) -> None:
        """Switches a new file to WAL; SQLite itself does not wait for another who is just doing so."""
        until = time.monotonic() + _TIMEOUT_S
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.01)

    def _lay(self, connection: sqlite3.Connection) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == VERSION:
            return
        if version or connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
            raise DamagedIndexError("made by another Stillroom")
        for statement in _TABLE.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def row_of(job: Job, standing: Standing, looked_s: float) -> dict[str, Any]:
    """A job as the index tells it, by column."""
    request = job.request
    memory = UNKNOWN_BYTES if request.memory_bytes is None else request.memory_bytes
    values = (
        job.id, standing.state, shlex.join(request.words), request.group, job.made_s, looked_s, request.threads,
        memory, standing.pid, standing.began_s, standing.ended_s, standing.heard_s, standing.attempt, standing.why,
    )  # fmt: skip
    return dict(zip(_COLUMNS, values, strict=True))
