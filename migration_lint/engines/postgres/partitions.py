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
    interval_of_bound,
    interval_of_checks,
    within,
)
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node
from migration_lint.engines.postgres.prediction import lock, scan
from migration_lint.schema import PartitionBound, Relation, RelationKind


def read_bound(node: Node) -> PartitionBound:
    """A PartitionBoundSpec's fields."""
    return PartitionBound(default=bool(node.get("is_default", False)), tree=node)


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
    known = partition.column(column)
    no_null = (known is not None and known.not_null) or constrained_not_null(column, partition.constraints)
    if not no_null and not accepts_null(bound):
        return False
    return within(interval_of_checks(column, partition.constraints), wanted)


def default_is_clear(parent: Relation | None, default: Relation, bound: PartitionBound) -> bool:
    """Whether the DEFAULT partition's constraints rule out rows for the new bounds."""
    column = _key(parent)
    wanted = interval_of_bound(bound)
    if column is None or wanted is None:
        return False
    known = interval_of_checks(column, default.constraints)
    return known != type(known)() and apart(known, wanted)


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
