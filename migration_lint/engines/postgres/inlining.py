"""Functions that the planner replaces by their body: ``inline_function`` in ``optimizer/util/clauses.c``.

A default that calls one is as constant as the body, whatever volatility was declared.
"""

from __future__ import annotations

from collections.abc import Sequence

from migration_lint.engines.postgres.expressions import FindRoutine, is_volatile
from migration_lint.engines.postgres.nodes import Node, body, constant, tag, walk

_MORE_THAN_AN_EXPRESSION = (
    "fromClause",
    "whereClause",
    "groupClause",
    "havingClause",
    "windowClause",
    "sortClause",
    "distinctClause",
    "limitCount",
    "limitOffset",
    "withClause",
    "valuesLists",
    "larg",
    "intoClause",
    "lockingClause",
)
_MAY_TAKE_NULL = ("CaseExpr", "CoalesceExpr", "MinMaxExpr", "NullTest", "BoolExpr", "BooleanTest", "RowExpr")


def inlines_to_constant(
    node: Node, given: dict[str, Node | None], statements: Sequence[Node], find_routine: FindRoutine
) -> bool:
    """Whether a CreateFunctionStmt's body is one expression that calls nothing volatile.

    `given` are its options, `statements` the tagged statements of its SQL body.
    """
    if len(statements) != 1 or constant(given.get("security")) is True or "set" in given:
        return False
    if node.get("is_procedure") or (node.get("returnType") or {}).get("setof"):
        return False
    value = _only_expression(statements[0])
    if value is None or is_volatile(value, find_routine) is not False:
        return False
    kinds = [kind for kind, _ in walk(value)]
    if "SubLink" in kinds or any(fields.get("agg_star") for _, fields in walk(value)):
        return False
    strict = constant(given.get("strict")) is True
    return not strict or not any(kind in _MAY_TAKE_NULL for kind in kinds)


def _only_expression(statement: Node) -> Node | None:
    kind, fields = tag(statement), body(statement)
    if kind != "SelectStmt" or any(fields.get(key) for key in _MORE_THAN_AN_EXPRESSION):
        return None
    targets = fields.get("targetList") or []
    return body(targets[0]).get("val") if len(targets) == 1 else None
