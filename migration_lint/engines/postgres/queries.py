"""What a query reads: relations, their columns, and the columns that it gives.

Names are resolved in scopes as ``parser/parse_relation.c`` does: aliases hide tables, CTEs hide
relations, a sublink sees the queries around it. Functions are not looked into.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from migration_lint.catalog import Catalog
from migration_lint.engines.postgres.nodes import Node, body, name_list, names, tag
from migration_lint.engines.postgres.scopes import Ctes, Item, Reading, Scopes, joined, renamed
from migration_lint.engines.postgres.situation import Situation
from migration_lint.schema import Column, RelationKind


class Query(Struct, frozen=True):
    """What a query reads. `relations` are those it names itself, in order, views not looked into.

    `columns` are the (relation, column) pairs it depends on; None where the catalog could not tell.
    `output` are the columns it gives, with the type where it is plain; None where not known.
    `only` are the relations that it reads without their partitions and heirs.
    """

    relations: tuple[str, ...]
    columns: frozenset[tuple[str, str]] | None
    output: tuple[Column, ...] | None
    only: frozenset[str] = frozenset()


def reads_of_query(
    node: Node | None, at: Situation
) -> tuple[tuple[str, ...], frozenset[tuple[str, str]] | None]:
    """The relations that a query names, and the (relation, column) pairs it reads, if known."""
    query = read_query(node, at)
    return query.relations, query.columns


def read_query(node: Node | None, at: Situation) -> Query:
    """What a statement's tagged node reads: SELECT, VALUES, or the queries inside INSERT, UPDATE, ….

    The target of a data-changing statement is read only where it is named again.
    """
    reading = Reading(at)
    output = _statement(node, reading, {}, ()) if node else None
    columns = None if reading.lost else frozenset(reading.columns)
    found = tuple(output) if output is not None else None
    return Query(tuple(reading.relations), columns, found, frozenset(reading.relations) & reading.only())


def read_expression(node: Node | None, relations: Iterable[str], at: Situation) -> Query:
    """What an expression over some relations reads: a policy's USING, a trigger's WHEN.

    `relations` are the ones in scope, not themselves read.
    """
    reading = Reading(at)
    items = [_relation_item(name, name.rpartition(".")[2], reading) for name in relations]
    _expression(node, reading, {}, (items,))
    columns = None if reading.lost else frozenset(reading.columns)
    return Query(tuple(reading.relations), columns, None, frozenset(reading.relations) & reading.only())


def behind(relations: Iterable[str], catalog: Catalog) -> list[str]:
    """The relations, and what the views among them read, all the way down."""
    found: dict[str, None] = {}
    stack = list(relations)[::-1]
    while stack:
        name = stack.pop()
        if name in found:
            continue
        found[name] = None
        known = catalog.relation(name)
        if known is not None and known.kind is RelationKind.VIEW:
            stack.extend(reversed(known.reads))
    return list(found)


def opened(query: Query, catalog: Catalog) -> list[str]:
    """The relations that running the query opens: behind views, with partitions and heirs."""
    found: dict[str, None] = {}
    for name in behind(query.relations, catalog):
        found[name] = None
        if name not in query.only:
            found.update((child.name, None) for child in catalog.descendants(name))
    return list(found)


# --- statements ----------------------------------------------------------------------------------


def _statement(node: Node, reading: Reading, ctes: Ctes, outer: Scopes) -> list[Column] | None:
    kind, fields = tag(node), body(node)
    if kind == "SelectStmt":
        return _select(fields, reading, ctes, outer)
    if kind in ("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"):
        return _change(fields, reading, ctes, outer)
    inner = fields.get("query")
    return _statement(inner, reading, ctes, outer) if isinstance(inner, dict) else None


def _change(fields: Node, reading: Reading, ctes: Ctes, outer: Scopes) -> list[Column] | None:
    ctes = _with(fields, reading, ctes, outer)
    target = fields.get("relation") or {}
    name = reading.at.relation_name(target)
    alias = (target.get("alias") or {}).get("aliasname") or target.get("relname", "")
    scope = [_relation_item(name, alias, reading)]
    scopes: Scopes = (scope, *outer)
    if fields.get("selectStmt"):
        _statement(fields["selectStmt"], reading, ctes, outer)
    source = fields.get("sourceRelation")
    for item in [
        *(fields.get("fromClause") or ()),
        *(fields.get("usingClause") or ()),
        *([source] if source else []),
    ]:
        scope += _from(item, reading, ctes, scopes)
    rest = ("targetList", "whereClause", "joinCondition", "mergeWhenClauses", "onConflictClause")
    for key in rest:
        _expression(fields.get(key), reading, ctes, scopes)
    returning = fields.get("returningList") or (fields.get("returningClause") or {}).get("exprs") or []
    return _targets(returning, reading, ctes, scopes)


def _select(fields: Node, reading: Reading, ctes: Ctes, outer: Scopes) -> list[Column] | None:
    ctes = _with(fields, reading, ctes, outer)
    branches = []
    while fields.get("larg"):
        branches.append(fields.get("rarg") or {})
        for key in ("sortClause", "limitCount", "limitOffset"):
            _sublinks(fields.get(key), reading, ctes, outer)
        fields = fields["larg"]
        ctes = _with(fields, reading, ctes, outer) if fields.get("larg") else ctes
    if not branches:
        return _plain_select(fields, reading, ctes, outer)
    output = _select(fields, reading, ctes, outer)
    for branch in reversed(branches):
        _select(branch, reading, ctes, outer)
    return output


def _plain_select(fields: Node, reading: Reading, ctes: Ctes, outer: Scopes) -> list[Column] | None:
    if fields.get("valuesLists"):
        _expression(fields["valuesLists"], reading, ctes, outer)
        width = len(body(fields["valuesLists"][0]).get("items") or ())
        return [Column(f"column{number + 1}", None) for number in range(width)]
    scope: list[Item] = []
    scopes: Scopes = (scope, *outer)
    for item in fields.get("fromClause") or ():
        scope += _from(item, reading, ctes, scopes)
    output = _targets(fields.get("targetList") or [], reading, ctes, scopes)
    for key in ("whereClause", "havingClause", "windowClause", "distinctClause", "limitCount", "limitOffset"):
        _expression(fields.get(key), reading, ctes, scopes)
    named = {body(item).get("name") for item in fields.get("targetList") or ()} - {None}
    for key in ("groupClause", "sortClause"):
        for item in fields.get(key) or ():
            inner = body(item).get("node") if tag(item) == "SortBy" else item
            if _single(inner) not in named or (key == "groupClause" and reading.knows(_single(inner), scope)):
                _expression(inner, reading, ctes, scopes)
    return output


def _with(fields: Node, reading: Reading, ctes: Ctes, outer: Scopes) -> Ctes:
    clause = fields.get("withClause")
    if not clause:
        return ctes
    known = dict(ctes)
    for tagged in clause.get("ctes") or ():
        cte = body(tagged)
        name = cte.get("ctename", "")
        listed = names(cte.get("aliascolnames"))
        if clause.get("recursive"):
            known[name] = [Column(column, None) for column in listed] or None
        output = _statement(cte.get("ctequery") or {}, reading, known, outer)
        known[name] = renamed(output, listed)
    return known


# --- FROM ----------------------------------------------------------------------------------------


def _from(node: Node, reading: Reading, ctes: Ctes, scopes: Scopes) -> list[Item]:
    """The items that one element of FROM brings into scope; `scopes` is what its sublinks see."""
    kind, fields = tag(node), body(node)
    alias = fields.get("alias") or {}
    listed = names(alias.get("colnames"))
    if kind == "RangeVar":
        return [_table(fields, alias.get("aliasname"), listed, reading, ctes)]
    if kind == "JoinExpr":
        return _join(fields, reading, ctes, scopes)
    if kind == "RangeSubselect":
        seen = scopes if fields.get("lateral") else scopes[1:]
        output = _statement(fields.get("subquery") or {}, reading, ctes, seen)
        return [Item.derived(alias.get("aliasname", ""), renamed(output, listed))]
    if kind == "RangeTableSample":
        _expression(fields.get("args"), reading, ctes, scopes)
        return _from(fields.get("relation") or {}, reading, ctes, scopes)
    for key in ("functions", "docexpr", "rowexpr", "context_item", "passing"):
        _expression(fields.get(key), reading, ctes, scopes)
    if not listed:
        listed = [body(item).get("colname", "") for item in fields.get("coldeflist") or ()]
    known = [Column(name, None) for name in listed] or None
    return [Item.derived(alias.get("aliasname", ""), known)]


def _table(fields: Node, alias: str | None, listed: list[str], reading: Reading, ctes: Ctes) -> Item:
    bare = fields.get("relname", "")
    if not fields.get("schemaname") and bare in ctes:
        return Item.derived(alias or bare, renamed(ctes[bare], listed))
    name = reading.at.relation_name(fields)
    if _is_system(fields.get("schemaname"), bare, name in reading.at.catalog.relations):
        return Item.derived(alias or bare, None)
    reading.open(name, whole=bool(fields.get("inh")))
    return _relation_item(name, alias or bare, reading, listed)


def _is_system(schema: str | None, name: str, known: bool) -> bool:
    """Whether a name is one of the server's own catalogs, on which no migration waits."""
    if schema:
        return schema in ("pg_catalog", "information_schema")
    return name.startswith("pg_") and not known


def _relation_item(name: str, alias: str, reading: Reading, listed: list[str] | None = None) -> Item:
    known = reading.at.relation(name)
    columns = list(known.columns) if known is not None and known.complete else None
    return Item.table(name, alias, columns, listed or [])


def _join(fields: Node, reading: Reading, ctes: Ctes, scopes: Scopes) -> list[Item]:
    left = _from(fields.get("larg") or {}, reading, ctes, scopes)
    right = _from(fields.get("rarg") or {}, reading, ctes, ([*left, *scopes[0]], *scopes[1:]))
    both = [*left, *right]
    using = names(fields.get("usingClause"))
    if fields.get("isNatural"):
        using = reading.common(left, right)
    for column in using:
        reading.column(column, [left])
        reading.column(column, [right])
    _expression(fields.get("quals"), reading, ctes, (both, *scopes[1:]))
    alias = fields.get("alias") or {}
    if alias:
        return [joined(alias.get("aliasname", ""), both, using, names(alias.get("colnames")))]
    if using:
        return [*left, *(item.merging(using) for item in right)]
    return both


# --- expressions ---------------------------------------------------------------------------------


def _expression(node: Any, reading: Reading, ctes: Ctes, scopes: Scopes) -> None:
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(reversed(item))
        elif isinstance(item, dict):
            for key, value in item.items():
                if key == "ColumnRef":
                    reading.reference(name_list({"List": {"items": value.get("fields") or []}}), scopes)
                elif key in ("SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"):
                    _statement({key: value}, reading, ctes, scopes)
                elif key == "SubLink":
                    stack.append(value.get("testexpr"))
                    _statement(value.get("subselect") or {}, reading, ctes, scopes)
                elif isinstance(value, (dict, list)):
                    stack.append(value)


def _sublinks(node: Any, reading: Reading, ctes: Ctes, outer: Scopes) -> None:
    """The ORDER BY of a UNION names output columns, so that only its sublinks read anything."""
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, dict):
            if "SubLink" in item:
                _expression(item, reading, ctes, outer)
            else:
                stack.extend(value for value in item.values() if isinstance(value, (dict, list)))


def _targets(targets: list[Node], reading: Reading, ctes: Ctes, scopes: Scopes) -> list[Column] | None:
    output: list[Column] | None = []
    for target in targets:
        fields = body(target)
        value = fields.get("val") or {}
        starred = _star(value)
        if starred is not None:
            expanded = reading.star(starred, scopes)
            output = None if output is None or expanded is None else output + expanded
            continue
        _expression(value, reading, ctes, scopes)
        if output is not None:
            known = reading.type_of(value, scopes)
            output.append(Column(fields.get("name") or figured_name(value), known))
    return output


def _single(node: Node | None) -> str | None:
    """The name of a column that is named alone, without its table."""
    if not node or tag(node) != "ColumnRef":
        return None
    fields = body(node).get("fields") or []
    return names(fields)[0] if len(fields) == 1 and tag(fields[0]) == "String" else None


def _star(node: Node) -> list[str] | None:
    """The table's name parts before ``*``; None where the expression is no star."""
    if tag(node) != "ColumnRef":
        return None
    fields = body(node).get("fields") or []
    return names(fields[:-1]) if fields and tag(fields[-1]) == "A_Star" else None


_NAMED = {
    "CaseExpr": "case",
    "A_ArrayExpr": "array",
    "CoalesceExpr": "coalesce",
    "RowExpr": "row",
    "GroupingFunc": "grouping",
    "XmlSerialize": "xmlserialize",
}


def figured_name(node: Node) -> str:
    """The name that the server gives an output column (``FigureColname``)."""
    kind, fields = tag(node), body(node)
    if kind == "ColumnRef":
        return (names(fields.get("fields")) or ["?column?"])[-1]
    if kind == "FuncCall":
        return (names(fields.get("funcname")) or ["?column?"])[-1]
    if kind == "TypeCast":
        inner = figured_name(fields.get("arg") or {})
        return (
            inner
            if inner != "?column?"
            else (name_list({"TypeName": fields.get("typeName") or {}}) or [inner])[-1]
        )
    if kind in ("A_Indirection", "CollateClause"):
        parts = [part for part in names(fields.get("indirection")) if part]
        return parts[-1] if parts else figured_name(fields.get("arg") or {})
    if kind == "CaseExpr" and fields.get("defresult"):
        inner = figured_name(fields["defresult"])
        return inner if inner != "?column?" else "case"
    if kind == "MinMaxExpr":
        return "least" if fields.get("op") == "IS_LEAST" else "greatest"
    if kind == "SubLink":
        if fields.get("subLinkType") == "EXISTS_SUBLINK":
            return "exists"
        if fields.get("subLinkType") == "ARRAY_SUBLINK":
            return "array"
        targets = body(fields.get("subselect") or {}).get("targetList") or [{}]
        first = body(targets[0])
        return first.get("name") or figured_name(first.get("val") or {})
    if kind == "SQLValueFunction":
        return str(fields.get("op", "")).removeprefix("SVFOP_").removesuffix("_N").lower()
    return _NAMED.get(kind, "?column?")
