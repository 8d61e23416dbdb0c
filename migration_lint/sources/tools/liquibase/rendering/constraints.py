"""Primary keys, unique constraints and foreign keys on tables that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migration_lint.sources.tools.liquibase.rendering.change import ChangeError, Rendering, need, said
from migration_lint.sources.tools.liquibase.tree import Node, Text

_REFERENCES = re.compile(r"\s*([^\s(]+)\s*\(\s*([^)]*?)\s*\)\s*\Z")


def references(constraints: Node, rendering: Rendering, gap: str = " ") -> str | None:
    """``REFERENCES t (a) ON DELETE CASCADE`` of a column's constraints; None where it has none."""
    dialect = rendering.dialect
    written = constraints.get("references")
    if written is not None:
        match = _REFERENCES.match(written)
        if match is None:
            raise ChangeError(f"references {written!r} is not table(column): Liquibase stops there")
        schema, _, table = match[1].rpartition(".")
        columns = match[2]
        schema = schema.rpartition(".")[2]
    else:
        table = constraints.get("referencedTableName") or ""
        columns = constraints.get("referencedColumnNames") or ""
        schema = constraints.get("referencedTableSchemaName") or ""
        if not table or not columns:
            return None
    sql = f"REFERENCES {dialect.table(schema or None, table)}{gap}({dialect.columns(columns)})"
    return sql + (" ON DELETE CASCADE" if constraints.flag("deleteCascade") else "")


def _table(change: Node, rendering: Rendering, prefix: str = "") -> str:
    schema = change.get(f"{prefix}TableSchemaName" if prefix else "schemaName")
    name = need(change, f"{prefix}TableName" if prefix else "tableName")
    return rendering.dialect.table(schema, name)


def _space(change: Node, rendering: Rendering) -> str:
    space = change.get("tablespace")
    return f" USING INDEX TABLESPACE {space}" if space and rendering.dialect.postgres else ""


def add_primary_key(change: Node, rendering: Rendering) -> Iterator[Text]:
    """ADD PRIMARY KEY; MySQL's has no name. A clustered one orders the table on PostgreSQL."""
    dialect = rendering.dialect
    table, name = _table(change, rendering), change.get("constraintName")
    head = f"CONSTRAINT {dialect.name(name)} " if name and dialect.postgres else ""
    columns = dialect.columns(need(change, "columnNames"))
    yield said(f"ALTER TABLE {table} ADD {head}PRIMARY KEY ({columns}){_space(change, rendering)}", change)
    if dialect.postgres and change.flag("clustered") and name:
        yield said(f"CLUSTER {table} USING {dialect.name(name)}", change)


def drop_primary_key(change: Node, rendering: Rendering) -> Iterator[Text]:
    """DROP PRIMARY KEY.

    PostgreSQL's has a name; without one Liquibase looks it up in a DO block, which comes to what the
    server calls it by itself.
    """
    dialect = rendering.dialect
    if not dialect.postgres:
        yield said(f"ALTER TABLE {_table(change, rendering)} DROP PRIMARY KEY", change)
        return
    name = change.get("constraintName") or f"{need(change, 'tableName')}_pkey"
    yield said(f"ALTER TABLE {_table(change, rendering)} DROP CONSTRAINT {dialect.name(name)}", change)


def add_unique(change: Node, rendering: Rendering) -> Iterator[Text]:
    """ADD UNIQUE. With ``forIndexName`` it is SQL that no server takes, as Liquibase writes it."""
    dialect = rendering.dialect
    name = change.get("constraintName")
    head = f"CONSTRAINT {dialect.name(name)} " if name else ""
    columns = dialect.columns(need(change, "columnNames"))
    sql = f"ALTER TABLE {_table(change, rendering)} ADD {head}UNIQUE ({columns})"
    if dialect.postgres:
        sql += " DEFERRABLE" if change.flag("deferrable") else ""
        sql += " INITIALLY DEFERRED" if change.flag("initiallyDeferred") else ""
    index = change.get("forIndexName")
    yield said(
        sql + (f" USING INDEX {dialect.name(index)}" if index else "") + _space(change, rendering), change
    )


def drop_unique(change: Node, rendering: Rendering) -> Iterator[Text]:
    """DROP CONSTRAINT, or MySQL's DROP KEY."""
    word = "CONSTRAINT" if rendering.dialect.postgres else "KEY"
    name = rendering.dialect.name(need(change, "constraintName"))
    yield said(f"ALTER TABLE {_table(change, rendering)} DROP {word} {name}", change)


def add_foreign_key(change: Node, rendering: Rendering) -> Iterator[Text]:
    """ADD FOREIGN KEY, NOT VALID on PostgreSQL where it is not to be validated."""
    dialect = rendering.dialect
    sql = (
        f"ALTER TABLE {_table(change, rendering, 'base')} ADD CONSTRAINT"
        f" {dialect.name(need(change, 'constraintName'))}"
        f" FOREIGN KEY ({dialect.columns(need(change, 'baseColumnNames'))})"
        f" REFERENCES {_table(change, rendering, 'referenced')}"
        f" ({dialect.columns(need(change, 'referencedColumnNames'))})"
    )
    update, delete = change.get("onUpdate"), change.get("onDelete")
    if change.flag("deleteCascade"):
        delete = "CASCADE"
    sql += f" ON UPDATE {update}" if update else ""
    sql += f" ON DELETE {delete}" if delete else ""
    sql += " DEFERRABLE" if change.flag("deferrable") else ""
    sql += " INITIALLY DEFERRED" if change.flag("initiallyDeferred") else ""
    if dialect.postgres and not change.flag("validate", default=True):
        sql += " NOT VALID"
    yield said(sql, change)


def drop_foreign_key(change: Node, rendering: Rendering) -> Iterator[Text]:
    """DROP CONSTRAINT, or MySQL's DROP FOREIGN KEY."""
    word = "CONSTRAINT" if rendering.dialect.postgres else "FOREIGN KEY"
    name = rendering.dialect.name(need(change, "constraintName"))
    yield said(f"ALTER TABLE {_table(change, rendering, 'base')} DROP {word} {name}", change)
