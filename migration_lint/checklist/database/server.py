"""The server has room for the migration: it is the primary, its replicas keep up, connections are free."""

from __future__ import annotations

from migration_lint.checklist.check import Answer, failed, passed, unknown
from migration_lint.checklist.database.asking import question, seen
from migration_lint.checklist.probes.programs import run
from migration_lint.checklist.subject import Subject, limit
from migration_lint.checklist.touched import rewritten
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.targets import seconds

_PRIMARY = """
select pg_catalog.pg_is_in_recovery() as replica,
       (select setting from pg_catalog.pg_settings where name = 'server_version') as version
"""
_REPLICAS = """
select coalesce(application_name, '') as name, state, extract(epoch from replay_lag)::float8 as lag,
       pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn)::bigint as bytes
from pg_catalog.pg_stat_replication where state <> 'backup'
"""
_SLOTS = """
select s.slot_name as name, s.active, pg_catalog.to_jsonb(s) ->> 'wal_status' as status,
       pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn)::bigint as bytes
from pg_catalog.pg_replication_slots s
"""
_CONNECTIONS = """
select (select count(*) from pg_catalog.pg_stat_activity where backend_type = 'client backend') as taken,
       sum(setting::int) filter (where name = 'max_connections')
         - coalesce(sum(setting::int) filter (where name <> 'max_connections'), 0) as most
from pg_catalog.pg_settings
where name in ('max_connections', 'superuser_reserved_connections', 'reserved_connections')
"""
_SIZES = """
select n.nspname || '.' || c.relname as relation, pg_catalog.pg_total_relation_size(c.oid) as bytes
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname || '.' || c.relname = any(%(names)s)
"""


def _primary(subject: Subject) -> Answer:
    row = subject.database.row(_PRIMARY)
    if row["replica"]:
        return failed(f"{subject.database.address} leads to a replica: nothing can be migrated there")
    return passed(f"PostgreSQL {row['version']}, not in recovery")


def _replication(subject: Subject) -> Answer:
    database = seen(subject.database)
    limits = subject.target.limits
    replicas, slots = database.rows(_REPLICAS), database.rows(_SLOTS)
    lines = [
        f"the replica {row['name']} is {row['lag']:.0f} s behind, {limits.max_lag} is the most (max_lag)"
        for row in replicas
        if row["lag"] is not None and row["lag"] > seconds(limits.max_lag)
    ]
    lines += [
        f"the replica {row['name']} is {row['state']}, not streaming"
        for row in replicas
        if row["state"] != "streaming"
    ]
    lines += [
        f"nobody reads the slot {row['name']}: it holds {row['bytes']:,} bytes (limits.max_slot_bytes)"
        for row in slots
        if not row["active"] and (row["bytes"] or 0) > limits.max_slot_bytes
    ]
    lines += [
        f"the slot {row['name']} has lost WAL or is about to ({row['status']})"
        for row in slots
        if row["status"] in ("unreserved", "lost")
    ]
    if lines:
        return failed("\n".join(lines))
    return passed(f"{len(replicas)} replicas keep up" if replicas else "there is no replica")


def _connections(subject: Subject) -> Answer:
    row = seen(subject.database).row(_CONNECTIONS)
    taken, most = int(row["taken"]), int(row["most"])
    facts: dict[str, object] = {"taken": taken, "most": most}
    if taken > most * subject.target.limits.max_connections:
        return failed(
            f"{taken} of {most} are taken: who waits behind the migration takes the rest "
            "(limits.max_connections)",
            **facts,
        )
    return passed(f"{taken} of {most} are taken", **facts)


def _disk(subject: Subject) -> Answer:
    names = sorted(rewritten(subject))
    if not names:
        return passed("no table is written anew")
    limits = subject.target.limits
    sizes = {row["relation"]: int(row["bytes"]) for row in subject.database.rows(_SIZES, {"names": names})}
    needed = sum(sizes.values())
    facts: dict[str, object] = {"needed": needed, "tables": sizes}
    what = f"{', '.join(names)} written anew needs {needed:,} bytes"
    if not limits.free_bytes:
        if needed <= limits.small:
            return passed(what, **facts)
        return unknown(f"{what}; SQL cannot tell what is free: set limits.free_bytes to a command", **facts)
    ran = run(limits.free_bytes, limit(subject))
    text = ran.out.decode(errors="replace").strip()
    if ran.code != 0 or not text.isdecimal():
        raise Unanswered(f"{limits.free_bytes[0]} did not print a number of bytes")
    # The old table stays until the commit, and the WAL has all of the new one too.
    if int(text) < 2 * needed:
        return failed(f"{what}, as much again for WAL, and {int(text):,} are free", **facts)
    return passed(f"{what}, and {int(text):,} are free", **facts)


PRIMARY = question("database-primary", "It is the primary", "whether it is a replica", _primary)
REPLICATION = question(
    "database-replication", "Replication keeps up", "how far its replicas and slots are behind", _replication
)
CONNECTIONS = question(
    "database-connections", "Connections are free", "how many connections are taken", _connections
)
DISK = question("database-disk", "The disk has room", "how big what is written anew is", _disk)
