"""Views, sequences, types, routines, schemas and extensions."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint import effects as e
from migration_lint.catalog import Catalog
from migration_lint.folding.registry import folds
from migration_lint.folding.tables import drop_relation
from migration_lint.names import split
from migration_lint.schema import Constraint, Origin, Type, UserType


@folds(e.RunCode)
def _run_code(catalog: Catalog, change: e.RunCode, origin: Origin | None) -> Catalog:
    """What it alters nobody saw."""
    return replace(catalog, altered_unseen=True) if change.alters or change.dynamic else catalog


@folds(e.CreateView)
def _create_view(catalog: Catalog, change: e.CreateView, origin: Origin | None) -> Catalog:
    known = catalog.relation(change.relation)
    if known is not None and change.if_not_exists:
        return catalog
    if known is not None and change.replace:
        return catalog.with_relation(replace(change.view, origin=known.origin))
    return catalog.with_relation(replace(change.view, origin=origin))


@folds(e.RefreshMaterializedView)
def _refresh(catalog: Catalog, change: e.RefreshMaterializedView, origin: Origin | None) -> Catalog:
    known = catalog.relation(change.relation)
    return catalog if known is None else catalog.with_relation(replace(known, populated=change.with_data))


@folds(e.CreateSequence)
def _create_sequence(catalog: Catalog, change: e.CreateSequence, origin: Origin | None) -> Catalog:
    if change.if_not_exists and catalog.relation(change.relation) is not None:
        return catalog
    return catalog.with_relation(replace(change.sequence, origin=origin))


@folds(e.AlterSequence)
def _alter_sequence(catalog: Catalog, change: e.AlterSequence, origin: Origin | None) -> Catalog:
    known = catalog.relation(change.relation)
    if known is None or (change.owned_by is None and not change.disowned):
        return catalog
    return catalog.with_relation(replace(known, owned_by=change.owned_by))


# --- types -------------------------------------------------------------------------------------


@folds(e.CreateType)
def _create_type(catalog: Catalog, change: e.CreateType, origin: Origin | None) -> Catalog:
    if change.composite is not None:
        return catalog.with_relation(replace(change.composite, origin=origin))
    return catalog.with_type(replace(change.type, origin=origin))


@folds(e.DropType)
def _drop_type(catalog: Catalog, change: e.DropType, origin: Origin | None) -> Catalog:
    if catalog.relation(change.relation) is not None:
        return catalog.without_relation(change.relation)
    return catalog.without_type(change.relation)


@folds(e.RenameType)
def _rename_type(catalog: Catalog, change: e.RenameType, origin: Origin | None) -> Catalog:
    users = catalog.using_type(change.relation)
    composite = catalog.relation(change.relation)
    known = catalog.types.get(change.relation)
    if composite is not None:
        catalog = catalog.without_relation(composite.name).with_relation(replace(composite, name=change.to))
    if known is not None:
        catalog = catalog.without_type(known.name).with_type(replace(known, name=change.to))
    for user in users:
        columns = tuple(
            replace(column, type=_renamed(column.type, change.relation, change.to)) for column in user.columns
        )
        current = catalog.relation(user.name)
        if current is not None:
            catalog = catalog.with_relation(replace(current, columns=columns))
    return catalog


def _renamed(type_: Type | None, old: str, new: str) -> Type | None:
    return replace(type_, name=new) if type_ is not None and type_.name == old else type_


@folds(e.AddEnumValue)
def _add_enum_value(catalog: Catalog, change: e.AddEnumValue, origin: Origin | None) -> Catalog:
    known = catalog.types.get(change.relation)
    if known is None or change.value in known.labels:
        return catalog
    at = len(known.labels)
    if change.neighbour in known.labels:
        at = known.labels.index(change.neighbour) + (change.position == "after")
    labels = (*known.labels[:at], change.value, *known.labels[at:])
    return catalog.with_type(replace(known, labels=labels))


@folds(e.RenameEnumValue)
def _rename_enum_value(catalog: Catalog, change: e.RenameEnumValue, origin: Origin | None) -> Catalog:
    known = catalog.types.get(change.relation)
    if known is None:
        return catalog
    labels = tuple(change.to if label == change.value else label for label in known.labels)
    return catalog.with_type(replace(known, labels=labels))


@folds(e.AlterDomain)
def _alter_domain(catalog: Catalog, change: e.AlterDomain, origin: Origin | None) -> Catalog:
    known = catalog.types.get(change.relation)
    return catalog if known is None else catalog.with_type(_altered_domain(known, change))


def _altered_domain(domain: UserType, change: e.AlterDomain) -> UserType:
    if change.action in ("set not null", "drop not null"):
        return replace(domain, not_null=change.action == "set not null")
    if change.action in ("set default", "drop default"):
        return replace(domain, default=change.default)
    if change.constraint is None:
        return domain
    left: tuple[Constraint, ...] = tuple(c for c in domain.constraints if c.name != change.constraint.name)
    if change.action == "drop constraint":
        return replace(domain, constraints=left)
    if change.action in ("add constraint", "validate constraint"):
        return replace(domain, constraints=(*left, change.constraint))
    return domain


# --- routines, schemas, extensions ---------------------------------------------------------------


@folds(e.CreateRoutine)
def _create_routine(catalog: Catalog, change: e.CreateRoutine, origin: Origin | None) -> Catalog:
    return catalog.with_routine(replace(change.routine, origin=origin))


@folds(e.AlterRoutine)
def _alter_routine(catalog: Catalog, change: e.AlterRoutine, origin: Origin | None) -> Catalog:
    known = change.routine or catalog.routines.get(change.relation)
    if known is None:
        return catalog
    if change.to is not None:
        catalog, known = catalog.without_routine(change.relation), replace(known, name=change.to)
    return catalog.with_routine(known)


@folds(e.DropRoutine)
def _drop_routine(catalog: Catalog, change: e.DropRoutine, origin: Origin | None) -> Catalog:
    return catalog.without_routine(change.relation)


@folds(e.CreateSchema)
def _create_schema(catalog: Catalog, change: e.CreateSchema, origin: Origin | None) -> Catalog:
    return replace(catalog, schemas=catalog.schemas | {change.relation})


@folds(e.DropSchema)
def _drop_schema(catalog: Catalog, change: e.DropSchema, origin: Origin | None) -> Catalog:
    for name in [name for name in catalog.relations if split(name)[0] == change.relation]:
        catalog = drop_relation(catalog, e.DropTable(relation=name), origin)
    for name in [name for name in catalog.types if split(name)[0] == change.relation]:
        catalog = catalog.without_type(name)
    return replace(catalog, schemas=catalog.schemas - {change.relation})


@folds(e.CreateExtension)
def _create_extension(catalog: Catalog, change: e.CreateExtension, origin: Origin | None) -> Catalog:
    return replace(catalog, extensions=catalog.extensions | {change.relation})


@folds(e.CreateServer)
def _create_server(catalog: Catalog, change: e.CreateServer, origin: Origin | None) -> Catalog:
    return replace(catalog, servers=catalog.servers.insert(change.relation, change.wrapper))


@folds(e.DropExtension)
def _drop_extension(catalog: Catalog, change: e.DropExtension, origin: Origin | None) -> Catalog:
    return replace(catalog, extensions=catalog.extensions - {change.relation})


@folds(e.AlterPublication)
def _alter_publication(catalog: Catalog, change: e.AlterPublication, origin: Origin | None) -> Catalog:
    known = catalog.publications.get(change.relation, ())
    if change.action == "drop publication":
        return catalog.without_publication(change.relation)
    if change.action in ("create publication", "set publication"):
        return catalog.with_publication(change.relation, change.tables)
    if change.action == "add to publication":
        return catalog.with_publication(change.relation, (*known, *change.tables))
    if change.action == "drop from publication":
        left = tuple(table for table in known if table not in change.tables)
        return catalog.with_publication(change.relation, left)
    return catalog
