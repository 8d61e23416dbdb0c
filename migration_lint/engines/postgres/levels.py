"""The levels of a query: what each SELECT, UPDATE or DELETE joins, and which rows its conditions keep.

An access is narrow where an index (or LIMIT) keeps it to few rows, as far as the text tells: the
planner decides by statistics that nobody has here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from migration_lint.catalog import Catalog
from migration_lint.engines.postgres.nodes import Node, body, constant, names, tag, walk
from migration_lint.engines.postgres.situation import Situation
from migration_lint.schema import RelationKind

_ORDERED = ("btree", "hash")


class Item(Struct, frozen=True):
    """One thing that a level joins. `relation` is None for a subquery; `small` where few rows come of it.

    `inside` are the relations that a subquery joins: FOR UPDATE of the subquery locks their rows.
    """

    alias: str
    relation: str | None
    small: bool = False
    inside: frozenset[str] = frozenset()


class Level(Struct, frozen=True):
    """One SELECT, UPDATE, DELETE or MERGE. `parts` are the conditions that all its rows meet."""

    items: tuple[Item, ...]
    parts: tuple[Node, ...]
    limited: bool = False
    strengths: tuple[tuple[frozenset[str] | None, str], ...] = ()
    """FOR UPDATE and the like: the aliases (None for all) and the strength."""

    def narrow(self, at: Situation) -> frozenset[str]:
        """The aliases of the items of which only few rows are read."""
        found = {item.alias for item in self.items if item.small}
        while True:
            more = {
                item.alias
                for item in self.items
                if item.alias not in found and self._is_narrow(item, found, at)
            }
            if not more:
                return frozenset(found)
            found |= more

    def _is_narrow(self, item: Item, small: set[str], at: Situation) -> bool:
        test = _Test(item, self, frozenset(small), at)
        return any(test.holds(part) for part in self.parts) or test.has_closed_range(self.parts)

    def owner(self, column: Node, catalog: Catalog) -> str | None:
        """The alias of the item that a ColumnRef's fields belong to; None where that is not clear."""
        parts = names(column.get("fields"))
        if len(parts) > 1:
            return parts[-2]
        if parts == ["ctid"]:
            return self.items[0].alias if self.items else None
        having = []
        for item in self.items:
            known = catalog.relation(item.relation) if item.relation is not None else None
            if known is None or not known.complete or known.column(parts[-1] if parts else "") is not None:
                having.append(item.alias)
        return having[0] if len(having) == 1 or (having and having[0] == self.items[0].alias) else None


class _Test(Struct, frozen=True):
    """Whether conditions keep one item to few rows, given the items that are small already."""

    item: Item
    level: Level
    small: frozenset[str]
    at: Situation

    def holds(self, node: Node) -> bool:
        kind, fields = tag(node), body(node)
        if kind == "CurrentOfExpr" or constant(node) is False:
            return True
        if kind == "BoolExpr":
            args = fields.get("args") or []
            if fields.get("boolop") == "AND_EXPR":
                return any(self.holds(arg) for arg in args) or self.has_closed_range(args)
            return fields.get("boolop") == "OR_EXPR" and bool(args) and all(self.holds(arg) for arg in args)
        if kind == "SubLink" and fields.get("subLinkType") == "ANY_SUBLINK" and not fields.get("operName"):
            return self._is_keyed(fields.get("testexpr")) and is_small(fields.get("subselect") or {}, self.at)
        if kind != "A_Expr":
            return False
        left, right = fields.get("lexpr") or {}, fields.get("rexpr") or {}
        how = fields.get("kind", "AEXPR_OP")
        if names(fields.get("name")) == ["="] and how == "AEXPR_OP":
            return (self._is_keyed(left) and self._is_given(right)) or (
                self._is_keyed(right) and self._is_given(left)
            )
        if how in ("AEXPR_IN", "AEXPR_OP_ANY") and names(fields.get("name")) == ["="]:
            return self._is_keyed(left) and self._is_given(right)
        if how in ("AEXPR_BETWEEN", "AEXPR_BETWEEN_SYM"):
            return self._is_keyed(left) and self._is_given(right)
        return False

    def has_closed_range(self, parts: Iterable[Node]) -> bool:
        """Whether a column with an index has both a lower and an upper bound."""
        bounds: dict[str, set[str]] = {}
        for node in parts:
            fields = body(node)
            operator = (names(fields.get("name")) or [""])[-1]
            if tag(node) != "A_Expr" or operator not in ("<", "<=", ">", ">="):
                continue
            left, right = fields.get("lexpr") or {}, fields.get("rexpr") or {}
            if tag(left) != "ColumnRef":
                left, right = right, left
                operator = operator.translate(str.maketrans("<>", "><"))
            if self._is_keyed(left, equality=False) and self._is_given(right):
                bounds.setdefault(names(body(left).get("fields"))[-1], set()).add(operator[0])
        return any(len(sides) == 2 for sides in bounds.values())

    def _is_keyed(self, node: Node | None, *, equality: bool = True) -> bool:
        """Whether the node is a column of the item by which an index finds rows."""
        if not node or tag(node) != "ColumnRef" or self.item.relation is None:
            return False
        if self.level.owner(body(node), self.at.catalog) != self.item.alias:
            return False
        column = (names(body(node).get("fields")) or [""])[-1]
        return has_key(self.item.relation, column, self.at.catalog, equality=equality)

    def _is_given(self, node: Node) -> bool:
        """Whether the value is known before the item's rows are read, and is not one of many."""
        for kind, fields in walk(node):
            if kind == "SubLink":
                return is_small(fields.get("subselect") or {}, self.at)
            if kind == "ColumnRef" and self.level.owner(fields, self.at.catalog) not in self.small:
                return False
        return True


def has_key(relation: str, column: str, catalog: Catalog, *, equality: bool = True) -> bool:
    """Whether an index finds the rows with a value of the column.

    Of a table that the catalog does not know, ``id`` and ``…_id`` are taken for keys.
    """
    if column == "ctid":
        return True
    known = catalog.relation(relation)
    if known is not None and known.kind is RelationKind.VIEW and len(known.reads) == 1:
        plain = known.reads_columns is None or (known.reads[0], column) in known.reads_columns
        return plain and has_key(known.reads[0], column, catalog, equality=equality)
    if known is None or not known.complete:
        return column == "id" or column.endswith(("_id", "uuid"))
    return any(
        index.valid
        and index.predicate is None
        and index.columns[:1] == (column,)
        and index.method in (_ORDERED if equality else _ORDERED[:1])
        for index in catalog.indexes_on(relation)
    )


def is_small(select: Node, at: Situation) -> bool:
    """Whether a tagged SELECT gives few rows: VALUES, LIMIT, one aggregate, or narrow in all it reads."""
    fields = body(select)
    if fields.get("valuesLists") or fields.get("limitCount"):
        return True
    if fields.get("larg") or tag(select) != "SelectStmt":
        return False
    level = level_of(select, at)
    narrow = level.narrow(at)
    return all(item.alias in narrow for item in level.items)


# --- reading the tree ----------------------------------------------------------------------------


def level_of(statement: Node, at: Situation, ctes: frozenset[str] = frozenset()) -> Level:
    """The level of one tagged statement; `ctes` are the names of small CTEs in sight."""
    fields = body(statement)
    small = ctes | _small_ctes(fields, at)
    items: list[Item] = []
    parts: list[Node] = []
    if tag(statement) in ("UpdateStmt", "DeleteStmt", "MergeStmt"):
        items.append(_table(fields.get("relation") or {}, at, frozenset()))
    sources = [*(fields.get("fromClause") or ()), *(fields.get("usingClause") or ())]
    if fields.get("sourceRelation"):
        sources.append(fields["sourceRelation"])
    for source in sources:
        _gather(source, items, parts, at, small)
    for key in ("whereClause", "joinCondition"):
        if fields.get(key):
            parts += conjuncts(fields[key])
    strengths = []
    for locking in fields.get("lockingClause") or ():
        rels = [body(item).get("relname", "") for item in body(locking).get("lockedRels") or ()]
        strengths.append((frozenset(rels) if rels else None, str(body(locking).get("strength", ""))))
    ordered = fields.get("sortClause") or fields.get("groupClause")
    limited = bool(fields.get("limitCount")) and not ordered
    if not parts and not ordered:
        limited = limited or _asks_for_ends(fields.get("targetList"), items, at)
    return Level(tuple(items), tuple(parts), limited, tuple(strengths))


def _asks_for_ends(targets: list[Node] | None, items: list[Item], at: Situation) -> bool:
    """Whether a SELECT only wants ``max`` or ``min`` of a column whose index has them at its ends."""
    if len(items) != 1 or items[0].relation is None:
        return False
    all_columns, ends = 0, 0
    for kind, fields in walk(targets):
        if kind == "ColumnRef":
            all_columns += 1
        elif kind == "FuncCall" and names(fields.get("funcname"))[-1:] in (["max"], ["min"]):
            arg = (fields.get("args") or [{}])[0]
            column = (names(body(arg).get("fields")) or [""])[-1] if tag(arg) == "ColumnRef" else ""
            ends += has_key(items[0].relation, column, at.catalog, equality=False)
        elif kind == "FuncCall" and fields.get("agg_star"):
            return False
    return ends > 0 and ends == all_columns


def levels(statement: Node, at: Situation) -> Iterator[Level]:
    """The levels of a tagged statement, CTEs and subqueries at any depth included."""
    small = frozenset[str]().union(*(_small_ctes(fields, at) for fields in _with_clauses(statement)))
    for kind, fields in walk(statement):
        if kind in ("SelectStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"):
            yield from _branches({kind: fields}, at, small)


def _branches(statement: Node, at: Situation, small: frozenset[str]) -> Iterator[Level]:
    fields = body(statement)
    if fields.get("larg"):
        for side in ("larg", "rarg"):
            yield from _branches({"SelectStmt": fields.get(side) or {}}, at, small)
    else:
        yield level_of(statement, at, small)


def _with_clauses(statement: Node) -> Iterator[Node]:
    for _, fields in walk(statement):
        if "withClause" in fields:
            yield fields


def _small_ctes(fields: Node, at: Situation) -> frozenset[str]:
    found = set()
    for item in (fields.get("withClause") or {}).get("ctes") or ():
        query = body(item).get("ctequery") or {}
        if tag(query) == "SelectStmt" and is_small(query, at):
            found.add(str(body(item).get("ctename", "")))
    return frozenset(found)


def _gather(source: Node, items: list[Item], parts: list[Node], at: Situation, small: frozenset[str]) -> None:
    kind, fields = tag(source), body(source)
    if kind == "RangeVar":
        items.append(_table(fields, at, small))
    elif kind == "JoinExpr":
        for side in ("larg", "rarg"):
            _gather(fields.get(side) or {}, items, parts, at, small)
        if fields.get("quals") and fields.get("jointype", "JOIN_INNER") == "JOIN_INNER":
            parts += conjuncts(fields["quals"])
    elif kind == "RangeTableSample":
        _gather(fields.get("relation") or {}, items, parts, at, small)
    else:
        alias = (fields.get("alias") or {}).get("aliasname", "")
        subquery = fields.get("subquery")
        if not subquery:
            items.append(Item(alias, None, small=True))
            return
        below = level_of(subquery, at, small).items
        inside = frozenset(item.relation for item in below if item.relation is not None)
        inside = inside.union(*(item.inside for item in below))
        items.append(Item(alias, None, is_small(subquery, at), inside))


def _table(fields: Node, at: Situation, small: frozenset[str]) -> Item:
    bare = fields.get("relname", "")
    alias = (fields.get("alias") or {}).get("aliasname") or bare
    if not fields.get("schemaname") and bare in small:
        return Item(alias, None, small=True)
    return Item(alias, at.relation_name(fields))


def conjuncts(node: Node) -> list[Node]:
    """The conditions that a condition joins with AND."""
    if tag(node) == "BoolExpr" and body(node).get("boolop") == "AND_EXPR":
        return [part for arg in body(node).get("args") or () for part in conjuncts(arg)]
    return [node]


def always_true(node: Node | None) -> bool:
    """Whether a condition is missing, or keeps every row: ``true``, ``1 = 1``."""
    if not node:
        return True
    if constant(node) is True:
        return True
    if tag(node) != "A_Expr" or names(body(node).get("name")) != ["="]:
        return False
    left, right = constant(body(node).get("lexpr")), constant(body(node).get("rexpr"))
    return left is not None and left == right


def has_rows(relation: str, catalog: Catalog) -> bool:
    """Whether the relation can hold rows itself, which a partitioned table and a view cannot."""
    known = catalog.relation(relation)
    return known is None or known.kind in (
        RelationKind.TABLE,
        RelationKind.MATERIALIZED_VIEW,
        RelationKind.FOREIGN_TABLE,
    )
