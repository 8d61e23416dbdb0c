"""Columns."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from migration_lint import effects as e
from migration_lint.catalog import Catalog
from migration_lint.folding.inheritance import parents_with_column
from migration_lint.folding.registry import (
    constraint_uses,
    folds,
    index_uses,
    known_relation,
    owned_sequence,
    placed,
    with_altered_column,
    with_column,
    with_constraint,
)
from migration_lint.schema import Expression, Origin


@folds(e.AddColumn)
def _add_column(catalog: Catalog, change: e.AddColumn, origin: Origin | None) -> Catalog:
    table = known_relation(catalog, change.relation)
    if change.if_not_exists and table.column(change.column.name) is not None:
        return catalog
    made = replace(change.column, origin=origin)
    table = with_column(table, made)
    if change.first or change.after is not None:
        table = replace(table, columns=placed(table.columns, made, first=change.first, after=change.after))
    catalog = catalog.with_relation(table)
    if change.column.serial or change.column.identity:
        catalog = catalog.with_relation(owned_sequence(change.relation, change.column.name, origin))
    inherited = replace(change, column=replace(change.column, local=False, not_null_local=False))
    for child in list(catalog.children(change.relation)):
        if child.column(change.column.name) is None:  # else it is merged with the heir's own
            catalog = _add_column(catalog, replace(inherited, relation=child.name), origin)
    return catalog


@folds(e.DropColumn)
def _drop_column(catalog: Catalog, change: e.DropColumn, origin: Origin | None) -> Catalog:
    name, gone = change.relation, change.column
    table = known_relation(catalog, name)
    for sequence in catalog.sequences_of(name, gone):
        catalog = catalog.without_relation(sequence.name)
    for index in catalog.indexes_on(name):
        if index_uses(index, gone):
            catalog = catalog.without_index(index.name)
    for index in change.narrowed:
        catalog = catalog.with_index(index)
    kept = tuple(c for c in table.constraints if not constraint_uses(c, gone))
    columns = tuple(column for column in table.columns if column.name != gone)
    triggers = tuple(trigger for trigger in table.triggers if gone not in trigger.columns)
    policies = tuple(one for one in table.policies if (name, gone) not in (one.columns or ()))
    catalog = catalog.with_relation(
        replace(table, columns=columns, constraints=kept, triggers=triggers, policies=policies)
    )
    for other, key in catalog.foreign_keys_to(name):
        if gone in key.referenced_columns:
            left = tuple(c for c in other.constraints if c is not key)
            catalog = catalog.with_relation(replace(other, constraints=left))
    if change.cascade:
        for view in catalog.views_of(name):
            if view.reads_columns is not None and (name, gone) in view.reads_columns:
                catalog = catalog.without_relation(view.name)
    for child in list(catalog.children(name)):
        own = child.column(gone)
        if own is None or parents_with_column(catalog, child, gone):
            continue
        if change.only:
            catalog = catalog.with_relation(with_column(child, replace(own, local=True)))
        elif not own.local:
            catalog = _drop_column(catalog, replace(change, relation=child.name), origin)
    return catalog


@folds(e.RenameColumn)
def _rename_column(catalog: Catalog, change: e.RenameColumn, origin: Origin | None) -> Catalog:
    name, old, new = change.relation, change.column, change.to
    table = known_relation(catalog, name)

    def renamed(names: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(new if known == old else known for known in names)

    columns = tuple(
        replace(c, name=new if c.name == old else c.name, default=_renamed(c.default, old, new))
        for c in table.columns
    )
    constraints = tuple(
        replace(c, columns=renamed(c.columns), expression=_renamed(c.expression, old, new))
        for c in table.constraints
    )
    key = table.partition_key
    if key is not None:
        key = replace(key, columns=renamed(key.columns))
    catalog = catalog.with_relation(
        replace(table, columns=columns, constraints=constraints, partition_key=key)
    )
    for index in catalog.indexes_on(name):
        catalog = catalog.with_index(
            replace(
                index,
                columns=renamed(index.columns),
                include=renamed(index.include),
                expressions=tuple(part.with_renamed(old, new) for part in index.expressions),
                predicate=_renamed(index.predicate, old, new),
            )
        )
    for other, foreign_key in catalog.foreign_keys_to(name):
        if old in foreign_key.referenced_columns:
            moved = replace(foreign_key, referenced_columns=renamed(foreign_key.referenced_columns))
            catalog = catalog.with_relation(with_constraint(other, moved))
    for view in catalog.views_of(name):
        if view.reads_columns is not None:
            read = frozenset((t, new if (t, c) == (name, old) else c) for t, c in view.reads_columns)
            catalog = catalog.with_relation(replace(view, reads_columns=read))
    for child in list(catalog.children(name)):
        catalog = _rename_column(catalog, replace(change, relation=child.name), origin)
    return catalog


def _renamed(expression: Expression | None, old: str, new: str) -> Expression | None:
    return None if expression is None else expression.with_renamed(old, new)


@folds(e.ChangeColumnType)
def _change_type(catalog: Catalog, change: e.ChangeColumnType, origin: Origin | None) -> Catalog:
    return with_altered_column(
        catalog, change.relation, change.column, type=change.new, collation=change.collation
    )


@folds(e.RedefineColumn)
def _redefine(catalog: Catalog, change: e.RedefineColumn, origin: Origin | None) -> Catalog:
    table = known_relation(catalog, change.relation)
    old = table.column(change.column)
    made = replace(change.new, name=change.column, origin=old.origin if old is not None else None)
    table = with_column(table, made)
    if change.moved:
        table = replace(table, columns=placed(table.columns, made, first=change.first, after=change.after))
    return catalog.with_relation(table)


@folds(e.SetNotNull)
def _set_not_null(catalog: Catalog, change: e.SetNotNull, origin: Origin | None) -> Catalog:
    return with_altered_column(catalog, change.relation, change.column, not_null=True)


@folds(e.DropNotNull)
def _drop_not_null(catalog: Catalog, change: e.DropNotNull, origin: Origin | None) -> Catalog:
    for name in (change.relation, *change.heirs):
        table = known_relation(catalog, name)
        column = table.column(change.column)
        if column is not None:
            catalog = catalog.with_relation(with_column(table, replace(column, not_null=False)))
    table = known_relation(catalog, change.relation)
    above = [parent for parent in table.parents if _requires(catalog, parent, change.column)]
    return catalog if above else _own_not_null(catalog, table.name, change.column)


def _requires(catalog: Catalog, relation: str, name: str) -> bool:
    known = catalog.relation(relation)
    column = known.column(name) if known is not None else None
    return column is not None and column.not_null


def _own_not_null(catalog: Catalog, relation: str, name: str) -> Catalog:
    """Tables directly below that keep NOT NULL have it for themselves, once no parent requires it."""
    for child in list(catalog.children(relation)):
        column = child.column(name)
        if column is None or not column.not_null or column.not_null_local:
            continue
        if not any(_requires(catalog, parent, name) for parent in child.parents):
            catalog = catalog.with_relation(with_column(child, replace(column, not_null_local=True)))
    return catalog


@folds(e.SetDefault)
def _set_default(catalog: Catalog, change: e.SetDefault, origin: Origin | None) -> Catalog:
    return with_altered_column(catalog, change.relation, change.column, default=change.default)


@folds(e.DropDefault)
def _drop_default(catalog: Catalog, change: e.DropDefault, origin: Origin | None) -> Catalog:
    return with_altered_column(catalog, change.relation, change.column, default=None, serial=False)


@folds(e.SetGenerated)
def _set_generated(catalog: Catalog, change: e.SetGenerated, origin: Origin | None) -> Catalog:
    if change.expression is None:
        return with_altered_column(catalog, change.relation, change.column, generated=None, default=None)
    return with_altered_column(catalog, change.relation, change.column, default=change.expression)


@folds(e.SetIdentity)
def _set_identity(catalog: Catalog, change: e.SetIdentity, origin: Origin | None) -> Catalog:
    before = known_relation(catalog, change.relation).column(change.column)
    had = before is not None and before.identity is not None
    if change.identity is None and had:
        for sequence in catalog.sequences_of(change.relation, change.column):
            catalog = catalog.without_relation(sequence.name)
    elif change.identity is not None and not had:
        catalog = catalog.with_relation(owned_sequence(change.relation, change.column, origin))
    return with_altered_column(catalog, change.relation, change.column, identity=change.identity)
