# SPDX-License-Identifier: Apache-2.0
"""One connection to the SQLite file of an embedded log, and its tables."""

from __future__ import annotations

import sqlite3
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from ..base import TransportError

PAGE_BYTES = 16_384
FORMAT = 1  # of the file, kept in its user_version
SYNCHRONOUS = ("NORMAL", "FULL")

# `lanes` are the shards of the log, one a partition: the tables keep the name they had in format 1. A row of
# `blocks` holds many records (packed_records.py); its id is shard << 40 | offset of the first, so a shard's
# blocks lie together, in order.
_TABLES = """
CREATE TABLE IF NOT EXISTS lanes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, part INTEGER NOT NULL,
    first INTEGER NOT NULL DEFAULT 0, next INTEGER NOT NULL DEFAULT 0, UNIQUE (topic, part)
);
CREATE TABLE IF NOT EXISTS blocks (
    id INTEGER PRIMARY KEY, n INTEGER NOT NULL, newest_ms INTEGER NOT NULL, data BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS groups (name TEXT PRIMARY KEY, generation INTEGER NOT NULL, state BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS offsets (
    grp TEXT NOT NULL, lane INTEGER NOT NULL, off INTEGER NOT NULL, PRIMARY KEY (grp, lane)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS topology (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL);
INSERT OR IGNORE INTO topology VALUES (1, 0);
"""


class Database:
    """A connection, used by one thread at a time; errors of SQLite come out as TransportError with the file's
    name.

    Who opens it closes it. One that is left to the garbage collector is closed with a ResourceWarning, as
    files are on every Python and SQLite's own connections from Python 3.13 on.
    """

    _open = False

    def __init__(self, path: Path, synchronous: str = "NORMAL", busy_timeout: float = 30.0) -> None:
        """Open the file, making it and its tables where they are missing. Raises: TransportError."""
        if synchronous not in SYNCHRONOUS:
            raise TransportError(f"synchronous must be one of {', '.join(SYNCHRONOUS)}, not {synchronous!r}")
        self.path = path
        self._lock = RLock()
        with self._named_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=busy_timeout, isolation_level=None, check_same_thread=False
            )
            self._open = True
            try:
                self._prepare(synchronous)
            except BaseException:
                self.close()
                raise

    def __del__(self) -> None:
        if self._open:
            self.close()
            told = f"the embedded log {self.path} was left open"
            warnings.warn(told, ResourceWarning, stacklevel=2, source=self)

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What a statement returns."""
        with self._lock, self._named_errors():
            return self._connection.execute(sql, parameters).fetchall()

    def value(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        """The first column of the first row, None where there is none."""
        rows = self.rows(sql, parameters)
        return rows[0][0] if rows else None

    @contextmanager
    def write(self) -> Iterator[None]:
        """A write transaction: all that happens inside is kept, or nothing where it raises."""
        with self._lock, self._named_errors():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def data_version(self) -> int:
        """A number that changes whenever another connection has written."""
        return int(self.value("PRAGMA data_version"))

    def close(self) -> None:
        """Close the connection; using it afterwards is a TransportError."""
        with self._lock:
            self._connection.close()
            self._open = False

    def _prepare(self, synchronous: str) -> None:
        run = self._connection.execute
        self._retry_busy(f"PRAGMA page_size = {PAGE_BYTES}")
        run("PRAGMA auto_vacuum = INCREMENTAL")
        self._retry_busy("PRAGMA journal_mode = WAL")
        run(f"PRAGMA synchronous = {synchronous}")
        run(f"PRAGMA journal_size_limit = {64 << 20}")
        found = run("PRAGMA user_version").fetchone()[0]
        if found > FORMAT:
            raise TransportError(
                f"the embedded log {self.path} has format {found}, this Freshet reads up to {FORMAT}; use a "
                "newer Freshet or another path"
            )
        if found < FORMAT:
            with self.write():
                for statement in _TABLES.split(";\n"):
                    run(statement)
                run(f"PRAGMA user_version = {FORMAT}")

    def _retry_busy(self, statement: str) -> None:
        # SQLite calls no busy handler while a first connection turns a file to WAL, so a second one has to
        # try again itself.
        deadline = time.monotonic() + 10
        while True:
            try:
                self._connection.execute(statement)
                return
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise TransportError(
                f"the embedded log {self.path} failed: {error}; check its folder's rights and free space, "
                "or name another path"
            ) from error
