"""ALTER TABLE: what changes no column and no constraint: storage, triggers, ownership, inheritance."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from migration_lint.effects import (
    AlterTable,
    Effect,
    SetAccessMethod,
    SetInheritance,
    SetOptions,
    SetPersistence,
    SetReplicaIdentity,
    SetRowSecurity,
    SetTriggers,
    Unknown,
)
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import body, constant, options
from migration_lint.engines.postgres.prediction import lock
from migration_lint.engines.postgres.statements.alteration import Clause
from migration_lint.engines.postgres.statements.tablespaces import moved
from migration_lint.names import split
from migration_lint.schema import Persistence, Relation

_EXCLUSIVE = Mode.AccessExclusiveLock
_LIGHT_OPTIONS = frozenset(
    """fillfactor toast_tuple_target parallel_workers vacuum_index_cleanup vacuum_truncate
    log_autovacuum_min_duration deduplicate_items vacuum_max_eager_freeze_failure_rate
    n_distinct n_distinct_inherited""".split()
)
_HEAVY_OPTIONS = frozenset(
    """user_catalog_table security_barrier security_invoker check_option fastupdate
    gin_pending_list_limit buffering pages_per_range autosummarize""".split()
)


def mode_of_options(names: list[str]) -> Mode:
    """The lock for setting storage parameters: ``lockmode`` in ``access/common/reloptions.c``."""
    strongest = Mode.ShareUpdateExclusiveLock
    for name in names:
        bare = name.rpartition(".")[2]
        light = bare in _LIGHT_OPTIONS or bare.startswith("autovacuum_")
        if not light or bare in _HEAVY_OPTIONS:
            strongest = _EXCLUSIVE
    return strongest


def not_known(clause: Clause) -> Effect:
    """A kind of clause that the grammar has and this module has not."""
    return Unknown(
        reason=f"a clause of a kind that is not known here ({clause.command['subtype']})",
        clause=clause.number,
    )


def _rel_options(clause: Clause) -> Iterator[Effect]:
    resets = clause.command["subtype"] == "AT_ResetRelOptions"
    found = []
    for name, value in options(body(clause.command.get("def") or {}).get("items")).items():
        text = None if resets else _text(constant(value) if value else True)
        found.append((name, text))
    yield SetOptions(relation=clause.table, options=tuple(found), clause=clause.number)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _triggers(clause: Clause) -> Iterator[Effect]:
    name = clause.command["subtype"]
    trigger = {"All": "ALL", "ser": "USER"}.get(name[-3:], clause.name)
    yield SetTriggers(
        relation=clause.table,
        trigger=trigger,
        enabled=name.startswith("AT_Enable"),
        clause=clause.number,
    )
    # Of a partitioned table the row triggers of its partitions change with it.
    if clause.recurse and _in_partitions(clause, trigger):
        yield from clause.locked(clause.partitions(), clause.mode)


def _in_partitions(clause: Clause, trigger: str) -> bool:
    """Whether the partitions have their part of a trigger; a foreign key's triggers count since 15."""
    row = {own.name for own in clause.known.triggers if own.row}
    if trigger not in ("ALL", "USER"):
        return trigger in row or clause.known.trigger(trigger) is None
    if row or trigger == "USER" or clause.at.version < 15:
        return bool(row)
    keys = any(constraint.references is not None for constraint in clause.known.constraints)
    return keys or bool(clause.at.catalog.foreign_keys_to(clause.table))


def _row_security(clause: Clause) -> Iterator[Effect]:
    name = clause.command["subtype"]
    yield SetRowSecurity(
        relation=clause.table,
        enabled={"AT_EnableRowSecurity": True, "AT_DisableRowSecurity": False}.get(name),
        forced={"AT_ForceRowSecurity": True, "AT_NoForceRowSecurity": False}.get(name),
        clause=clause.number,
    )


def _replica_identity(clause: Clause) -> Iterator[Effect]:
    node = clause.definition
    kinds = {"d": "default", "f": "full", "n": "nothing"}
    name = str(node.get("name", ""))
    identity = kinds.get(node.get("identity_type", ""), f"{split(clause.table)[0]}.{name}")
    yield SetReplicaIdentity(relation=clause.table, identity=identity, clause=clause.number)


def _persistence(clause: Clause) -> Iterator[Effect]:
    logged = clause.command["subtype"] == "AT_SetLogged"
    yield SetPersistence(relation=clause.table, logged=logged, clause=clause.number)
    wanted = Persistence.PERMANENT if logged else Persistence.UNLOGGED
    known = clause.relation
    if known is not None and known.persistence is wanted and known.complete:
        return
    yield from clause.rewritten(clause.known, certain=clause.known.complete)
    if clause.at.version >= 15:
        for sequence in _sequences(clause):
            yield lock(sequence.name, _EXCLUSIVE, clause=clause.number)


def _sequences(clause: Clause) -> list[Relation]:
    return clause.at.catalog.sequences_of(clause.table)


def _access_method(clause: Clause) -> Iterator[Effect]:
    method = clause.name or "heap"
    yield SetAccessMethod(relation=clause.table, method=method, clause=clause.number)
    if method != "heap":
        yield from clause.rewritten(clause.known, certain=False)


def _tablespace(clause: Clause) -> Iterator[Effect]:
    yield from moved(clause.table, clause.name, clause.at, clause.number)


def _inherit(clause: Clause) -> Iterator[Effect]:
    parent = clause.at.relation_name(clause.definition)
    inherit = clause.command["subtype"] == "AT_AddInherit"
    yield SetInheritance(relation=clause.table, parent=parent, inherit=inherit, clause=clause.number)
    mode = Mode.ShareUpdateExclusiveLock if inherit else Mode.AccessShareLock
    yield lock(parent, mode, clause=clause.number)
    if inherit:  # none of them may be the parent
        yield from clause.locked(clause.below(), Mode.AccessShareLock)


def _cluster(clause: Clause) -> Iterator[Effect]:
    index = clause.at.qualified([clause.name]) if clause.name else None
    yield AlterTable(
        relation=clause.table,
        action=f"CLUSTER ON {index}" if index else "SET WITHOUT CLUSTER",
        clause=clause.number,
    )


def _owner(clause: Clause) -> Iterator[Effect]:
    yield AlterTable(relation=clause.table, action="OWNER TO", clause=clause.number)
    for sequence in _sequences(clause):
        yield lock(sequence.name, _EXCLUSIVE, clause=clause.number)


def _of_type(clause: Clause) -> Iterator[Effect]:
    yield AlterTable(relation=clause.table, action="OF", clause=clause.number)
    name = clause.at.type(clause.definition).name
    yield lock(name, Mode.AccessShareLock, clause=clause.number)


def _named(
    action: str, *, recurses: bool = False, mode: Mode = _EXCLUSIVE
) -> Callable[[Clause], Iterator[Effect]]:
    """A clause that only writes the catalog; `recurses`: in the partitions and heirs too."""

    def predict(clause: Clause) -> Iterator[Effect]:
        yield AlterTable(relation=clause.table, action=action, clause=clause.number)
        if recurses:
            yield from clause.locked(clause.family(), mode)

    return predict


HANDLERS: dict[str, Callable[[Clause], Iterator[Effect]]] = {
    "AT_SetRelOptions": _rel_options,
    "AT_ResetRelOptions": _rel_options,
    "AT_ReplaceRelOptions": _rel_options,
    **dict.fromkeys(
        """AT_EnableTrig AT_EnableAlwaysTrig AT_EnableReplicaTrig AT_EnableTrigAll AT_EnableTrigUser
        AT_DisableTrig AT_DisableTrigAll AT_DisableTrigUser""".split(),
        _triggers,
    ),
    **dict.fromkeys(
        """AT_EnableRowSecurity AT_DisableRowSecurity AT_ForceRowSecurity
        AT_NoForceRowSecurity""".split(),
        _row_security,
    ),
    **dict.fromkeys(
        "AT_EnableRule AT_EnableAlwaysRule AT_EnableReplicaRule AT_DisableRule".split(),
        _named("RULE"),
    ),
    "AT_ReplicaIdentity": _replica_identity,
    "AT_SetLogged": _persistence,
    "AT_SetUnLogged": _persistence,
    "AT_SetAccessMethod": _access_method,
    "AT_SetTableSpace": _tablespace,
    "AT_AddInherit": _inherit,
    "AT_DropInherit": _inherit,
    "AT_ClusterOn": _cluster,
    "AT_DropCluster": _cluster,
    "AT_ChangeOwner": _owner,
    "AT_AddOf": _of_type,
    "AT_DropOf": _named("NOT OF"),
    "AT_SetStatistics": _named("SET STATISTICS", recurses=True, mode=Mode.ShareUpdateExclusiveLock),
    "AT_SetOptions": _named("SET ATTRIBUTE OPTIONS"),
    "AT_ResetOptions": _named("RESET ATTRIBUTE OPTIONS"),
    "AT_SetStorage": _named("SET STORAGE", recurses=True),
    "AT_SetCompression": _named("SET COMPRESSION"),
    "AT_AlterColumnGenericOptions": _named("OPTIONS"),
    "AT_GenericOptions": _named("OPTIONS"),
    "AT_DropOids": _named("SET WITHOUT OIDS"),
}
