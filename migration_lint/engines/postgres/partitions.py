"""What joining a partition costs: which rows the server has to check, and which it knows already.

``ATExecAttachPartition`` and ``check_default_partition_contents``. A constraint of the partition
that implies its bounds spares the scan; so does one of the DEFAULT partition that rules them out.
https://www.postgresql.org/docs/current/sql-altertable.html (ATTACH PARTITION)
"""

from __future__ import annotations

from migration_lint.catalog import Catalog
from migration_lint.effects import Effect
from migration_lint.engines.postgres.expressions import (
    accepts_null,
    apart,
    constrained_not_null,
    excludes,
    interval_of_bound,
    interval_of_checks,
    valid_checks,
    within,
)
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node, body, constant, is_null, names, tag
from migration_lint.engines.postgres.prediction import lock, scan
from migration_lint.schema import PartitionBound, Relation, RelationKind


def read_bound(node: Node) -> PartitionBound:
    """A PartitionBoundSpec's fields."""
    return PartitionBound(
        default=bool(node.get("is_default", False)),
        tree=node,
        low=_literals(node.get("lowerdatums")),
        high=_literals(node.get("upperdatums")),
        values=_literals(node.get("listdatums")),
    )


def _literals(nodes: list[Node] | None) -> tuple[str, ...]:
    """The datums as SQL; nothing, where one of them is not a literal."""
    found = [_literal(node) for node in nodes or ()]
    return tuple(text for text in found if text is not None) if None not in found else ()


def _literal(node: Node) -> str | None:
    while tag(node) == "TypeCast":
        node = body(node).get("arg") or {}
    if tag(node) == "ColumnRef":  # MINVALUE and MAXVALUE
        return "".join(names(body(node).get("fields"))).upper()
    if is_null(node):
        return "NULL"
    fields = body(node)
    if tag(node) == "A_Expr" and names(fields.get("name")) == ["-"] and not fields.get("lexpr"):
        inner = _literal(fields.get("rexpr") or {})
        return None if inner is None else f"-{inner}"
    value = constant(node)
    if isinstance(value, str) and "sval" in fields:
        return "'" + value.replace("'", "''") + "'"
    return None if value is None else str(value).lower()


def _key(parent: Relation | None) -> str | None:
    """The key column of a table that is divided by range or list of one column."""
    key = parent.partition_key if parent is not None else None
    if key is None or key.strategy == "hash" or len(key.columns) != 1:
        return None
    return key.columns[0]


def is_proven(parent: Relation | None, partition: Relation | None, bound: PartitionBound) -> bool:
    """Whether the partition's own constraints say that all its rows are within the bounds."""
    column = _key(parent)
    wanted = interval_of_bound(bound)
    if column is None or partition is None or wanted is None:
        return False
    if not accepts_null(bound) and not _has_no_null(partition, column):
        return False
    return within(interval_of_checks(column, partition.constraints), wanted)


def _has_no_null(table: Relation, column: str) -> bool:
    known = table.column(column)
    return (known is not None and known.not_null) or constrained_not_null(column, table.constraints)


def default_is_clear(parent: Relation | None, default: Relation, bound: PartitionBound) -> bool:
    """Whether the DEFAULT partition's constraints rule out rows for the new bounds."""
    column = _key(parent)
    wanted = interval_of_bound(bound)
    if column is None or wanted is None:
        return False
    if accepts_null(bound) and not _has_no_null(default, column):
        return False
    known = interval_of_checks(column, default.constraints)
    if known != type(known)() and apart(known, wanted):
        return True
    return any(
        excludes(check.tree, check.name_in_tree(column), wanted)
        for check in valid_checks(default.constraints)
    )


def rows_checked(
    catalog: Catalog, parent: Relation | None, table: Relation, bound: PartitionBound
) -> list[Effect]:
    """Scans of a table, or of the leaves below it, that the bounds do not follow from."""
    leaves = [table, *catalog.descendants(table.name)]
    found: list[Effect] = []
    for leaf in leaves:
        if leaf.kind is RelationKind.PARTITIONED_TABLE:
            if is_proven(parent, leaf, bound):
                return found
            continue
        if leaf.kind is RelationKind.FOREIGN_TABLE:
            continue
        if not is_proven(parent, leaf, bound):
            found.append(scan(leaf.name, certain=leaf.complete and parent is not None))
    return found


def default_checked(catalog: Catalog, parent: Relation | None, bound: PartitionBound) -> list[Effect]:
    """Locks and scans of the DEFAULT partition when another one takes some of its values."""
    default = catalog.default_partition(parent.name) if parent is not None else None
    if default is None or bound.default:
        return []
    found: list[Effect] = [lock(default.name, Mode.AccessExclusiveLock)]
    clear = default_is_clear(parent, default, bound)
    for leaf in (default, *catalog.descendants(default.name)):
        found.append(lock(leaf.name, Mode.AccessExclusiveLock))
        if leaf.kind is RelationKind.TABLE and not clear and not default_is_clear(parent, leaf, bound):
            found.append(scan(leaf.name))
    return found
