"""A schema under another name: everything in it moves along."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint import effects as e
from migration_lint.catalog import Catalog
from migration_lint.folding.registry import FOLDS, folds
from migration_lint.names import split
from migration_lint.schema import Origin, RelationKind


@folds(e.RenameSchema)
def _rename_schema(catalog: Catalog, change: e.RenameSchema, origin: Origin | None) -> Catalog:
    old, new = change.relation, change.to
    for name, known in list(catalog.relations.items()):
        if split(name)[0] == old:
            moved = f"{new}.{split(name)[1]}"
            if known.kind is RelationKind.COMPOSITE_TYPE:
                catalog = FOLDS[e.RenameType](catalog, e.RenameType(relation=name, to=moved), origin)
            else:
                catalog = FOLDS[e.SetSchema](catalog, e.SetSchema(relation=name, to=moved), origin)
    for name in [name for name in catalog.types if split(name)[0] == old]:
        moved = f"{new}.{split(name)[1]}"
        catalog = FOLDS[e.RenameType](catalog, e.RenameType(relation=name, to=moved), origin)
    for name, routine in list(catalog.routines.items()):
        if split(name)[0] == old:
            moved = f"{new}.{split(name)[1]}"
            catalog = catalog.without_routine(name).with_routine(replace(routine, name=moved))
    return replace(catalog, schemas=(catalog.schemas - {old}) | {new})
