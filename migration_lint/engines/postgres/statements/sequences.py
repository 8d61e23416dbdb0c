"""Sequences: ``DefineSequence`` and ``AlterSequence`` of ``commands/sequence.c``."""

from __future__ import annotations

from migration_lint.effects import AlterSequence, CreateSequence, Effect
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node, name_list, options
from migration_lint.engines.postgres.prediction import Prediction, lock
from migration_lint.engines.postgres.situation import Situation
from migration_lint.names import bare
from migration_lint.schema import Persistence, Relation, RelationKind

_PERSISTENCE = {"t": Persistence.TEMPORARY, "u": Persistence.UNLOGGED}


def create_seq_stmt(at: Situation) -> Prediction:
    """CREATE SEQUENCE."""
    node = at.node
    target = node.get("sequence") or {}
    name = at.new_name(target)
    if_not_exists = bool(node.get("if_not_exists", False))
    owner = _owner(node, at)
    persistence = _PERSISTENCE.get(target.get("relpersistence", "p"), Persistence.PERMANENT)
    sequence = Relation(name, RelationKind.SEQUENCE, persistence=persistence, owned_by=owner)
    change = CreateSequence(relation=name, sequence=sequence, if_not_exists=if_not_exists)
    exists = at.relation(name) is not None or at.index(name) is not None
    found: list[Effect] = [change]
    if owner is not None and not exists:
        found.append(lock(owner[0], Mode.AccessShareLock))
    refused = f'relation "{bare(name)}" already exists' if exists and not if_not_exists else None
    return Prediction(tuple(found), refused=refused)


def alter_seq_stmt(at: Situation) -> Prediction:
    """ALTER SEQUENCE: nextval() waits."""
    node = at.node
    name = at.relation_name(node.get("sequence") or {})
    if node.get("missing_ok") and at.catalog.complete and at.relation(name) is None:
        return Prediction()
    owner = _owner(node, at)
    chosen = options(node.get("options"))
    change = AlterSequence(
        relation=name,
        restart="restart" in chosen,
        owned_by=owner,
        disowned=owner is None and "owned_by" in chosen,
    )
    found: list[Effect] = [change, lock(name, Mode.ShareRowExclusiveLock)]
    if owner is not None:
        found.append(lock(owner[0], Mode.AccessShareLock))
    return Prediction(tuple(found), refused=_refused(name, "owned_by" in chosen, at))


def _refused(name: str, owned: bool, at: Situation) -> str | None:
    known = at.relation(name)
    if known is None:
        return None
    if known.kind is not RelationKind.SEQUENCE:
        return f"{name} is a {known.kind.value}, not a sequence"
    table = at.relation(known.owned_by[0]) if known.owned_by is not None else None
    column = table.column(known.owned_by[1]) if table is not None and known.owned_by is not None else None
    if owned and column is not None and column.identity is not None:
        return f"{name} belongs to an identity column, and stays with it"
    return None


def _owner(node: Node, at: Situation) -> tuple[str, str] | None:
    """The (table, column) of OWNED BY; None without it or for NONE."""
    parts = name_list(options(node.get("options")).get("owned_by"))
    return (at.qualified(parts[:-1]), parts[-1]) if len(parts) > 1 else None
