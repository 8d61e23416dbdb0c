"""Queries that are parsed but not run: the SQL bodies of functions, PREPARE.

Parsing opens what a query names, and the views' relations behind it, until the transaction ends:
``ROW EXCLUSIVE`` on what it would change, ``ROW SHARE`` on what it would lock, else ``ACCESS SHARE``.
Partitions and heirs are opened by the planner, later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from migration_lint.effects import Effect, Lock
from migration_lint.engines.postgres.levels import levels
from migration_lint.engines.postgres.libpg_query import ParseError, parse_sql_json
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node, body, tag, walk
from migration_lint.engines.postgres.prediction import lock, locks
from migration_lint.engines.postgres.queries import behind, read_query
from migration_lint.engines.postgres.reading import row_mode
from migration_lint.engines.postgres.situation import Situation

_CHANGES = ("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt")


def body_statements(node: Node, text: str) -> list[Node]:
    """The tagged statements of a CreateFunctionStmt's SQL body; none where it cannot be read."""
    given = node.get("sql_body")
    if given:
        if tag(given) != "List":
            return [_as_query(given)]
        return [_as_query(item) for part in body(given).get("items") or () for item in _listed(part)]
    if not text:
        return []
    from msgspec.json import decode

    try:
        parsed = decode(parse_sql_json(text))
    except ParseError:
        return []
    return [item["stmt"] for item in parsed.get("stmts", []) if "stmt" in item]


def _as_query(node: Node) -> Node:
    """``RETURN expression`` is the query that selects it."""
    if tag(node) != "ReturnStmt":
        return node
    return {"SelectStmt": {"targetList": [{"ResTarget": {"val": body(node).get("returnval") or {}}}]}}


def _listed(node: Node) -> list[Node]:
    return list(body(node).get("items") or ()) if tag(node) == "List" else [node]


def body_locks(node: Node, inputs: Iterable[Node], statements: Sequence[Node], at: Situation) -> list[Effect]:
    """The locks that creating a function with that SQL body takes.

    A body in quotes is not looked into where ``check_function_bodies`` is off, or the function is
    polymorphic.
    """
    if "sql_body" not in node:
        unchecked = dict(at.session.settings).get("check_function_bodies", "on").lower()
        if unchecked in ("off", "false", "no", "0") or any(_is_polymorphic(item) for item in inputs):
            return []
    return [effect for statement in statements for effect in query_locks(statement, at)]


def _is_polymorphic(parameter: Node) -> bool:
    parts = (parameter.get("argType") or {}).get("names") or [{}]
    return str(body(parts[-1]).get("sval", "")).startswith("any")


def query_locks(statement: Node, at: Situation) -> list[Effect]:
    """The locks that parsing a tagged SELECT, INSERT, UPDATE, DELETE or MERGE takes."""
    if tag(statement) not in ("SelectStmt", *_CHANGES):
        return []
    found = named_locks(statement, at)
    for named in list(found):
        mode = named.mode if named.mode is Mode.RowShareLock else Mode.AccessShareLock
        found += locks(behind([named.relation], at.catalog)[1:], mode)
    return list(found)


def named_locks(statement: Node, at: Situation) -> list[Lock]:
    """The locks on what a tagged query names: all that is opened where it is only analysed."""
    changed = [
        lock(at.relation_name(fields["relation"]), Mode.RowExclusiveLock)
        for kind, fields in walk(statement)
        if kind in _CHANGES and "relation" in fields
    ]
    found = list(levels(statement, at))
    read = read_query(statement, at).relations
    return [*changed, *(lock(name, row_mode(name, found)) for name in read)]
