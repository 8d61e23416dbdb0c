"""What a table must be to join another: ATTACH PARTITION and INHERIT (``MergeAttributesIntoExisting``)."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.engines.postgres.bounds import overlapping, wrong_bound
from migration_lint.engines.postgres.index_definitions import same_expression
from migration_lint.engines.postgres.partitions import read_bound
from migration_lint.engines.postgres.situation import Situation
from migration_lint.engines.postgres.statements.alteration import Clause
from migration_lint.folding.inheritance import counterpart
from migration_lint.names import bare
from migration_lint.schema import ConstraintKind, PartitionBound, Persistence, Relation, RelationKind

_SHARED_IDENTITY_SINCE = 17


def attach_partition(clause: Clause) -> Iterator[str]:
    """ATTACH PARTITION."""
    at, parent = clause.at, clause.known
    name = at.relation_name(clause.definition.get("name") or {})
    bound = read_bound(clause.definition.get("bound") or {})
    child = at.relation(name)
    if child is None or not child.complete:
        return
    shown = bare(name)
    if child.bound is not None:
        yield f'"{shown}" is already a partition'
    if child.of_type is not None:
        yield "cannot attach a typed table as partition"
    if child.parents:
        yield "cannot attach inheritance child as partition"
    if child.kind is RelationKind.TABLE and at.catalog.children(name):
        yield "cannot attach inheritance parent as partition"
    if name == clause.table or any(one.name == clause.table for one in at.catalog.descendants(name)):
        yield "circular inheritance not allowed"
    if (child.persistence is Persistence.TEMPORARY) is not (parent.persistence is Persistence.TEMPORARY):
        yield f'cannot attach "{shown}": one of the two is a temporary table'
    for column in child.columns:
        if parent.column(column.name) is None:
            yield f'table "{shown}" contains column "{column.name}" not found in parent'
        if column.identity is not None and at.version >= _SHARED_IDENTITY_SINCE:
            yield f'table "{shown}" being attached contains an identity column "{column.name}"'
    yield from _merged(clause, child, parent)
    mine, theirs = child.primary_key, parent.primary_key
    if mine is not None and theirs is not None and set(mine.columns) != set(theirs.columns):
        yield f'multiple primary keys for table "{shown}" are not allowed'
    yield from _place(parent, shown, bound, at)


def new_partition(parent: Relation, name: str, bound: PartitionBound, at: Situation) -> str | None:
    """Why CREATE TABLE … PARTITION OF is refused, where that is certain."""
    if not parent.complete or not at.catalog.certain:
        return None
    if parent.kind is not RelationKind.PARTITIONED_TABLE:
        return f'"{bare(parent.name)}" is not partitioned'
    return next(_place(parent, bare(name), bound, at), None)


def _place(parent: Relation, shown: str, bound: PartitionBound, at: Situation) -> Iterator[str]:
    """Why there is no room for the bound among the partitions that are there."""
    yield from wrong_bound(parent, bound)
    default = at.catalog.default_partition(parent.name)
    if bound.default and default is not None:
        yield f'partition "{shown}" conflicts with existing default partition "{bare(default.name)}"'
    for other in at.catalog.children(parent.name):
        if other.bound is not None and overlapping(bound, other.bound, parent):
            yield f'partition "{shown}" would overlap partition "{bare(other.name)}"'


def _merged(clause: Clause, child: Relation, parent: Relation) -> Iterator[str]:
    """What a child lacks, or has otherwise than its parent."""
    shown = bare(child.name)
    for column in parent.columns:
        own = child.column(column.name)
        if own is None:
            yield f'child table is missing column "{column.name}"'
            continue
        if own.type is not None and column.type is not None and own.type != column.type:
            yield f'child table "{shown}" has different type for column "{column.name}"'
        if own.collation != column.collation:
            yield f'child table "{shown}" has different collation for column "{column.name}"'
        if column.not_null and not own.not_null:
            yield f'column "{column.name}" in child table "{shown}" must be marked NOT NULL'
        if column.generated is not None and own.generated is None:
            yield f'column "{column.name}" in child table must be a generated column'
        if own.generated is not None and column.generated is None:
            yield f'column "{column.name}" in child table must not be a generated column'
    for constraint in parent.constraints:
        if constraint.kind is not ConstraintKind.CHECK or constraint.no_inherit:
            continue
        same = counterpart(child, constraint)
        if same is None:
            yield f'child table is missing constraint "{constraint.name}"'
        elif not same_expression(same.expression, constraint.expression):
            yield f'child table "{shown}" has different definition for check constraint "{constraint.name}"'
        elif same.no_inherit:
            yield f'constraint "{constraint.name}" conflicts with non-inherited constraint on "{shown}"'
        elif not same.validated and constraint.validated:
            yield f'constraint "{constraint.name}" conflicts with NOT VALID constraint on "{shown}"'


def detach_partition(clause: Clause) -> Iterator[str]:
    """DETACH PARTITION."""
    at = clause.at
    name = at.relation_name(clause.definition.get("name") or {})
    child = at.relation(name)
    if child is not None and child.complete and clause.table not in child.parents:
        yield f'relation "{bare(name)}" is not a partition of relation "{bare(clause.table)}"'
    default = at.catalog.default_partition(clause.table)
    if clause.definition.get("concurrent") and default is not None:
        yield "cannot detach partitions concurrently when a default partition exists"


def add_inherit(clause: Clause) -> Iterator[str]:
    """INHERIT."""
    at, child = clause.at, clause.known
    name = at.relation_name(clause.definition)
    parent = at.relation(name)
    if child.bound is not None:
        yield "cannot change inheritance of a partition"
    if child.kind is RelationKind.PARTITIONED_TABLE:
        yield "cannot change inheritance of partitioned table"
    if child.of_type is not None:
        yield "cannot change inheritance of typed table"
    if parent is None or not parent.complete:
        return
    if parent.kind is RelationKind.PARTITIONED_TABLE:
        yield f'cannot inherit from partitioned table "{bare(name)}"'
    if parent.bound is not None:
        yield "cannot inherit from a partition"
    if name in child.parents:
        yield f'relation "{bare(name)}" would be inherited from more than once'
    if name == clause.table or any(one.name == name for one in at.catalog.descendants(clause.table)):
        yield "circular inheritance not allowed"
    yield from _merged(clause, child, parent)


def drop_inherit(clause: Clause) -> Iterator[str]:
    """NO INHERIT."""
    name = clause.at.relation_name(clause.definition)
    if clause.known.bound is not None:
        yield "cannot change inheritance of a partition"
    parent = clause.at.relation(name)
    if parent is not None and name not in clause.known.parents:
        yield f'relation "{bare(name)}" is not a parent of relation "{bare(clause.table)}"'
