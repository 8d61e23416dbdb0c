"""Indexes."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint import effects as e
from migration_lint.catalog import Catalog
from migration_lint.folding.registry import folds
from migration_lint.names import split
from migration_lint.schema import Origin


@folds(e.CreateIndex)
def _create_index(catalog: Catalog, change: e.CreateIndex, origin: Origin | None) -> Catalog:
    if change.if_not_exists and catalog.index(change.index.name) is not None:
        return catalog
    catalog = catalog.with_index(replace(change.index, origin=origin))
    for index in change.partitions:
        known = catalog.index(index.name)
        catalog = catalog.with_index(replace(index, origin=known.origin if known is not None else origin))
    return catalog


@folds(e.DropIndex)
def _drop_index(catalog: Catalog, change: e.DropIndex, origin: Origin | None) -> Catalog:
    relation = change.definition.relation if change.definition is not None else ""
    below = [index for child in catalog.children(relation) for index in catalog.indexes_on(child.name)]
    for index in below:
        if index.parent == change.index:
            catalog = _drop_index(catalog, replace(change, index=index.name, definition=index), origin)
    return catalog.without_index(change.index)


@folds(e.RenameIndex)
def _rename_index(catalog: Catalog, change: e.RenameIndex, origin: Origin | None) -> Catalog:
    index = catalog.index(change.index)
    if index is None:
        return catalog
    catalog = catalog.without_index(change.index).with_index(replace(index, name=change.to))
    table = catalog.relation(index.relation)
    if index.constraint is None or table is None:
        return catalog
    new = split(change.to)[1]
    constraints = tuple(
        replace(c, name=new, index=change.to) if c.index == change.index else c for c in table.constraints
    )
    renamed = replace(index, name=change.to, constraint=new)
    return catalog.with_relation(replace(table, constraints=constraints)).with_index(renamed)


@folds(e.AttachIndex)
def _attach_index(catalog: Catalog, change: e.AttachIndex, origin: Origin | None) -> Catalog:
    index = catalog.index(change.index)
    if index is None:
        return catalog
    catalog = catalog.with_index(replace(index, parent=change.parent))
    parent = catalog.index(change.parent)
    if parent is None or parent.valid:
        return catalog
    partitions = {child.name for child in catalog.children(parent.relation)}
    attached = {
        name
        for name in partitions
        if any(known.parent == change.parent for known in catalog.indexes_on(name))
    }
    return catalog.with_index(replace(parent, valid=partitions <= attached))


@folds(e.Reindex)
def _reindex(catalog: Catalog, change: e.Reindex, origin: Origin | None) -> Catalog:
    named = catalog.index(change.name) if change.scope == "index" else None
    rebuilt = [named] if named is not None else []
    if change.scope == "table" and not change.concurrently:
        rebuilt = catalog.indexes_on(change.name)
    for index in rebuilt:
        if not index.valid:
            catalog = catalog.with_index(replace(index, valid=True))
    return catalog
