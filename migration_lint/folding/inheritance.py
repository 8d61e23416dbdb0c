"""What a table has from the tables above it: partitions from the partitioned one, heirs from their parents.

A column, CHECK or NOT NULL constraint goes with the last parent that has it, unless the table declares
it itself (``attislocal`` and ``conislocal``, ``attinhcount`` and ``coninhcount`` of the server's catalogs).
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from migration_lint.catalog import Catalog
from migration_lint.schema import Constraint, ConstraintKind, Relation

INHERITED = (ConstraintKind.CHECK, ConstraintKind.NOT_NULL)
"""Constraints that heirs get; a foreign key and the constraint of an index only go to partitions."""


def parents_with_column(catalog: Catalog, relation: Relation, column: str) -> list[str]:
    """The tables directly above the relation that have the column."""
    return [
        name
        for name in relation.parents
        if (parent := catalog.relation(name)) is not None and parent.column(column) is not None
    ]


def parents_with(catalog: Catalog, relation: Relation, constraint: Constraint) -> list[str]:
    """The tables directly above the relation that hand the CHECK or NOT NULL constraint down to it."""
    found = []
    for name in relation.parents:
        parent = catalog.relation(name)
        above = counterpart(parent, constraint) if parent is not None else None
        if above is not None and not above.no_inherit:
            found.append(name)
    return found


def counterpart(relation: Relation, constraint: Constraint) -> Constraint | None:
    """The relation's own constraint that is one with the same constraint of a table above or below it."""
    if constraint.kind is ConstraintKind.CHECK:
        own = relation.constraint(constraint.name)
        return own if own is not None and own.kind is ConstraintKind.CHECK else None
    if constraint.kind is ConstraintKind.NOT_NULL and len(constraint.columns) == 1:
        return relation.not_null_constraint(constraint.columns[0])
    return None


def has_from_above(catalog: Catalog, relation: Relation, constraint: Constraint) -> bool:
    """Whether a table above the relation has the constraint too, so that it cannot be dropped alone."""
    if constraint.kind in INHERITED:
        return bool(parents_with(catalog, relation, constraint))
    if constraint.index is not None:
        index = catalog.index(constraint.index)
        return index is not None and index.parent is not None
    return constraint.inherited and relation.bound is not None


def same_key(one: Constraint, other: Constraint) -> bool:
    """Whether two foreign keys are alike, so that a partition's becomes part of the table's above."""
    return one.kind is other.kind is ConstraintKind.FOREIGN_KEY and (
        (one.columns, one.references, one.referenced_columns, one.deferrable, one.on_delete, one.on_update)
        == (
            other.columns,
            other.references,
            other.referenced_columns,
            other.deferrable,
            other.on_delete,
            other.on_update,
        )
    )


def losing(
    catalog: Catalog,
    table: Relation,
    sources: Callable[[Relation], list[str]],
    is_local: Callable[[Relation], bool],
) -> tuple[list[Relation], list[Relation]]:
    """(those that lose something with the table, itself first; those below them that keep it).

    `sources` are the parents that a relation has it from; `is_local` where it declares it itself.
    """
    gone, kept = [table], list[Relation]()
    queue = list(catalog.children(table.name))
    while queue:
        child = queue.pop(0)
        names = {lost.name for lost in gone}
        if child.name in names:
            continue
        left = [name for name in sources(child) if name not in names]
        if left or is_local(child):
            kept.append(child)
        else:
            gone.append(child)
            queue = [*catalog.children(child.name), *queue]
    return gone, [child for child in kept if child not in gone]


def joined(child: Relation, parent: Relation) -> Relation:
    """A table under a parent that it did not have: what they have in common is one from now on.

    A partition has nothing of its own any more; an heir keeps what it declares.
    """
    local = child.bound is None
    columns = tuple(
        replace(
            column,
            local=column.local and local,
            not_null_local=column.not_null_local and (local or not other.not_null),
        )
        if (other := parent.column(column.name)) is not None
        else column
        for column in child.columns
    )
    constraints = tuple(
        replace(own, inherited=True, local=own.local and local)
        if (above := counterpart(parent, own)) is not None and not above.no_inherit
        else own
        for own in child.constraints
    )
    return replace(child, columns=columns, constraints=constraints)


def parted(catalog: Catalog, child: Relation) -> Relation:
    """A table after a parent left it: what no other parent has is its own from now on."""
    columns = tuple(
        column
        if parents_with_column(catalog, child, column.name)
        else replace(column, local=True, not_null_local=True)
        for column in child.columns
    )
    constraints = tuple(
        own if parents_with(catalog, child, own) else replace(own, inherited=False, local=True)
        for own in child.constraints
    )
    return replace(child, columns=columns, constraints=constraints)


def with_keys(partition: Relation, parent: Relation) -> Relation:
    """A partition with the foreign keys of the table above; one that it has already becomes part of it."""
    constraints = list(partition.constraints)
    for key in parent.constraints:
        if key.kind is not ConstraintKind.FOREIGN_KEY:
            continue
        like = [number for number, own in enumerate(constraints) if same_key(own, key)]
        if like:
            constraints[like[0]] = replace(constraints[like[0]], inherited=True, local=False)
        else:
            constraints.append(replace(key, inherited=True, local=False, named=False))
    return replace(partition, constraints=tuple(constraints))
