"""Partitions joining and leaving."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint import effects as e
from migration_lint.catalog import Catalog
from migration_lint.folding.inheritance import joined, parted, with_keys
from migration_lint.folding.registry import folds, known_relation
from migration_lint.schema import Origin


@folds(e.AttachPartition)
def _attach(catalog: Catalog, change: e.AttachPartition, origin: Origin | None) -> Catalog:
    child = replace(known_relation(catalog, change.partition), parents=(change.relation,), bound=change.bound)
    parent = catalog.relation(change.relation)
    if parent is not None:
        child = with_keys(joined(child, parent), parent)
    catalog = catalog.with_relation(child)
    for index in change.indexes:
        catalog = catalog.with_index(replace(index, origin=origin))
    return catalog


@folds(e.DetachPartition)
def _detach(catalog: Catalog, change: e.DetachPartition, origin: Origin | None) -> Catalog:
    child = known_relation(catalog, change.partition)
    catalog = catalog.with_relation(parted(catalog, replace(child, parents=(), bound=None)))
    for index in catalog.indexes_on(change.partition):
        if index.parent is not None:
            catalog = catalog.with_index(replace(index, parent=None))
    return catalog
