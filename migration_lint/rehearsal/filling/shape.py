"""The empty tables of a database, and what their rows must satisfy."""

from __future__ import annotations

import re

from msgspec import Struct

from migration_lint.rehearsal.database import Connection


class Column(Struct, frozen=True):
    """A column that a row must or may have a value for.

    `type` is as the server spells it, `base` what a domain is over (else the same), `category` its
    `pg_type.typcategory`, `labels` those of an enum, `element` what it is an array of.
    """

    name: str
    type: str
    base: str
    category: str
    not_null: bool
    length: int | None
    labels: tuple[str, ...]
    element: str | None
    checks: tuple[str, ...]
    """The conditions of its domains, with VALUE for the value."""


class ForeignKey(Struct, frozen=True):
    """`columns` hold values of `referenced` of another table (or of the same)."""

    columns: tuple[str, ...]
    table: str
    referenced: tuple[str, ...]


class Check(Struct, frozen=True):
    """A condition, as SQL over the columns' names."""

    columns: tuple[str, ...]
    condition: str


class Table(Struct, frozen=True):
    """A table by its quoted name."""

    name: str
    columns: tuple[Column, ...]
    foreign_keys: tuple[ForeignKey, ...]
    checks: tuple[Check, ...]


# A partition gets its rows through its table; what has a default, or is generated, fills itself.
_TABLES = b"""
SELECT c.oid, format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 2
"""
_COLUMNS = b"""
WITH RECURSIVE domain AS (
    SELECT t.oid AS top, t.oid, t.typbasetype, t.typtypmod AS modifier, t.typnotnull
    FROM pg_catalog.pg_type t
    UNION ALL
    SELECT d.top, t.oid, t.typbasetype, CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE d.modifier END,
        d.typnotnull OR t.typnotnull
    FROM domain d JOIN pg_catalog.pg_type t ON t.oid = d.typbasetype)
SELECT a.attname, format_type(a.atttypid, a.atttypmod),
    format_type(t.oid, CASE WHEN d.top = t.oid THEN a.atttypmod ELSE d.modifier END), t.typcategory::text,
    a.attnotnull OR d.typnotnull,
    CASE WHEN t.typname IN ('varchar', 'bpchar') AND greatest(a.atttypmod, d.modifier) > 4
        THEN greatest(a.atttypmod, d.modifier) - 4 END,
    ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid
        ORDER BY e.enumsortorder),
    CASE WHEN t.typcategory = 'A' THEN format_type(t.typelem, -1) END,
    ARRAY(SELECT pg_get_expr(k.conbin, 0) FROM domain i JOIN pg_catalog.pg_constraint k ON k.contypid = i.oid
        WHERE i.top = a.atttypid AND k.contype = 'c')
FROM pg_catalog.pg_attribute a
JOIN domain d ON d.top = a.atttypid JOIN pg_catalog.pg_type t ON t.oid = d.oid AND t.typtype <> 'd'
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped AND a.attidentity = '' AND a.attgenerated = ''
  AND NOT (a.atthasdef AND EXISTS (SELECT FROM pg_catalog.pg_attrdef f WHERE f.adrelid = a.attrelid
      AND f.adnum = a.attnum AND pg_get_expr(f.adbin, f.adrelid) LIKE 'nextval(%%'))
ORDER BY a.attnum
"""
_CONSTRAINTS = b"""
SELECT k.contype::text,
    ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(number, at)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.at),
    (SELECT format('%%I.%%I', n.nspname, c.relname) FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = k.confrelid),
    ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(number, at)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number ORDER BY u.at),
    pg_get_expr(k.conbin, k.conrelid)
FROM pg_catalog.pg_constraint k WHERE k.conrelid = %s AND k.contype IN ('c', 'f') ORDER BY k.conname
"""


def tables(connection: Connection) -> list[Table]:
    """All tables that are filled for themselves, those first that others refer to."""
    found = {str(name): _table(connection, int(str(oid)), str(name)) for oid, name in _fetched(connection)}
    ordered: dict[str, Table] = {}

    def add(name: str, waiting: frozenset[str]) -> None:
        if name in ordered or name not in found or name in waiting:
            return
        for key in found[name].foreign_keys:
            add(key.table, waiting | {name})
        ordered[name] = found[name]

    for name in found:
        add(name, frozenset())
    return list(ordered.values())


def _fetched(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute(_TABLES).fetchall()


def _table(connection: Connection, oid: int, name: str) -> Table:
    columns = [
        Column(
            str(row[0]), str(row[1]), str(row[2]), str(row[3]), bool(row[4]),
            None if row[5] is None else int(str(row[5])), _texts(row[6]),
            None if row[7] is None else str(row[7]), _texts(row[8]),
        )
        for row in connection.execute(_COLUMNS, (oid,)).fetchall()
    ]  # fmt: skip
    keys: list[ForeignKey] = []
    checks: list[Check] = []
    for kind, of, table, referenced, condition in connection.execute(_CONSTRAINTS, (oid,)).fetchall():
        if kind == "f":
            keys.append(ForeignKey(_texts(of), str(table), _texts(referenced)))
        elif condition is not None:
            checks.append(Check(_texts(of), str(condition)))
    checks += [
        Check((column.name,), re.sub(r"\bVALUE\b", lambda _, c=column: quoted(c.name), condition))  # type: ignore[misc]
        for column in columns
        for condition in column.checks
    ]
    return Table(name, tuple(columns), tuple(keys), tuple(checks))


def quoted(name: str) -> str:
    """A name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def _texts(values: object) -> tuple[str, ...]:
    return tuple(str(value) for value in values) if isinstance(values, (list, tuple)) else ()
