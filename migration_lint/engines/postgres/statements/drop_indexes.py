"""DROP INDEX: the table is locked, and with it the partitions whose parts go too.

CONCURRENTLY waits instead of making others wait, alone and for one index
(``RangeVarCallbackForDropRelation``, ``index_drop``).
"""

from __future__ import annotations

from migration_lint.effects import DropIndex, Effect
from migration_lint.engines.postgres.dependents import Thing, removal
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import name_list
from migration_lint.engines.postgres.prediction import Prediction, lock, locks
from migration_lint.engines.postgres.situation import Situation
from migration_lint.engines.postgres.statements.drop_effects import change_of, locks_of
from migration_lint.model import TransactionRule
from migration_lint.names import bare
from migration_lint.schema import Index, Persistence, RelationKind


def drop_indexes(at: Situation) -> Prediction:
    """DROP INDEX."""
    node = at.node
    concurrently = bool(node.get("concurrent", False))
    cascade = node.get("behavior") == "DROP_CASCADE"
    missing_ok = bool(node.get("missing_ok", False))
    objects = list(node.get("objects") or ())
    effects: list[Effect] = []
    roots: list[Thing] = []
    refused: str | None = None
    if concurrently and len(objects) > 1:
        refused = "DROP INDEX CONCURRENTLY does not support dropping multiple objects"
    elif concurrently and cascade:
        refused = "DROP INDEX CONCURRENTLY does not support CASCADE"
    for clause, item in enumerate(objects):
        name = at.qualified(name_list(item))
        index = at.index(name)
        if index is None and missing_ok and at.catalog.complete:
            continue
        effects.append(
            DropIndex(
                relation=index.relation if index is not None else "",
                index=name,
                concurrently=concurrently,
                if_exists=missing_ok,
                cascade=cascade,
                definition=index,
                clause=clause,
            )
        )
        effects.append(_lock(name, index, concurrently, clause, at))
        if index is not None:
            refused = refused or _refused(index, concurrently, at)
            roots.append(Thing("index", name))
        elif at.relation(name) is not None:
            refused = refused or f'"{bare(name)}" is not an index'
    found = removal(roots, at)
    if not concurrently:
        for thing in found.silent:
            effects += locks_of(thing, at)
            effects += locks(_beside(thing, at), Mode.AccessExclusiveLock)
    for thing in found.others if cascade else ():
        effects += [*change_of(thing, at), *locks_of(thing, at)]
    if found.others and not cascade and refused is None:
        shown = f"index {bare(roots[0].name)}" if len(roots) == 1 else "desired object(s)"
        refused = f"cannot drop {shown} because other objects depend on it ({found.others[0]})"
    rule = TransactionRule.FORBIDDEN if concurrently else TransactionRule.ALLOWED
    return Prediction(tuple(effects), rule, refused)


def _lock(name: str, index: Index | None, concurrently: bool, clause: int, at: Situation) -> Effect:
    mode = Mode.ShareUpdateExclusiveLock if concurrently else Mode.AccessExclusiveLock
    if index is None:
        return lock(name, mode, certain=False, clause=clause)  # its table is not known
    table = at.relation(index.relation)
    if table is not None and table.persistence is Persistence.TEMPORARY:
        mode = Mode.AccessExclusiveLock
    return lock(index.relation, mode, clause=clause)


def _beside(thing: Thing, at: Situation) -> list[str]:
    """All partitions of a partitioned index's table, those without a part of it too."""
    index = at.index(thing.name)
    if index is None:
        return []
    return [child.name for child in at.catalog.descendants(index.relation) if child.bound is not None]


def _refused(index: Index, concurrently: bool, at: Situation) -> str | None:
    name = bare(index.name)
    if index.constraint is not None:
        return (
            f"cannot drop index {name} because constraint {index.constraint} "
            f"on table {bare(index.relation)} requires it"
        )
    if index.parent is not None:
        return f"cannot drop index {name} because index {bare(index.parent)} requires it"
    table = at.relation(index.relation)
    if concurrently and table is not None and table.kind is RelationKind.PARTITIONED_TABLE:
        return f'cannot drop partitioned index "{name}" concurrently'
    return None
