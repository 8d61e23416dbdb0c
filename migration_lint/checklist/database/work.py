"""No work is under way that would make the migration wait, or that it would trip over."""

from __future__ import annotations

from migration_lint.checklist.check import Answer, failed, passed
from migration_lint.checklist.database.asking import TOUCHED, names, question, seen
from migration_lint.checklist.subject import Subject
from migration_lint.checklist.touched import steps
from migration_lint.effects import CreateIndex

_VACUUMS = (
    TOUCHED
    + """
select a.pid, n.nspname || '.' || c.relname as relation, a.backend_type = 'autovacuum worker' as automatic,
       a.query like 'autovacuum:%%(to prevent wraparound)%%' as wraparound
from pg_catalog.pg_stat_progress_vacuum p join touched t on t.oid = p.relid
join pg_catalog.pg_class c on c.oid = p.relid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_stat_activity a on a.pid = p.pid
where p.datname = pg_catalog.current_database()
"""
)
_FREEZING = (
    TOUCHED
    + """
select n.nspname || '.' || c.relname as relation, pg_catalog.age(c.relfrozenxid) as age,
       pg_catalog.current_setting('autovacuum_freeze_max_age')::bigint as most
from touched t join pg_catalog.pg_class c on c.oid = t.oid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and c.relfrozenxid::text <> '0'
  and pg_catalog.age(c.relfrozenxid) >= pg_catalog.current_setting('autovacuum_freeze_max_age')::bigint
"""
)
_BUILDS = (
    TOUCHED
    + """
select p.pid, n.nspname || '.' || c.relname as relation, p.phase
from pg_catalog.pg_stat_progress_create_index p join touched t on t.oid = p.relid
join pg_catalog.pg_class c on c.oid = p.relid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where p.datname = pg_catalog.current_database()
"""
)
_INVALID = """
select n.nspname || '.' || c.relname as index, tn.nspname || '.' || t.relname as relation
from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class t on t.oid = i.indrelid join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
where not i.indisvalid and c.relkind = 'i' and n.nspname !~ '^pg_'
  and not exists (select from pg_catalog.pg_stat_progress_create_index p where p.index_relid = i.indexrelid)
"""


def _vacuum(subject: Subject) -> Answer:
    database = seen(subject.database)
    parameters = {"names": names(subject)}
    rows = database.rows(_VACUUMS, parameters)
    # An ordinary autovacuum gives way to a lock that waits for it.
    lines = [
        f"PID {row['pid']} vacuums {row['relation']}"
        f"{' to prevent wraparound' if row['wraparound'] else ''}, and does not give way"
        for row in rows
        if row["wraparound"] or not row["automatic"]
    ]
    lines += [
        f"{row['relation']} is due for a wraparound vacuum (age {row['age']:,} of {row['most']:,}),"
        " which may begin while the migration waits: VACUUM FREEZE it first"
        for row in database.rows(_FREEZING, parameters)
    ]
    if lines:
        return failed("\n".join(lines))
    return passed("none that does not give way")


def _builds(subject: Subject) -> Answer:
    rows = seen(subject.database).rows(_BUILDS, {"names": names(subject)})
    if rows:
        lines = [f"PID {row['pid']} builds an index on {row['relation']} ({row['phase']})" for row in rows]
        return failed("\n".join([*lines, "wait until it is built"]))
    return passed("none on what is touched")


def _invalid(subject: Subject) -> Answer:
    rows = subject.database.rows(_INVALID)
    broken = {row["index"]: row["relation"] for row in rows}
    lines = []
    for step in steps(subject):
        for effect in step.each(CreateIndex):
            if effect.if_not_exists and effect.index.name in broken:
                lines.append(
                    f"{step.span.path}:{step.span.line}: {effect.index.name} is there and invalid, so that "
                    f"IF NOT EXISTS builds nothing: DROP INDEX CONCURRENTLY {effect.index.name}"
                )
    if lines:
        return failed("\n".join(lines), invalid=broken)
    if broken:
        left = f"none that the migration trips over ({', '.join(broken)} left by a failed build)"
        return passed(left, invalid=broken)
    return passed("there is none")


VACUUM = question(
    "database-vacuum", "No vacuum is in the way", "which vacuums run on what is touched", _vacuum
)
BUILDS = question(
    "database-builds", "No index is being built there", "which indexes are being built", _builds
)
INVALID = question(
    "database-invalid", "No invalid index is in the way", "which indexes are invalid", _invalid
)
