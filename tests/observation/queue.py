"""What a statement that no transaction may hold asks for: seen while it waits.

Other sessions hold every table, so that the statement queues for each lock that it wants, and
`pg_locks` shows the mode. A holder lets go of the mode that stands in the way, then of all, when
the statement waits for transactions to end, as the phases of ``CONCURRENTLY`` do.
"""

from __future__ import annotations

import threading
import time

import psycopg

from ..server import Connection, Database
from .world import World

_PAUSE = 0.003
_LIMIT = 60.0
_WAITS = b"""
SELECT locktype, coalesce(relation, 0), mode, granted FROM pg_catalog.pg_locks
WHERE pid = %s AND (locktype IN ('relation', 'virtualxid', 'transactionid'))
"""


def run_outside(
    database: Database, connection: Connection, watch: Connection, sql: str, before: World
) -> tuple[list[tuple[int, str]], dict[int, int]]:
    """Run the statement in autocommit mode.

    Returns every (relation, mode) that it held or queued for, and the rows that it read by object id.
    Raises what the server answers.
    """
    timeouts = _lift_timeouts(connection)
    read_before = _reads(connection, watch, before)
    holders = _hold(database, before)
    failure: list[psycopg.Error] = []

    def run() -> None:
        try:
            connection.execute(sql.encode())
        except psycopg.Error as error:
            failure.append(error)

    worker = threading.Thread(target=run, daemon=True)
    seen: set[tuple[int, str]] = set()
    pid = connection.info.backend_pid
    deadline = time.monotonic() + _LIMIT
    try:
        worker.start()
        while worker.is_alive():
            _let_pass(watch, pid, holders, seen)
            worker.join(_PAUSE)
            if time.monotonic() > deadline:
                connection.cancel()
    finally:
        for holder in holders.values():
            holder.close()
        worker.join(_LIMIT)
    if failure:
        raise failure[0]
    read_after = _reads(connection, watch, before)
    for name, value in timeouts.items():
        connection.execute(b"SELECT set_config(%s, %s, false)", (name, value))
    return sorted(seen), {oid: count - read_before[oid] for oid, count in read_after.items()}


class _Holder:
    """A session that holds one table: exclusively, then only against the strongest mode, then not at all."""

    def __init__(self, connection: Connection, table: str) -> None:
        self.connection = connection
        self.exclusive = True
        schema, _, name = table.partition(".")
        quoted = f'"{schema}"."{name}"'
        connection.execute(b"BEGIN")
        connection.execute(f"LOCK TABLE ONLY {quoted} IN ACCESS SHARE MODE".encode())
        connection.execute(b"SAVEPOINT weaker")
        connection.execute(f"LOCK TABLE ONLY {quoted} IN ACCESS EXCLUSIVE MODE".encode())

    @property
    def is_weak(self) -> bool:
        """Whether it still holds the table, but not exclusively."""
        return not self.exclusive and not self.connection.closed

    def weaken(self) -> None:
        """One step down."""
        if self.exclusive:
            self.connection.execute(b"ROLLBACK TO SAVEPOINT weaker")
            self.exclusive = False
        else:
            self.close()

    def close(self) -> None:
        """Let go."""
        self.connection.close()


def _hold(database: Database, world: World) -> dict[int, _Holder]:
    tables = [entry for entry in world.entries.values() if entry.kind in ("r", "p")]
    return {entry.oid: _Holder(database.connect(), entry.name) for entry in tables}


def _let_pass(watch: Connection, pid: int, holders: dict[int, _Holder], seen: set[tuple[int, str]]) -> None:
    for kind, relation, mode, granted in watch.execute(_WAITS, (pid,)).fetchall():
        oid = int(str(relation))
        if kind == "relation":
            seen.add((oid, str(mode)))
        if granted:
            continue
        if kind == "relation" and oid in holders:
            holders[oid].weaken()
        elif kind != "relation":
            # It waits for transactions to end, whichever: those that stand in nobody's way yet.
            weak = [holder for holder in holders.values() if holder.is_weak]
            for holder in weak or holders.values():
                holder.close()


def _lift_timeouts(connection: Connection) -> dict[str, str]:
    """Set the session's timeouts to none, for the holders keep it waiting; returns what they were."""
    old = {}
    for name in ("lock_timeout", "statement_timeout"):
        row = connection.execute(b"SELECT current_setting(%s)", (name,)).fetchone()
        assert row is not None
        old[name] = str(row[0])
        connection.execute(b"SELECT set_config(%s, '0', false)", (name,))
    return old


def _reads(connection: Connection, watch: Connection, world: World) -> dict[int, int]:
    """Rows read so far by everyone, once this session's own have been reported."""
    connection.execute(b"SELECT pg_stat_force_next_flush()")
    watch.execute(b"SELECT pg_stat_clear_snapshot()")
    rows = watch.execute(
        b"SELECT oid, pg_stat_get_tuples_returned(oid) FROM pg_catalog.pg_class WHERE oid = ANY(%s)",
        (list(world.entries),),
    ).fetchall()
    return {int(str(oid)): int(str(count)) for oid, count in rows}
