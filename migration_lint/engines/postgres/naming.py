"""The names that the server chooses: ``makeObjectName`` and ``ChooseRelationName`` of ``indexcmds.c``."""

from __future__ import annotations

from collections.abc import Callable

_LIMIT = 63
"""``NAMEDATALEN - 1``: bytes that the server keeps of a name."""


def object_name(table: str, column: str, label: str) -> str:
    """``table_column_label``, its two parts cut evenly to fit the limit."""
    overhead = len(label.encode()) + 1 + (1 if column else 0)
    room = _LIMIT - overhead
    first, second = table.encode(), column.encode()
    while len(first) + len(second) > room:
        if len(first) > len(second):
            first = first[:-1]
        else:
            second = second[:-1]
    parts = [first.decode(errors="ignore"), second.decode(errors="ignore"), label]
    return "_".join(part for part in parts if part)


def free_name(table: str, column: str, label: str, taken: Callable[[str], bool]) -> str:
    """`object_name`, with 1, 2, … after the label until the name is free."""
    name = object_name(table, column, label)
    number = 0
    while taken(name):
        number += 1
        name = object_name(table, column, f"{label}{number}")
    return name


def columns_part(columns: tuple[str | None, ...]) -> str:
    """The middle part of an index's name: its key columns; ``expr`` for an expression."""
    joined = ""
    for column in columns:
        joined += ("_" if joined else "") + (column or "expr")
        if len(joined) >= _LIMIT:
            break
    return joined
