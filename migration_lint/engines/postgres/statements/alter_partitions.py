"""ALTER TABLE … ATTACH PARTITION and DETACH PARTITION.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-ATTACH-PARTITION
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.effects import AttachPartition, DetachPartition, Effect, IndexBuild, Scan
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.partitions import default_checked, read_bound, rows_checked
from migration_lint.engines.postgres.prediction import lock, locks
from migration_lint.engines.postgres.statements.alteration import Clause
from migration_lint.names import split
from migration_lint.schema import Index, Relation, RelationKind


def attach_partition(clause: Clause) -> Iterator[Effect]:
    """The partition's rows are checked against its bounds unless a constraint proves them."""
    catalog = clause.at.catalog
    name = clause.at.relation_name(clause.definition.get("name") or {})
    bound = read_bound(clause.definition.get("bound") or {})
    parent = clause.relation
    partition = clause.at.relation(name) or Relation(name, complete=False)
    checked = rows_checked(catalog, parent, partition, bound)
    if bound.default and parent is not None and not catalog.children(clause.table):
        # The first partition, as DEFAULT, has no bounds to keep.
        checked = []
    yield AttachPartition(
        relation=clause.table,
        partition=name,
        bound=bound,
        proven=not any(isinstance(effect, Scan) for effect in checked),
        clause=clause.number,
    )
    yield lock(clause.table, Mode.ShareUpdateExclusiveLock, clause=clause.number)
    below = [child.name for child in catalog.descendants(name)]
    yield from locks([name, *below], Mode.AccessExclusiveLock, clause=clause.number)
    yield from checked
    yield from default_checked(catalog, parent, bound)
    if parent is None:
        return
    yield from _missing_indexes(clause, parent, partition)
    for constraint in parent.constraints:
        if constraint.references is None:
            continue
        if _has_key(partition, constraint.references):
            # The partition's own key is merged into the parent's, and its triggers dropped.
            yield lock(constraint.references, Mode.AccessExclusiveLock, clause=clause.number)
        else:
            yield lock(constraint.references, Mode.ShareRowExclusiveLock, clause=clause.number)
            yield from clause.scanned(partition)
    for other, _ in catalog.foreign_keys_to(parent.name):
        mode = Mode.ShareRowExclusiveLock if clause.at.version >= 15 else Mode.AccessShareLock
        yield lock(other.name, mode, clause=clause.number)


def _has_key(partition: Relation, target: str) -> bool:
    return any(known.references == target and known.validated for known in partition.constraints)


def _missing_indexes(clause: Clause, parent: Relation, partition: Relation) -> Iterator[Effect]:
    """Indexes of the parent that the partition lacks are built in the same statement."""
    if partition.kind is not RelationKind.TABLE:
        return
    own = clause.at.catalog.indexes_on(partition.name)
    for index in clause.at.catalog.indexes_on(parent.name):
        if not any(_alike(index, known) for known in own):
            schema, table = split(partition.name)
            keys = "_".join(column or "expr" for column in index.columns)
            tail = "pkey" if index.constraint and index.name.endswith("_pkey") else f"{keys}_idx"
            yield from clause.scanned(partition, certain=partition.complete)
            yield IndexBuild(
                relation=partition.name,
                index=f"{schema}.{table}_{tail}",
                certain=partition.complete,
                clause=clause.number,
            )


def _alike(one: Index, other: Index) -> bool:
    return (
        one.columns == other.columns
        and one.unique == other.unique
        and one.method == other.method
        and (one.constraint is None or other.constraint is not None)
        and (one.predicate is None) == (other.predicate is None)
        and len(one.expressions) == len(other.expressions)
    )


def detach_partition(clause: Clause) -> Iterator[Effect]:
    """CONCURRENTLY (14 and later) lets reads and writes of the parent go on."""
    catalog = clause.at.catalog
    name = clause.at.relation_name(clause.definition.get("name") or {})
    concurrently = bool(clause.definition.get("concurrent", False))
    yield DetachPartition(
        relation=clause.table, partition=name, concurrently=concurrently, clause=clause.number
    )
    parent_mode = Mode.ShareUpdateExclusiveLock if concurrently else Mode.AccessExclusiveLock
    own = Mode.AccessExclusiveLock
    if clause.at.version < 14:
        parent_mode, own = Mode.AccessExclusiveLock, Mode.ShareUpdateExclusiveLock
    yield lock(clause.table, parent_mode, clause=clause.number)
    yield lock(name, own, clause=clause.number)
    parent = clause.relation
    default = catalog.default_partition(clause.table)
    if default is not None and default.name != name:
        mode = Mode.ShareUpdateExclusiveLock if concurrently else Mode.AccessExclusiveLock
        yield lock(default.name, mode, clause=clause.number)
    for constraint in parent.constraints if parent is not None else ():
        if constraint.references is not None:
            yield lock(constraint.references, Mode.ShareRowExclusiveLock, clause=clause.number)
    for other, _ in catalog.foreign_keys_to(clause.table):
        # Rows that still point into the partition would be left without it: they are looked for.
        yield lock(other.name, Mode.AccessExclusiveLock, clause=clause.number)
        yield lock(name, Mode.AccessExclusiveLock, clause=clause.number)
        yield from clause.scanned(other)
        yield from clause.scanned(clause.at.relation(name) or Relation(name, complete=False))


def finalize_detach(clause: Clause) -> Iterator[Effect]:
    """FINALIZE completes a DETACH CONCURRENTLY that was interrupted (14 and later)."""
    name = clause.at.relation_name(clause.definition.get("name") or {})
    yield DetachPartition(relation=clause.table, partition=name, finalize=True, clause=clause.number)
    yield lock(clause.table, Mode.ShareUpdateExclusiveLock, clause=clause.number)
    yield lock(name, Mode.AccessExclusiveLock, clause=clause.number)
