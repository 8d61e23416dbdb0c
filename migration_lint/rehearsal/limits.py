"""How much a statement may take, enforced from outside: what a migration sets does not count."""

from __future__ import annotations

import threading
import time
from types import TracebackType

import psycopg
from msgspec import Struct

from migration_lint.rehearsal.database import Connection, Database, scalar

_INTERVAL = 0.25


class Limits(Struct, frozen=True):
    """Seconds that one statement may take, and bytes by which it may make the database grow."""

    seconds: float = 600.0
    bytes: int = 10 * 1024**3


class Warden:
    """Watches the statements of one session, and ends the session where one takes too much.

    A thread of its own: the session's is busy waiting. `stopped` says why a session was ended.
    """

    def __init__(self, database: Database, pid: int, limits: Limits) -> None:
        self.stopped: str | None = None
        self._database = database
        self._pid = pid
        self._limits = limits
        self._since: float | None = None
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Warden:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def begin(self) -> None:
        """A statement begins."""
        self._since = time.monotonic()

    def done(self) -> None:
        """It has ended."""
        self._since = None

    def _watch(self) -> None:
        connection = None
        start = 0
        while not self._end.wait(_INTERVAL):
            since = self._since
            if since is None:
                continue
            try:
                if connection is None:
                    connection = self._database.watch()
                    start = self._size(connection)
                elif self._size(connection) - start > self._limits.bytes:
                    self._stop(connection, f"it made the database grow by more than {_size(self._limits)}")
                elif time.monotonic() - since > self._limits.seconds:
                    self._stop(connection, f"it took longer than {self._limits.seconds:g} s")
            except psycopg.Error:
                connection = None  # the server is on its way down; the session's own thread tells
        if connection is not None:
            connection.close()

    def _size(self, connection: Connection) -> int:
        return int(str(scalar(connection, "SELECT pg_database_size(current_database())")))

    def _stop(self, connection: Connection, why: str) -> None:
        # Not a mere cancel: PL/pgSQL can catch that and go on.
        self.stopped = why
        connection.execute(b"SELECT pg_terminate_backend(%s)", (self._pid,))


def _size(limits: Limits) -> str:
    return f"{limits.bytes / 1024**2:,.0f} MB"
