"""CREATE TABLE … AS, SELECT INTO and CREATE MATERIALIZED VIEW: relations made from a query."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint.effects import CreateTable, CreateView, Effect
from migration_lint.engines.postgres.code import run_code
from migration_lint.engines.postgres.execution import query_effects
from migration_lint.engines.postgres.nodes import Node, body, names, tag
from migration_lint.engines.postgres.prediction import Prediction
from migration_lint.engines.postgres.queries import read_query
from migration_lint.engines.postgres.situation import Situation
from migration_lint.engines.postgres.sql_bodies import named_locks
from migration_lint.names import bare
from migration_lint.schema import Column, Persistence, Relation, RelationKind

_PERSISTENCE = {"u": Persistence.UNLOGGED, "t": Persistence.TEMPORARY}


def create_table_as_stmt(at: Situation) -> Prediction:
    """CREATE TABLE … AS and CREATE MATERIALIZED VIEW: the query runs, unless it is WITH NO DATA."""
    into = at.node.get("into") or {}
    target = into.get("rel") or {}
    name = at.new_name(target)
    if_not_exists = bool(at.node.get("if_not_exists", False))
    with_data = not into.get("skipData", False)
    view = at.node.get("objtype") == "OBJECT_MATVIEW"
    node = at.node.get("query") or {}
    read = read_query(node, at)
    made = Relation(
        name,
        RelationKind.MATERIALIZED_VIEW if view else RelationKind.TABLE,
        columns=_named(read.output or (), names(into.get("colNames"))),
        persistence=_PERSISTENCE.get(target.get("relpersistence", "p"), Persistence.PERMANENT),
        tablespace=into.get("tableSpaceName") or "pg_default",
        reads=read.relations if view else (),
        reads_columns=read.columns if view else None,
        populated=with_data,
        filled=with_data,
        complete=read.output is not None,
    )
    change: Effect
    if view:
        change = CreateView(relation=name, view=made, if_not_exists=if_not_exists, with_data=with_data)
    else:
        change = CreateTable(relation=name, table=made, if_not_exists=if_not_exists, as_select=True)
    runs = with_data and (at.relation(name) is None or not if_not_exists)
    taken = not if_not_exists and (at.relation(name) is not None or at.index(name) is not None)
    refused = f'relation "{bare(name)}" already exists' if taken else None
    if view and made.persistence is Persistence.UNLOGGED:
        refused = "materialized views cannot be unlogged"
    return Prediction((change, *_query(node, at, runs=runs)), refused=refused)


def _query(node: Node, at: Situation, *, runs: bool) -> list[Effect]:
    if tag(node) == "ExecuteStmt":
        return [run_code("execute", str(body(node).get("name", "")))] if runs else []
    return list(query_effects(node, at)) if runs else list(named_locks(node, at))


def _named(columns: tuple[Column, ...], chosen: list[str]) -> tuple[Column, ...]:
    """The query's columns under the names that the statement gives to the first of them."""
    first = tuple(replace(column, name=name) for column, name in zip(columns, chosen, strict=False))
    return (*first, *columns[len(first) :])
