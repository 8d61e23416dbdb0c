"""Constraints of tables."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint import effects as e
from migration_lint.catalog import Catalog
from migration_lint.folding.registry import (
    folds,
    known_relation,
    with_altered_column,
    with_constraint,
)
from migration_lint.schema import Constraint, ConstraintKind, Index, Origin


@folds(e.AddConstraint)
def _add_constraint(catalog: Catalog, change: e.AddConstraint, origin: Origin | None) -> Catalog:
    constraint = change.constraint
    table = with_constraint(known_relation(catalog, change.relation), constraint)
    proven = constraint.kind is ConstraintKind.PRIMARY_KEY or (
        constraint.kind is ConstraintKind.NOT_NULL and constraint.validated
    )
    catalog = catalog.with_relation(table)
    if change.using_index is not None and change.index is not None:
        catalog = catalog.without_index(change.using_index)
    if change.index is not None:
        known = catalog.index(change.index.name)
        made = known.origin if known is not None else origin
        catalog = catalog.with_index(replace(change.index, origin=made))
    if proven:
        for column in constraint.columns:
            catalog = with_altered_column(catalog, change.relation, column, not_null=True)
    catalog = _on_partitions(catalog, change.partitions, constraint, origin)
    if constraint.kind in (ConstraintKind.CHECK, ConstraintKind.NOT_NULL) and not constraint.no_inherit:
        for child in list(catalog.children(change.relation)):
            catalog = _add_constraint(catalog, replace(change, relation=child.name), origin)
    return catalog


def _on_partitions(
    catalog: Catalog, indexes: tuple[Index, ...], constraint: Constraint, origin: Origin | None
) -> Catalog:
    """With the constraint, and its index, on the partitions."""
    for index in indexes:
        known = catalog.index(index.name)
        catalog = catalog.with_index(replace(index, origin=known.origin if known is not None else origin))
        child = catalog.relation(index.relation)
        if child is not None and index.constraint is not None and child.constraint(index.constraint) is None:
            made = replace(constraint, name=index.constraint, index=index.name, named=False)
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
    constraint = table.constraint(change.constraint)
    if constraint is None:
        return catalog
    if change.deferrable is not None:
        constraint = replace(constraint, deferrable=change.deferrable)
    if change.enforced is not None:
        constraint = replace(constraint, enforced=change.enforced)
    return catalog.with_relation(with_constraint(table, constraint))


@folds(e.DropConstraint)
def _drop_constraint(catalog: Catalog, change: e.DropConstraint, origin: Origin | None) -> Catalog:
    table = known_relation(catalog, change.relation)
    constraint = table.constraint(change.constraint)
    kept = tuple(c for c in table.constraints if c.name != change.constraint)
    catalog = catalog.with_relation(replace(table, constraints=kept))
    if constraint is None:
        return catalog
    if constraint.index is not None:
        catalog = catalog.without_index(constraint.index)
    if constraint.kind is ConstraintKind.NOT_NULL:
        for column in constraint.columns:
            catalog = with_altered_column(catalog, change.relation, column, not_null=False)
    if change.cascade and constraint.kind in (ConstraintKind.PRIMARY_KEY, ConstraintKind.UNIQUE):
        for other, key in catalog.foreign_keys_to(change.relation):
            if not key.referenced_columns or set(key.referenced_columns) == set(constraint.columns):
                left = tuple(c for c in other.constraints if c is not key)
                catalog = catalog.with_relation(replace(other, constraints=left))
    for child in list(catalog.children(change.relation)):
        if child.constraint(change.constraint) is not None:
            catalog = _drop_constraint(catalog, replace(change, relation=child.name), origin)
    return catalog


@folds(e.RenameConstraint)
def _rename_constraint(catalog: Catalog, change: e.RenameConstraint, origin: Origin | None) -> Catalog:
    table = known_relation(catalog, change.relation)
    constraints = tuple(
        replace(c, name=change.to) if c.name == change.constraint else c for c in table.constraints
    )
    return catalog.with_relation(replace(table, constraints=constraints))
