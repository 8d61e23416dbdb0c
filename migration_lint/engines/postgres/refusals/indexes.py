"""CREATE INDEX and ALTER INDEX that the server refuses.

``DefineIndex`` and ``ComputeIndexAttrs`` of ``indexcmds.c``, ``ATExecAttachPartitionIdx`` of ``tablecmds.c``.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.engines.postgres.expressions import columns_of
from migration_lint.engines.postgres.index_definitions import same_definition
from migration_lint.engines.postgres.nodes import Node, body, names, walk
from migration_lint.engines.postgres.situation import Situation
from migration_lint.engines.postgres.types import base_of
from migration_lint.names import bare
from migration_lint.schema import Generated, Relation, Type

_SYSTEM = frozenset("tableoid cmax xmax cmin xmin ctid".split())
_UNIQUE = frozenset(["btree"])
_ONE_COLUMN = frozenset(["hash", "spgist"])
_OWN = frozenset("btree hash gist spgist gin brin".split())
_AGGREGATES = frozenset("count sum avg min max array_agg string_agg bool_and bool_or".split())
_SCALARS = frozenset(
    """smallint integer bigint numeric real text boolean date uuid money bytea json interval oid""".split()
) | {
    "character varying",
    "character",
    "double precision",
    "timestamp without time zone",
    "timestamp with time zone",
    "time without time zone",
    "time with time zone",
}
"""Types without a default operator class for GIN and GiST, unless an extension brings one."""
_BROUGHT_BY = {"gin": "btree_gin", "gist": "btree_gist"}


def new_index(node: Node, table: Relation, at: Situation) -> str | None:
    """Why the server refuses an IndexStmt's fields, where that is certain."""
    if not table.complete or not table.columns or not at.catalog.certain:
        return None
    return next(_reasons(node, table, at), None)


def _reasons(node: Node, table: Relation, at: Situation) -> Iterator[str]:
    keys = [body(item) for item in node.get("indexParams") or ()]
    payload = [body(item) for item in node.get("indexIncludingParams") or ()]
    method = node.get("accessMethod") or "btree"
    unique = bool(node.get("unique", False))
    if any("expr" in item for item in payload):
        yield "expressions are not supported in included columns"
    named = [str(item["name"]) for item in (*keys, *payload) if "name" in item]
    read = columns_of([item.get("expr") for item in keys]) | columns_of(node.get("whereClause"))
    for name in (*named, *sorted(read)):
        if name in _SYSTEM:
            yield "index creation on system columns is not supported"
        elif table.column(name) is None and name != bare(table.name):
            yield f'column "{name}" does not exist'
        elif (column := table.column(name)) is not None and column.generated is Generated.VIRTUAL:
            yield "indexes on virtual generated columns are not supported"
    for kind, fields in walk([item.get("expr") for item in keys]):
        if kind == "FuncCall" and (names(fields.get("funcname")) or [""])[-1] in _AGGREGATES:
            yield "aggregate functions are not allowed in index expressions"
    if method in _OWN:
        if unique and method not in _UNIQUE:
            yield f'access method "{method}" does not support unique indexes'
        if len(keys) > 1 and method in _ONE_COLUMN:
            yield f'access method "{method}" does not support multicolumn indexes'
    extension = _BROUGHT_BY.get(method)
    for item in keys if extension is not None and extension not in at.catalog.extensions else ():
        column = table.column(str(item.get("name", "")))
        if "opclass" not in item and column is not None and _is_scalar(column.type, at):
            yield f'data type {column.type} has no default operator class for access method "{method}"'
    if unique and table.partition_key is not None:
        yield from _unique_of_partitioned(table, [item.get("name") for item in keys])


def _is_scalar(type_: Type | None, at: Situation) -> bool:
    if type_ is None:
        return False
    base, _ = base_of(type_, at.catalog)
    return base.name in _SCALARS and not base.dimensions


def _unique_of_partitioned(table: Relation, columns: list[str | None]) -> Iterator[str]:
    key = table.partition_key
    if key is not None and None in key.columns:
        yield "unsupported UNIQUE constraint with partition key definition"
    elif key is not None and not set(key.columns) <= set(columns):
        yield "unique constraint on partitioned table must include all partitioning columns"


def attached_index(parent: str, child: str, at: Situation) -> str | None:
    """Why ALTER INDEX … ATTACH PARTITION is refused, where that is certain."""
    above, own = at.index(parent), at.index(child)
    table = at.relation(above.relation) if above is not None else None
    if above is None or table is None or not at.catalog.certain:
        return None
    if table.partition_key is None:
        return f'index "{bare(parent)}" is not partitioned'
    if own is None or own.parent == parent:
        return None
    shown = f'cannot attach index "{bare(child)}" as a partition of index "{bare(parent)}"'
    below = [relation.name for relation in at.catalog.children(above.relation)]
    others = [index for index in at.catalog.indexes_on(own.relation) if index.parent == parent]
    constrained = above.constraint is None or own.constraint is not None
    if own.relation not in below or own.parent is not None or others or not constrained:
        return shown
    return None if same_definition(own, above) else shown
