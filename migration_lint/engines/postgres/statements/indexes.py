"""CREATE INDEX and REINDEX.

``DefineIndex`` and ``ReindexIndex``, ``ReindexTable``, ``ReindexMultipleTables`` of
``commands/indexcmds.c``. https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint.effects import CreateIndex, Effect, IndexBuild, Reindex
from migration_lint.engines.postgres.index_definitions import (
    chosen_name,
    key_names,
    not_immutable,
    partition_indexes,
    read_index,
)
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node, flag, options
from migration_lint.engines.postgres.prediction import Prediction, lock, locks, scan
from migration_lint.engines.postgres.refusals.indexes import new_index
from migration_lint.engines.postgres.scan import in_parentheses
from migration_lint.engines.postgres.situation import Situation
from migration_lint.model import TransactionRule
from migration_lint.names import bare, split
from migration_lint.schema import (
    ConstraintKind,
    Index,
    Persistence,
    Relation,
    RelationKind,
)

_HAVE_INDEXES = (RelationKind.TABLE, RelationKind.PARTITIONED_TABLE, RelationKind.MATERIALIZED_VIEW)


def index_stmt(at: Situation) -> Prediction:
    """CREATE INDEX: writers wait for the build, except where it is CONCURRENTLY."""
    node = at.node
    concurrently = bool(node.get("concurrent", False))
    rule = TransactionRule.FORBIDDEN if concurrently else TransactionRule.ALLOWED
    effects, refused = index_effects(node, at)
    return Prediction(tuple(effects), rule, refused)


def index_effects(node: Node, at: Situation) -> tuple[list[Effect], str | None]:
    """The effects of an IndexStmt's fields, and why it is refused; also where it stands in CREATE SCHEMA."""
    target = node.get("relation") or {}
    relation = at.relation_name(target)
    table = at.relation(relation)
    asked = bool(node.get("concurrent", False))
    temporary = table is not None and table.persistence is Persistence.TEMPORARY
    mode = Mode.ShareUpdateExclusiveLock if asked and not temporary else Mode.ShareLock
    if_not_exists = bool(node.get("if_not_exists", False))
    keys = key_names(node)
    given = node.get("idxname")
    name = f"{split(relation)[0]}.{given}" if given else chosen_name(relation, keys, at, frozenset())
    divided = table is not None and table.kind is RelationKind.PARTITIONED_TABLE
    only = divided and not target.get("inh", False)
    index = read_index(node, relation, name, at)
    if only and at.catalog.children(relation):
        index = replace(index, valid=False)
    change = CreateIndex(
        relation=relation, index=index, concurrently=asked, if_not_exists=if_not_exists, only=only
    )
    locked: list[Effect] = [lock(relation, mode)]
    if divided and not only:
        locked += locks([child.name for child in at.catalog.descendants(relation)], mode)
    refused = _refused(node, table, given, name, at)
    if _exists(name, at):
        return [change, *locked], refused
    if divided and refused is not None:
        return [change, *locked], refused
    if refused is not None or table is None or not divided:
        return [change, *locked, *_built(index)], refused
    if only:
        return [change, *locked], None
    made, adopted = partition_indexes(index, keys, at)
    if any(not own.valid for own in adopted):
        change = replace(change, index=replace(index, valid=False))
    below = [own for own in made if not _is_divided(own.relation, at)]
    change = replace(change, partitions=(*made, *adopted))
    return [change, *locked, *(effect for own in below for effect in _built(own))], None


def _exists(name: str, at: Situation) -> bool:
    return at.index(name) is not None or at.relation(name) is not None


def _is_divided(relation: str, at: Situation) -> bool:
    known = at.relation(relation)
    return known is not None and known.kind is RelationKind.PARTITIONED_TABLE


def _built(index: Index) -> list[Effect]:
    return [scan(index.relation), IndexBuild(relation=index.relation, index=index.name)]


def _refused(node: Node, table: Relation | None, given: str | None, name: str, at: Situation) -> str | None:
    if given and _exists(name, at) and not node.get("if_not_exists", False):
        return f'relation "{bare(name)}" already exists'
    if table is None:
        return not_immutable(node)
    shown = bare(table.name)
    if node.get("nulls_not_distinct", False) and at.version < 15:
        return "NULLS NOT DISTINCT is new in PostgreSQL 15"
    if table.kind not in _HAVE_INDEXES:
        return f'cannot create index on relation "{shown}"'
    if table.kind is RelationKind.PARTITIONED_TABLE and node.get("concurrent", False):
        return f'cannot create index on partitioned table "{shown}" concurrently'
    return not_immutable(node) or new_index(node, table, at)


# --- REINDEX -------------------------------------------------------------------------------------


def reindex_stmt(at: Situation) -> Prediction:
    """REINDEX: writers wait, and readers whose plan would look at the index."""
    prediction = _reindex(at)
    if at.version < 14 and in_parentheses(at.sql, "reindex").lower().strip() not in ("", "verbose"):
        return Prediction(
            prediction.effects, prediction.transaction, "REINDEX (CONCURRENTLY) is new in PostgreSQL 14"
        )
    return prediction


def _reindex(at: Situation) -> Prediction:
    scope = str(at.node.get("kind", "")).removeprefix("REINDEX_OBJECT_").lower()
    chosen = options(at.node.get("params"))
    concurrently = flag(chosen, "concurrently")
    if scope == "index":
        return _reindex_index(at, concurrently)
    if scope == "table":
        return _reindex_table(at, concurrently)
    name = str(at.node.get("name", ""))
    change = Reindex(relation=name, scope=scope, name=name, concurrently=concurrently)
    if scope == "system":
        refused = "cannot reindex system catalogs concurrently" if concurrently else None
        return Prediction((change,), TransactionRule.FORBIDDEN, refused)
    found: list[Effect] = [change]
    for relation in sorted(at.catalog.relations.values(), key=lambda known: known.name):
        chosen_here = scope == "database" or split(relation.name)[0] == name
        if chosen_here and relation.kind in (RelationKind.TABLE, RelationKind.MATERIALIZED_VIEW):
            found += _table_rebuilt(relation.name, at, concurrently)
    return Prediction(tuple(found), TransactionRule.FORBIDDEN)


def _reindex_index(at: Situation, concurrently: bool) -> Prediction:
    name = at.relation_name(at.node.get("relation") or {})
    index = at.index(name)
    relation = index.relation if index is not None else ""
    change = Reindex(relation=relation or name, scope="index", name=name, concurrently=concurrently)
    rule = TransactionRule.FORBIDDEN if concurrently else TransactionRule.ALLOWED
    if index is None:
        mode = Mode.ShareUpdateExclusiveLock if concurrently else Mode.AccessExclusiveLock
        found = [lock(name, mode), IndexBuild(relation=name, index=name, certain=False)]
        return Prediction((change, *found), rule)
    if not _is_divided(relation, at):
        excluding = concurrently and _excludes(index, at)
        refused = "cannot reindex exclusion constraint index concurrently" if excluding else None
        return Prediction((change, *_rebuilt(index, at, concurrently)), rule, refused)
    if at.version < 14:
        return Prediction((change,), rule, "REINDEX is not yet implemented for partitioned indexes")
    below = _below(index, at)
    found_: list[Effect] = [change, lock(relation, _mode(relation, at, concurrently))]
    for own in below:
        if not _is_divided(own.relation, at):
            found_ += _rebuilt(own, at, concurrently)
    return Prediction(tuple(found_), TransactionRule.FORBIDDEN)


def _below(index: Index, at: Situation) -> list[Index]:
    found: list[Index] = []
    for child in at.catalog.children(index.relation):
        for own in at.catalog.indexes_on(child.name):
            if own.parent == index.name:
                found += [own, *_below(own, at)]
    return found


def _reindex_table(at: Situation, concurrently: bool) -> Prediction:
    relation = at.relation_name(at.node.get("relation") or {})
    change = Reindex(relation=relation, scope="table", name=relation, concurrently=concurrently)
    rule = TransactionRule.FORBIDDEN if concurrently else TransactionRule.ALLOWED
    if not _is_divided(relation, at):
        return Prediction((change, *_table_rebuilt(relation, at, concurrently)), rule)
    found: list[Effect] = [change, lock(relation, _mode(relation, at, concurrently))]
    if at.version < 14:
        return Prediction(tuple(found), rule)  # a warning says that partitioned tables are passed over
    for child in at.catalog.descendants(relation):
        # Before the first partition is worked on, the list of them is read under this lock.
        found.append(lock(child.name, Mode.ShareLock))
        if child.kind is RelationKind.TABLE:
            found += _table_rebuilt(child.name, at, concurrently)
    return Prediction(tuple(found), TransactionRule.FORBIDDEN)


def _table_rebuilt(relation: str, at: Situation, concurrently: bool) -> list[Effect]:
    found: list[Effect] = [lock(relation, _mode(relation, at, concurrently))]
    indexes = at.catalog.indexes_on(relation)
    for index in indexes:
        passed_over = concurrently and (not index.valid or _excludes(index, at))
        if not passed_over:
            found += _rebuilt(index, at, concurrently)
    known = at.relation(relation)
    if not indexes and (known is None or not known.complete):
        found.append(scan(relation, certain=False))
    return found


def _rebuilt(index: Index, at: Situation, concurrently: bool) -> list[Effect]:
    own = Mode.ShareUpdateExclusiveLock if concurrently else Mode.AccessExclusiveLock
    return [
        lock(index.relation, _mode(index.relation, at, concurrently)),
        lock(index.name, own),
        scan(index.relation),
        IndexBuild(relation=index.relation, index=index.name),
    ]


def _mode(relation: str, at: Situation, concurrently: bool) -> Mode:
    known = at.relation(relation)
    temporary = known is not None and known.persistence is Persistence.TEMPORARY
    return Mode.ShareUpdateExclusiveLock if concurrently and not temporary else Mode.ShareLock


def _excludes(index: Index, at: Situation) -> bool:
    table = at.relation(index.relation)
    if table is None or index.constraint is None:
        return False
    constraint = table.constraint(index.constraint)
    return constraint is not None and constraint.kind is ConstraintKind.EXCLUSION
