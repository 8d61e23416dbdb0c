"""insert, update, delete, and rows of CSV files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migration_lint.sources.tools.liquibase.rendering.change import ChangeError, Rendering, need, said
from migration_lint.sources.tools.liquibase.rendering.values import value
from migration_lint.sources.tools.liquibase.tree import Node, Text

_PARAMETER = re.compile(r":name|:value")


def _table(change: Node, rendering: Rendering) -> str:
    return rendering.dialect.table(change.get("schemaName"), need(change, "tableName"))


def insert(change: Node, rendering: Rendering) -> Iterator[Text]:
    """INSERT of one row."""
    columns = list(change.all("column"))
    if not columns:
        raise ChangeError("insert has no columns: Liquibase stops there")
    names = ", ".join(rendering.dialect.name(need(column, "name")) for column in columns)
    values = ", ".join(value(column, rendering) for column in columns)
    yield said(f"INSERT INTO {_table(change, rendering)} ({names}) VALUES ({values})", change)


def update(change: Node, rendering: Rendering) -> Iterator[Text]:
    """UPDATE; Liquibase sorts the columns."""
    columns = sorted(change.all("column"), key=lambda column: need(column, "name"))
    if not columns:
        raise ChangeError("update has no columns: Liquibase stops there")
    given = ", ".join(
        f"{rendering.dialect.name(need(column, 'name'))} = {value(column, rendering)}" for column in columns
    )
    yield said(f"UPDATE {_table(change, rendering)} SET {given}{_where(change, rendering)}", change)


def delete(change: Node, rendering: Rendering) -> Iterator[Text]:
    """DELETE."""
    yield said(f"DELETE FROM {_table(change, rendering)}{_where(change, rendering)}", change)


def _where(change: Node, rendering: Rendering) -> str:
    condition = change.get("where")
    if condition is None:
        return ""
    parameters = list(change.all("param"))
    outer = change.child("whereParams")
    if outer is not None:
        parameters += outer.all("param")
    names = iter([rendering.dialect.name(p.get("name") or "") for p in parameters if p.get("name")])
    values = iter([value(parameter, rendering) for parameter in parameters])

    def filled(found: re.Match[str]) -> str:
        return next(names if found.group() == ":name" else values, found.group())

    return f" WHERE {_PARAMETER.sub(filled, condition)}"
