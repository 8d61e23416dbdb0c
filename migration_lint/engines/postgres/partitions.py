"""What joining a partition costs: which rows the server has to check, and which it knows already.

``ATExecAttachPartition`` and ``check_default_partition_contents``. A constraint of the partition
that implies its bounds spares the scan; so does one of the DEFAULT partition that rules them out.
https://www.postgresql.org/docs/current/sql-altertable.html (ATTACH PARTITION)
"""

from __future__ import annotations

from migration_lint.catalog import Catalog
from migration_lint.effects import Effect
from migration_lint.engines.postgres.implication import (
    All,
    Formula,
    implies,
    negated,
    of_bound,
    of_default,
    of_table,
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


def _wanted(catalog: Catalog, parent: Relation | None, bound: PartitionBound) -> Formula:
    """What a partition's rows must be: within its bound, and within those of the tables above it."""
    parts: list[Formula] = []
    while parent is not None and parent.partition_key is not None:
        key = parent.partition_key
        if bound.default:
            siblings = [child.bound for child in catalog.children(parent.name)]
            parts.append(of_default(key, [one for one in siblings if one is not None and not one.default]))
        else:
            parts.append(of_bound(key, bound))
        if parent.bound is None:
            return All(tuple(parts))
        bound = parent.bound
        parent = catalog.relation(parent.partition_of or "")
    return Formula()


def default_is_clear(parent: Relation | None, default: Relation, bound: PartitionBound) -> bool:
    """Whether the DEFAULT partition's constraints rule out rows for the new bounds."""
    key = parent.partition_key if parent is not None else None
    return key is not None and implies(of_table(default), negated(of_bound(key, bound)))


def rows_checked(
    catalog: Catalog, parent: Relation | None, table: Relation, bound: PartitionBound
) -> list[Effect]:
    """Scans of a table, or of the leaves below it, that the bounds do not follow from."""
    wanted = _wanted(catalog, parent, bound)
    found: list[Effect] = []
    for leaf in [table, *catalog.descendants(table.name)]:
        proven = implies(of_table(leaf), wanted)
        if leaf.kind is RelationKind.PARTITIONED_TABLE and proven:
            return found
        if leaf.kind is RelationKind.TABLE and not proven:
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
