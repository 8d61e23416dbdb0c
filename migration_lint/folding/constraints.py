"""Constraints of tables."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint import effects as e
from migration_lint.catalog import Catalog
from migration_lint.folding.inheritance import (
    INHERITED,
    counterpart,
    parents_with,
    same_key,
)
from migration_lint.folding.registry import (
    folds,
    known_relation,
    with_altered_column,
    with_column,
    with_constraint,
)
from migration_lint.schema import Constraint, ConstraintKind, Index, Origin, Relation


@folds(e.AddConstraint)
def _add_constraint(catalog: Catalog, change: e.AddConstraint, origin: Origin | None) -> Catalog:
    constraint = change.constraint
    table = known_relation(catalog, change.relation)
    own = counterpart(table, constraint) if constraint.inherited else None
    if own is not None:  # an heir's own is merged with what comes from above
        return catalog.with_relation(with_constraint(table, replace(own, inherited=True)))
    catalog = catalog.with_relation(with_constraint(table, constraint))
    if change.using_index is not None and change.index is not None:
        catalog = catalog.without_index(change.using_index)
    if change.index is not None:
        known = catalog.index(change.index.name)
        made = known.origin if known is not None else origin
        catalog = catalog.with_index(replace(change.index, origin=made))
    proven = constraint.kind is ConstraintKind.PRIMARY_KEY or (
        constraint.kind is ConstraintKind.NOT_NULL and constraint.validated
    )
    if proven:
        for column in constraint.columns:
            catalog = with_altered_column(catalog, change.relation, column, not_null=True)
    catalog = _on_partitions(catalog, change.partitions, constraint, origin)
    below = replace(change, constraint=replace(constraint, inherited=True, local=False))
    for child in list(catalog.children(change.relation)):
        if _goes_down(constraint, child):
            catalog = _add_constraint(catalog, replace(below, relation=child.name), origin)
    return catalog


def _goes_down(constraint: Constraint, child: Relation) -> bool:
    """Whether a table directly below gets the constraint of the one above."""
    if constraint.kind is ConstraintKind.FOREIGN_KEY:
        return child.bound is not None and not any(same_key(own, constraint) for own in child.constraints)
    return constraint.kind in INHERITED and not constraint.no_inherit


def _on_partitions(
    catalog: Catalog, indexes: tuple[Index, ...], constraint: Constraint, origin: Origin | None
) -> Catalog:
    """With the constraint, and its index, on the partitions."""
    for index in indexes:
        known = catalog.index(index.name)
        catalog = catalog.with_index(replace(index, origin=known.origin if known is not None else origin))
        child = catalog.relation(index.relation)
        if child is not None and index.constraint is not None and child.constraint(index.constraint) is None:
            made = replace(
                constraint,
                name=index.constraint,
                index=index.name,
                named=False,
                inherited=True,
                local=False,
            )
            catalog = catalog.with_relation(with_constraint(child, made))
    return catalog


@folds(e.ValidateConstraint)
def _validate(catalog: Catalog, change: e.ValidateConstraint, origin: Origin | None) -> Catalog:
    table = known_relation(catalog, change.relation)
    constraint = table.constraint(change.constraint)
    if constraint is None:
        return catalog
    catalog = catalog.with_relation(with_constraint(table, replace(constraint, validated=True)))
    if constraint.kind is ConstraintKind.NOT_NULL:
        for column in constraint.columns:
            catalog = with_altered_column(catalog, change.relation, column, not_null=True)
    for child in list(catalog.children(change.relation)):
        if child.constraint(change.constraint) is not None:
            catalog = _validate(catalog, replace(change, relation=child.name), origin)
    return catalog


@folds(e.AlterConstraint)
def _alter_constraint(catalog: Catalog, change: e.AlterConstraint, origin: Origin | None) -> Catalog:
    table = known_relation(catalog, change.relation)
    old = table.constraint(change.constraint)
    if old is None:
        return catalog
    constraint = old
    if change.deferrable is not None:
        constraint = replace(constraint, deferrable=change.deferrable)
    if change.enforced is not None:
        # Rows are checked when it is enforced again, and not any more before.
        constraint = replace(constraint, enforced=change.enforced, validated=change.enforced)
    catalog = catalog.with_relation(with_constraint(table, constraint))
    if old.kind is ConstraintKind.FOREIGN_KEY:
        for child in list(catalog.children(change.relation)):
            own = _own_below(catalog, child, old)
            if own is not None:
                again = replace(change, relation=child.name, constraint=own.name)
                catalog = _alter_constraint(catalog, again, origin)
    return catalog


@folds(e.DropConstraint)
def _drop_constraint(catalog: Catalog, change: e.DropConstraint, origin: Origin | None) -> Catalog:
    table = known_relation(catalog, change.relation)
    constraint = table.constraint(change.constraint)
    kept = tuple(c for c in table.constraints if c.name != change.constraint)
    catalog = catalog.with_relation(replace(table, constraints=kept))
    if constraint is None:
        return catalog
    below = [(child, _own_below(catalog, child, constraint)) for child in catalog.children(change.relation)]
    if constraint.index is not None:
        catalog = catalog.without_index(constraint.index)
    if constraint.kind is ConstraintKind.NOT_NULL:
        catalog = _without_not_null(catalog, change.relation, constraint)
    if change.cascade and constraint.kind in (ConstraintKind.PRIMARY_KEY, ConstraintKind.UNIQUE):
        for other, key in catalog.foreign_keys_to(change.relation):
            if not key.referenced_columns or set(key.referenced_columns) == set(constraint.columns):
                left = tuple(c for c in other.constraints if c is not key)
                catalog = catalog.with_relation(replace(other, constraints=left))
    for child, own in below:
        if own is None or parents_with(catalog, child, own):
            continue
        if change.only:
            freed = replace(own, inherited=False, local=True)
            catalog = catalog.with_relation(with_constraint(known_relation(catalog, child.name), freed))
        elif not own.local:
            again = replace(change, relation=child.name, constraint=own.name)
            catalog = _drop_constraint(catalog, again, origin)
        else:
            freed = replace(own, inherited=False)
            catalog = catalog.with_relation(with_constraint(known_relation(catalog, child.name), freed))
    return catalog


def _without_not_null(catalog: Catalog, relation: str, constraint: Constraint) -> Catalog:
    for name in constraint.columns:
        table = known_relation(catalog, relation)
        column = table.column(name)
        if column is not None:
            catalog = catalog.with_relation(with_column(table, replace(column, not_null=False)))
    return catalog


def _own_below(catalog: Catalog, child: Relation, constraint: Constraint) -> Constraint | None:
    """The constraint of a table directly below that is part of the one above."""
    if constraint.kind is ConstraintKind.FOREIGN_KEY:
        return next((own for own in child.constraints if own.inherited and same_key(own, constraint)), None)
    if constraint.index is not None:
        for index in catalog.indexes_on(child.name):
            if index.parent == constraint.index and index.constraint is not None:
                return child.constraint(index.constraint)
        return None
    return None if constraint.no_inherit else counterpart(child, constraint)


@folds(e.RenameConstraint)
def _rename_constraint(catalog: Catalog, change: e.RenameConstraint, origin: Origin | None) -> Catalog:
    table = known_relation(catalog, change.relation)
    constraints = tuple(
        replace(c, name=change.to) if c.name == change.constraint else c for c in table.constraints
    )
    return catalog.with_relation(replace(table, constraints=constraints))
