"""Run migrations on a real server the way their tool would, and see what each statement did.

Locks are read from `pg_locks` by a second connection while the statement's transaction is still
open, rewrites from `pg_relation_filenode`, reads from the backend's own statistics. Statements that
no transaction may hold are watched while they wait (`queue.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import psycopg
from msgspec import Struct

from migration_lint.model import TransactionMode

from ..server import Connection, Database
from .modes import strongest
from .observation import Observation
from .queue import run_outside
from .world import Entry, World, count_rows, look

FEW = 20
"""Below this number of rows, reading all of a table says nothing about the statement."""
MOST = 0.9
"""A relation of which this part was read was read whole."""

_COMMENTS = r"(?:\s|--[^\n]*\n|/\*.*?\*/)*"
_CONTROL = re.compile(
    _COMMENTS + r"(?:BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT|PREPARE\s+TRANSACTION)\b",
    re.IGNORECASE | re.DOTALL,
)
_SESSION = re.compile(
    _COMMENTS + r"(?:SAVEPOINT|RELEASE|SET|RESET|DISCARD)\b",
    re.IGNORECASE | re.DOTALL,
)
_LOCK = re.compile(_COMMENTS + r"LOCK\b", re.IGNORECASE | re.DOTALL)
_COPY_IN = re.compile(_COMMENTS + r"COPY\b.*\bFROM\s+STDIN\b", re.IGNORECASE | re.DOTALL)
_NOT_IN_TRANSACTION = ("25001", "2D000")  # active_sql_transaction, invalid_transaction_termination


class Statement(Struct, frozen=True):
    """One statement; `data` are the rows that follow a ``COPY … FROM STDIN``."""

    sql: str
    data: str = ""


def observe(
    database: Database, statements: Sequence[Statement], mode: TransactionMode, *, keep: bool = True
) -> list[Observation]:
    """Run one migration, on a session of its own, and keep what it did.

    With `keep` false, the transaction around the whole script, if it has one, is rolled back.
    Returns an observation per statement. Where the server refuses one, it is the last.
    """
    connection, watch = database.connect(), database.connect()
    try:
        return _Run(database, connection, watch).migration(statements, mode, keep)
    finally:
        connection.close()
        watch.close()


class _Run:
    """One migration on one session; `there` are the relations that it found."""

    def __init__(self, database: Database, connection: Connection, watch: Connection) -> None:
        self.database = database
        self.connection = connection
        self.watch = watch
        self.there = look(connection).relations()

    def migration(
        self, statements: Sequence[Statement], mode: TransactionMode, keep: bool
    ) -> list[Observation]:
        """Every statement, up to the first that is refused."""
        # A script sent whole runs in one transaction that the server opens, if it has several
        # statements and does not open its own.
        controls = any(_CONTROL.match(statement.sql) for statement in statements)
        whole = mode is TransactionMode.NONE and len(statements) > 1 and not controls
        wrapped = mode is TransactionMode.ONE or whole
        if wrapped:
            self.connection.execute(b"BEGIN")
        observed: list[Observation] = []
        for statement in statements:
            observed.append(self.statement(statement))
            if observed[-1].error is not None:
                break
        if self._in_transaction():
            refused = bool(observed) and observed[-1].error is not None
            self.connection.execute(b"COMMIT" if keep and not refused else b"ROLLBACK")
        return observed

    def statement(self, statement: Statement) -> Observation:
        """One statement, in the open transaction or in one of its own."""
        if _CONTROL.match(statement.sql) or _SESSION.match(statement.sql):
            return self._plainly(statement)
        own = not self._in_transaction()
        if own and _LOCK.match(statement.sql):
            return self._plainly(statement)  # it is refused outside a transaction, even one of ours
        if own:
            self.connection.execute(b"BEGIN")
        try:
            observed = self._watched(statement)
            if own:
                self.connection.execute(b"COMMIT")
        except psycopg.Error as error:
            if self._in_transaction() and own:
                self.connection.execute(b"ROLLBACK")
            if own and error.sqlstate in _NOT_IN_TRANSACTION:
                return self._outside(statement, allowed=error.sqlstate != "25001")
            return self._refused(error)
        return observed

    def _watched(self, statement: Statement) -> Observation:
        before = look(self.connection)
        rows = count_rows(self.connection, before, self.there)
        before = look(self.connection)  # again: counting read rows
        _execute(self.connection, statement)
        after = look(self.connection)
        pid = self.connection.info.backend_pid
        held = [(oid, mode) for oid, mode in _locks(self.watch, pid) if oid in self.there]
        read = {oid: entry.returned - _returned(before, oid) for oid, entry in after.entries.items()}
        # After TRUNCATE there is nothing left; whatever else gives a table a new file keeps its rows.
        left = count_rows(self.connection, after, frozenset(rows) & frozenset(after.entries))
        return _observation(self.there, before, after, held, rows, left, read)

    def _outside(self, statement: Statement, *, allowed: bool) -> Observation:
        before = look(self.connection)
        self.connection.execute(b"BEGIN")
        rows = count_rows(self.connection, before, self.there)
        self.connection.execute(b"ROLLBACK")
        try:
            held, read = run_outside(self.database, self.connection, self.watch, statement.sql, before)
        except psycopg.Error as error:
            return self._refused(error)
        held = [(oid, mode) for oid, mode in held if oid in self.there]
        after = look(self.connection)
        return _observation(self.there, before, after, held, rows, rows, read, in_transaction_ok=allowed)

    def _plainly(self, statement: Statement) -> Observation:
        try:
            self.connection.execute(statement.sql.encode())
        except psycopg.Error as error:
            return self._refused(error)
        world = look(self.connection)
        pid = self.connection.info.backend_pid
        held = [(oid, mode) for oid, mode in _locks(self.watch, pid) if oid in self.there]
        return Observation(relations=world.names(self.there), locks=_named(world, held))

    def _refused(self, error: psycopg.Error) -> Observation:
        message = error.diag.message_primary or str(error)
        return Observation(
            relations=frozenset(),
            error=f"{error.sqlstate} {message}",
            in_transaction_ok=error.sqlstate != "25001",
        )

    def _in_transaction(self) -> bool:
        return self.connection.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE


def _observation(
    there: frozenset[int],
    before: World,
    after: World,
    held: list[tuple[int, str]],
    rows: dict[int, int],
    left: dict[int, int],
    read: dict[int, int],
    *,
    in_transaction_ok: bool = True,
) -> Observation:
    changed = frozenset(
        oid for oid, entry in before.entries.items() if oid in after.entries and _new_file(entry, after)
    )
    emptied = frozenset(oid for oid in changed if rows.get(oid, 0) > 0 and not left.get(oid))
    full = frozenset(
        oid
        for oid, count in rows.items()
        if count
        and max([read.get(oid, 0), *(read.get(i.oid, 0) for i in before.indexes_of(oid))]) >= MOST * count
    )
    files_by_name = {entry.name: entry.filenode for entry in after.entries.values() if entry.is_index}
    rebuilt = {
        entry.name
        for entry in before.entries.values()
        # A concurrent rebuild swaps in another index under the name; an index swept away with its
        # table is not rebuilt.
        if entry.kind == "i"
        and entry.table in there
        and files_by_name.get(entry.name, entry.filenode) != entry.filenode
    }
    emptied_indexes = {index.name for oid in emptied for index in before.indexes_of(oid)}
    return Observation(
        relations=before.names(there),
        in_transaction_ok=in_transaction_ok,
        locks=_named(before, held),
        rewrites=before.names((changed & there & frozenset(rows)) - emptied),
        truncates=before.names(emptied & there),
        index_rebuilds=frozenset(rebuilt),
        scans=before.names(full & there),
        emptied_indexes=frozenset(emptied_indexes),
        sparse=before.names(frozenset(oid for oid, count in rows.items() if count < FEW)),
    )


def _new_file(entry: Entry, after: World) -> bool:
    return after.entries[entry.oid].filenode != entry.filenode


def _returned(world: World, oid: int) -> int:
    return world.entries[oid].returned if oid in world.entries else 0


def _named(world: World, held: list[tuple[int, str]]) -> dict[str, str]:
    by_name: dict[str, str] = {}
    for oid, mode in held:
        entry = world.entries.get(oid)
        if entry is not None and not entry.is_index:
            by_name[entry.name] = strongest(by_name.get(entry.name), mode)
    return by_name


def _locks(watch: Connection, pid: int) -> list[tuple[int, str]]:
    rows = watch.execute(
        b"SELECT relation, mode FROM pg_catalog.pg_locks WHERE locktype = 'relation' AND pid = %s", (pid,)
    ).fetchall()
    return [(int(str(oid)), str(mode)) for oid, mode in rows]


def _execute(connection: Connection, statement: Statement) -> None:
    if not _COPY_IN.match(statement.sql):
        connection.execute(statement.sql.encode())
        return
    with connection.cursor() as cursor, cursor.copy(statement.sql.encode()) as copy:
        copy.write(statement.data)
