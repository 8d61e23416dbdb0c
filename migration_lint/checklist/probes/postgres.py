"""A PostgreSQL server, asked read-only, one statement at a time, each with a limit.

Autocommit: no question holds a transaction open. What the driver says is never shown: its messages
hold pieces of the connection string, password included.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

from migration_lint.checklist.probes.secrets import secret, where
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.targets import Secret

if TYPE_CHECKING:
    import psycopg

Row = dict[str, Any]

_CONNECT = 5
"""Seconds until a server that does not answer counts as not there."""
_STATES = {
    "28P01": "the password is refused",
    "28000": "the role may not log in here (pg_hba.conf)",
    "3D000": "there is no such database",
    "57014": "it took longer than it may",
    "42501": "the role has not the right to ask",
    "53300": "it takes no more connections",
    "57P03": "it is starting or stopping",
}


class Postgres:
    """A connection that is made when it is first used, and shared by everyone who asks.

    `rows` may be called from several threads. A server that could not be reached is not tried again.
    """

    def __init__(self, name: str, source: Secret | None, seconds: float) -> None:
        self.name = name
        self._source = source
        self._seconds = seconds
        self._lock = Lock()
        self._connection: psycopg.Connection[Row] | None = None
        self._failure: str | None = None

    def rows(self, query: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        """The rows of a query, by column. Raises `Unanswered`."""
        import psycopg

        with self._lock:
            connection = self._opened()
            try:
                return connection.execute(query.encode(), parameters).fetchall()
            except psycopg.Error as error:
                if connection.closed:
                    self._connection = None
                raise Unanswered(f"{self.name}: {self._said(error)}") from None

    def row(self, query: str, parameters: Mapping[str, object] | None = None) -> Row:
        """The only row of a query."""
        (found,) = self.rows(query, parameters)
        return found

    @property
    def address(self) -> str:
        """Where its connection string comes from."""
        return where(self._source) if self._source is not None else "nowhere"

    def close(self) -> None:
        """End the connection, if it is idle: one that hangs is left to the end of the program."""
        if self._lock.acquire(blocking=False):
            try:
                if self._connection is not None:
                    self._connection.close()
                    self._connection = None
            finally:
                self._lock.release()

    def _opened(self) -> psycopg.Connection[Row]:
        if self._connection is not None:
            return self._connection
        if self._failure is not None:
            raise Unanswered(self._failure)
        try:
            self._connection = self._connected()
        except Unanswered as reason:
            self._failure = str(reason)
            raise
        return self._connection

    def _connected(self) -> psycopg.Connection[Row]:
        if self._source is None:
            raise Unanswered(f'{self.name} has no dsn: write dsn = {{ env = "NAME" }} into its table')
        dsn = secret(self._source, self._seconds)
        import psycopg
        from psycopg.rows import dict_row

        milliseconds = int(self._seconds * 1000)
        try:
            psycopg.conninfo.conninfo_to_dict(dsn)
        except psycopg.Error:
            raise Unanswered(
                f"{self.name}: {self.address} is no URL and no key=value words of libpq"
            ) from None
        try:
            return psycopg.connect(
                dsn,
                autocommit=True,
                row_factory=dict_row,
                connect_timeout=_CONNECT,
                application_name="migration-lint checklist",
                options="-c default_transaction_read_only=on -c search_path=pg_catalog"
                f" -c statement_timeout={milliseconds} -c idle_in_transaction_session_timeout={milliseconds}",
            )
        except psycopg.Error as error:
            raise Unanswered(f"{self.name}: cannot connect: {self._said(error)}") from None

    def _said(self, error: psycopg.Error) -> str:
        # libpq tells a refusal at log-in by its text alone; the text itself is not shown.
        state = error.sqlstate or next((code for code, mark in _MARKS.items() if mark in str(error)), None)
        if state is None:
            return f"no answer ({type(error).__name__}; it is at {self.address})"
        return f"{_STATES.get(state, 'it refuses the question')} (SQLSTATE {state})"


_MARKS = {
    "28P01": "password authentication failed",
    "28000": "no pg_hba.conf entry",
    "3D000": 'FATAL:  database "',
    "53300": "too many clients",
    "57P03": "the database system is",
}
