"""What a statement costs: time, write-ahead log, temporary files."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from migration_lint.rehearsal.database import Connection, scalar

_TEMPORARY = re.compile(r'temporary file: path ".*", size (\d+)')
_LISTENING = "SELECT current_setting('log_temp_files') || ' ' || current_setting('client_min_messages')"


class Reading:
    """One measurement. `temporary_bytes` is None where the server does not tell."""

    seconds = 0.0
    wal_bytes: int | None = None
    temporary_bytes: int | None = None


class Meter:
    """Measures the statements of one session; `watch` is another that asks the server.

    The write-ahead log is the whole server's, so on a server that others use it is an upper bound.
    The server tells a session of its temporary files as messages of level LOG, where
    ``log_temp_files`` is 0 and the session listens.
    """

    def __init__(self, connection: Connection, watch: Connection) -> None:
        self._connection = connection
        self._watch = watch
        self._told = 0
        connection.add_notice_handler(self._hear)
        connection.execute(b"SET client_min_messages = log")

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Measures what happens in its block."""
        made = Reading()
        listening = self._listening()
        before, self._told = self._position(), 0
        start = time.perf_counter()
        yield made
        made.seconds = time.perf_counter() - start
        made.wal_bytes = self._position() - before
        made.temporary_bytes = self._told if listening else None

    def _listening(self) -> bool:
        return scalar(self._connection, _LISTENING) == "0 log"

    def _position(self) -> int:
        return int(str(scalar(self._watch, "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")))

    def _hear(self, notice: psycopg.errors.Diagnostic) -> None:
        found = _TEMPORARY.match(notice.message_primary or "")
        if found is not None:
            self._told += int(found[1])
