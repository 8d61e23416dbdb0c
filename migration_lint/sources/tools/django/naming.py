"""The names that Django gives to tables, constraints and indexes.

https://github.com/django/django/blob/main/django/db/backends/base/schema.py (``_create_index_name``),
``django/db/models/indexes.py`` (``set_name_with_model``), ``django/db/backends/ddl_references.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import md5

LIMIT = 63
"""Bytes of an identifier in PostgreSQL, which Django counts as characters."""


def digest(*parts: str, length: int) -> str:
    """The start of a hash of some names."""
    made = md5(usedforsecurity=False)
    for part in parts:
        made.update(part.encode())
    return made.hexdigest()[:length]


def table_name(name: str, limit: int = LIMIT) -> str:
    """A table's name, cut to what the server takes."""
    return name if len(name) <= limit else name[: limit - 4] + digest(name, length=4)


def derived_name(table: str, columns: Sequence[str], suffix: str = "", limit: int = LIMIT) -> str:
    """The name of an index or constraint of some columns."""
    table = unqualified(table)
    ending = digest(table, *columns, length=8) + suffix
    joined = "_".join(columns)
    whole = f"{table}_{joined}_{ending}"
    if len(whole) <= limit:
        return whole
    if len(ending) > limit / 3:
        ending = ending[: limit // 3]
    room = (limit - len(ending)) // 2 - 1
    name = f"{table[:room]}_{joined[:room]}_{ending}"
    return f"D{name[:-1]}" if name[0] == "_" or name[0].isdigit() else name


def foreign_key_name(table: str, column: str, to_table: str, to_column: str, suffix: str) -> str:
    """The name of a foreign key; `suffix` is ``_fk`` or names the other side too."""
    return derived_name(
        table, [column], suffix.replace("TABLE", unqualified(to_table)).replace("COLUMN", to_column)
    )


def index_name(table: str, columns: Sequence[tuple[str, bool]], suffix: str) -> str:
    """The name of a ``Meta.indexes`` entry without one; `columns` are (column, descending)."""
    table = unqualified(table)
    ordered = [f"-{column}" if descending else column for column, descending in columns]
    ending = f"{digest(table, *ordered, suffix, length=6)}_{suffix}"
    name = f"{table[:11]}_{columns[0][0][:7]}_{ending}"
    return f"D{name[1:]}" if name[0] == "_" or name[0].isdigit() else name


def unqualified(table: str) -> str:
    """The table's name without a schema, which people write as ``schema"."table``."""
    return table.rpartition('"."')[2].strip('"')


def server_name(table: str, column: str, kind: str) -> str:
    """What PostgreSQL calls a constraint that has no name: ``table_column_key``.

    https://github.com/postgres/postgres/blob/master/src/backend/commands/indexcmds.c (``makeObjectName``)
    """
    first, second = unqualified(table).encode(), column.encode()
    room = LIMIT - len(kind) - (2 if second else 1)
    while len(first) + len(second) > room:
        if len(first) > len(second):
            first = first[:-1]
        else:
            second = second[:-1]
    parts = [first.decode(errors="ignore"), *([second.decode(errors="ignore")] if second else []), kind]
    return "_".join(parts)
