"""VACUUM, ANALYZE, CLUSTER, CHECKPOINT and ALTER SYSTEM."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.effects import AlterSystem, Analyze, Cluster, Effect, OtherChange, Vacuum
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node, body, flag, options
from migration_lint.engines.postgres.prediction import Prediction, lock, rewrite
from migration_lint.engines.postgres.situation import Situation
from migration_lint.model import TransactionRule
from migration_lint.names import split
from migration_lint.schema import Relation, RelationKind

_ROWS = (RelationKind.TABLE, RelationKind.MATERIALIZED_VIEW)
_SAMPLED = (*_ROWS, RelationKind.FOREIGN_TABLE)
_ANALYZED = (*_SAMPLED, RelationKind.PARTITIONED_TABLE)
_HEIRS_TOO_SINCE = 18
"""From this version on VACUUM and ANALYZE of a table take in those that inherit from it."""
_PARTITIONED_CLUSTER_SINCE = 15


def vacuum_stmt(at: Situation) -> Prediction:
    """VACUUM and ANALYZE; VACUUM stands alone."""
    given = options(at.node.get("options"))
    vacuum = bool(at.node.get("is_vacuumcmd", False))
    rule = TransactionRule.FORBIDDEN if vacuum else TransactionRule.ALLOWED
    if flag(given, "only_database_stats"):
        return Prediction((OtherChange(relation="", what="vacuum"),), rule)
    full = vacuum and flag(given, "full")
    analyze = not vacuum or flag(given, "analyze")
    targets = [body(item).get("relation") or {} for item in at.node.get("rels") or ()]
    found: list[Effect] = []
    for number, target in enumerate(targets):
        found += _changes(at.relation_name(target), vacuum, full, analyze, number)
        found += _maintained(target, vacuum, full, analyze, number, at)
    if not targets:
        found += _changes("", vacuum, full, analyze, None)
        for name in sorted(at.catalog.relations):
            found += _one(at.catalog.relations[name], vacuum, full, analyze, None, at)
    return Prediction(tuple(found), rule)


def _changes(name: str, vacuum: bool, full: bool, analyze: bool, clause: int | None) -> Iterator[Effect]:
    if vacuum:
        yield Vacuum(relation=name, full=full, clause=clause)
    if analyze:
        yield Analyze(relation=name, clause=clause)


def _maintained(
    target: Node, vacuum: bool, full: bool, analyze: bool, clause: int, at: Situation
) -> Iterator[Effect]:
    name = at.relation_name(target)
    known = at.relation(name) or Relation(name, complete=False)
    yield from _one(known, vacuum, full, analyze, clause, at)
    divided = known.kind is RelationKind.PARTITIONED_TABLE
    whole = target.get("inh", False) or at.version < _HEIRS_TOO_SINCE
    for child in at.catalog.descendants(name):
        if whole and (divided or at.version >= _HEIRS_TOO_SINCE):
            yield from _one(child, vacuum, full, analyze, clause, at)
        elif analyze and child.kind in _SAMPLED:  # its rows are sampled for the parent's statistics
            yield lock(child.name, Mode.AccessShareLock, clause=clause)


def _one(
    known: Relation, vacuum: bool, full: bool, analyze: bool, clause: int | None, at: Situation
) -> Iterator[Effect]:
    if full and known.kind is RelationKind.PARTITIONED_TABLE:
        yield lock(known.name, Mode.AccessExclusiveLock, clause=clause)
    elif full and known.kind in _ROWS:
        yield lock(known.name, Mode.AccessExclusiveLock, clause=clause)
        yield from rewrite(at.catalog, known.name, clause=clause)
    elif known.kind in (_ANALYZED if analyze else (*_ROWS, RelationKind.PARTITIONED_TABLE)):
        yield lock(known.name, Mode.ShareUpdateExclusiveLock, clause=clause)


def cluster_stmt(at: Situation) -> Prediction:
    """CLUSTER: a table in the order of an index, written anew."""
    node = at.node
    if "relation" not in node:
        return _cluster_all(at)
    name = at.relation_name(node["relation"])
    known = at.relation(name)
    index = _index(node.get("indexname"), name, known)
    divided = known is not None and known.kind is RelationKind.PARTITIONED_TABLE
    found: list[Effect] = [Cluster(relation=name, index=index), lock(name, Mode.AccessExclusiveLock)]
    refused = None
    if divided and at.version < _PARTITIONED_CLUSTER_SINCE:
        refused = f"{name} is partitioned, which CLUSTER takes from version 15 on"
    elif index is None and known is not None and known.complete:
        refused = f"no index of {name} was chosen for clustering before"
    if not divided:
        return Prediction((*found, *rewrite(at.catalog, name)), refused=refused)
    for child in at.catalog.descendants(name):
        if child.kind is RelationKind.TABLE:
            found += [lock(child.name, Mode.AccessExclusiveLock), *rewrite(at.catalog, child.name)]
    return Prediction(tuple(found), TransactionRule.FORBIDDEN, refused)


def _index(named: str | None, table: str, known: Relation | None) -> str | None:
    if named:
        return f"{split(table)[0]}.{named}"
    return known.clustered_on if known is not None else None


def _cluster_all(at: Situation) -> Prediction:
    found: list[Effect] = [Cluster(relation="", certain=at.catalog.complete)]
    for name in sorted(at.catalog.relations):
        known = at.catalog.relations[name]
        if known.clustered_on is not None and known.kind in _ROWS:
            found += [lock(name, Mode.AccessExclusiveLock), *rewrite(at.catalog, name)]
    return Prediction(tuple(found), TransactionRule.FORBIDDEN)


def check_point_stmt(at: Situation) -> Prediction:
    """CHECKPOINT."""
    return Prediction((OtherChange(relation="", what="checkpoint"),))


def alter_system_stmt(at: Situation) -> Prediction:
    """ALTER SYSTEM SET or RESET: stands alone."""
    setting = (at.node.get("setstmt") or {}).get("name", "all")
    return Prediction((AlterSystem(relation="", setting=setting),), TransactionRule.FORBIDDEN)
