"""Views through which rows can be changed: ``view_query_is_auto_updatable`` of ``rewriteHandler.c``."""

from __future__ import annotations

from collections.abc import Sequence

from migration_lint.engines.postgres.calls import AGGREGATES
from migration_lint.engines.postgres.levels import conjuncts
from migration_lint.engines.postgres.nodes import Node, body, names, tag, walk
from migration_lint.engines.postgres.situation import Situation
from migration_lint.schema import Relation, RelationKind

_MORE = (
    "distinctClause",
    "groupClause",
    "havingClause",
    "windowClause",
    "withClause",
    "limitCount",
    "limitOffset",
    "larg",
    "valuesLists",
)
_SETS = frozenset("unnest generate_series generate_subscripts regexp_split_to_table string_to_table".split())
_CHANGEABLE = (
    RelationKind.TABLE,
    RelationKind.PARTITIONED_TABLE,
    RelationKind.FOREIGN_TABLE,
    RelationKind.VIEW,
)


def is_updatable(select: Node, at: Situation) -> bool:
    """Whether a tagged SELECT is one of a single relation's rows, as a view through which they change."""
    fields = body(select)
    sources = fields.get("fromClause") or []
    if tag(select) != "SelectStmt" or any(fields.get(key) for key in _MORE) or len(sources) != 1:
        return False
    if tag(sources[0]) != "RangeVar":
        return False
    known = at.relation(at.relation_name(body(sources[0])))
    if known is not None and known.kind not in _CHANGEABLE:
        return False
    return not any(_makes_rows(call, at) for call in _calls(fields.get("targetList")))


def _calls(targets: object) -> list[Node]:
    """The function calls of a target list, outside of its subqueries."""
    inner = [id(call) for kind, link in walk(targets) if kind == "SubLink" for _, call in walk(link)]
    return [call for kind, call in walk(targets) if kind == "FuncCall" and id(call) not in inner]


def _makes_rows(call: Node, at: Situation) -> bool:
    """Whether a function is an aggregate, a window function or one that returns a set."""
    parts = names(call.get("funcname"))
    if call.get("over") or call.get("agg_star") or call.get("agg_filter") or call.get("agg_distinct"):
        return True
    own = at.routine(parts)
    if own is not None:
        return own.language == "internal"  # an aggregate of the team's own
    return parts[-1:] != [] and (parts[-1] in AGGREGATES or parts[-1] in _SETS)


def base_of(view: Relation) -> str | None:
    """The relation that a simple view's changes go to."""
    return view.reads[0] if view.updatable and view.reads else None


def conditions_below(view: Relation, parts: Sequence[Node], at: Situation) -> list[Node]:
    """The conditions that rows of a simple view's relation meet: the view's own, and those on the view.

    Those on the view count where its columns are the relation's, under the same names.
    """
    own = conjuncts(view.condition.tree) if view.condition is not None and view.condition.tree else []
    base = base_of(view)
    same = (
        view.complete
        and view.reads_columns is not None
        and all((base, column.name) in view.reads_columns for column in view.columns)
    )
    return [*own, *(parts if same else ())]


def qualifiers(parts: Sequence[Node]) -> frozenset[str]:
    """The names before the columns of conditions on one relation."""
    refs = (names(fields.get("fields")) for kind, fields in walk(list(parts)) if kind == "ColumnRef")
    return frozenset(parts[-2] for parts in refs if len(parts) > 1)
