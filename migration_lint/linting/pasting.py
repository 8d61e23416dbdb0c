"""SQL to paste into the next try, made from what the user wrote and what the catalog knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migration_lint.catalog import Catalog
from migration_lint.effects import (
    Change,
    CreateIndex,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIndex,
    DropPolicy,
    DropRule,
    DropTable,
    DropTrigger,
    DropView,
)
from migration_lint.linting.wording import deliberate, guarded
from migration_lint.names import bare, quoted, shortened, split, sql_name, sql_names
from migration_lint.schema import Constraint, Index, PartitionBound, PartitionKey, RelationKind

UNUSED = "no code uses it any more"
"""The reason to give for what goes for good."""

_NAME = r'(?:"(?:[^"]|"")*"|[^\W\d][\w$]*)'
_CREATE_INDEX = re.compile(
    r"create\s+(?P<unique>unique\s+)?index\s+(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?"
    rf"(?:(?!on\s){_NAME}\s+)?on\s+(?:only\s+)?{_NAME}(?:\s*\.\s*{_NAME})?",
    re.IGNORECASE,
)
_DROP_INDEX = re.compile(r"\s*drop\s+index\b", re.IGNORECASE)


def create_index(
    sql: str, index: Index, *, concurrently: bool = True, only: bool = False, on: Index | None = None
) -> str:
    """A CREATE INDEX statement in other circumstances: its keys and options are as `sql` has them.

    `on` is the same index of a partition, whose name and table it gets. Where `sql` holds no such
    statement, it is made from what the catalog knows of `index`.
    """
    target = on or index
    how = "CONCURRENTLY " if concurrently else ""
    scope = "ONLY " if only else ""
    found = _CREATE_INDEX.search(sql)
    unique = "UNIQUE " if index.unique else ""
    head = f"CREATE {unique}INDEX {how}{quoted(bare(target.name))} ON {scope}{sql_name(target.relation)}"
    return head + (sql[found.end() :].rstrip() if found else _keys(index)) + ";"


def _keys(index: Index) -> str:
    """The part of CREATE INDEX after the table."""
    method = "" if index.method == "btree" else f" USING {index.method}"
    expressions = iter(index.expressions)
    keys = [
        quoted(column) if column is not None else _expression(next(expressions, None))
        for column in index.columns
    ]
    for number, name in enumerate(index.operator_classes[: len(keys)]):
        keys[number] += f" {name}" if name else ""
    text = f"{method} ({', '.join(keys)})"
    if index.include:
        text += f" INCLUDE ({sql_names(index.include)})"
    if index.predicate is not None:
        text += f" WHERE {index.predicate.text}"
    return text


def _expression(expression: object) -> str:
    return f"({getattr(expression, 'text', '')})"


def partitioned_index(sql: str, change: CreateIndex, catalog: Catalog) -> list[str]:
    """The same index of a partitioned table without a long lock: several migrations.

    First on the parent alone, then on each partition CONCURRENTLY, then they are joined.
    """
    index = change.index
    owns = change.partitions or tuple(_own_indexes(index, change.relation, catalog))
    parents = [create_index(sql, index, concurrently=False, only=True)]
    builds: list[str] = []
    for own in owns:
        if catalog.index(own.name) is not None:
            continue
        if _is_divided(own.relation, catalog):
            parents.append(create_index(sql, index, concurrently=False, only=True, on=own))
        else:
            builds.append(create_index(sql, index, on=own))
    joined = [
        f"ALTER INDEX {sql_name(own.parent or index.name)} ATTACH PARTITION {sql_name(own.name)};"
        for own in reversed(owns)
    ]
    parts = [guarded("\n".join(parents)), *builds]
    return [*parts, guarded("\n".join(joined))] if joined else parts


def _own_indexes(parent: Index, relation: str, catalog: Catalog) -> Iterator[Index]:
    """The indexes that the partitions of a table need, by names of ours."""
    keys = "_".join(column or "expr" for column in parent.columns)
    for child in catalog.children(relation):
        schema, table = split(child.name)
        name = f"{schema}.{shortened(f'{table}_{keys}_idx')}"
        own = Index(name, child.name, parent.columns, parent=parent.name)
        yield own
        yield from _own_indexes(own, child.name, catalog)


def _is_divided(relation: str, catalog: Catalog) -> bool:
    table = catalog.relation(relation)
    return table is not None and table.kind is RelationKind.PARTITIONED_TABLE


def bound_sql(bound: PartitionBound) -> str | None:
    """``FOR VALUES …`` or ``DEFAULT``; None where the values are not literals."""
    if bound.default:
        return "DEFAULT"
    if bound.low and bound.high:
        return f"FOR VALUES FROM ({', '.join(bound.low)}) TO ({', '.join(bound.high)})"
    return f"FOR VALUES IN ({', '.join(bound.values)})" if bound.values else None


def bound_condition(key: PartitionKey | None, bound: PartitionBound) -> str | None:
    """What the values of a one-column key satisfy within the bounds, NULL left aside.

    None where it cannot be said as a simple condition.
    """
    if key is None or len(key.columns) != 1 or key.columns[0] is None:
        return None
    column = quoted(key.columns[0])
    if bound.values:
        listed = [value for value in bound.values if value != "NULL"]
        return f"{column} IN ({', '.join(listed)})" if len(listed) == len(bound.values) else None
    if len(bound.low) != 1 or len(bound.high) != 1:
        return None
    parts = []
    if bound.low[0] != "MINVALUE":
        parts.append(f"{column} >= {bound.low[0]}")
    if bound.high[0] != "MAXVALUE":
        parts.append(f"{column} < {bound.high[0]}")
    return " AND ".join(parts) or None


def drops_index(sql: str, name: str) -> bool:
    """Whether the statement drops an index of that name; if it is not there, that has no effect."""
    return bool(_DROP_INDEX.match(sql)) and quoted(bare(name)).lower() in sql.lower()


def computed_by_trigger(relation: str, column: str, expression: str) -> str:
    """A trigger that computes a plain column from the others on every INSERT and UPDATE."""
    schema, table = split(relation)
    name = shortened(f"{table}_{column}")
    routine = sql_name(f"{schema}.{name}")
    value = " ".join(("SELECT", expression, "FROM (SELECT NEW.*) AS new_row"))
    return (
        f"CREATE FUNCTION {routine}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        f"BEGIN\n    NEW.{quoted(column)} := ({value});\n    RETURN NEW;\nEND $$;\n"
        f"CREATE TRIGGER {quoted(name)} BEFORE INSERT OR UPDATE ON {sql_name(relation)}\n"
        f"    FOR EACH ROW EXECUTE FUNCTION {routine}();"
    )


def foreign_key(constraint: Constraint) -> str:
    """``FOREIGN KEY (…) REFERENCES …`` of a known constraint, with its actions."""
    text = f"FOREIGN KEY ({sql_names(constraint.columns)}) REFERENCES {sql_name(constraint.references or '')}"
    if constraint.referenced_columns:
        text += f" ({sql_names(constraint.referenced_columns)})"
    for event, action in (("DELETE", constraint.on_delete), ("UPDATE", constraint.on_update)):
        text += "" if action == "no action" else f" ON {event} {action.upper()}"
    return text + (" DEFERRABLE" if constraint.deferrable else "")


def dropped_by_name(change: Change) -> str:
    """The statement that drops by name what CASCADE would take along; empty for other changes.

    What loses data or breaks code has the comment that lets it pass, once nobody uses it.
    """
    table = sql_name(change.relation)
    if isinstance(change, DropColumn):
        drop = f"ALTER TABLE {table} DROP COLUMN {quoted(change.column)};"
        return deliberate("drop-column", UNUSED, drop)
    if isinstance(change, DropDefault):
        return f"ALTER TABLE {table} ALTER COLUMN {quoted(change.column)} DROP DEFAULT;"
    if isinstance(change, DropConstraint):
        return f"ALTER TABLE {table} DROP CONSTRAINT {quoted(change.constraint)};"
    if isinstance(change, DropTrigger):
        return f"DROP TRIGGER {quoted(change.trigger)} ON {table};"
    if isinstance(change, DropPolicy):
        return f"DROP POLICY {quoted(change.policy)} ON {table};"
    if isinstance(change, DropRule):
        return f"DROP RULE {quoted(change.rule)} ON {table};"
    if isinstance(change, DropIndex):
        return f"DROP INDEX {sql_name(change.index)};"
    if isinstance(change, DropView):
        drop = f"DROP {'MATERIALIZED ' if change.materialized else ''}VIEW {table};"
        return deliberate("drop-view", UNUSED, drop)
    return deliberate("drop-table", UNUSED, f"DROP TABLE {table};") if isinstance(change, DropTable) else ""
