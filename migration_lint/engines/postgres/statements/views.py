"""Views, rewrite rules and REFRESH MATERIALIZED VIEW. (CREATE MATERIALIZED VIEW is in `tables`.)

``DefineView`` opens what the query names, and replaces an existing view under ACCESS EXCLUSIVE;
``ExecRefreshMatView`` runs the stored query, so that what its views read is opened too.
"""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint.effects import (
    CreateRule,
    CreateView,
    Effect,
    IndexBuild,
    RefreshMaterializedView,
    Rewrite,
)
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node, body, constant, names, options, tag
from migration_lint.engines.postgres.prediction import Prediction, lock, scan
from migration_lint.engines.postgres.queries import Query, opened, read_expression, read_query
from migration_lint.engines.postgres.simple_views import is_updatable
from migration_lint.engines.postgres.situation import Situation
from migration_lint.engines.postgres.sql_bodies import named_locks
from migration_lint.names import bare
from migration_lint.schema import Column, Expression, Persistence, Relation, RelationKind

_NO_TABLE_TO_VIEW_SINCE = 16
_STORED = (RelationKind.TABLE, RelationKind.MATERIALIZED_VIEW)


def view_stmt(at: Situation) -> Prediction:
    """CREATE VIEW."""
    node = at.node
    target = node.get("view") or {}
    query = read_query(node.get("query"), at)
    temporary = target.get("relpersistence") == "t" or any(
        _is_temporary(name, at) for name in query.relations
    )
    name = at.new_name({**target, "relpersistence": "t"} if temporary else target)
    view = Relation(
        name,
        RelationKind.VIEW,
        columns=_named(query.output or (), names(node.get("aliases"))),
        persistence=Persistence.TEMPORARY if temporary else Persistence.PERMANENT,
        reads=query.relations,
        reads_columns=query.columns,
        options=tuple(
            (key, str(constant(value)) if value else "true")
            for key, value in options(node.get("options")).items()
        ),
        updatable=is_updatable(node.get("query") or {}, at),
        condition=_condition(node.get("query") or {}, at),
        complete=query.output is not None,
    )
    replacing = bool(node.get("replace", False))
    known = at.relation(name)
    found: list[Effect] = [CreateView(relation=name, view=view, replace=replacing)]
    if known is not None or (replacing and not at.catalog.complete):
        found.append(lock(name, Mode.AccessExclusiveLock, certain=known is not None))
    found += named_locks(node.get("query") or {}, at)
    return Prediction(tuple(found), refused=_refused(view, known, replacing, at))


def _condition(select: Node, at: Situation) -> Expression | None:
    where = body(select).get("whereClause")
    return at.expression(where, at.where_text()) if where else None


def _is_temporary(name: str, at: Situation) -> bool:
    known = at.relation(name)
    return known is not None and known.persistence is Persistence.TEMPORARY


def _named(columns: tuple[Column, ...], aliases: list[str]) -> tuple[Column, ...]:
    return tuple(
        replace(column, name=aliases[number]) if number < len(aliases) else column
        for number, column in enumerate(columns)
    )


def _refused(view: Relation, known: Relation | None, replacing: bool, at: Situation) -> str | None:
    if at.version < 15 and any(key == "security_invoker" for key, _ in view.options):
        return 'unrecognized parameter "security_invoker"'
    repeated = _repeated(view)
    if repeated is not None:
        return f'column "{repeated}" specified more than once'
    if known is None:
        return None
    if not replacing:
        return f'relation "{bare(known.name)}" already exists'
    if known.kind is not RelationKind.VIEW:
        return f'"{bare(known.name)}" is not a view'
    if not (known.complete and view.complete):
        return None
    if len(view.columns) < len(known.columns):
        return "cannot drop columns from view"
    for old, new in zip(known.columns, view.columns, strict=False):
        if old.name != new.name:
            return f'cannot change name of view column "{old.name}" to "{new.name}"'
        if old.type is not None and new.type is not None and old.type != new.type:
            return f'cannot change the type of view column "{old.name}" from {old.type} to {new.type}'
    return None


def _repeated(view: Relation) -> str | None:
    """The name that two columns of a view would have."""
    given = [column.name for column in view.columns]
    return next((name for name in given if given.count(name) > 1), None) if view.complete else None


def refresh_mat_view_stmt(at: Situation) -> Prediction:
    """REFRESH MATERIALIZED VIEW: readers wait for all of the query, except where it is CONCURRENTLY."""
    node = at.node
    name = at.relation_name(node.get("relation") or {})
    view = at.relation(name)
    concurrently = bool(node.get("concurrent", False))
    with_data = not node.get("skipData", False)
    mode = Mode.ExclusiveLock if concurrently else Mode.AccessExclusiveLock
    if view is not None and view.kind is not RelationKind.MATERIALIZED_VIEW:
        change = RefreshMaterializedView(relation=name, concurrently=concurrently, with_data=with_data)
        return Prediction((change,), refused=f"{name} is a {view.kind.value}, not a materialized view")
    found: list[Effect] = [
        RefreshMaterializedView(relation=name, concurrently=concurrently, with_data=with_data),
        lock(name, mode),
    ]
    if not with_data:
        refused = "REFRESH options CONCURRENTLY and WITH NO DATA cannot be used together"
        return Prediction(tuple(found), refused=refused if concurrently else None)
    if concurrently:
        found.append(scan(name))
    elif view is None or view.populated:  # else there are no rows yet that anybody could wait for
        found.append(Rewrite(relation=name))
        found += [IndexBuild(relation=name, index=index.name) for index in at.catalog.indexes_on(name)]
    for read in opened(Query(view.reads if view is not None else (), None, None), at.catalog):
        found.append(lock(read, Mode.AccessShareLock))
        known = at.relation(read)
        if known is None or known.kind in _STORED:
            found.append(scan(read, certain=False))
    return Prediction(tuple(found), refused=_refresh_refused(view, at) if concurrently else None)


def _refresh_refused(view: Relation | None, at: Situation) -> str | None:
    if view is None or not view.complete:
        return None
    if not view.populated:
        return "CONCURRENTLY cannot be used when the materialized view is not populated"
    usable = [
        index
        for index in at.catalog.indexes_on(view.name)
        if index.unique and index.valid and index.predicate is None and not index.expressions
    ]
    return None if usable else f'cannot refresh materialized view "{view.name}" concurrently'


def rule_stmt(at: Situation) -> Prediction:
    """CREATE RULE: what its actions change is locked as if they ran."""
    node = at.node
    relation = at.relation_name(node.get("relation") or {})
    touched: dict[str, Mode] = {}
    for name in read_expression(node.get("whereClause"), [relation], at).relations:
        touched[name] = Mode.AccessShareLock
    for action in node.get("actions") or ():
        _touch(action, at, touched)
    touched.pop(relation, None)
    change = CreateRule(
        relation=relation,
        rule=str(node.get("rulename", "")),
        reads=tuple(touched),
        event=str(node.get("event", "")).removeprefix("CMD_").lower(),
        instead=bool(node.get("instead", False)),
        conditional="whereClause" in node,
        tree=node.get("actions"),
    )
    found: list[Effect] = [change, lock(relation, Mode.AccessExclusiveLock)]
    touching = (lock(name, mode) for name, mode in touched.items())
    return Prediction((*found, *touching), refused=_rule_refused(change, at))


def _rule_refused(change: CreateRule, at: Situation) -> str | None:
    known = at.relation(change.relation)
    if known is None:
        return None
    if known.kind is RelationKind.MATERIALIZED_VIEW:
        return f"{known.name} is a materialized view, which has no rules"
    view = known.kind is RelationKind.VIEW
    if change.event == "select" and not view and at.version >= _NO_TABLE_TO_VIEW_SINCE:
        return f"{known.name} is a {known.kind.value}, which has no rules ON SELECT"
    if not at.node.get("replace") and any(rule.name == change.rule for rule in known.rules):
        return f'rule "{change.rule}" for relation "{known.name}" already exists'
    return None


def _touch(action: Node, at: Situation, touched: dict[str, Mode]) -> None:
    for name in read_query(action, at).relations:
        touched.setdefault(name, Mode.AccessShareLock)
    if tag(action) in ("InsertStmt", "UpdateStmt", "DeleteStmt"):
        touched[at.relation_name(body(action).get("relation") or {})] = Mode.RowExclusiveLock
