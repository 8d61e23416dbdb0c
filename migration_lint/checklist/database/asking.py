"""What the questions to a database have in common."""

from __future__ import annotations

from collections.abc import Callable

from migration_lint.checklist.check import Answer, Check
from migration_lint.checklist.probes.postgres import Postgres
from migration_lint.checklist.subject import Subject, limit
from migration_lint.checklist.touched import locks
from migration_lint.checklist.unanswered import Unanswered

_SEES = """
select current_user as role,
       pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
         or (select rolsuper from pg_catalog.pg_roles where rolname = current_user) as all
"""
TOUCHED = """
with recursive touched(oid) as (
    select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname || '.' || c.relname = any(%(names)s)
  union
    select i.inhrelid from pg_catalog.pg_inherits i join touched on touched.oid = i.inhparent
)
"""
"""The relations that `names` (qualified, unquoted) mean, and their partitions, as ``touched(oid)``."""


def question(name: str, title: str, what: str, answer: Callable[[Subject], Answer]) -> Check:
    """A check of the target's database; `what` is asked of it."""

    def asks(subject: Subject) -> str:
        return f"{subject.name} ({subject.database.address}), {what}"

    return Check(name, title, asks, answer, limit)


def seen(database: Postgres) -> Postgres:
    """The database, where its role sees what other sessions do. Raises `Unanswered` with what to grant."""
    row = database.row(_SEES)
    if not row["all"]:
        role = str(row["role"]).replace('"', '""')
        raise Unanswered(
            f"{database.name}: the role {row['role']} does not see the sessions of others; "
            f'GRANT pg_monitor TO "{role}"'
        )
    return database


def names(subject: Subject) -> list[str]:
    """The relations that are touched."""
    return sorted(locks(subject))
