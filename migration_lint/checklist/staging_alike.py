"""Staging is like the target: the same major version, and tables of a size that shows what happens."""

from __future__ import annotations

from migration_lint.checklist.check import Answer, Check, failed, passed, unknown, worst
from migration_lint.checklist.staging_applied import asks, staging_of
from migration_lint.checklist.subject import Subject, limit
from migration_lint.checklist.touched import locks
from migration_lint.linting.decide import counted
from migration_lint.targets import Staging

_VERSION = "select pg_catalog.current_setting('server_version_num')::int as number"
_ROWS = """
select n.nspname || '.' || c.relname as relation, sum(greatest(p.reltuples, 0))::bigint as rows,
       bool_or(p.reltuples <= 0 and pg_catalog.pg_relation_size(p.oid) > 0) as unknown
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral (
  with recursive part(oid) as (
    select c.oid union all
    select i.inhrelid from pg_catalog.pg_inherits i join part on part.oid = i.inhparent
  )
  select leaf.* from part join pg_catalog.pg_class leaf on leaf.oid = part.oid and leaf.relkind in ('r', 'm')
) p
where n.nspname || '.' || c.relname = any(%(names)s) and c.relkind in ('r', 'p', 'm')
group by 1
"""


def _asks_version(subject: Subject) -> str:
    return f"{asks(subject)} and {subject.name}, their versions"


def _version(subject: Subject) -> Answer:
    there = int(staging_of(subject).row(_VERSION)["number"]) // 10000
    here = int(subject.database.row(_VERSION)["number"]) // 10000
    facts: dict[str, object] = {"staging": there, subject.name: here}
    if there != here:
        return failed(f"staging is PostgreSQL {there}, and {subject.name} is {here}", **facts)
    if str(here) != subject.engine_version:
        return failed(
            f"both are PostgreSQL {here}, and the migrations were judged for {subject.engine_version}: "
            f"set engine_version = {here}",
            **facts,
        )
    return passed(f"PostgreSQL {here}", **facts)


def _asks_rows(subject: Subject) -> str:
    return f"{asks(subject)} and {subject.name}, how many rows the touched tables have"


def _rows(subject: Subject) -> Answer:
    staging = staging_of(subject)
    settings = subject.target.staging or Staging(target="")
    names = sorted(locks(subject))
    if not names:
        return passed("no table that is in use is touched")
    here = {row["relation"]: row for row in subject.database.rows(_ROWS, {"names": names})}
    there = {row["relation"]: row for row in staging.rows(_ROWS, {"names": names})}
    answers = []
    for name, row in here.items():
        other = there.get(name)
        answers.append((name, _compared(row["rows"], row["unknown"], other, settings)))
    return worst(answers, f"{counted(len(answers), 'table')} compared")


def _compared(rows: int, unsure: bool, other: dict[str, object] | None, settings: Staging) -> Answer:
    if unsure:
        return unknown("nobody knows how many rows it has: run ANALYZE on it in the target")
    if rows < settings.large or not settings.min_rows:
        return passed(f"{rows:,} rows")
    if other is None:
        return failed("staging has no such table")
    if other["unknown"]:
        return unknown("nobody knows how many rows it has on staging: run ANALYZE on it there")
    part = int(str(other["rows"])) / rows
    facts: dict[str, object] = {"rows": rows, "staging": other["rows"]}
    if part < settings.min_rows:
        return failed(
            f"staging has {other['rows']:,} of its {rows:,} rows, and {settings.min_rows:g} of them is the "
            "least (staging.min_rows)",
            **facts,
        )
    return passed(f"staging has {part:.0%} of its rows", **facts)


VERSION = Check("staging-version", "Staging is of the same version", _asks_version, _version, limit)
ROWS = Check("staging-rows", "Staging has production-like data", _asks_rows, _rows, limit)
