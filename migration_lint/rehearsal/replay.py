"""Runs scripts as their tool does, without looking: the way to the state before."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from msgspec import Struct

from migration_lint.model import TransactionMode
from migration_lint.rehearsal.database import Connection, Database
from migration_lint.rehearsal.limits import Limits, Warden
from migration_lint.rehearsal.statements import Statement, execute, in_one_transaction


class Refusal(Struct, frozen=True):
    """The server did not take a statement (by its number, from 0; those after it did not run)."""

    number: int
    message: str
    sqlstate: str | None = None

    def told(self) -> str:
        """SQLSTATE and message."""
        return f"{self.sqlstate} {self.message}" if self.sqlstate else self.message


def play(
    database: Database,
    statements: Sequence[Statement],
    mode: TransactionMode,
    limits: Limits,
    *,
    wrapped: bool | None = None,
) -> Refusal | None:
    """Run a script on a session of its own; the refusal that ended it, None where none did.

    `wrapped` says whether one transaction is around it, where the statements are not all of it.
    """
    if wrapped is None:
        wrapped = in_one_transaction(statements, mode)
    connection = database.connect()
    try:
        with Warden(database, connection.info.backend_pid, limits) as warden:
            return _played(connection, statements, wrapped, warden)
    finally:
        connection.close()


def _played(
    connection: Connection, statements: Sequence[Statement], wrapped: bool, warden: Warden
) -> Refusal | None:
    number = 0
    try:
        if wrapped:
            connection.execute(b"BEGIN")
        for number, statement in enumerate(statements):  # noqa: B007 - the number tells where it ended
            warden.begin()
            execute(connection, statement)
            warden.done()
        if connection.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE:
            connection.execute(b"COMMIT")
    except psycopg.Error as error:
        told = warden.stopped or error.diag.message_primary or str(error)
        return Refusal(number, told, error.sqlstate)
    return None
