"""createTable, dropTable, renameTable, setTableRemarks."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.sources.tools.liquibase.rendering.change import (
    ChangeError,
    Rendering,
    listed,
    need,
    said,
    sentence,
)
from migration_lint.sources.tools.liquibase.rendering.constraints import references
from migration_lint.sources.tools.liquibase.rendering.types import data_type
from migration_lint.sources.tools.liquibase.rendering.values import default
from migration_lint.sources.tools.liquibase.tree import Node, Text


def create_table(change: Node, rendering: Rendering) -> Iterator[Text]:
    """One CREATE TABLE, its columns and constraints each at their own element; remarks as comments."""
    dialect = rendering.dialect
    table = dialect.table(change.get("schemaName"), need(change, "tableName"))
    columns = list(change.all("column"))
    if not columns:
        raise ChangeError("createTable has no columns: Liquibase stops there")
    lines = [said(_column(column, rendering), column) for column in columns]
    lines += _constraints(change, columns, rendering)
    head = "CREATE TABLE IF NOT EXISTS" if change.flag("ifNotExists") else "CREATE TABLE"
    yield sentence(
        change, f"{head} {table} (", listed(change, lines), ")" + _options(change, columns, rendering)
    )
    if dialect.postgres:
        remarks = change.get("remarks")
        if remarks is not None:
            yield said(f"COMMENT ON TABLE {table} IS {dialect.text(remarks)}", change)
        for column in columns:
            if (remarks := column.get("remarks")) is not None:
                name = dialect.name(need(column, "name"))
                yield said(f"COMMENT ON COLUMN {table}.{name} IS {dialect.text(remarks)}", column)


def identity(column: Node, rendering: Rendering) -> str:
    """What makes a column number itself, with a space before it; empty where it does not."""
    if not column.flag("autoIncrement"):
        return ""
    if not rendering.dialect.postgres:
        return " AUTO_INCREMENT"
    how = (column.get("generationType") or "BY DEFAULT").upper()
    options = [
        f"{word} {value}"
        for word, value in (
            ("START WITH", column.get("startWith")),
            ("INCREMENT BY", column.get("incrementBy")),
        )
        if value not in (None, "1")
    ]
    return f" GENERATED {how} AS IDENTITY" + (f" ({' '.join(options)})" if options else "")


def constraints_of(column: Node) -> Node:
    """The column's ``constraints``, an empty element where it has none."""
    return column.child("constraints") or Node("constraints", column.start, column.end)


def _column(column: Node, rendering: Rendering) -> str:
    dialect = rendering.dialect
    constraints = constraints_of(column)
    kind = data_type(need(column, "type"), dialect)
    sql = f"{dialect.name(need(column, 'name'))} {kind.sql}"
    given = default(column, kind, rendering)
    if given is not None:
        sql += f" DEFAULT {given}"
    sql += identity(column, rendering)
    if constraints.flag("primaryKey") or not constraints.flag("nullable", default=True):
        sql += " NOT NULL"
    elif not dialect.postgres:
        sql += " NULL"
    remarks = column.get("remarks")
    if remarks is not None and not dialect.postgres:
        sql += f" COMMENT {dialect.text(remarks)}"
    return sql


def _constraints(change: Node, columns: list[Node], rendering: Rendering) -> Iterator[Text]:
    dialect = rendering.dialect
    table = need(change, "tableName")
    keys = [column for column in columns if constraints_of(column).flag("primaryKey")]
    if keys:
        first = constraints_of(keys[0])
        name = first.get("primaryKeyName") or (f"{table}_pkey" if dialect.postgres else f"PK_{table.upper()}")
        names = ", ".join(dialect.name(need(key, "name")) for key in keys)
        space = first.get("primaryKeyTablespace")
        where = f" USING INDEX TABLESPACE {space}" if space and dialect.postgres else ""
        yield said(f"CONSTRAINT {dialect.name(name)} PRIMARY KEY ({names}){where}", keys[0])
    for column in columns:
        constraints = constraints_of(column)
        target = references(constraints, rendering, "")
        if target is not None:
            name = need(constraints, "foreignKeyName")
            sql = (
                f"CONSTRAINT {dialect.name(name)} FOREIGN KEY ({dialect.name(need(column, 'name'))}) {target}"
            )
            if constraints.flag("initiallyDeferred"):
                sql += " INITIALLY DEFERRED"
            if constraints.flag("deferrable"):
                sql += " DEFERRABLE"
            yield said(sql, column)
    yield from _unique(columns, rendering)


def _unique(columns: list[Node], rendering: Rendering) -> Iterator[Text]:
    """Columns that name the same constraint share it."""
    dialect = rendering.dialect
    groups: dict[str, list[Node]] = {}
    for number, column in enumerate(columns):
        constraints = constraints_of(column)
        if constraints.flag("unique"):
            name = constraints.get("uniqueConstraintName")
            groups.setdefault(name or f"\0{number}", []).append(column)
    for name, members in groups.items():
        names = ", ".join(dialect.name(need(member, "name")) for member in members)
        head = "" if name.startswith("\0") else f"CONSTRAINT {dialect.name(name)} "
        yield said(f"{head}UNIQUE ({names})", members[0])


def _options(change: Node, columns: list[Node], rendering: Rendering) -> str:
    dialect = rendering.dialect
    if dialect.postgres:
        space = change.get("tablespace")
        return f" TABLESPACE {space}" if space else ""
    starts = [column.get("startWith") for column in columns if column.flag("autoIncrement")]
    options = f" AUTO_INCREMENT={starts[0]}" if starts and starts[0] else ""
    remarks = change.get("remarks")
    return options + (f" COMMENT={dialect.text(remarks)}" if remarks is not None else "")


def uncreate_table(change: Node, rendering: Rendering) -> Iterator[Text]:
    """DROP TABLE."""
    yield said(
        f"DROP TABLE {rendering.dialect.table(change.get('schemaName'), need(change, 'tableName'))}", change
    )


def drop_table(change: Node, rendering: Rendering) -> Iterator[Text]:
    """DROP TABLE, on PostgreSQL with CASCADE where asked for."""
    dialect = rendering.dialect
    table = dialect.table(change.get("schemaName"), need(change, "tableName"))
    cascade = " CASCADE" if change.flag("cascadeConstraints") and dialect.postgres else ""
    yield said(f"DROP TABLE {table}{cascade}", change)


def rename_table(change: Node, rendering: Rendering) -> Iterator[Text]:
    """ALTER TABLE … RENAME."""
    yield _renamed(change, rendering, need(change, "oldTableName"), need(change, "newTableName"))


def unrename_table(change: Node, rendering: Rendering) -> Iterator[Text]:
    """The other way round."""
    yield _renamed(change, rendering, need(change, "newTableName"), need(change, "oldTableName"))


def _renamed(change: Node, rendering: Rendering, old: str, new: str) -> Text:
    dialect, schema = rendering.dialect, change.get("schemaName")
    if dialect.postgres:
        return said(f"ALTER TABLE {dialect.table(schema, old)} RENAME TO {dialect.name(new)}", change)
    return said(f"ALTER TABLE {dialect.table(schema, old)} RENAME {dialect.table(schema, new)}", change)


def set_table_remarks(change: Node, rendering: Rendering) -> Iterator[Text]:
    """COMMENT ON TABLE, or MySQL's way to say it."""
    dialect = rendering.dialect
    table = dialect.table(change.get("schemaName"), need(change, "tableName"))
    remarks = dialect.text(need(change, "remarks"))
    if dialect.postgres:
        yield said(f"COMMENT ON TABLE {table} IS {remarks}", change)
    else:
        yield said(f"ALTER TABLE {table} COMMENT = {remarks}", change)
