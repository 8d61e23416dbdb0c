"""Storage, triggers and identity of rows: clauses that the server refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from migration_lint.engines.postgres.statements.alteration import Clause
from migration_lint.names import bare, split
from migration_lint.schema import Index, Persistence, Relation, RelationKind


def _index(clause: Clause, name: str) -> Index | None:
    return clause.at.index(f"{split(clause.table)[0]}.{name}")


def _triggers(clause: Clause) -> Iterator[str]:
    below = clause.recurse and clause.partitions()
    if clause.command["subtype"].endswith("TrigUser") and below and clause.at.version < 13:
        for trigger in clause.known.triggers:
            if trigger.row:  # the partitions' parts of it were the server's own, not the user's
                yield f'trigger "{trigger.name}" for table "{bare(below[0].name)}" does not exist'
    if clause.name and clause.known.trigger(clause.name) is None:
        yield f'trigger "{clause.name}" for table "{bare(clause.table)}" does not exist'


def _rules(clause: Clause) -> Iterator[str]:
    if not any(rule.name == clause.name for rule in clause.known.rules):
        yield f'rule "{clause.name}" for relation "{bare(clause.table)}" does not exist'


def _replica_identity(clause: Clause) -> Iterator[str]:
    name = str(clause.definition.get("name", ""))
    if clause.definition.get("identity_type") != "i":
        return
    index = _index(clause, name)
    if index is None:
        yield f'index "{name}" for table "{bare(clause.table)}" does not exist'
        return
    if index.relation != clause.table:
        yield f'"{name}" is not an index for table "{bare(clause.table)}"'
    if not index.unique:
        yield f'cannot use non-unique index "{name}" as replica identity'
    own = clause.known.constraint(index.constraint or "")
    if own is not None and own.deferrable:
        yield f'cannot use non-immediate index "{name}" as replica identity'
    if index.expressions:
        yield f'cannot use expression index "{name}" as replica identity'
    if index.predicate is not None:
        yield f'cannot use partial index "{name}" as replica identity'
    for key in index.columns:
        column = clause.known.column(key or "")
        if column is not None and not column.not_null:
            yield f'index "{name}" cannot be used as replica identity: column "{key}" is nullable'


def _cluster_on(clause: Clause) -> Iterator[str]:
    index = _index(clause, clause.name)
    if clause.known.kind is RelationKind.PARTITIONED_TABLE:
        yield "cannot mark index clustered in partitioned table"
    if index is None:
        yield f'index "{clause.name}" for table "{bare(clause.table)}" does not exist'
        return
    if index.relation != clause.table:
        yield f'"{clause.name}" is not an index for table "{bare(clause.table)}"'
    if index.method not in ("btree", "gist"):
        yield f'cannot cluster on index "{clause.name}": its access method has no order'
    if index.predicate is not None:
        yield f'cannot cluster on partial index "{clause.name}"'
    if not index.valid:
        yield f'cannot cluster on invalid index "{clause.name}"'


def _without_cluster(clause: Clause) -> Iterator[str]:
    if clause.known.kind is RelationKind.PARTITIONED_TABLE:
        yield "cannot mark index clustered in partitioned table"


def _persistence(clause: Clause) -> Iterator[str]:
    table = clause.known
    logged = clause.command["subtype"] == "AT_SetLogged"
    if table.persistence is Persistence.TEMPORARY:
        yield f'cannot change logged status of table "{bare(clause.table)}" because it is temporary'
    wanted = Persistence.PERMANENT if logged else Persistence.UNLOGGED
    if table.persistence is wanted or table.kind is not RelationKind.TABLE:
        return
    for other in _other_sides(clause, logged=logged):
        if other is not None and other.name != clause.table and other.persistence is table.persistence:
            verb, way = ("logged", "it references") if logged else ("unlogged", "referenced by")
            yield f'could not change table "{bare(clause.table)}" to {verb}: {way} "{bare(other.name)}"'
    for name, tables in clause.at.catalog.publications.items():
        if not logged and clause.table in tables:
            yield f'cannot change table to unlogged because it is part of the publication "{name}"'


def _other_sides(clause: Clause, *, logged: bool) -> list[Relation | None]:
    """LOGGED asks the tables that it refers to, UNLOGGED those that refer to it."""
    if logged:
        named = [key.references for key in clause.known.constraints if key.references is not None]
        return [clause.at.relation(name) for name in named]
    return [table for table, _ in clause.at.catalog.foreign_keys_to(clause.table)]


def _access_method(clause: Clause) -> Iterator[str]:
    if clause.known.kind is RelationKind.PARTITIONED_TABLE and clause.at.version < 17:
        yield "cannot change access method of a partitioned table"


def _not_of(clause: Clause) -> Iterator[str]:
    if clause.known.of_type is None:
        yield f'"{bare(clause.table)}" is not a typed table'


def _of(clause: Clause) -> Iterator[str]:
    name = clause.at.type(clause.definition).name
    composite = clause.at.relation(name)
    if clause.known.parents:
        yield "typed tables cannot inherit"
    if composite is None or not composite.complete:
        return
    if composite.kind is not RelationKind.COMPOSITE_TYPE:
        yield f"type {bare(name)} is not a composite type"
        return
    for own, wanted in zip(clause.known.columns, composite.columns, strict=False):
        if own.name != wanted.name:
            yield f'table has column "{own.name}" where type requires "{wanted.name}"'
        elif own.type is not None and wanted.type is not None and own.type != wanted.type:
            yield f'table "{bare(clause.table)}" has different type for column "{own.name}"'
    if len(clause.known.columns) > len(composite.columns):
        yield f'table has extra column "{clause.known.columns[len(composite.columns)].name}"'
    if len(clause.known.columns) < len(composite.columns):
        yield f'table is missing column "{composite.columns[len(clause.known.columns)].name}"'


def _rel_options(clause: Clause) -> Iterator[str]:
    if clause.known.kind is RelationKind.PARTITIONED_TABLE and clause.at.version >= 16:
        yield "cannot specify storage parameters for a partitioned table"


REASONS: dict[str, Callable[[Clause], Iterator[str]]] = {
    **dict.fromkeys(
        """AT_EnableTrig AT_EnableAlwaysTrig AT_EnableReplicaTrig AT_DisableTrig AT_EnableTrigUser
        AT_DisableTrigUser""".split(),
        _triggers,
    ),
    **dict.fromkeys("AT_EnableRule AT_EnableAlwaysRule AT_EnableReplicaRule AT_DisableRule".split(), _rules),
    "AT_SetRelOptions": _rel_options,
    "AT_ReplicaIdentity": _replica_identity,
    "AT_ClusterOn": _cluster_on,
    "AT_DropCluster": _without_cluster,
    "AT_SetLogged": _persistence,
    "AT_SetUnLogged": _persistence,
    "AT_SetAccessMethod": _access_method,
    "AT_DropOf": _not_of,
    "AT_AddOf": _of,
}
