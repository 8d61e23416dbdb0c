"""ALTER TABLE … ATTACH PARTITION and DETACH PARTITION.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-ATTACH-PARTITION
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.effects import AttachPartition, DetachPartition, Effect, Scan
from migration_lint.engines.postgres.definitions import LABELS
from migration_lint.engines.postgres.index_definitions import (
    chosen_name,
    moved,
    partition_indexes,
    same_definition,
)
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.partitions import default_checked, read_bound, rows_checked
from migration_lint.engines.postgres.prediction import lock, locks
from migration_lint.engines.postgres.statements.alteration import Clause
from migration_lint.schema import Index, Relation

_TRIGGERS_ON_PARTITIONED_SINCE = 15
"""Before, a foreign key's triggers were on the partitions alone."""


def attach_partition(clause: Clause) -> Iterator[Effect]:
    """The partition's rows are checked against its bounds unless a constraint proves them."""
    catalog = clause.at.catalog
    name = clause.at.relation_name(clause.definition.get("name") or {})
    bound = read_bound(clause.definition.get("bound") or {})
    parent = clause.relation
    partition = clause.at.relation(name) or Relation(name, complete=False)
    checked = rows_checked(catalog, parent, partition, bound)
    missing = _missing_indexes(clause, parent, partition) if parent is not None else []
    yield AttachPartition(
        relation=clause.table,
        partition=name,
        bound=bound,
        indexes=tuple(missing),
        proven=not any(isinstance(effect, Scan) for effect in checked),
        clause=clause.number,
    )
    yield lock(clause.table, Mode.ShareUpdateExclusiveLock, clause=clause.number)
    heirs = [child.name for child in catalog.descendants(name)]
    yield from locks([name, *heirs], Mode.AccessExclusiveLock, clause=clause.number)
    yield from checked
    yield from default_checked(catalog, parent, bound)
    if parent is None:
        return
    for index in missing:
        yield from clause.built(index)
    for constraint in parent.constraints:
        if constraint.references is None:
            continue
        below = [child for child in catalog.descendants(constraint.references) if child.bound is not None]
        if _has_key(partition, constraint.references):
            # The partition's own key is merged into the parent's, and its triggers dropped.
            yield lock(constraint.references, Mode.AccessExclusiveLock, clause=clause.number)
            whole = clause.at.version >= _TRIGGERS_ON_PARTITIONED_SINCE
            mode = Mode.AccessExclusiveLock if whole else Mode.ShareRowExclusiveLock
            yield from clause.locked(below, mode)
        else:
            yield lock(constraint.references, Mode.ShareRowExclusiveLock, clause=clause.number)
            yield from clause.locked(below, Mode.ShareRowExclusiveLock)
            yield from clause.scanned(partition)
    for other, _ in catalog.own_foreign_keys_to(parent.name):
        mode = Mode.ShareRowExclusiveLock if clause.at.version >= 15 else Mode.AccessShareLock
        yield lock(other.name, mode, clause=clause.number)


def _has_key(partition: Relation, target: str) -> bool:
    return any(known.references == target and known.validated for known in partition.constraints)


def _missing_indexes(clause: Clause, parent: Relation, partition: Relation) -> list[Index]:
    """Indexes of the parent that the partition lacks are built in the same statement."""
    found: list[Index] = []
    own = clause.at.catalog.indexes_on(partition.name)
    for index in clause.at.catalog.indexes_on(parent.name):
        if any(_is_like(known, index) for known in own):
            continue
        constraint = parent.constraint(index.constraint) if index.constraint is not None else None
        label = LABELS[constraint.kind] if constraint is not None else "idx"
        keys = index.attributes or tuple(column or "expr" for column in (*index.columns, *index.include))
        taken = frozenset(known.name for known in found)
        made = moved(index, chosen_name(partition.name, keys, clause.at, taken, label), partition.name)
        built, _ = partition_indexes(made, keys, clause.at, taken | {made.name}, label)
        found += [made, *built]
    return found


def _is_like(own: Index, index: Index) -> bool:
    return same_definition(own, index) and (index.constraint is None or own.constraint is not None)


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
    parent = clause.relation
    cloned = parent is not None and any(trigger.row for trigger in parent.triggers)
    if clause.at.version < 14:
        parent_mode = Mode.AccessExclusiveLock
        own = Mode.AccessExclusiveLock if cloned else Mode.ShareUpdateExclusiveLock
    yield lock(clause.table, parent_mode, clause=clause.number)
    yield lock(name, own, clause=clause.number)
    yield from clause.locked(list(catalog.descendants(name)), Mode.AccessExclusiveLock)
    default = catalog.default_partition(clause.table)
    if default is not None:
        mode = Mode.ShareUpdateExclusiveLock if concurrently else Mode.AccessExclusiveLock
        yield lock(default.name, mode, clause=clause.number)
    for constraint in parent.constraints if parent is not None else ():
        if constraint.references is not None:
            yield from _key_detached(clause, name, constraint.references)
    for other, _ in catalog.own_foreign_keys_to(clause.table):
        # Rows that still point into the partition would be left without it: they are looked for.
        yield lock(other.name, Mode.AccessExclusiveLock, clause=clause.number)
        leaves = [child for child in catalog.descendants(other.name) if child.bound is not None]
        yield from clause.locked(leaves, Mode.AccessShareLock)
        for leaf in leaves:
            yield from clause.scanned(leaf)
        partition = clause.at.relation(name)
        if clause.at.version >= 14 or partition is None or partition.partition_key is None:
            yield lock(name, Mode.AccessExclusiveLock, clause=clause.number)
        yield from clause.scanned(other)
        for left in (partition or Relation(name, complete=False), *catalog.descendants(name)):
            yield from clause.scanned(left)


def _key_detached(clause: Clause, partition: str, target: str) -> Iterator[Effect]:
    """The partition's part of a foreign key becomes one of its own, with triggers of its own."""
    divided = (known := clause.at.relation(target)) is not None and known.partition_key is not None
    if divided and 13 <= clause.at.version < _TRIGGERS_ON_PARTITIONED_SINCE:
        yield lock(partition, Mode.AccessExclusiveLock, clause=clause.number)
        return
    yield lock(target, Mode.ShareRowExclusiveLock, clause=clause.number)
    if clause.at.version >= _TRIGGERS_ON_PARTITIONED_SINCE:
        below = [child for child in clause.at.catalog.descendants(target) if child.bound is not None]
        yield from clause.locked(below, Mode.ShareRowExclusiveLock)


def finalize_detach(clause: Clause) -> Iterator[Effect]:
    """FINALIZE completes a DETACH CONCURRENTLY that was interrupted (14 and later)."""
    name = clause.at.relation_name(clause.definition.get("name") or {})
    yield DetachPartition(relation=clause.table, partition=name, finalize=True, clause=clause.number)
    yield lock(clause.table, Mode.ShareUpdateExclusiveLock, clause=clause.number)
    yield lock(name, Mode.AccessExclusiveLock, clause=clause.number)
