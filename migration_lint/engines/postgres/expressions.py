"""What an expression reads, whether it is volatile, and what a CHECK proves.

The proofs are those of ``predicate_implied_by`` in ``optimizer/util/predtest.c``, as far as
``ALTER TABLE`` asks for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from msgspec import Struct

from migration_lint.engines.postgres import functions
from migration_lint.engines.postgres.nodes import Node, body, constant, is_null, names, tag, walk
from migration_lint.schema import Constraint, ConstraintKind, Expression, PartitionBound, Routine

FindRoutine = Callable[[list[str]], Routine | None]


def expression(node: Node | None, text: str, find_routine: FindRoutine) -> Expression | None:
    """The value for an expression's node; None where there is none."""
    if not node:
        return None
    if "A_Const" in node:  # what most defaults are
        return Expression(text, frozenset(), node, volatile=False)
    return Expression(
        text,
        columns_of(node),
        node,
        volatile=is_volatile(node, find_routine),
        mentions=mentions_of(node) | {parts[-1] for parts in sequences_of(text)},
    )


def mentions_of(node: object) -> frozenset[str]:
    """The names of the functions that an expression calls and the types that it casts to."""
    found: set[str] = set()
    for kind, fields in walk(node):
        if kind == "FuncCall":
            found.update(names(fields.get("funcname"))[-1:])
        elif kind == "TypeCast":
            found.update(names((fields.get("typeName") or {}).get("names"))[-1:])
    return frozenset(found)


def sequences_of(text: str) -> list[list[str]]:
    """The names, in parts, of the sequences in the ``nextval('…')`` of an expression's text."""
    if "nextval" not in text.lower():
        return []
    return [
        [part.strip('"') if part.startswith('"') else part.lower() for part in name.split(".")]
        for name in _NEXTVAL.findall(text)
    ]


_NEXTVAL = re.compile(r"nextval\s*\(\s*'([^']+)'", re.IGNORECASE)


def columns_of(node: object) -> frozenset[str]:
    """The names of the columns that an expression reads, without their tables."""
    found: set[str] = set()
    for kind, fields in walk(node):
        if kind == "ColumnRef":
            last = names((fields.get("fields") or [])[-1:])
            found.update(name for name in last if name)
    return frozenset(found)


def is_volatile(node: object, find_routine: FindRoutine) -> bool | None:
    """Whether a volatile function is called; None where a function is not known."""
    answer: bool | None = False
    for kind, fields in walk(_evaluated(node)):
        if kind == "FuncCall":
            called = names(fields.get("funcname"))
            how = _volatility(called, find_routine)
            if how == "volatile":
                return True
            if how is None:
                answer = None
    return answer


def _evaluated(node: object) -> object:
    """Without what is never reached: the server folds CASE and COALESCE over constants before it looks."""
    if isinstance(node, list):
        return [_evaluated(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "CoalesceExpr" in node:
        reached: list[Node] = []
        for argument in node["CoalesceExpr"].get("args") or ():
            reached.append(argument)
            if constant(argument) is not None:
                break
        return _evaluated(reached)
    if "CaseExpr" in node and "arg" not in node["CaseExpr"]:
        branches: list[Node] = []
        for branch in node["CaseExpr"].get("args") or ():
            condition = body(branch).get("expr")
            if constant(condition) is True:
                return _evaluated([*branches, body(branch).get("result")])
            if constant(condition) is not False:
                branches.append(branch)
        return _evaluated([*branches, node["CaseExpr"].get("defresult")])
    return {key: _evaluated(value) for key, value in node.items()}


def _volatility(name: list[str], find_routine: FindRoutine) -> str | None:
    routine = find_routine(name)
    if routine is not None:
        return "immutable" if routine.constant else routine.volatility
    return functions.volatility(name[-1]) if name else None


def proves_not_null(node: Node, column: str, *, negated: bool = False) -> bool:
    """Whether a CHECK with this expression, or with its negation, lets no NULL into the column."""
    kind, fields = tag(node), body(node)
    if kind == "NullTest":
        argument = fields.get("arg") or {}
        if fields.get("nulltesttype") != ("IS_NULL" if negated else "IS_NOT_NULL"):
            return False
        if tag(argument) == "RowExpr" and not negated:
            return any(_is_column(part, column) for part in body(argument).get("args") or ())
        return _is_column(argument, column)
    if kind == "BoolExpr":
        parts: list[Node] = fields.get("args") or []
        if fields.get("boolop") == "NOT_EXPR":
            return proves_not_null(parts[0], column, negated=not negated)
        branches = [proves_not_null(part, column, negated=negated) for part in parts]
        together = (fields.get("boolop") == "AND_EXPR") is not negated
        return any(branches) if together else bool(branches) and all(branches)
    if kind == "A_Expr":
        return _comparison_proves(fields, column, negated)
    # A branch that is never true rules out every row, those with NULL too.
    return constant(node) is negated


def _comparison_proves(fields: Node, column: str, negated: bool) -> bool:
    sides = [fields.get("lexpr") or {}, fields.get("rexpr") or {}]
    how = fields.get("kind", "AEXPR_OP")
    for one, other in (sides, reversed(sides)):
        if how in ("AEXPR_DISTINCT", "AEXPR_NOT_DISTINCT") and is_null(other):
            # The parser makes it IS NOT NULL, or IS NULL.
            return (how == "AEXPR_DISTINCT") is not negated and _is_column(one, column)
        if how == "AEXPR_OP" and names(fields.get("name")) in (["="], ["<>"]):
            # ``condition = true`` is the condition itself (eval_const_expressions).
            value = constant(other)
            if isinstance(value, bool):
                flipped = (names(fields["name"]) == ["="]) is not value
                return proves_not_null(one, column, negated=negated is not flipped)
    return False


def constrained_not_null(column: str, constraints: Iterable[Constraint]) -> bool:
    """Whether validated, enforced constraints prove that the column holds no NULL."""
    return any(proves_not_null(check.tree, check.name_in_tree(column)) for check in valid_checks(constraints))


def _is_column(node: Node | None, column: str) -> bool:
    if not node or tag(node) != "ColumnRef":
        return False
    return names((body(node).get("fields") or [])[-1:]) == [column]


# --- partition bounds ------------------------------------------------------------------------


class Interval(Struct, frozen=True):
    """Values of one column: from `low` (inclusive where `low_in`) to `high`; None is without end."""

    low: object = None
    low_in: bool = True
    high: object = None
    high_in: bool = False
    values: frozenset[object] | None = None
    """The only values, where they are listed."""


def value_of(node: Node | None) -> object:
    """A literal as something that can be compared: a number, or text; None where it is neither.

    Text compares as the server compares it only where it is an ISO date or time, so other text is
    wrapped in a tuple, which is equal to its like and to nothing else.
    """
    while node and tag(node) == "TypeCast":
        node = body(node).get("arg")
    if (
        node
        and tag(node) == "A_Expr"
        and names(body(node).get("name")) == ["-"]
        and not body(node).get("lexpr")
    ):
        inner = value_of(body(node).get("rexpr"))
        return -inner if isinstance(inner, (int, float)) else None
    value = constant(node)
    if isinstance(value, bool):
        return (str(value).lower(),)
    if isinstance(value, str):
        if _ISO.match(value):
            return value
        try:
            return float(value)
        except ValueError:
            return (value,)
    return value


_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[+-]\d\d(?::?\d\d)?)?)?\Z")


def _compare(a: object, b: object) -> int | None:
    """-1, 0 or 1; None where the two cannot be compared without the server."""
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return (a > b) - (a < b)
    if isinstance(a, str) and isinstance(b, str):
        return (a > b) - (a < b)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return 0 if a == b else None
    return None


def interval_of_bound(bound: PartitionBound) -> Interval | None:
    """The values of the key of a partition with one key column; None where they are not known."""
    tree = bound.tree
    if not isinstance(tree, dict):
        return None
    if tree.get("strategy") == "l":
        listed = [value_of(item) for item in tree.get("listdatums") or () if not is_null(item)]
        return None if None in listed else Interval(values=frozenset(listed))
    lower, upper = tree.get("lowerdatums") or [], tree.get("upperdatums") or []
    if tree.get("strategy") != "r" or len(lower) != 1 or len(upper) != 1:
        return None
    ends: list[object] = []
    for item, open_end in ((lower[0], "minvalue"), (upper[0], "maxvalue")):
        if tag(item) == "ColumnRef" and names(body(item).get("fields")) == [open_end]:
            ends.append(None)
        else:
            value = value_of(item)
            if value is None:
                return None
            ends.append(value)
    return Interval(low=ends[0], high=ends[1])


def accepts_null(bound: PartitionBound) -> bool:
    """Whether NULL is among a list partition's values."""
    tree = bound.tree
    return isinstance(tree, dict) and any(is_null(item) for item in tree.get("listdatums") or ())


def interval_of_checks(column: str, constraints: Iterable[Constraint]) -> Interval:
    """What validated CHECKs say of the values of a column."""
    found = Interval()
    for check in valid_checks(constraints):
        for part in _conjuncts(check.tree):
            found = _narrowed(found, part, check.name_in_tree(column))
    return found


def valid_checks(constraints: Iterable[Constraint]) -> list[Expression]:
    """The expressions of the CHECKs that every row is known to satisfy."""
    return [
        constraint.expression
        for constraint in constraints
        if constraint.kind is ConstraintKind.CHECK
        and constraint.validated
        and constraint.enforced
        and constraint.expression is not None
        and isinstance(constraint.expression.tree, dict)
    ]


def _conjuncts(node: Node) -> list[Node]:
    if tag(node) == "BoolExpr" and body(node).get("boolop") == "AND_EXPR":
        return [part for arg in body(node).get("args") or () for part in _conjuncts(arg)]
    return [node]


_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "="}


def _narrowed(known: Interval, node: Node, column: str) -> Interval:
    fields = body(node)
    if tag(node) != "A_Expr":
        return known
    kind = fields.get("kind", "AEXPR_OP")
    left, right = fields.get("lexpr"), fields.get("rexpr")
    if kind == "AEXPR_BETWEEN" and _is_column(left, column):
        ends = body(right or {}).get("items") or []
        if len(ends) == 2:
            known = _above(known, value_of(ends[0]), True)
            return _below(known, value_of(ends[1]), True)
    if kind == "AEXPR_IN" and _is_column(left, column) and names(fields.get("name")) == ["="]:
        return _only(known, [value_of(item) for item in body(right or {}).get("items") or ()])
    if kind == "AEXPR_OP_ANY" and _is_column(left, column) and tag(right or {}) == "A_ArrayExpr":
        return _only(known, [value_of(item) for item in body(right or {}).get("elements") or ()])
    if kind != "AEXPR_OP":
        return known
    operator = (names(fields.get("name")) or [""])[-1]
    value = value_of(right)
    if not _is_column(left, column):
        if not _is_column(right, column):
            return known
        operator, value = _FLIPPED.get(operator, ""), value_of(left)
    if value is None:
        return known
    if operator == "=":
        return _only(known, [value])
    if operator in (">", ">="):
        return _above(known, value, operator == ">=")
    if operator in ("<", "<="):
        return _below(known, value, operator == "<=")
    return known


def _only(known: Interval, values: list[object]) -> Interval:
    if None in values:
        return known
    return Interval(known.low, known.low_in, known.high, known.high_in, frozenset(values))


def _above(known: Interval, value: object, inclusive: bool) -> Interval:
    if value is None or (known.low is not None and _compare(value, known.low) != 1):
        return known
    return Interval(value, inclusive, known.high, known.high_in, known.values)


def _below(known: Interval, value: object, inclusive: bool) -> Interval:
    if value is None or (known.high is not None and _compare(value, known.high) != -1):
        return known
    return Interval(known.low, known.low_in, value, inclusive, known.values)


def within(inner: Interval, outer: Interval) -> bool:
    """Whether every value of `inner` is one of `outer`."""
    if inner.values is not None:
        return all(_holds(outer, value) for value in inner.values)
    if outer.values is not None:
        return False
    return _reaches(inner.low, inner.low_in, outer.low, outer.low_in, 1) and _reaches(
        inner.high, inner.high_in, outer.high, outer.high_in, -1
    )


def apart(one: Interval, other: Interval) -> bool:
    """Whether no value is in both."""
    if one.values is not None:
        return all(_excludes(other, value) for value in one.values)
    if other.values is not None:
        return all(_excludes(one, value) for value in other.values)
    return _ends_before(one, other) or _ends_before(other, one)


def _ends_before(one: Interval, other: Interval) -> bool:
    if one.high is None or other.low is None:
        return False
    order = _compare(one.high, other.low)
    return order == -1 or (order == 0 and not (one.high_in and other.low_in))


def _reaches(inner: object, inner_in: bool, outer: object, outer_in: bool, direction: int) -> bool:
    if outer is None:
        return True
    if inner is None:
        return False
    order = _compare(inner, outer)
    return order == direction or (order == 0 and (outer_in or not inner_in))


def _holds(interval: Interval, value: object) -> bool:
    if interval.values is not None:
        return value in interval.values
    return _reaches(value, True, interval.low, interval.low_in, 1) and _reaches(
        value, True, interval.high, interval.high_in, -1
    )


def _excludes(interval: Interval, value: object) -> bool:
    if interval.values is not None:
        return all(
            _compare(value, known) is not None or isinstance(value, tuple) for known in interval.values
        ) and (value not in interval.values)
    return apart(Interval(value, True, value, True), interval)
