"""Fills empty tables with made-up rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import psycopg
from msgspec import Struct

from migration_lint.rehearsal.database import Connection, Database, scalar
from migration_lint.rehearsal.filling.shape import Check, Column, Table, quoted, tables
from migration_lint.rehearsal.filling.values import candidates, literal, value

_COMBINATIONS = 2000


class Filled(Struct, frozen=True):
    """What came of one table. `why` says what hindered, where there are fewer rows than were wanted."""

    table: str
    rows: int
    why: str = ""


def fill(database: Database, wanted: int) -> list[Filled]:
    """Put rows into every table that has none, as the owner, so that triggers and defaults do their work."""
    connection = database.connect()
    try:
        made = [_filled(connection, table, wanted) for table in tables(connection)]
        connection.execute(b"ANALYZE")
    finally:
        connection.close()
    return [each for each in made if each is not None]


def _filled(connection: Connection, table: Table, wanted: int) -> Filled | None:
    if _count(connection, table):
        return None
    why = ""
    for insert in _inserts(connection, table, wanted):
        try:
            with connection.transaction():
                connection.execute(insert.encode())
        except psycopg.Error as error:
            why = error.diag.message_primary or str(error)
        if (rows := _count(connection, table)) >= wanted:
            return Filled(table.name, rows)
    rows = _count(connection, table)
    return Filled(table.name, rows, why or "its constraints let no more of them in")


def _count(connection: Connection, table: Table) -> int:
    return int(str(scalar(connection, f"SELECT count(*) FROM {table.name}")))


def _inserts(connection: Connection, table: Table, wanted: int) -> Iterator[str]:
    """Ways to fill it: plain values where the checks take them, then values that the checks speak of."""
    yield _insert(table, wanted, {})
    pools = {columns: pool for columns, pool in _pools(connection, table) if pool}
    if pools:
        yield _insert(table, wanted, pools)


def _insert(
    table: Table, wanted: int, pools: Mapping[tuple[str, ...], Sequence[Sequence[str | None]]]
) -> str:
    """Rows that meet the checks; those that a key refuses are passed over."""
    sources = [f"generate_series(1, {wanted}) n"]
    values: dict[str, str] = {}
    by_name = {column.name: column for column in table.columns}
    for number, key in enumerate(table.foreign_keys):
        if key.table == table.name or not all(name in by_name for name in key.columns):
            continue
        names = ", ".join(quoted(name) for name in key.referenced)
        sources.append(
            f"LEFT JOIN (SELECT {names}, row_number() OVER () AS at, count(*) OVER () AS all_of_it"
            f" FROM {key.table}) r{number} ON r{number}.at = (n - 1) % r{number}.all_of_it + 1"
        )
        for name, referenced in zip(key.columns, key.referenced, strict=True):
            values[name] = f"r{number}.{quoted(referenced)}"
    selfish = {name for key in table.foreign_keys if key.table == table.name for name in key.columns}
    for number, (columns, pool) in enumerate(pools.items()):
        rows = ", ".join(
            f"({at}, {', '.join('NULL' if each is None else literal(each) for each in row)})"
            for at, row in enumerate(pool)
        )
        names = ", ".join(quoted(name) for name in columns)
        sources.append(f"JOIN (VALUES {rows}) p{number}(at, {names}) ON p{number}.at = n % {len(pool)}")
        for name in columns:
            values[name] = f"p{number}.{quoted(name)}::{by_name[name].base}"
    for column in table.columns:
        made = None if column.name in selfish else value(column)
        if column.name not in values and made is not None:
            values[column.name] = made
    if not values:
        return f"INSERT INTO {table.name} SELECT FROM {sources[0]}"
    names = ", ".join(quoted(name) for name in values)
    listed = ", ".join(f"{made} AS {quoted(name)}" for name, made in values.items())
    met = [
        f"({check.condition}) IS NOT FALSE"
        for check in table.checks
        if all(column in values for column in check.columns)
    ]
    where = f" WHERE {' AND '.join(met)}" if met else ""
    return (
        f"INSERT INTO {table.name} ({names}) SELECT * FROM (SELECT {listed} FROM {' '.join(sources)}) made"
        f"{where} ON CONFLICT DO NOTHING"
    )


def _pools(connection: Connection, table: Table) -> Iterator[tuple[tuple[str, ...], list[list[str | None]]]]:
    """(columns, rows of values that their checks take), for columns that checks hang together."""
    by_name = {column.name: column for column in table.columns}
    referring = {name for key in table.foreign_keys for name in key.columns}
    for columns, checks in _groups(table.checks):
        known = [by_name[name] for name in columns if name in by_name]
        if len(known) == len(columns) and not referring & set(columns):
            yield columns, _pool(connection, known, checks)


def _groups(checks: Sequence[Check]) -> list[tuple[tuple[str, ...], list[Check]]]:
    groups: list[tuple[set[str], list[Check]]] = []
    for check in checks:
        together, of_them = set(check.columns), [check]
        for group in [group for group in groups if group[0] & together]:
            groups.remove(group)
            together |= group[0]
            of_them = [*group[1], *of_them]
        groups.append((together, of_them))
    return [(tuple(sorted(columns)), of_them) for columns, of_them in groups if columns]


def _pool(
    connection: Connection, columns: Sequence[Column], checks: Sequence[Check]
) -> list[list[str | None]]:
    text = " ".join(check.condition for check in checks)
    sources = []
    for column in columns:
        valid = [each for each in candidates(text, column) if _casts(connection, each, column)]
        rows = ", ".join(f"({literal(each)}::{column.base})" for each in valid)
        if not rows:
            return []
        sources.append(f"(VALUES {rows}) AS {quoted('of ' + column.name)}({quoted(column.name)})")
    texts = ", ".join(f"{quoted(column.name)}::text" for column in columns)
    met = " AND ".join(f"({check.condition}) IS NOT FALSE" for check in checks)
    query = f"SELECT {texts} FROM {' CROSS JOIN '.join(sources)} WHERE {met} LIMIT {_COMBINATIONS}"
    try:
        found = connection.execute(query.encode()).fetchall()
    except psycopg.Error:  # a condition that some candidate makes fail
        return []
    return [[None if each is None else str(each) for each in row] for row in found]


def _casts(connection: Connection, text: str, column: Column) -> bool:
    try:
        scalar(connection, f"SELECT ({literal(text)}::{column.base}) IS NULL")
    except psycopg.Error:
        return False
    return True
