"""Rows that come: where they are put, which defaults they take, which keys are looked up."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from migration_lint.effects import Effect
from migration_lint.engines.postgres.calls import called
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node, body, is_null, tag
from migration_lint.engines.postgres.prediction import lock
from migration_lint.engines.postgres.pruning import routed
from migration_lint.engines.postgres.references import checked, own_keys, referenced_columns
from migration_lint.engines.postgres.sequences import owned_by_column
from migration_lint.engines.postgres.situation import Situation
from migration_lint.engines.postgres.targets import Target, ancestors
from migration_lint.schema import Column, RelationKind


def put(
    target: Target,
    given: Sequence[str],
    rows: Sequence[Sequence[Node]],
    at: Situation,
    *,
    select: Node | None,
    exact: bool = True,
) -> Iterator[Effect]:
    """Effects of rows put into a table, apart from ROW EXCLUSIVE on it.

    `given` are the columns named, `rows` the values where they are listed, `select` a tagged query
    that gives them. Not `exact`: the rows may not come at all (MERGE, COPY).
    """
    columns = target.known.columns if target.known is not None else ()
    named = list(given) or [column.name for column in columns]
    if not given and rows:
        named = named[: len(rows[0])]
    if not given and not rows and select is None and exact:  # DEFAULT VALUES
        named, rows = [], [[]]
    if not rows and select is not None:
        listed = body(select).get("targetList") or []
        rows = [[body(item).get("val") or {} for item in listed]] if _is_one_row(select) else []
        named = named if given or not rows else named[: len(rows[0])]
    yield from ancestors(target.known, at)
    yield from _routes(target, named, rows, at, exact)
    written = {
        name
        for place, name in enumerate(named)
        if not rows or any(place < len(row) and not is_null(row[place]) for row in rows)
    }
    for column in columns:
        takes_default = column.name not in named or _saysdefault_taken(named.index(column.name), rows)
        if takes_default:
            yield from default_taken(target.name, column, at)
            if column.default is not None and not is_null(_tree(column)):
                written.add(column.name)
    yield from checked(target.name, written if columns or given else None, at.catalog)
    yield from _found(target, named, rows, at)


def _found(
    target: Target, named: Sequence[str], rows: Sequence[Sequence[Node]], at: Situation
) -> Iterator[Effect]:
    """The partitions in which foreign keys of the rows look for what they refer to."""
    for key in own_keys(target.name, at.catalog):
        referenced = at.relation(str(key.references))
        if referenced is None or referenced.partition_key is None or not set(key.columns) & set(named):
            continue
        for row in rows:
            values = dict(zip(named, row, strict=False))
            sought = {
                other: values[own]
                for own, other in zip(key.columns, referenced_columns(referenced, key), strict=False)
                if own in values
            }
            for child in routed(referenced.name, sought, at.catalog) or ():
                yield lock(child.name, Mode.RowShareLock)
        if not rows:
            for child in at.catalog.descendants(referenced.name):
                yield lock(child.name, Mode.RowShareLock, certain=False)


def _is_one_row(select: Node) -> bool:
    fields = body(select)
    return tag(select) == "SelectStmt" and not any(fields.get(key) for key in ("fromClause", "larg"))


def _saysdefault_taken(place: int, rows: Sequence[Sequence[Node]]) -> bool:
    return any(place < len(row) and tag(row[place]) == "SetToDefault" for row in rows)


def _tree(column: Column) -> Node | None:
    tree = column.default.tree if column.default is not None else None
    return tree if isinstance(tree, dict) else None


def default_taken(table: str, column: Column, at: Situation) -> Iterator[Effect]:
    """The sequence behind a serial or identity column, or that a default names."""
    if column.serial or column.identity is not None:
        sequence = owned_by_column(table, column.name, at.catalog)
        if sequence is not None:
            yield lock(sequence, Mode.RowExclusiveLock)
    elif column.generated is None and _tree(column) is not None:
        yield from called({"Default": {"value": _tree(column)}}, at)


def _omitted(columns: Sequence[Column], named: Container[str]) -> dict[str, Node]:
    """What columns get that a row gives no value: their default, else NULL."""
    null: Node = {"A_Const": {"isnull": True}}
    return {
        column.name: _tree(column) or null
        for column in columns
        if column.name not in named and column.identity is None and not column.serial
    }


def _routes(
    target: Target, named: Sequence[str], rows: Sequence[Sequence[Node]], at: Situation, exact: bool
) -> Iterator[Effect]:
    if target.known is None or target.known.kind is not RelationKind.PARTITIONED_TABLE:
        return
    found: dict[str, None] = {}
    unclear = not rows
    columns = target.known.columns
    for row in rows:
        given = {name: value for name, value in zip(named, row, strict=False) if tag(value) != "SetToDefault"}
        path = routed(target.name, {**_omitted(columns, given), **given}, at.catalog)
        unclear = unclear or path is None
        found.update((child.name, None) for child in path or ())
    for name in found:
        yield lock(name, Mode.RowExclusiveLock, certain=exact)
    if unclear:
        for child in at.catalog.descendants(target.name):
            if child.name not in found:
                yield lock(child.name, Mode.RowExclusiveLock, certain=False)
