"""Statements about rows: INSERT, UPDATE, DELETE, MERGE, SELECT, COPY, LOCK, EXPLAIN, DECLARE."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from migration_lint.effects import Effect, InsertRows, Lock, LockTable, OtherChange, ReadRows
from migration_lint.engines.postgres.execution import query_effects
from migration_lint.engines.postgres.inserting import put
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node, body, flag, names, options, tag
from migration_lint.engines.postgres.prediction import Prediction, lock, scan
from migration_lint.engines.postgres.queries import behind
from migration_lint.engines.postgres.reading import named_relations, reads
from migration_lint.engines.postgres.situation import Situation
from migration_lint.engines.postgres.statements import handler_of
from migration_lint.engines.postgres.targets import fired, target_of, unchangeable
from migration_lint.engines.postgres.writing import CHANGES, repeated
from migration_lint.schema import Relation, RelationKind

_MODES = {mode.rank: mode for mode in Mode}
_LOCKABLE = (RelationKind.TABLE, RelationKind.PARTITIONED_TABLE, RelationKind.VIEW)
_COPIED_UNDER_LOCK_SINCE = 13
"""Before, COPY … TO let go of its lock as soon as it was done, not with the transaction."""
_VIEWS_COPIED_SINCE = 18
"""Of a materialized view that is filled."""
_VIEWS_MERGED_SINCE = 17
_LONG = 8192
"""An INSERT of more bytes than this is not decoded where its values do not matter."""


# --- INSERT --------------------------------------------------------------------------------------


class _Values(Struct, frozen=True):
    """A SELECT of which only VALUES matters here."""

    valuesLists: Raw = Raw(b"")


class _Source(Struct, frozen=True):
    SelectStmt: _Values = _Values()


class _Insert(Struct):
    """A long INSERT without its values."""

    relation: dict[str, object] = {}
    cols: list[dict[str, dict[str, object]]] = []
    selectStmt: _Source = _Source()


class _LongInsert(Struct):
    InsertStmt: _Insert


_decode_long = msgspec.json.Decoder(_LongInsert).decode
_MATTER = (b'"SubLink"', b'"FuncCall"', b'"SetToDefault"', b'"withClause"', b'"onConflictClause"')


def insert_stmt(at: Situation) -> Prediction:
    """INSERT."""
    raw = bytes(at.statement.raw)
    if len(raw) > _LONG and not any(word in raw for word in _MATTER):
        quick = _long_insert(raw, at)
        if quick is not None:
            return Prediction(quick)
    effects = tuple(query_effects({"InsertStmt": at.node}, at))
    given = [body(item).get("name", "") for item in at.node.get("cols") or ()]
    twice = next((name for name in given if given.count(name) > 1), None)
    refused = f'column "{twice}" is named more than once' if twice else None
    return Prediction(effects, refused=refused or _unchangeable("insert", at))


def _unchangeable(event: str, at: Situation) -> str | None:
    return unchangeable(target_of(at.node.get("relation") or {}, at, event), event)


def _long_insert(raw: bytes, at: Situation) -> tuple[Effect, ...] | None:
    insert = _decode_long(raw).InsertStmt
    values = bytes(insert.selectStmt.SelectStmt.valuesLists)
    target = target_of(insert.relation, at, "insert")
    plain = target.known is None or (
        target.known.kind is RelationKind.TABLE and not target.known.rules and not target.known.triggers
    )
    if not values or not plain:
        return None
    given = [str(body(item).get("name", "")) for item in insert.cols]
    width = max(1, len(given) or len(target.known.columns if target.known is not None else ()))
    found: list[Effect] = [
        InsertRows(relation=target.name, columns=tuple(given), rows=values.count(b'{"List":{"items":')),
        *target.locked(at),
    ]
    some = [[{"A_Const": {"ival": {"ival": 1}}}] * width]
    return (*found, *put(target, given, some, at, select=None))


# --- UPDATE, DELETE, MERGE, SELECT ---------------------------------------------------------------


def update_stmt(at: Situation) -> Prediction:
    """UPDATE."""
    twice = repeated(at.node)
    refused = f'column "{twice[0]}" is assigned more than once' if twice else None
    effects = tuple(query_effects({"UpdateStmt": at.node}, at))
    return Prediction(effects, refused=refused or _unchangeable("update", at))


def delete_stmt(at: Situation) -> Prediction:
    """DELETE."""
    effects = tuple(query_effects({"DeleteStmt": at.node}, at))
    return Prediction(effects, refused=_unchangeable("delete", at))


def merge_stmt(at: Situation) -> Prediction:
    """MERGE."""
    effects = tuple(query_effects({"MergeStmt": at.node}, at))
    known = at.relation(at.relation_name(at.node.get("relation") or {}))
    refused = None
    if known is not None and known.rules:
        refused = f"{known.name} has rules, which MERGE does not follow"
    elif known is not None and known.kind is RelationKind.VIEW and at.version < _VIEWS_MERGED_SINCE:
        refused = f"{known.name} is a view, which MERGE takes from version {_VIEWS_MERGED_SINCE} on"
    return Prediction(effects, refused=refused or _unchangeable("update", at))


def select_stmt(at: Situation) -> Prediction:
    """SELECT, VALUES and TABLE; SELECT INTO makes a table."""
    if "intoClause" in at.node:
        query = {key: value for key, value in at.node.items() if key != "intoClause"}
        made = {"query": {"SelectStmt": query}, "into": at.node["intoClause"], "objtype": "OBJECT_TABLE"}
        handler = handler_of("CreateTableAsStmt")
        if handler is not None:
            return handler(at.within({"CreateTableAsStmt": made}))
    statement = {"SelectStmt": at.node}
    found: list[Effect] = [ReadRows(relation=name) for name in named_relations(statement, at)]
    found += query_effects(statement, at)
    return Prediction(
        tuple(found or [OtherChange(relation="", what="select")]), refused=_unlockable(statement, at)
    )


def _unlockable(statement: Node, at: Situation) -> str | None:
    """Why FOR UPDATE and the like are refused: a materialized view's rows and a sequence cannot be locked."""
    for impact in reads(statement, at, runs=False) if "lockingClause" in body(statement) else ():
        if isinstance(impact, Lock) and impact.mode is Mode.RowShareLock:
            known = at.relation(impact.relation)
            if known is not None and known.kind in (RelationKind.MATERIALIZED_VIEW, RelationKind.SEQUENCE):
                return f"{known.name} is a {known.kind.value}, whose rows cannot be locked"
    return None


# --- COPY, LOCK, EXPLAIN, DECLARE ----------------------------------------------------------------


def copy_stmt(at: Situation) -> Prediction:
    """COPY FROM, which puts rows; COPY TO, which reads them."""
    node = at.node
    if "query" in node:
        return Prediction(tuple(query_effects(node["query"], at)) or (OtherChange(relation="", what="copy"),))
    if node.get("is_from"):
        return _copy_from(node, at)
    name = at.relation_name(node.get("relation") or {})
    found: list[Effect] = [ReadRows(relation=name), scan(name)]
    if at.version >= _COPIED_UNDER_LOCK_SINCE:
        found.append(lock(name, Mode.AccessShareLock))
    return Prediction(tuple(found), refused=_copy_refused(at.relation(name), names(node.get("attlist")), at))


def _copy_refused(known: Relation | None, columns: list[str], at: Situation) -> str | None:
    if known is None:
        return None
    copied = known.kind is RelationKind.TABLE or (
        known.kind is RelationKind.MATERIALIZED_VIEW and at.version >= _VIEWS_COPIED_SINCE
    )
    if not copied:
        return f"{known.name} is a {known.kind.value}: COPY reads its rows by a query, (SELECT …)"
    for column in columns:
        if known.complete and known.columns and known.column(column) is None:
            return f'column "{column}" of relation "{known.name}" does not exist'
    return None


def _copy_from(node: Node, at: Situation) -> Prediction:
    """Rows are put as INSERT does, but no rule is asked, and into a view only by a trigger."""
    target = target_of(node.get("relation") or {}, at, "insert")
    given = names(node.get("attlist"))
    made = InsertRows(relation=target.name, columns=tuple(given), select=True, source="copy")
    through = target.views[0] if target.views else None
    refused = f"{through} is a view, which COPY FROM does not fill" if through else None
    rows = put(target, given, [], at, select=None, exact=False)
    found = (made, *target.locked(at), *rows, *fired(target, "insert", at))
    return Prediction(found, refused=refused or unchangeable(target, "insert"))


def lock_stmt(at: Situation) -> Prediction:
    """LOCK TABLE: with partitions and heirs unless ONLY; with all that a view reads."""
    mode = _MODES.get(int(at.node.get("mode", 8)), Mode.AccessExclusiveLock)
    nowait = bool(at.node.get("nowait", False))
    found: list[Effect] = []
    refused = None if at.in_transaction else "LOCK TABLE stands only inside a transaction block"
    for number, item in enumerate(at.node.get("relations") or ()):
        fields = body(item)
        name = at.relation_name(fields)
        known = at.relation(name)
        if known is not None and known.kind not in _LOCKABLE:
            refused = refused or f"{name} is a {known.kind.value}, which LOCK TABLE does not take"
        found.append(LockTable(relation=name, mode=mode, nowait=nowait, clause=number))
        for relation in behind([name], at.catalog):
            below_view = at.relation(relation)
            if relation != name and below_view is not None and below_view.kind not in _LOCKABLE:
                continue
            found.append(lock(relation, mode, clause=number))
            if fields.get("inh") or relation != name:
                below = at.catalog.descendants(relation)
                found += [lock(child.name, mode, clause=number) for child in below]
    return Prediction(tuple(found), refused=refused)


def explain_stmt(at: Situation) -> Prediction:
    """EXPLAIN plans, which opens what the statement names; with ANALYZE it runs it."""
    query = at.node.get("query") or {}
    kind = tag(query)
    explained = OtherChange(relation="", what="explain")
    if flag(options(at.node.get("options")), "analyze"):
        handler = handler_of(kind)
        inner = handler(at.within(query)) if handler is not None else Prediction()
        return Prediction((explained, *inner.effects), inner.transaction, inner.refused)
    if kind not in ("SelectStmt", *CHANGES):
        query = body(query).get("query") or {}
    if tag(query) not in ("SelectStmt", *CHANGES):
        return Prediction((explained,))
    return Prediction((explained, *query_effects(query, at, runs=False)))


def declare_cursor_stmt(at: Situation) -> Prediction:
    """DECLARE: the rows are read as they are fetched."""
    made = OtherChange(relation=at.node.get("portalname", ""), what="declare cursor")
    return Prediction((made, *query_effects(at.node.get("query") or {}, at, runs=False)))
