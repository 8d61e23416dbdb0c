"""The catalog after a change: `fold(catalog, change, origin)`.

Engine-neutral: a `Change` means the same schema whatever server made it.
"""

from __future__ import annotations

from collections.abc import Iterable

from migration_lint.catalog import Catalog
from migration_lint.effects import Effect
from migration_lint.folding import (
    columns,
    constraints,
    indexes,
    objects,
    partitions,
    renamed_schemas,
    tables,
    triggers,
)
from migration_lint.folding.registry import FOLDS
from migration_lint.schema import Origin


def fold(catalog: Catalog, change: Effect, origin: Origin | None) -> Catalog:
    """The next catalog. An effect that changes no schema gives the same one."""
    folder = FOLDS.get(type(change))
    return folder(catalog, change, origin) if folder else catalog


def fold_all(catalog: Catalog, effects: Iterable[Effect], origin: Origin | None) -> Catalog:
    """The catalog after several changes, in order."""
    for effect in effects:
        catalog = fold(catalog, effect, origin)
    return catalog


__all__ = [
    "columns",
    "constraints",
    "fold",
    "fold_all",
    "indexes",
    "objects",
    "partitions",
    "renamed_schemas",
    "tables",
    "triggers",
]
