"""Nobody holds a lock that the migration would wait for, and nobody waits already.

While a migration waits for its lock, everyone who comes after it waits behind it.
"""

from __future__ import annotations

from collections.abc import Mapping

from migration_lint.checklist.check import Answer, failed, passed
from migration_lint.checklist.database.asking import TOUCHED, names, question, seen
from migration_lint.checklist.probes.postgres import Row
from migration_lint.checklist.subject import Subject
from migration_lint.checklist.times import ago
from migration_lint.checklist.touched import locks, waits_for_all
from migration_lint.effects import LockMode
from migration_lint.engines.postgres.locks import Mode
from migration_lint.linting.decide import counted
from migration_lint.targets import seconds

_IDLE = 5
"""Seconds of doing nothing in a transaction after which nobody says when it ends."""

_HOLDERS = (
    TOUCHED
    + """
select l.pid, n.nspname || '.' || c.relname as relation, l.mode, a.application_name as application, a.state,
       a.backend_type as kind,
       extract(epoch from pg_catalog.clock_timestamp() - a.xact_start)::float8 as seconds,
       extract(epoch from pg_catalog.clock_timestamp() - a.state_change)::float8 as state_seconds
from pg_catalog.pg_locks l join touched t on t.oid = l.relation
join pg_catalog.pg_class c on c.oid = l.relation
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_stat_activity a on a.pid = l.pid
where l.locktype = 'relation' and l.granted and l.pid <> pg_catalog.pg_backend_pid()
  and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
order by a.xact_start
"""
)
_OLD = """
select pid, application_name as application, state,
       extract(epoch from pg_catalog.clock_timestamp() - xact_start)::float8 as seconds
from pg_catalog.pg_stat_activity
where datname = pg_catalog.current_database() and xact_start is not null
  and pid <> pg_catalog.pg_backend_pid()
  and pg_catalog.clock_timestamp() - xact_start > pg_catalog.make_interval(secs => %(seconds)s)
order by xact_start
"""
_WAITING = """
select pid, pg_catalog.pg_blocking_pids(pid) as blocked_by,
       extract(epoch from pg_catalog.clock_timestamp() - query_start)::float8 as seconds
from pg_catalog.pg_stat_activity
where datname = pg_catalog.current_database() and wait_event_type = 'Lock'
order by query_start
"""
_PREPARED = """
select gid, extract(epoch from pg_catalog.clock_timestamp() - prepared)::float8 as seconds
from pg_catalog.pg_prepared_xacts where database = pg_catalog.current_database() order by prepared
"""


def _transactions(subject: Subject) -> Answer:
    database = seen(subject.database)
    most = seconds(subject.target.limits.max_transaction)
    wanted = locks(subject)
    found = [
        row
        for row in database.rows(_HOLDERS, {"names": names(subject)})
        if row["seconds"] is not None and _in_the_way(row, wanted, most)
    ]
    lines = [f"{_who(row)} holds {row['mode']} on {row['relation']}" for row in found]
    step = waits_for_all(subject)
    if step is not None:
        place = f"{step.span.path}:{step.span.line}"
        lines += [
            f"{_who(row)} is in the way of {place}, which waits for every older transaction"
            for row in database.rows(_OLD, {"seconds": most})
        ]
    if lines:
        lines.append("wait until they end, or end them: select pg_terminate_backend(PID)")
        return failed("\n".join(dict.fromkeys(lines)), sessions=[_plain(row) for row in found])
    return passed(f"{counted(len(wanted), 'relation')} touched" if wanted else "nothing is touched")


def _in_the_way(row: Row, wanted: Mapping[str, LockMode], most: float) -> bool:
    """Whether it holds what the migration would wait for, and does not look like ending soon."""
    held = Mode[row["mode"]] if row["mode"] in Mode.__members__ else Mode.AccessExclusiveLock
    # A partition is touched as its table is.
    modes = [wanted[row["relation"]]] if row["relation"] in wanted else list(wanted.values())
    if not any(isinstance(mode, Mode) and mode.conflicts_with(held) for mode in modes):
        return False
    idle = str(row["state"]).startswith("idle in transaction") and row["state_seconds"] >= _IDLE
    return bool(row["seconds"] >= most or idle)


def _who(row: Row) -> str:
    """Without the text of its query, which may hold what nobody else is to read."""
    application = f" ({row['application']})" if row["application"] else ""
    return f"PID {row['pid']}{application}, {row['state'] or 'at work'}, for {ago(row['seconds'])},"


def _plain(row: Row) -> dict[str, object]:
    return {key: row[key] for key in ("pid", "relation", "mode", "state", "seconds")}


def _queue(subject: Subject) -> Answer:
    rows = seen(subject.database).rows(_WAITING)
    if not rows:
        return passed("nobody waits for a lock")
    lines = [
        f"PID {row['pid']} has waited for {ago(row['seconds'])} for a lock of PID "
        f"{', '.join(map(str, row['blocked_by'])) or '?'}"
        for row in rows
    ]
    return failed("\n".join([*lines, "the migration would queue behind them: wait until they are through"]))


def _prepared(subject: Subject) -> Answer:
    rows = subject.database.rows(_PREPARED)
    most = seconds(subject.target.limits.max_transaction)
    old = [row for row in rows if row["seconds"] >= most]
    if not old:
        return passed(f"{len(rows)} prepared just now" if rows else "there is none")
    lines = [f"{row['gid']!r} was prepared {ago(row['seconds'])} ago, and keeps its locks" for row in old]
    return failed("\n".join([*lines, "commit it, or roll it back: ROLLBACK PREPARED 'GID'"]))


TRANSACTIONS = question(
    "database-transactions",
    "No transaction is in the way",
    "who holds locks on the relations that are touched",
    _transactions,
)
QUEUE = question("database-queue", "Nobody waits for a lock", "who waits for a lock", _queue)
PREPARED = question(
    "database-prepared",
    "No prepared transaction is left",
    "which transactions are prepared and not ended",
    _prepared,
)
