"""Run migrations on a real server the way their tool would, and see what each statement did.

Locks are read from `pg_locks` by a second connection while the statement's transaction is still
open, rewrites from `pg_relation_filenode`, reads from the backend's own statistics. Statements that
no transaction may hold are watched while they wait (`queue.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import psycopg
from msgspec.structs import replace

from migration_lint.model import TransactionMode
from migration_lint.rehearsal.database import Connection, Database
from migration_lint.rehearsal.limits import Limits, Warden
from migration_lint.rehearsal.meter import Meter
from migration_lint.rehearsal.modes import strongest
from migration_lint.rehearsal.observation import Observation
from migration_lint.rehearsal.queue import held_tables, report_reads, run_outside
from migration_lint.rehearsal.statements import COMMENTS, Statement, execute, in_one_transaction, is_control
from migration_lint.rehearsal.waits import Prober
from migration_lint.rehearsal.world import Entry, World, count_rows, look

FEW = 20
"""Below this number of rows, reading all of a table says nothing about the statement."""
MOST = 0.9
"""A relation of which this part was read was read whole."""

_SESSION = re.compile(COMMENTS + r"(?:SAVEPOINT|RELEASE|SET|RESET|DISCARD)\b", re.IGNORECASE | re.DOTALL)
_LOCK = re.compile(COMMENTS + r"LOCK\b", re.IGNORECASE | re.DOTALL)
_UNDO = re.compile(COMMENTS + r"(?:ROLLBACK|ABORT)\b", re.IGNORECASE | re.DOTALL)
_NOT_IN_TRANSACTION = ("25001", "2D000")  # active_sql_transaction, invalid_transaction_termination
_LIMITS = Limits()

Told = Callable[[int, Observation], None]
"""Hears the number of a statement, from 0, and what was seen of it."""


def _silent(number: int, observation: Observation) -> None:
    return


def observe(
    database: Database,
    statements: Sequence[Statement],
    mode: TransactionMode,
    *,
    keep: bool = True,
    probe: bool = True,
    limits: Limits = _LIMITS,
    tell: Told = _silent,
) -> list[Observation]:
    """Run one migration, on a session of its own, and keep what it did.

    With `keep` false, the transaction around the whole script, if it has one, is rolled back. With
    `probe`, other sessions try to read and write what is locked. `tell` hears of each statement.
    Returns an observation per statement. Where the server refuses one, it is the last.
    """
    connection, watch = database.connect(), database.watch()
    prober = Prober(database) if probe else None
    try:
        with Warden(database, connection.info.backend_pid, limits) as warden:
            run = _Run(database, connection, watch, prober, warden, limits)
            return run.migration(statements, mode, keep, tell)
    finally:
        connection.close()
        watch.close()
        if prober is not None:
            prober.close()


class _Run:
    """One migration on one session; `there` are the relations that it found."""

    def __init__(
        self,
        database: Database,
        connection: Connection,
        watch: Connection,
        prober: Prober | None,
        warden: Warden,
        limits: Limits,
    ) -> None:
        self.database = database
        self.connection = connection
        self.watch = watch
        self.prober = prober
        self.warden = warden
        self.limits = limits
        self.meter = Meter(connection, watch)
        world = look(connection)
        self.there = world.relations()
        self.rows = self._counted(world)

    def migration(
        self, statements: Sequence[Statement], mode: TransactionMode, keep: bool, tell: Told
    ) -> list[Observation]:
        """Every statement, up to the first that is refused."""
        wrapped = in_one_transaction(statements, mode)
        if wrapped:
            self.connection.execute(b"BEGIN")
        observed: list[Observation] = []
        for number, statement in enumerate(statements):
            self.warden.begin()
            observed.append(self.statement(statement))
            self.warden.done()
            tell(number, observed[-1])
            if observed[-1].error is not None:
                break
        refused = bool(observed) and observed[-1].error is not None
        if self._in_transaction():
            try:
                self.connection.execute(b"COMMIT" if keep and not refused else b"ROLLBACK")
            except psycopg.Error as error:  # a deferred constraint
                observed[-1] = self._refused(error)
        report_reads(self.connection)
        return observed

    def statement(self, statement: Statement) -> Observation:
        """One statement, in the open transaction or in one of its own."""
        if is_control(statement) or _SESSION.match(statement.sql):
            return self._plainly(statement)
        own = not self._in_transaction()
        if own and _LOCK.match(statement.sql):
            return self._plainly(statement)  # it is refused outside a transaction, even one of ours
        try:
            if own:
                self.connection.execute(b"BEGIN")
            observed = self._watched(statement)
            if own:
                self.connection.execute(b"COMMIT")
        except psycopg.Error as error:
            if own and self._in_transaction():
                self.connection.execute(b"ROLLBACK")
            if own and error.sqlstate in _NOT_IN_TRANSACTION:
                return self._outside(statement, allowed=error.sqlstate != "25001")
            return self._refused(error)
        return observed

    def _watched(self, statement: Statement) -> Observation:
        before = look(self.connection)
        with self.meter.reading() as reading:
            execute(self.connection, statement)
        after = look(self.connection)
        held = self._held()
        read = {oid: entry.returned - _returned(before, oid) for oid, entry in after.entries.items()}
        rows = self.rows
        # After TRUNCATE there is nothing left; whatever else gives a table a new file keeps its rows.
        touched = frozenset(oid for oid, _ in held) & frozenset(after.entries) & self.there
        self.rows = {
            **{oid: count for oid, count in rows.items() if oid not in touched},
            **count_rows(self.connection, after, touched),
        }
        seen = _observation(self.there, before, after, held, rows, self.rows, read)
        waiting: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
        if self.prober is not None:
            names = [before.entries[oid] for oid, _ in held if oid in before.entries]
            waiting = self.prober.waits(sorted(set(names), key=lambda entry: entry.name))
        return replace(
            seen,
            reads_wait=waiting[0],
            writes_wait=waiting[1],
            seconds=reading.seconds,
            wal_bytes=reading.wal_bytes,
            temporary_bytes=reading.temporary_bytes,
        )

    def _outside(self, statement: Statement, *, allowed: bool) -> Observation:
        try:
            before = look(self.connection)
            with self.meter.reading() as reading:
                held, read = run_outside(
                    self.database, self.connection, self.watch, statement.sql, before, self.limits.seconds
                )
            held = [(oid, mode) for oid, mode in held if oid in self.there]
            after = look(self.connection)
            rows = self.rows
            self.rows = self._counted(after)
        except psycopg.Error as error:
            return self._refused(error)
        blind = ["how long it takes, and who waits: it was held up to see its locks"]
        tables = sum(entry.kind in ("r", "p") for entry in before.entries.values())
        if len(held_tables(before, statement.sql)) < tables:
            blind.append("locks on tables that it does not name")
        seen = _observation(self.there, before, after, held, rows, rows, read, in_transaction_ok=allowed)
        return replace(
            seen, wal_bytes=reading.wal_bytes, temporary_bytes=reading.temporary_bytes, blind=tuple(blind)
        )

    def _plainly(self, statement: Statement) -> Observation:
        try:
            with self.meter.reading() as reading:
                self.connection.execute(statement.sql.encode())
            world = look(self.connection)
            if _UNDO.match(statement.sql):
                self.rows = self._counted(world)
        except psycopg.Error as error:
            return self._refused(error)
        return Observation(
            relations=world.names(self.there),
            locks=_named(world, self._held()),
            seconds=reading.seconds,
            wal_bytes=reading.wal_bytes,
        )

    def _counted(self, world: World) -> dict[int, int]:
        own = not self._in_transaction()
        if own:
            self.connection.execute(b"BEGIN")
        rows = count_rows(self.connection, world, self.there)
        if own:
            self.connection.execute(b"ROLLBACK")
        return rows

    def _held(self) -> list[tuple[int, str]]:
        pid = self.connection.info.backend_pid
        return [(oid, mode) for oid, mode in _locks(self.watch, pid) if oid in self.there]

    def _refused(self, error: psycopg.Error) -> Observation:
        stopped = self.warden.stopped
        message = error.diag.message_primary or str(error)
        return Observation(
            relations=frozenset(),
            error=stopped or f"{error.sqlstate} {message}",
            in_transaction_ok=error.sqlstate != "25001",
            timed_out=stopped is not None,
        )

    def _in_transaction(self) -> bool:
        idle = (psycopg.pq.TransactionStatus.IDLE, psycopg.pq.TransactionStatus.UNKNOWN)
        return self.connection.info.transaction_status not in idle


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
    files = {entry.filenode for entry in before.entries.values()}
    built = {
        entry.name: before.entries[entry.table].name
        for entry in after.entries.values()
        if entry.kind == "i" and entry.filenode not in files and entry.table in there
    }
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
        index_builds={name: table for name, table in built.items() if name not in rebuilt},
        scans=before.names(full & there),
        emptied_indexes=frozenset(emptied_indexes),
        sparse=before.names(
            frozenset(oid for oid in there if oid in before.entries and _few(before.entries[oid], rows))
        ),
    )


def _few(entry: Entry, rows: dict[int, int]) -> bool:
    """Whether there are too few rows, or they could not be counted."""
    return entry.has_rows and rows.get(entry.oid, 0) < FEW


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
