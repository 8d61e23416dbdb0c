"""Which partitions a statement opens: those that its conditions leave, and those that its rows belong to.

As the planner does before it locks anything (``partitioning/partprune.c``): by literals, on a key of
one column. A condition that it cannot use leaves them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from migration_lint.catalog import Catalog
from migration_lint.engines.postgres.expressions import (
    Interval,
    accepts_null,
    apart,
    interval_of_bound,
    interval_of_checks,
    value_of,
    within,
)
from migration_lint.engines.postgres.nodes import Node, body, constant, is_null, names, tag, walk
from migration_lint.schema import Constraint, ConstraintKind, Expression, Relation


def remaining(
    relation: str, parts: Iterable[Node], aliases: frozenset[str], catalog: Catalog
) -> list[Relation]:
    """The partitions or heirs, at all levels, that conditions on the relation leave.

    `aliases` are the names under which the conditions may speak of the relation.
    """
    conditions = list(parts)
    found: list[Relation] = []
    known = catalog.relation(relation)
    children = catalog.children(relation)
    if known is not None and known.partition_key is not None:
        for condition in conditions:
            kept = {child.name for child in _kept(children, known, condition, aliases)}
            children = [child for child in children if child.name in kept]
    for child in children:
        found += [child, *remaining(child.name, conditions, aliases, catalog)]
    return found


def above(known: Relation | None, catalog: Catalog) -> list[str]:
    """The tables above a partition, which are opened to learn its bounds."""
    found: list[str] = []
    while known is not None and known.partition_of is not None:
        found.append(known.partition_of)
        known = catalog.relation(known.partition_of)
    return found


def _kept(
    children: list[Relation], parent: Relation, condition: Node, aliases: frozenset[str]
) -> list[Relation]:
    fields = body(condition)
    if constant(condition) is False or is_null(condition):
        return []
    if tag(condition) == "BoolExpr" and fields.get("boolop") in ("AND_EXPR", "OR_EXPR"):
        sides = [
            {child.name for child in _kept(children, parent, arg, aliases)}
            for arg in fields.get("args") or ()
        ]
        both = set.intersection if fields["boolop"] == "AND_EXPR" else set.union
        chosen = both(*sides) if sides else set()
        return [child for child in children if child.name in chosen]
    column = _key(parent)
    if column is None or not _speaks_of(condition, aliases):
        return children
    if tag(condition) == "NullTest" and fields.get("nulltesttype") == "IS_NULL":
        if names((body(fields.get("arg") or {}).get("fields") or [])[-1:]) != [column]:
            return children
        return [child for child in children if child.bound is not None and _takes_null(child, parent)]
    if _excludes(condition, column):
        return [child for child in children if not _is_excluded(child, condition)]
    check = Constraint("", ConstraintKind.CHECK, expression=Expression("", tree=condition))
    wanted = interval_of_checks(column, [check])
    return children if wanted == Interval() else _within_reach(children, wanted)


def _excludes(condition: Node, column: str) -> bool:
    """Whether the condition is ``column <> literal``."""
    fields = body(condition)
    left = fields.get("lexpr") or {}
    plain = tag(condition) == "A_Expr" and names(fields.get("name")) == ["<>"]
    return plain and tag(left) == "ColumnRef" and names(body(left).get("fields"))[-1:] == [column]


def _is_excluded(child: Relation, condition: Node) -> bool:
    """Whether a list partition has no value but the excluded one (and NULL, which no ``<>`` is true of)."""
    value = value_of(body(condition).get("rexpr") or {})
    interval = interval_of_bound(child.bound) if child.bound is not None and child.bound.values else None
    return value is not None and interval is not None and interval.values == frozenset([value])


def _takes_null(child: Relation, parent: Relation) -> bool:
    column = parent.column(_key(parent) or "")
    if child.bound is None or (column is not None and column.not_null):
        return False
    return child.bound.default or accepts_null(child.bound)


def _within_reach(children: list[Relation], wanted: Interval) -> list[Relation]:
    found: list[Relation] = []
    covered = False
    for child in children:
        if child.bound is None or child.bound.default:
            continue
        interval = interval_of_bound(child.bound)
        if interval is None or not apart(interval, wanted):
            found.append(child)
        covered = covered or (interval is not None and within(wanted, interval))
    if wanted.values is not None and not covered:
        covered = all(_holder(children, value) is not None for value in wanted.values)
    default = [child for child in children if child.bound is not None and child.bound.default]
    kept = {child.name for child in (found if covered else [*found, *default])}
    return [child for child in children if child.name in kept]


def _key(parent: Relation) -> str | None:
    key = parent.partition_key
    if key is None or key.strategy == "hash" or len(key.columns) != 1:
        return None
    return key.columns[0]


def _speaks_of(condition: Node, aliases: frozenset[str]) -> bool:
    for kind, fields in walk(condition):
        parts = names(fields.get("fields")) if kind == "ColumnRef" else []
        if len(parts) > 1 and parts[-2] not in aliases:
            return False
    return True


# --- routing -------------------------------------------------------------------------------------


def routed(relation: str, values: Mapping[str, Node], catalog: Catalog) -> list[Relation] | None:
    """The partitions, level by level, that a row with these literals goes to; None where not known.

    Empty for a table without partitions.
    """
    known = catalog.relation(relation)
    if known is None or known.partition_key is None:
        return []
    column = _key(known)
    children = catalog.children(relation)
    if column is None or column not in values:
        return None
    node = values[column]
    value = value_of(node)
    if is_null(node):
        target = next((child for child in children if _takes_null(child, known)), None)
    elif value is None:
        return None
    else:
        target = _holder(children, value) or catalog.default_partition(relation)
    if target is None:
        return None
    below = routed(target.name, values, catalog)
    return None if below is None else [target, *below]


def _holder(children: list[Relation], value: object) -> Relation | None:
    point = Interval(values=frozenset([value]))
    for child in children:
        if child.bound is None or child.bound.default:
            continue
        interval = interval_of_bound(child.bound)
        if interval is not None and within(point, interval):
            return child
    return None
