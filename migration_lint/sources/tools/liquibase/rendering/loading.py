"""loadData and loadUpdateData: rows of a CSV file as statements."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence

from migration_lint.sources.tools.liquibase.rendering.change import ChangeError, Rendering, need, said
from migration_lint.sources.tools.liquibase.rendering.values import computed
from migration_lint.sources.tools.liquibase.tree import Node, Text

MOST_ROWS = 1000
"""Rows that are rendered: more of them do nothing else."""

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?\Z")
_TRUE = frozenset({"true", "1", "t", "yes", "y"})


def load_data(change: Node, rendering: Rendering) -> Iterator[Text]:
    """One INSERT of all rows."""
    names, rows = _rows(change, rendering)
    if not rows:
        return
    values = ",".join(f"({', '.join(row)})" for row in rows)
    columns = ", ".join(rendering.dialect.name(name) for name in names)
    yield said(f"INSERT INTO {_table(change, rendering)} ({columns}) VALUES {values}", change)


def load_update_data(change: Node, rendering: Rendering) -> Iterator[Text]:
    """A statement for each row that updates it, and inserts it where it is not there."""
    dialect, table = rendering.dialect, _table(change, rendering)
    keys = {key.strip().lower() for key in need(change, "primaryKey").split(",")}
    names, rows = _rows(change, rendering)
    columns = ", ".join(dialect.name(name) for name in names)
    only_update = change.flag("onlyUpdate")
    for row in rows:
        pairs = [(name, f"{dialect.name(name)} = {item}") for name, item in zip(names, row, strict=True)]
        given = ", ".join(pair for name, pair in pairs if name.lower() not in keys)
        found = " AND ".join(pair for name, pair in pairs if name.lower() in keys)
        inserted = f"INSERT INTO {table} ({columns}) VALUES ({', '.join(row)})"
        updated = f"UPDATE {table} SET {given} WHERE {found}"
        if only_update:
            sql = f"DO\n$$\nBEGIN\n{updated};\nEND;\n$$\nLANGUAGE plpgsql" if dialect.postgres else updated
            yield said(sql, change)
        elif dialect.postgres:
            sql = (
                f"{updated};\nIF not found THEN\n{inserted};\nEND IF;"
                if given
                else _unless(table, found, inserted)
            )
            yield said(f"DO\n$$\nBEGIN\n{sql}\nEND;\n$$\nLANGUAGE plpgsql", change)
        else:
            yield said(f"{inserted}\nON DUPLICATE KEY UPDATE {given}" if given else inserted, change)


def _unless(table: str, found: str, inserted: str) -> str:
    return f"IF NOT EXISTS (SELECT 1 FROM {table} WHERE {found}) THEN\n{inserted};\nEND IF;"


def _table(change: Node, rendering: Rendering) -> str:
    return rendering.dialect.table(change.get("schemaName"), need(change, "tableName"))


def _rows(change: Node, rendering: Rendering) -> tuple[list[str], list[list[str]]]:
    relative = change.flag("relativeToChangelogFile")
    document = rendering.open(need(change, "file"), relative, change.get("encoding"))
    separator = change.text_of("separator")
    mark = change.text_of("quotchar")
    comment = change.text_of("commentLineStartsWith")
    skipped = comment.value if comment is not None else "#"
    lines = (
        line for line in document.text.splitlines() if line.strip() and not line.startswith(skipped or "\0")
    )
    try:
        reader = csv.reader(
            lines,
            delimiter=_one(separator.value if separator is not None else ",", ","),
            quotechar=_one(mark.value if mark is not None else '"', '"'),
        )
        header = next(reader, None)
        if header is None:
            raise ChangeError(f"{document.path} is empty: Liquibase stops there")
        rows = [row for row, _ in zip(reader, range(MOST_ROWS), strict=False)]
    except (csv.Error, TypeError, ValueError) as problem:
        raise ChangeError(f"{document.path} is no CSV file: {problem}") from None
    return _columns(change, header, rows, rendering)


def _one(written: str, usual: str) -> str:
    written = written.replace("\\t", "\t")
    return written if len(written) == 1 else usual


def _columns(
    change: Node, header: Sequence[str], rows: list[list[str]], rendering: Rendering
) -> tuple[list[str], list[list[str]]]:
    settings = list(change.all("column"))
    kept: list[tuple[int, str, str]] = []
    for number, name in enumerate(header):
        title = name.strip()
        own = next(
            (c for c in settings if (c.get("header") or c.get("name") or "").lower() == title.lower()), None
        )
        if own is None:
            own = next((c for c in settings if c.get("index") == str(number)), None)
        kind = (own.get("type") if own is not None else None) or ""
        if kind.lower() != "skip":
            kept.append((number, (own.get("name") if own is not None else None) or title, kind.upper()))
    values = [
        [_value(row[n] if n < len(row) else "", kind, rendering) for n, _, kind in kept] for row in rows
    ]
    return [name for _, name, _ in kept], values


def _value(written: str, kind: str, rendering: Rendering) -> str:
    written = written.strip()
    if written.upper() == "NULL":
        return "NULL"
    if kind == "BOOLEAN":
        return rendering.dialect.truth(written.lower() in _TRUE)
    if kind == "NUMERIC" and _NUMBER.match(written):
        return written
    if kind == "COMPUTED":
        return computed(written)
    if kind in ("DATE", "TIME", "DATETIME"):
        return f"'{written.replace('T', ' ')}'"
    if not written:
        return "NULL"
    return rendering.dialect.text(written)
