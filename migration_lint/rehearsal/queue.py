"""What a statement that no transaction may hold asks for: seen while it waits.

Other sessions hold every table, so that the statement queues for each lock that it wants, and
`pg_locks` shows the mode. A holder that stands in the way lets go step by step, so that a stronger
mode that a later phase asks for is seen too. The phases of ``CONCURRENTLY`` that wait for
transactions to end get on in the same way.
"""

from __future__ import annotations

import threading
import time

import psycopg

from migration_lint.rehearsal.database import Connection, Database, scalar
from migration_lint.rehearsal.world import Entry, World, quoted

_PAUSE = 0.003
_PATIENCE = 20.0
_REPORTS_WHEN_ASKED = 150000
_REPORTED = 0.6
"""Seconds after which PostgreSQL before 15 has gathered the statistics of a session."""
_MOST = 60
"""Tables that are held at once, each by a session of its own."""
# Taken while names are looked up and given back at once; only ACCESS EXCLUSIVE would wait for it.
_MOMENTARY = "AccessShareLock"
_ASKED = b"SELECT relation, mode FROM pg_catalog.pg_locks WHERE locktype = 'relation' AND pid = %s"


def run_outside(
    database: Database, connection: Connection, watch: Connection, sql: str, before: World, limit: float
) -> tuple[list[tuple[int, str]], dict[int, int]]:
    """Run the statement in autocommit mode.

    `limit` is the number of seconds that it may take. Returns every (relation, mode) that it held or
    queued for, and the rows that it read by object id. Raises what the server answers.
    """
    timeouts = _lift_timeouts(connection)
    read_before = _reads(connection, watch, before)
    # What skips locked tables would do nothing; it is watched as it works.
    holders = {} if "skip_locked" in sql.lower() else _hold(database, before, sql)
    failure: list[psycopg.Error] = []

    def run() -> None:
        try:
            connection.execute(sql.encode())
        except psycopg.Error as error:
            failure.append(error)

    worker = threading.Thread(target=run, daemon=True)
    seen: set[tuple[int, str]] = set()
    pid = connection.info.backend_pid
    deadline = time.monotonic() + limit
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
        worker.join(_PATIENCE)
    if failure:
        raise failure[0]
    read_after = _reads(connection, watch, before)
    for name, value in timeouts.items():
        connection.execute(b"SELECT set_config(%s, %s, false)", (name, value))
    return sorted(seen), {oid: count - read_before[oid] for oid, count in read_after.items()}


class _Holder:
    """A session that holds one table, and steps down one mode each time it stands in the way.

    ACCESS EXCLUSIVE lets nobody by, EXCLUSIVE only ACCESS SHARE, ACCESS SHARE all but ACCESS EXCLUSIVE.
    """

    def __init__(self, connection: Connection, table: str) -> None:
        self.connection = connection
        self.pid = connection.info.backend_pid
        self._steps = 2
        connection.execute(b"BEGIN")
        for savepoint, mode in enumerate(("ACCESS SHARE", "EXCLUSIVE", "ACCESS EXCLUSIVE")):
            connection.execute(f"SAVEPOINT step_{savepoint}".encode())
            connection.execute(f"LOCK TABLE ONLY {quoted(table)} IN {mode} MODE".encode())

    def step_down(self) -> None:
        """The next weaker mode, in the end none."""
        if self._steps:
            self.connection.execute(f"ROLLBACK TO SAVEPOINT step_{self._steps}".encode())
            self._steps -= 1
        else:
            self.close()

    def close(self) -> None:
        """Let go."""
        self.connection.close()


def _hold(database: Database, world: World, sql: str) -> dict[int, _Holder]:
    """A holder for each table, by its process id; where there are many, for those that are named."""
    holders = [_Holder(database.watch(), entry.name) for entry in held_tables(world, sql)]
    return {holder.pid: holder for holder in holders}


def held_tables(world: World, sql: str) -> list[Entry]:
    """The tables that are held while a statement is watched."""
    tables = [entry for entry in world.entries.values() if entry.kind in ("r", "p")]
    if len(tables) <= _MOST:
        return tables
    text = sql.lower()
    of_indexes = {
        entry.table
        for entry in world.entries.values()
        if entry.is_index and entry.name.rpartition(".")[2].lower() in text
    }
    named = [
        entry for entry in tables if entry.oid in of_indexes or entry.name.rpartition(".")[2].lower() in text
    ]
    return named[:_MOST]


def _let_pass(watch: Connection, pid: int, holders: dict[int, _Holder], seen: set[tuple[int, str]]) -> None:
    # Who blocks it is asked first: what it then waits for is seen before it is let through.
    blockers = watch.execute(b"SELECT unnest(pg_blocking_pids(%s))", (pid,)).fetchall()
    for relation, mode in watch.execute(_ASKED, (pid,)).fetchall():
        if mode != _MOMENTARY:
            seen.add((int(str(relation)), str(mode)))
    for (blocker,) in blockers:
        holder = holders.get(int(str(blocker)))
        if holder is not None:
            holder.step_down()


def _lift_timeouts(connection: Connection) -> dict[str, str]:
    """Set the session's timeouts to none, for the holders keep it waiting; returns what they were."""
    old = {}
    for name in ("lock_timeout", "statement_timeout"):
        old[name] = str(scalar(connection, "SELECT current_setting(%s)", name))
        connection.execute(b"SELECT set_config(%s, '0', false)", (name,))
    return old


def report_reads(connection: Connection) -> None:
    """Have what a session has read counted now, where the server can be asked to (15 and later).

    What it reports only when it is closed would be taken for the reads of another session's statement.
    """
    if connection.info.server_version >= _REPORTS_WHEN_ASKED and not connection.closed:
        connection.execute(b"SELECT pg_catalog.pg_stat_force_next_flush()")


def _reads(connection: Connection, watch: Connection, world: World) -> dict[int, int]:
    """Rows read so far by everyone, once this session's own have been reported."""
    if connection.info.server_version >= _REPORTS_WHEN_ASKED:
        report_reads(connection)
    else:
        time.sleep(_REPORTED)
        connection.execute(b"SELECT 1")  # sessions report when they are idle again, not too often
        time.sleep(_REPORTED)
    watch.execute(b"SELECT pg_stat_clear_snapshot()")
    rows = watch.execute(
        b"SELECT oid, pg_stat_get_tuples_returned(oid) FROM pg_catalog.pg_class WHERE oid = ANY(%s)",
        (list(world.entries),),
    ).fetchall()
    return {int(str(oid)): int(str(count)) for oid, count in rows}
