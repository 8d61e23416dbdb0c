"""Whether rows are the same in two databases, in the columns that both have."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from migration_lint.rehearsal.database import Connection, Database, scalar

_COLUMNS = b"""
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), a.attname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind = 'r' AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1, a.attnum
"""


def lost(before: Database, after: Database) -> list[str]:
    """What of the rows of `before` is not the same in `after`: one sentence a table or column.

    Read as the owner: a cast that a migration made must not run as anybody else.
    """
    one, other = before.connect(), after.connect()
    try:
        return list(_lost(one, other))
    finally:
        one.close()
        other.close()


def _lost(one: Connection, other: Connection) -> Iterator[str]:
    columns, now = _columns(one), _columns(other)
    for table in sorted(columns.keys() & now.keys()):
        both = [column for column in columns[table] if column in now[table]]
        if not both:
            continue
        try:
            rows = [int(str(scalar(each, f"SELECT count(*) FROM ONLY {table}"))) for each in (one, other)]
            if rows[0] != rows[1]:
                yield f"{table} had {rows[0]:,} rows and has {rows[1]:,}"
            elif _digest(one, table, both) != _digest(other, table, both):
                apart = [
                    name for name in both if _digest(one, table, [name]) != _digest(other, table, [name])
                ]
                yield f"{table}: the values of {', '.join(apart) or 'its columns, taken together,'} differ"
        except psycopg.Error as error:
            yield f"{table} cannot be compared: {error.diag.message_primary or error}"


def _columns(connection: Connection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for table, column in connection.execute(_COLUMNS).fetchall():
        found.setdefault(str(table), []).append(str(column))
    return found


def _digest(connection: Connection, table: str, columns: list[str]) -> object:
    """The same for the same rows in any order."""
    names = ", ".join('"' + column.replace('"', '""') + '"' for column in columns)
    return scalar(
        connection,
        f"SELECT pg_catalog.sum(pg_catalog.hashtextextended(ROW({names})::pg_catalog.text, 0)::numeric)"
        f" FROM ONLY {table}",
    )
