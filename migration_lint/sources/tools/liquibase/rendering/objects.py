"""Indexes, views and sequences."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.sources.tools.liquibase.rendering.change import (
    ChangeError,
    Rendering,
    need,
    said,
    sentence,
)
from migration_lint.sources.tools.liquibase.rendering.code import text_of
from migration_lint.sources.tools.liquibase.tree import Node, Text

_CONSTRAINTS = frozenset({"primarykey", "uniqueconstraint", "foreignkey"})


def create_index(change: Node, rendering: Rendering) -> Iterator[Text]:
    """CREATE INDEX, never CONCURRENTLY; nothing where a constraint makes the index."""
    if not _is_made(change):
        return
    dialect = rendering.dialect
    table = dialect.table(change.get("schemaName"), need(change, "tableName"))
    columns = []
    for column in change.all("column"):
        name = need(column, "name")
        written = name if column.flag("computed") else dialect.name(name)
        columns.append(written + (" DESC" if column.flag("descending") else ""))
    if not columns:
        raise ChangeError("createIndex has no columns: Liquibase stops there")
    name = dialect.name(need(change, "indexName"))
    unique = "UNIQUE " if change.flag("unique") else ""
    space = change.get("tablespace") if dialect.postgres else None
    where = f" TABLESPACE {space}" if space else ""
    yield said(f"CREATE {unique}INDEX {name} ON {table}({', '.join(columns)}){where}", change)
    if dialect.postgres and change.flag("clustered"):
        yield said(f"CLUSTER {table} USING {name}", change)


def _is_made(change: Node) -> bool:
    made_by = {word.strip().lower() for word in (change.get("associatedWith") or "").split(",")}
    return not made_by & _CONSTRAINTS


def drop_index(change: Node, rendering: Rendering) -> Iterator[Text]:
    """DROP INDEX, on MySQL of a table."""
    dialect = rendering.dialect
    schema, name = change.get("schemaName"), need(change, "indexName")
    if dialect.postgres:
        yield said(f"DROP INDEX {dialect.table(schema, name)}", change)
    else:
        yield said(
            f"DROP INDEX {dialect.name(name)} ON {dialect.table(schema, need(change, 'tableName'))}", change
        )


def create_view(change: Node, rendering: Rendering) -> Iterator[Text]:
    """CREATE VIEW; with ``fullDefinition`` the text says all of it."""
    dialect = rendering.dialect
    view = dialect.table(change.get("schemaName"), need(change, "viewName"))
    query = text_of(change, rendering, "selectQuery")
    if change.flag("fullDefinition"):
        yield query
    else:
        replace = "OR REPLACE " if change.flag("replaceIfExists") else ""
        yield sentence(change, f"CREATE {replace}VIEW {view} AS ", query)
    remarks = change.get("remarks")
    if remarks is not None and dialect.postgres:
        yield said(f"COMMENT ON VIEW {view} IS {dialect.text(remarks)}", change)


def uncreate_view(change: Node, rendering: Rendering) -> Iterator[Text]:
    """DROP VIEW, also of one that was only replaced."""
    view = rendering.dialect.table(change.get("schemaName"), need(change, "viewName"))
    yield said(f"DROP VIEW {view}", change)


def drop_view(change: Node, rendering: Rendering) -> Iterator[Text]:
    """DROP VIEW."""
    view = rendering.dialect.table(change.get("schemaName"), need(change, "viewName"))
    yield said(f"DROP VIEW {'IF EXISTS ' if change.flag('ifExists') else ''}{view}", change)


def rename_view(change: Node, rendering: Rendering) -> Iterator[Text]:
    """ALTER TABLE … RENAME, on MySQL RENAME TABLE."""
    schema = change.get("schemaName")
    yield _renamed(change, rendering, schema, need(change, "oldViewName"), need(change, "newViewName"))


def unrename_view(change: Node, rendering: Rendering) -> Iterator[Text]:
    """The other way round; Liquibase forgets the schema."""
    yield _renamed(change, rendering, None, need(change, "newViewName"), need(change, "oldViewName"))


def _renamed(change: Node, rendering: Rendering, schema: str | None, old: str, new: str) -> Text:
    dialect = rendering.dialect
    if dialect.postgres:
        return said(f"ALTER TABLE {dialect.table(schema, old)} RENAME TO {dialect.name(new)}", change)
    return said(f"RENAME TABLE {dialect.table(schema, old)} TO {dialect.table(schema, new)}", change)


def _sequence(change: Node, rendering: Rendering, attribute: str = "sequenceName") -> str:
    if rendering.dialect.database == "mysql":
        raise ChangeError(f"{change.name}: MySQL has no sequences, and Liquibase stops there")
    return rendering.dialect.table(change.get("schemaName"), need(change, attribute))


_START, _STEP, _CACHE = ("START WITH", "startValue"), ("INCREMENT BY", "incrementBy"), ("CACHE", "cacheSize")
_LIMITS = (("MINVALUE", "minValue"), ("MAXVALUE", "maxValue"))


def _options(change: Node, rendering: Rendering) -> str:
    postgres = rendering.dialect.postgres
    order = (_START, _STEP, *_LIMITS, _CACHE) if postgres else (_STEP, *_LIMITS, _START, _CACHE)
    options = [f" {word} {value}" for word, name in order if (value := change.get(name)) is not None]
    if change.flag("ordered") and postgres:
        options.append(" ORDER")
    if change.get("cycle") is not None:
        never = "NO CYCLE" if postgres else "NOCYCLE"
        options.append(" CYCLE" if change.flag("cycle") else f" {never}")
    return "".join(options)


def create_sequence(change: Node, rendering: Rendering) -> Iterator[Text]:
    """CREATE SEQUENCE."""
    name = _sequence(change, rendering)
    kind = change.get("dataType")
    head = "CREATE SEQUENCE IF NOT EXISTS" if rendering.dialect.postgres else "CREATE SEQUENCE"
    options = (f" AS {kind}" if kind else "") + _options(change, rendering)
    yield said(f"{head} {name}{options}", change)


def alter_sequence(change: Node, rendering: Rendering) -> Iterator[Text]:
    """ALTER SEQUENCE."""
    options = _options(change, rendering)
    yield said(f"ALTER SEQUENCE {_sequence(change, rendering)}{options}", change)


def drop_sequence(change: Node, rendering: Rendering) -> Iterator[Text]:
    """DROP SEQUENCE, on PostgreSQL with CASCADE."""
    cascade = " CASCADE" if rendering.dialect.postgres else ""
    yield said(f"DROP SEQUENCE {_sequence(change, rendering)}{cascade}", change)


def rename_sequence(change: Node, rendering: Rendering) -> Iterator[Text]:
    """ALTER SEQUENCE … RENAME."""
    old = _sequence(change, rendering, "oldSequenceName")
    yield said(
        f"ALTER SEQUENCE {old} RENAME TO {rendering.dialect.name(need(change, 'newSequenceName'))}", change
    )


def unrename_sequence(change: Node, rendering: Rendering) -> Iterator[Text]:
    """The other way round."""
    new = _sequence(change, rendering, "newSequenceName")
    yield said(
        f"ALTER SEQUENCE {new} RENAME TO {rendering.dialect.name(need(change, 'oldSequenceName'))}", change
    )
