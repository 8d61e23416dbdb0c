"""Changes of columns on tables that are there."""

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
from migration_lint.sources.tools.liquibase.rendering.tables import constraints_of, identity
from migration_lint.sources.tools.liquibase.rendering.types import TRUTH, data_type
from migration_lint.sources.tools.liquibase.rendering.values import default, has_value, of_kind, value
from migration_lint.sources.tools.liquibase.tree import Node, Text


def _table(change: Node, rendering: Rendering) -> str:
    return rendering.dialect.table(change.get("schemaName"), need(change, "tableName"))


def add_column(change: Node, rendering: Rendering) -> Iterator[Text]:
    """One ALTER TABLE for each column, on MySQL one for all; then constraints, values and remarks.

    ``value`` fills the column in every row, and NOT NULL comes after that.
    """
    dialect, table = rendering.dialect, _table(change, rendering)
    columns = list(change.all("column"))
    if not columns:
        raise ChangeError("addColumn has no columns: Liquibase stops there")
    if not dialect.postgres:
        added = [said(f"ADD {_added(column, rendering)}", column) for column in columns]
        yield sentence(change, f"ALTER TABLE {table} ", listed(change, added))
    for column in columns:
        if dialect.postgres:
            yield said(f"ALTER TABLE {table} ADD {_added(column, rendering)}", column)
        yield from _column_constraints(table, column, rendering)
    for column in columns:
        if has_value(column):
            name = dialect.name(need(column, "name"))
            yield said(f"UPDATE {table} SET {name} = {value(column, rendering)}", column)
    for column in columns:
        if has_value(column) and not constraints_of(column).flag("nullable", default=True):
            kind = data_type(need(column, "type"), dialect).sql
            yield said(_not_null(table, need(column, "name"), kind, rendering), column)
    for column in columns:
        remarks = column.get("remarks")
        if remarks is not None and dialect.postgres:
            name = dialect.name(need(column, "name"))
            yield said(f"COMMENT ON COLUMN {table}.{name} IS {dialect.text(remarks)}", column)


def _added(column: Node, rendering: Rendering) -> str:
    dialect = rendering.dialect
    constraints = constraints_of(column)
    kind = data_type(need(column, "type"), dialect)
    sql = f"{dialect.name(need(column, 'name'))} {kind.sql}{identity(column, rendering)}"
    given = default(column, kind, rendering)
    if given is not None:
        sql += f" DEFAULT {given}"
    key = constraints.flag("primaryKey")
    if key or not (constraints.flag("nullable", default=True) or has_value(column)):
        named = constraints.get("notNullConstraintName")
        sql += (f" CONSTRAINT {dialect.name(named)}" if named else "") + " NOT NULL"
    elif not dialect.postgres:
        sql += " NULL"
    sql += " PRIMARY KEY" if key else ""
    remarks = column.get("remarks")
    if remarks is not None and not dialect.postgres:
        sql += f" COMMENT {dialect.text(remarks)}"
    for word in ("before", "after"):
        other = column.get(f"{word}Column")
        if other is not None:
            sql += f" {word.upper()} {dialect.name(other)}"
    return sql


def _column_constraints(table: str, column: Node, rendering: Rendering) -> Iterator[Text]:
    dialect = rendering.dialect
    constraints = constraints_of(column)
    name = dialect.name(need(column, "name"))
    if constraints.flag("unique"):
        named = constraints.get("uniqueConstraintName")
        head = f"CONSTRAINT {dialect.name(named)} " if named else ""
        yield said(f"ALTER TABLE {table} ADD {head}UNIQUE ({name})", column)
    target = references(constraints, rendering)
    if target is not None:
        named = dialect.name(need(constraints, "foreignKeyName"))
        yield said(f"ALTER TABLE {table} ADD CONSTRAINT {named} FOREIGN KEY ({name}) {target}", column)


def unadd_column(change: Node, rendering: Rendering) -> Iterator[Text]:
    """DROP COLUMN, the default before it."""
    table = _table(change, rendering)
    columns = list(change.all("column"))
    for column in columns:
        if has_value(column, "defaultValue"):
            yield said(_without_default(table, need(column, "name"), rendering), column)
    yield from _dropped(change, columns, [need(column, "name") for column in columns], rendering)


def drop_column(change: Node, rendering: Rendering) -> Iterator[Text]:
    """DROP COLUMN, of one or several."""
    columns = list(change.all("column"))
    if columns:
        yield from _dropped(change, columns, [need(column, "name") for column in columns], rendering)
    else:
        yield from _dropped(change, [change], [need(change, "columnName")], rendering)


def _dropped(change: Node, places: list[Node], names: list[str], rendering: Rendering) -> Iterator[Text]:
    dialect, table = rendering.dialect, _table(change, rendering)
    if dialect.postgres or len(names) == 1:
        for name, place in zip(names, places, strict=True):
            yield said(f"ALTER TABLE {table} DROP COLUMN {dialect.name(name)}", place)
        return
    drops = [said(f"DROP {dialect.name(name)}", place) for name, place in zip(names, places, strict=True)]
    yield sentence(change, f"ALTER TABLE {table} ", listed(change, drops))


def rename_column(change: Node, rendering: Rendering) -> Iterator[Text]:
    """RENAME COLUMN, or MySQL's CHANGE, which needs the type and forgets NOT NULL and the default."""
    old, new = need(change, "oldColumnName"), need(change, "newColumnName")
    yield _renamed(change, rendering, old, new, change.get("remarks"))


def unrename_column(change: Node, rendering: Rendering) -> Iterator[Text]:
    """The other way round."""
    yield _renamed(change, rendering, need(change, "newColumnName"), need(change, "oldColumnName"), None)


def _renamed(change: Node, rendering: Rendering, old: str, new: str, remarks: str | None) -> Text:
    dialect, table = rendering.dialect, _table(change, rendering)
    if dialect.postgres:
        return said(f"ALTER TABLE {table} RENAME COLUMN {dialect.name(old)} TO {dialect.name(new)}", change)
    kind = data_type(need(change, "columnDataType"), dialect).sql
    comment = f" COMMENT {dialect.text(remarks)}" if remarks else ""
    return said(f"ALTER TABLE {table} CHANGE {dialect.name(old)} {dialect.name(new)} {kind}{comment}", change)


def modify_data_type(change: Node, rendering: Rendering) -> Iterator[Text]:
    """ALTER COLUMN … TYPE, or MySQL's MODIFY, which forgets NOT NULL and the default."""
    dialect, table = rendering.dialect, _table(change, rendering)
    name = dialect.name(need(change, "columnName"))
    kind = data_type(need(change, "newDataType"), dialect).sql
    if dialect.postgres:
        yield said(f"ALTER TABLE {table} ALTER COLUMN {name} TYPE {kind} USING ({name}::{kind})", change)
    else:
        yield said(f"ALTER TABLE {table} MODIFY {name} {kind}", change)


def add_not_null(change: Node, rendering: Rendering) -> Iterator[Text]:
    """SET NOT NULL, the empty rows filled before it where ``defaultNullValue`` says with what."""
    dialect, table = rendering.dialect, _table(change, rendering)
    filling = change.text_of("defaultNullValue")
    if filling is not None:
        written = dialect.text(filling.value)
        kind = change.get("columnDataType")
        if kind is not None and data_type(kind, dialect).kind == TRUTH:
            written = of_kind(filling.value, data_type(kind, dialect), rendering)
            written = f"'{written}'" if dialect.postgres else written
        name = dialect.name(need(change, "columnName"))
        yield said(f"UPDATE {table} SET {name} = {written} WHERE {name} IS NULL", change)
    yield said(_not_null(table, need(change, "columnName"), _type(change, rendering), rendering), change)


def drop_not_null(change: Node, rendering: Rendering) -> Iterator[Text]:
    """DROP NOT NULL, or MySQL's MODIFY."""
    dialect, table = rendering.dialect, _table(change, rendering)
    name = dialect.name(need(change, "columnName"))
    if dialect.postgres:
        yield said(f"ALTER TABLE {table} ALTER COLUMN {name} DROP NOT NULL", change)
    else:
        yield said(f"ALTER TABLE {table} MODIFY {name} {_type(change, rendering)} NULL", change)


def undrop_not_null(change: Node, rendering: Rendering) -> Iterator[Text]:
    """SET NOT NULL, or MySQL's MODIFY."""
    table = _table(change, rendering)
    yield said(_not_null(table, need(change, "columnName"), _type(change, rendering), rendering), change)


def _type(change: Node, rendering: Rendering) -> str:
    """MySQL says a column's whole type again; PostgreSQL does not need it."""
    if rendering.dialect.postgres:
        return ""
    return data_type(need(change, "columnDataType"), rendering.dialect).sql


def _not_null(table: str, column: str, kind: str, rendering: Rendering) -> str:
    name = rendering.dialect.name(column)
    if rendering.dialect.postgres:
        return f"ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL"
    return f"ALTER TABLE {table} MODIFY {name} {kind} NOT NULL"


def add_default(change: Node, rendering: Rendering) -> Iterator[Text]:
    """SET DEFAULT."""
    dialect, table = rendering.dialect, _table(change, rendering)
    name = dialect.name(need(change, "columnName"))
    written = change.get("columnDataType")
    given = default(change, data_type(written, dialect) if written else None, rendering)
    if given is None:
        raise ChangeError("addDefaultValue has no value: Liquibase stops there")
    computed = change.get("defaultValueComputed", "defaultValueSequenceNext")
    if dialect.postgres:
        yield said(f"ALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT {given}", change)
        sequence = change.get("defaultValueSequenceNext")
        if sequence is not None:
            yield said(f"ALTER SEQUENCE {dialect.name(sequence)} OWNED BY {table}.{name}", change)
    else:
        yield said(
            f"ALTER TABLE {table} ALTER {name} SET DEFAULT {f'({computed})' if computed else given}", change
        )


def drop_default(change: Node, rendering: Rendering) -> Iterator[Text]:
    """DROP DEFAULT."""
    yield said(_without_default(_table(change, rendering), need(change, "columnName"), rendering), change)


def _without_default(table: str, column: str, rendering: Rendering) -> str:
    word = "ALTER COLUMN" if rendering.dialect.postgres else "ALTER"
    return f"ALTER TABLE {table} {word} {rendering.dialect.name(column)} DROP DEFAULT"


def add_auto_increment(change: Node, rendering: Rendering) -> Iterator[Text]:
    """On PostgreSQL a sequence that the column owns, on MySQL AUTO_INCREMENT."""
    dialect, table = rendering.dialect, _table(change, rendering)
    column, schema = need(change, "columnName"), change.get("schemaName")
    name, start = dialect.name(column), change.get("startWith")
    if not dialect.postgres:
        kind = data_type(need(change, "columnDataType"), dialect).sql
        yield said(f"ALTER TABLE {table} MODIFY {name} {kind} AUTO_INCREMENT", change)
        if start:
            yield said(f"ALTER TABLE {table} AUTO_INCREMENT={start}", change)
        return
    sequence = dialect.table(schema, f"{need(change, 'tableName')}_{column}_seq")
    step = change.get("incrementBy")
    options = (f" START WITH {start}" if start else "") + (f" INCREMENT BY {step}" if step else "")
    yield said(f"CREATE SEQUENCE IF NOT EXISTS {sequence}{options}", change)
    yield said(f"ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL", change)
    yield said(f"ALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT nextval('{sequence}')", change)
    yield said(f"ALTER SEQUENCE {sequence} OWNED BY {table}.{name}", change)


def set_column_remarks(change: Node, rendering: Rendering) -> Iterator[Text]:
    """COMMENT ON COLUMN, or MySQL's MODIFY."""
    dialect, table = rendering.dialect, _table(change, rendering)
    name, remarks = dialect.name(need(change, "columnName")), dialect.text(need(change, "remarks"))
    if dialect.postgres:
        yield said(f"COMMENT ON COLUMN {table}.{name} IS {remarks}", change)
    else:
        yield said(
            f"ALTER TABLE {table} MODIFY COLUMN {name} {_type(change, rendering)} COMMENT {remarks}", change
        )


def merge_columns(change: Node, rendering: Rendering) -> Iterator[Text]:
    """A new column of two old ones, which are dropped."""
    dialect, table = rendering.dialect, _table(change, rendering)
    one, two = need(change, "column1Name"), need(change, "column2Name")
    first, second = dialect.name(one), dialect.name(two)
    final = dialect.name(need(change, "finalColumnName"))
    kind = data_type(need(change, "finalColumnType"), dialect).sql
    between = change.text_of("joinString")
    text = dialect.text(between.value if between is not None else "")
    yield said(f"ALTER TABLE {table} ADD {final} {kind}{'' if dialect.postgres else ' NULL'}", change)
    made = f"{first} || {text} || {second}" if dialect.postgres else f"CONCAT_WS({text}, {first}, {second})"
    yield said(f"UPDATE {table} SET {final} = {made}", change)
    for name in (first, second):
        yield said(f"ALTER TABLE {table} DROP COLUMN {name}", change)


def add_lookup_table(change: Node, rendering: Rendering) -> Iterator[Text]:
    """A table of a column's distinct values, and a foreign key to it."""
    dialect = rendering.dialect
    old_name, new_name = need(change, "existingTableName"), need(change, "newTableName")
    old = dialect.table(change.get("existingTableSchemaName"), old_name)
    new = dialect.table(change.get("newTableSchemaName"), new_name)
    column, made = dialect.name(need(change, "existingColumnName")), need(change, "newColumnName")
    target = dialect.name(made)
    kind = "" if dialect.postgres else data_type(need(change, "newColumnDataType"), dialect).sql
    yield said(
        f"CREATE TABLE {new} AS SELECT DISTINCT {column} AS {target} FROM {old} WHERE {column} IS NOT NULL",
        change,
    )
    yield said(_not_null(new, made, kind, rendering), change)
    yield said(f"ALTER TABLE {new} ADD PRIMARY KEY ({target})", change)
    yield said(
        f"ALTER TABLE {old} ADD CONSTRAINT {dialect.name(_lookup_key(change))} FOREIGN KEY ({column})"
        f" REFERENCES {new} ({target})",
        change,
    )


def unadd_lookup_table(change: Node, rendering: Rendering) -> Iterator[Text]:
    """The foreign key and the table dropped."""
    dialect = rendering.dialect
    old = dialect.table(change.get("existingTableSchemaName"), need(change, "existingTableName"))
    new = dialect.table(change.get("newTableSchemaName"), need(change, "newTableName"))
    word = "CONSTRAINT" if dialect.postgres else "FOREIGN KEY"
    yield said(f"ALTER TABLE {old} DROP {word} {dialect.name(_lookup_key(change))}", change)
    yield said(f"DROP TABLE {new}", change)


def _lookup_key(change: Node) -> str:
    named = change.get("constraintName")
    old, new = need(change, "existingTableName"), need(change, "newTableName")
    return named or f"FK_{old}_{new}".upper()
