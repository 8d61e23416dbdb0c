"""Whether constraints that rows satisfy imply the bounds of a partition.

``predicate_implied_by`` of ``optimizer/util/predtest.c``, as far as ATTACH PARTITION asks for it: AND, OR
and NOT over comparisons of a column with constants. A constraint that is NULL counts as satisfied, so no
comparison proves IS NOT NULL.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from migration_lint.engines.postgres.expressions import (
    Interval,
    accepts_null,
    apart,
    valid_checks,
    value_of,
    within,
)
from migration_lint.engines.postgres.nodes import Node, body, is_null, names, tag
from migration_lint.schema import Expression, PartitionBound, PartitionKey, Relation


class Formula(Struct, frozen=True):
    """Something that is true of a row or not. This one is not understood: it is implied by nothing."""


class All(Formula, frozen=True):
    """Every part is true."""

    parts: tuple[Formula, ...]


class Some(Formula, frozen=True):
    """A part is true."""

    parts: tuple[Formula, ...]


class Null(Formula, frozen=True):
    """The column is NULL (`null`), or is not."""

    column: str
    null: bool


class Test(Formula, frozen=True):
    """The column compares so with the value; with several for ``=`` (any of them) and ``<>`` (all)."""

    column: str
    operator: str
    values: tuple[object, ...]

    @property
    def interval(self) -> Interval:
        """The values of the column, where the operator is not ``<>``."""
        value = self.values[0] if self.values else None
        if self.operator == "=":
            return Interval(values=frozenset(self.values))
        if self.operator in (">", ">="):
            return Interval(low=value, low_in=self.operator == ">=")
        return Interval(high=value, high_in=self.operator == "<=")


_OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>"}


def implies(known: Formula, wanted: Formula) -> bool:
    """Whether a row of which `known` is true, or NULL, has `wanted` true, or NULL."""
    if isinstance(wanted, All):
        return all(implies(known, part) for part in wanted.parts)
    if isinstance(known, Some):
        return all(implies(part, wanted) for part in known.parts)
    if isinstance(wanted, Some) and any(implies(known, part) for part in wanted.parts):
        return True
    if isinstance(known, All):
        return any(implies(part, wanted) for part in known.parts)
    if isinstance(known, Null) or isinstance(wanted, Null):
        return known == wanted
    if isinstance(known, Test) and isinstance(wanted, Test) and known.column == wanted.column:
        return _test_implies(known, wanted)
    return False


def _test_implies(known: Test, wanted: Test) -> bool:
    if wanted.operator != "<>":
        return known.operator != "<>" and within(known.interval, wanted.interval)
    if known.operator == "<>":
        return set(wanted.values) <= set(known.values)
    return apart(known.interval, Interval(values=frozenset(wanted.values)))


def negated(formula: Formula) -> Formula:
    """The opposite."""
    if isinstance(formula, All):
        return Some(tuple(negated(part) for part in formula.parts))
    if isinstance(formula, Some):
        return All(tuple(negated(part) for part in formula.parts))
    if isinstance(formula, Null):
        return Null(formula.column, not formula.null)
    if isinstance(formula, Test):
        return Test(formula.column, _OPPOSITE[formula.operator], formula.values)
    return formula


# --- what is known of rows -----------------------------------------------------------------------


def of_table(table: Relation) -> Formula:
    """What the NOT NULL columns and validated CHECKs of a table say of its rows."""
    checks = [_read(check.tree, check) for check in valid_checks(table.constraints)]
    return All((*(Null(column.name, False) for column in table.columns if column.not_null), *checks))


def _read(node: Node, check: Expression) -> Formula:
    kind, fields = tag(node), body(node)
    if kind == "BoolExpr":
        parts = tuple(_read(part, check) for part in fields.get("args") or ())
        if fields.get("boolop") == "NOT_EXPR":
            return negated(parts[0])
        return All(parts) if fields.get("boolop") == "AND_EXPR" else Some(parts)
    if kind == "NullTest":
        column = _column(fields.get("arg"), check)
        return Formula() if column is None else Null(column, fields.get("nulltesttype") == "IS_NULL")
    return _comparison(fields, check) if kind == "A_Expr" else Formula()


def _column(node: Node | None, check: Expression) -> str | None:
    if not node or tag(node) != "ColumnRef":
        return None
    written = (names((body(node).get("fields") or [])[-1:]) or [""])[0]
    return next((new for old, new in check.renamed if old == written), written)


def _comparison(fields: Node, check: Expression) -> Formula:
    left, right = fields.get("lexpr"), fields.get("rexpr") or {}
    operator = (names(fields.get("name")) or [""])[-1]
    how = fields.get("kind", "AEXPR_OP")
    column = _column(left, check)
    if how in ("AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN") and column is not None:
        ends = [value_of(item) for item in body(right).get("items") or ()]
        if len(ends) != 2 or None in ends:
            return Formula()
        both = All((Test(column, ">=", (ends[0],)), Test(column, "<=", (ends[1],))))
        return both if how == "AEXPR_BETWEEN" else negated(both)
    if how in ("AEXPR_IN", "AEXPR_OP_ANY", "AEXPR_OP_ALL") and column is not None:
        listed = body(right).get("items") or body(right).get("elements") or ()
        values = tuple(value_of(item) for item in listed)
        fits = operator == "=" if how == "AEXPR_OP_ANY" else operator == "<>"
        fits = fits or (how == "AEXPR_IN" and operator == "=")
        return Test(column, operator, values) if values and None not in values and fits else Formula()
    if how != "AEXPR_OP" or operator not in _FLIPPED:
        return Formula()
    value = value_of(right)
    if column is None:
        column, operator, value = _column(right, check), _FLIPPED[operator], value_of(left)
    return Formula() if column is None or value is None else Test(column, operator, (value,))


# --- bounds --------------------------------------------------------------------------------------


def of_bound(key: PartitionKey, bound: PartitionBound) -> Formula:
    """What the bound of a partition says of its rows (``get_qual_for_list``, ``get_qual_for_range``)."""
    tree, columns = bound.tree, [column for column in key.columns if column is not None]
    if not isinstance(tree, dict) or len(columns) != len(key.columns) or bound.default:
        return Formula()
    if key.strategy == "list":
        return _of_list(columns[0], bound, tree)
    return _of_range(columns, tree) if key.strategy == "range" else Formula()


def of_default(key: PartitionKey, others: Iterable[PartitionBound]) -> Formula:
    """What the DEFAULT partition's rows are, given the bounds of all other partitions."""
    return All(tuple(negated(of_bound(key, other)) for other in others))


def _of_list(column: str, bound: PartitionBound, tree: Node) -> Formula:
    values = tuple(value_of(item) for item in tree.get("listdatums") or () if not is_null(item))
    if None in values:
        return Formula()
    listed = Test(column, "=", values)
    if not accepts_null(bound):
        return All((Null(column, False), listed))
    return Some((Null(column, True), listed)) if values else Null(column, True)


_OPEN = ("minvalue", "maxvalue")


def _end(node: Node) -> object:
    """A range's end: ``minvalue`` and ``maxvalue`` as one-word lists, other ends as their value."""
    word = names(body(node).get("fields")) if tag(node) == "ColumnRef" else []
    return word if word and word[0] in _OPEN else value_of(node)


def _of_range(columns: list[str], tree: Node) -> Formula:
    low = [_end(node) for node in tree.get("lowerdatums") or ()]
    high = [_end(node) for node in tree.get("upperdatums") or ()]
    if None in (*low, *high) or len(low) != len(columns) or len(high) != len(columns):
        return Formula()
    parts: list[Formula] = [Null(column, False) for column in columns]
    shared = 0
    while shared < len(columns) and low[shared] == high[shared] and not isinstance(low[shared], list):
        parts.append(Test(columns[shared], "=", (low[shared],)))
        shared += 1
    for ends, strict, inclusive in ((low, ">", ">="), (high, "<", "<=")):
        arms = _arms(columns[shared:], ends[shared:], strict, inclusive)
        if arms:
            parts.append(arms[0] if len(arms) == 1 else Some(tuple(arms)))
    return All(tuple(parts))


def _arms(columns: list[str], ends: list[object], strict: str, inclusive: str) -> list[Formula]:
    """``a > 1 OR (a = 1 AND b >= 2)``: one arm for each column, until an end is open."""
    arms: list[Formula] = []
    equal: list[Formula] = []
    for number, (column, end) in enumerate(zip(columns, ends, strict=True)):
        if isinstance(end, list):
            break
        following = ends[number + 1] if number + 1 < len(ends) else None
        whole = following == (["minvalue"] if strict == ">" else ["maxvalue"])
        last = following is None and strict == ">"
        operator = inclusive if whole or last else strict
        test = Test(column, operator, (end,))
        arms.append(All((*equal, test)) if equal else test)
        equal.append(Test(column, "=", (end,)))
    return arms
