"""Indexes."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint import effects as e
from migration_lint.catalog import Catalog
from migration_lint.folding.registry import folds
from migration_lint.names import split
from migration_lint.schema import Index, Origin


@folds(e.CreateIndex)
def _create_index(catalog: Catalog, change: e.CreateIndex, origin: Origin | None) -> Catalog:
    if change.if_not_exists and catalog.index(change.index.name) is not None:
        return catalog
    made = replace(change.index, origin=origin)
    catalog = catalog.with_index(made)
    if not change.only:
        catalog = _on_partitions(catalog, made)
    return catalog


def _on_partitions(catalog: Catalog, parent: Index) -> Catalog:
    for child in list(catalog.children(parent.relation)):
        if child.bound is None:
            continue
        schema, table = split(child.name)
        keys = "_".join(column or "expr" for column in parent.columns)
        name = f"{schema}.{table}_{keys}_idx"
        if catalog.index(name) is None:
            made = replace(parent, name=name, relation=child.name, parent=parent.name)
            catalog = _on_partitions(catalog.with_index(made), made)
    return catalog


@folds(e.DropIndex)
def _drop_index(catalog: Catalog, change: e.DropIndex, origin: Origin | None) -> Catalog:
    for index in list(catalog.indexes.values()) if change.definition is not None else ():
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
    attached = {known.relation for known in catalog.indexes.values() if known.parent == change.parent}
    partitions = {child.name for child in catalog.children(parent.relation)}
    return catalog.with_index(replace(parent, valid=partitions <= attached))


@folds(e.Reindex)
def _reindex(catalog: Catalog, change: e.Reindex, origin: Origin | None) -> Catalog:
    index = catalog.index(change.name) if change.scope == "index" else None
    return catalog if index is None else catalog.with_index(replace(index, valid=True))
