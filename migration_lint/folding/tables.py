"""Tables as a whole: made, dropped, renamed, filled."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint import effects as e
from migration_lint.catalog import Catalog
from migration_lint.folding.inheritance import joined, parted
from migration_lint.folding.registry import folds, known_relation, owned_sequence
from migration_lint.names import split
from migration_lint.schema import Origin, Persistence, Relation


@folds(e.CreateTable)
def _create_table(catalog: Catalog, change: e.CreateTable, origin: Origin | None) -> Catalog:
    if change.if_not_exists and catalog.relation(change.relation) is not None:
        return catalog
    catalog = catalog.with_relation(replace(change.table, origin=origin))
    for index in change.indexes:
        catalog = catalog.with_index(replace(index, origin=origin))
    for column in change.table.columns:
        if column.serial or (column.identity and change.table.bound is None):
            catalog = catalog.with_relation(owned_sequence(change.relation, column.name, origin))
    return catalog


@folds(e.DropTable, e.DropView, e.DropSequence)
def drop_relation(catalog: Catalog, change: e.Change, origin: Origin | None) -> Catalog:
    """Without the relation, its partitions, its sequences and the foreign keys to it."""
    if catalog.complete and catalog.relation(change.relation) is None:
        return catalog  # DROP … IF EXISTS of what is not there
    for child in list(catalog.children(change.relation)):
        if child.bound is not None:
            catalog = drop_relation(catalog, e.DropTable(relation=child.name), origin)
    for table, constraint in catalog.foreign_keys_to(change.relation):
        kept = tuple(known for known in table.constraints if known is not constraint)
        catalog = catalog.with_relation(replace(table, constraints=kept))
    for sequence in catalog.sequences_of(change.relation):
        catalog = catalog.without_relation(sequence.name)
    return catalog.without_relation(change.relation)


@folds(e.RenameTable, e.SetSchema)
def _rename_relation(catalog: Catalog, change: e.RenameTable | e.SetSchema, origin: Origin | None) -> Catalog:
    old, new = change.relation, change.to
    relation = known_relation(catalog, old)
    indexes = catalog.indexes_on(old)
    readers = [view.name for view in catalog.views_of(old)]
    children = [child.name for child in catalog.children(old)]
    keys = catalog.foreign_keys_to(old)
    owned = catalog.sequences_of(old)
    catalog = catalog.without_relation(old).with_relation(replace(relation, name=new))
    schema = split(new)[0]
    for index in indexes:
        own = f"{old}."  # an index of MySQL belongs to its table
        name = f"{schema}.{split(index.name)[1]}"
        if index.name.startswith(own):
            name = f"{new}.{index.name.removeprefix(own)}"
        catalog = catalog.with_index(replace(index, name=name, relation=new))
    for table, _ in keys:
        known = catalog.relation(new if table.name == old else table.name)
        if known is not None:
            constraints = tuple(
                replace(c, references=new) if c.references == old else c for c in known.constraints
            )
            catalog = catalog.with_relation(replace(known, constraints=constraints))
    for name in readers:
        view = catalog.relation(name)
        if view is not None:
            catalog = catalog.with_relation(_reading(view, old, new))
    for name in children:
        child = catalog.relation(name)
        if child is not None:
            parents = tuple(new if parent == old else parent for parent in child.parents)
            catalog = catalog.with_relation(replace(child, parents=parents))
    for known in owned:
        catalog = catalog.with_relation(replace(known, owned_by=(new, (known.owned_by or ("", ""))[1])))
    return catalog


def _reading(view: Relation, old: str, new: str) -> Relation:
    reads = tuple(new if name == old else name for name in view.reads)
    columns = view.reads_columns
    if columns is not None:
        columns = frozenset((new if table == old else table, column) for table, column in columns)
    return replace(view, reads=reads, reads_columns=columns)


@folds(e.SetPersistence)
def _set_persistence(catalog: Catalog, change: e.SetPersistence, origin: Origin | None) -> Catalog:
    persistence = Persistence.PERMANENT if change.logged else Persistence.UNLOGGED
    return catalog.with_relation(replace(known_relation(catalog, change.relation), persistence=persistence))


@folds(e.SetTablespace)
def _set_tablespace(catalog: Catalog, change: e.SetTablespace, origin: Origin | None) -> Catalog:
    index = catalog.index(change.relation)
    if index is not None:
        return catalog.with_index(replace(index, tablespace=change.tablespace))
    known = known_relation(catalog, change.relation)
    return catalog.with_relation(replace(known, tablespace=change.tablespace))


@folds(e.SetOptions)
def _set_options(catalog: Catalog, change: e.SetOptions, origin: Origin | None) -> Catalog:
    index = catalog.index(change.relation)
    options = dict(index.options if index else known_relation(catalog, change.relation).options)
    for name, value in change.options:
        if value is None:
            options.pop(name, None)
        else:
            options[name] = value
    kept = tuple(options.items())
    if index:
        return catalog.with_index(replace(index, options=kept))
    return catalog.with_relation(replace(known_relation(catalog, change.relation), options=kept))


@folds(e.SetRowSecurity)
def _set_row_security(catalog: Catalog, change: e.SetRowSecurity, origin: Origin | None) -> Catalog:
    if change.enabled is None:
        return catalog
    return catalog.with_relation(
        replace(known_relation(catalog, change.relation), row_security=change.enabled)
    )


@folds(e.SetReplicaIdentity)
def _set_replica_identity(catalog: Catalog, change: e.SetReplicaIdentity, origin: Origin | None) -> Catalog:
    return catalog.with_relation(
        replace(known_relation(catalog, change.relation), replica_identity=change.identity)
    )


@folds(e.Cluster)
def _cluster(catalog: Catalog, change: e.Cluster, origin: Origin | None) -> Catalog:
    known = catalog.relation(change.relation)
    if known is None or change.index is None:
        return catalog
    return catalog.with_relation(replace(known, clustered_on=change.index))


@folds(e.AlterTable)
def _alter_table(catalog: Catalog, change: e.AlterTable, origin: Origin | None) -> Catalog:
    known = catalog.relation(change.relation)
    if known is None or not change.action.startswith(("CLUSTER ON ", "SET WITHOUT CLUSTER")):
        return catalog
    index = change.action.removeprefix("CLUSTER ON ") if change.action.startswith("CLUSTER") else None
    return catalog.with_relation(replace(known, clustered_on=index))


@folds(e.SetInheritance)
def _set_inheritance(catalog: Catalog, change: e.SetInheritance, origin: Origin | None) -> Catalog:
    known = known_relation(catalog, change.relation)
    parents = tuple(parent for parent in known.parents if parent != change.parent)
    if not change.inherit:
        return catalog.with_relation(parted(catalog, replace(known, parents=parents)))
    known = replace(known, parents=(*parents, change.parent))
    parent = catalog.relation(change.parent)
    return catalog.with_relation(joined(known, parent) if parent is not None else known)


@folds(e.InsertRows)
def _insert_rows(catalog: Catalog, change: e.InsertRows, origin: Origin | None) -> Catalog:
    known = catalog.relation(change.relation)
    if known is None or known.filled:
        return catalog
    for partition in (known, *catalog.descendants(known.name)):
        catalog = catalog.with_relation(replace(partition, filled=True))
    return catalog


@folds(e.Truncate)
def _truncate(catalog: Catalog, change: e.Truncate, origin: Origin | None) -> Catalog:
    known = catalog.relation(change.relation)
    return catalog if known is None else catalog.with_relation(replace(known, filled=False))
