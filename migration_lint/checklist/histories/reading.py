"""Finds a tool's history table in a database, and reads it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from migration_lint.checklist.histories.flyway import flyway
from migration_lint.checklist.histories.liquibase import liquibase
from migration_lint.checklist.histories.plain import (
    Reader,
    alembic,
    atlas,
    by_row,
    django,
    drizzle,
    generic,
    goose,
    pgroll,
    prisma,
    sqitch,
    sqlx,
    up_to_number,
)
from migration_lint.checklist.histories.table import Entry, State, Table, digits, file_name
from migration_lint.checklist.probes.postgres import Postgres
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.model import History, Migration

_MOST = 20_000
"""Rows of a history; a longer table is none."""

_FIND = """
select n.nspname as schema,
       pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as name
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and lower(c.relname) = lower(%(table)s) and (%(schema)s::text is null or n.nspname = %(schema)s)
"""
_CLOCK = "select pg_catalog.clock_timestamp() as now, localtimestamp as local"


def _stem(migration: Migration) -> str:
    return file_name(migration).rpartition(".")[0]


class Kind(Struct, frozen=True):
    """Where a tool keeps its history, and how a row of it is read."""

    table: str
    read: Reader


KINDS: Mapping[str, Kind] = {
    "flyway": Kind("flyway_schema_history", flyway),
    "liquibase": Kind("databasechangelog", liquibase),
    "alembic": Kind("alembic_version", alembic),
    "golang-migrate": Kind("schema_migrations", up_to_number),
    "goose": Kind("goose_db_version", goose),
    "sql-migrate": Kind("gorp_migrations", by_row("id", file_name, "applied_at")),
    "dbmate": Kind("schema_migrations", by_row("version", lambda one: digits(one.id))),
    "tern": Kind("schema_version", up_to_number),
    "diesel": Kind("__diesel_schema_migrations", by_row("version", lambda one: digits(one.id), "run_on")),
    "sqlx": Kind("_sqlx_migrations", sqlx),
    "refinery": Kind("refinery_schema_history", by_row("version", lambda one: digits(one.id), "applied_on")),
    "atlas": Kind("atlas_schema_revisions", atlas),
    "prisma": Kind("_prisma_migrations", prisma),
    "drizzle": Kind("__drizzle_migrations", drizzle),
    "supabase": Kind("supabase_migrations.schema_migrations", by_row("version", lambda one: digits(one.id))),
    "node-pg-migrate": Kind("pgmigrations", by_row("name", lambda one: one.id, "run_on")),
    "sqitch": Kind("sqitch.changes", sqitch),
    "yoyo": Kind("_yoyo_migration", by_row("migration_id", lambda one: one.id, "applied_at_utc", utc=True)),
    "rambler": Kind("migrations", by_row("migration", file_name)),
    "rails": Kind("schema_migrations", by_row("version", lambda one: digits(file_name(one)))),
    "ecto": Kind(
        "schema_migrations", by_row("version", lambda one: digits(file_name(one)), "inserted_at", utc=True)
    ),
    "knex": Kind("knex_migrations", by_row("name", file_name, "migration_time")),
    "sequelize": Kind("SequelizeMeta", by_row("name", file_name)),
    "typeorm": Kind("migrations", by_row("timestamp", lambda one: digits(file_name(one)))),
    "db-migrate": Kind("migrations", by_row("name", lambda one: f"/{_stem(one)}", "run_on")),
    "mikro-orm": Kind("mikro_orm_migrations", by_row("name", _stem, "executed_at")),
    "django": Kind("django_migrations", django),
    "pgroll": Kind("pgroll.migrations", pgroll),
    "mybatis": Kind("changelog", by_row("id", lambda one: digits(one.id))),
    "sql": Kind("migration_history", generic),
}
"""By the name of the tool."""


def read_history(database: Postgres, history: History, named: str | None) -> dict[str, Entry]:
    """What the database says of each migration, by id. `named` is the table, where it is not the tool's own.

    Raises `Unanswered`: a table that is not there says nothing.
    """
    kind = KINDS.get(history.tool)
    if kind is None:
        raise Unanswered(f"how {history.tool} keeps its history is not known here: use --since")
    table = _read(database, named or kind.table)
    read = generic if named and _is_generic(table) else kind.read
    return {one.id: read(table, one, history.migrations) for one in history.migrations}


def _is_generic(table: Table) -> bool:
    """Whether it is a team's own table, by its columns."""
    return bool(table.rows) and {"version", "status"} <= table.rows[0].keys()


def applied(entries: Mapping[str, Entry]) -> set[str]:
    """The ids of what ran."""
    return {name for name, entry in entries.items() if entry.state is State.APPLIED}


def _read(database: Postgres, name: str) -> Table:
    schema, _, table = name.rpartition(".")
    found = database.rows(_FIND, {"table": table, "schema": schema or None})
    if len(found) > 1:
        found = [row for row in found if row["schema"] == "public"] or found
    if not found:
        raise Unanswered(
            f"{database.name} has no table {name}: nothing ran there, or history_table is another"
        )
    if len(found) > 1:
        schemas = ", ".join(row["schema"] for row in found)
        raise Unanswered(f"{database.name} has several tables {table} ({schemas}): set history_table")
    rows = database.rows(f"select pg_catalog.to_jsonb(h) as row from {found[0]['name']} h limit {_MOST + 1}")  # noqa: S608 - quoted by the server
    if len(rows) > _MOST:
        raise Unanswered(f"{database.name}: {name} has more than {_MOST:,} rows")
    clock = database.row(_CLOCK)
    return Table(name, tuple(row["row"] for row in rows), clock["now"], clock["local"])
