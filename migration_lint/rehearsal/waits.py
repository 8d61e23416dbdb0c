"""Who waits while a transaction is open: another session tries to read and to write."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

from migration_lint.rehearsal.database import Connection, Database
from migration_lint.rehearsal.world import Entry, quoted

_PATIENCE = b"SET lock_timeout = '25ms'"
_MOST = 40
"""Relations that are tried after one statement."""


class Prober:
    """A reader and writer on a session of its own, with little patience."""

    def __init__(self, database: Database) -> None:
        self._connection: Connection = database.watch()
        self._connection.execute(_PATIENCE)

    def waits(self, entries: Iterable[Entry]) -> tuple[frozenset[str], frozenset[str]]:
        """The names of the relations that could not be read, and of those that could not be written to."""
        unread, unwritten = set(), set()
        for entry in list(entries)[:_MOST]:
            table = quoted(entry.name)
            if entry.kind in ("r", "p", "m") and not self._gets(f"SELECT FROM ONLY {table} WHERE false"):
                unread.add(entry.name)
            # What INSERT, UPDATE and DELETE take, without the triggers that they would fire.
            if entry.kind in ("r", "p") and not self._gets(f"LOCK TABLE ONLY {table} IN ROW EXCLUSIVE MODE"):
                unwritten.add(entry.name)
        return frozenset(unread), frozenset(unwritten)

    def close(self) -> None:
        """End the session."""
        self._connection.close()

    def _gets(self, statement: str) -> bool:
        self._connection.execute(b"BEGIN")
        try:
            self._connection.execute(statement.encode())
        except psycopg.errors.LockNotAvailable:
            return False
        finally:
            self._connection.execute(b"ROLLBACK")
        return True
