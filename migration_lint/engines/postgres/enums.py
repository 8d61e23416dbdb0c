"""New enum values that a statement uses before the transaction that adds them is committed.

The server refuses that (``unsafe use of new value``) wherever a text becomes such a value, be it in
a default, a view or a function that only parses it: ``check_safe_enum_use`` in ``utils/adt/enum.c``.
From version 17 on a type that the same transaction made is exempt.
https://www.postgresql.org/docs/current/sql-altertype.html#SQL-ALTERTYPE-NOTES
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.effects import UseEnumValue
from migration_lint.engines.postgres.libpg_query import ParseError, parse_sql_json
from migration_lint.engines.postgres.nodes import Node, body, constant, name_list, names, options, tag, walk
from migration_lint.engines.postgres.situation import Situation

_EXEMPT_SINCE = 17


def used_values(node: Node, at: Situation) -> list[UseEnumValue]:
    """The values, added in the open transaction, that a statement's fields use; each once."""
    found: dict[tuple[str, str], UseEnumValue] = {}
    for enum, value in at.session.added_enum_values:
        if (enum, value) in found or _is_exempt(enum, at):
            continue
        if any(_uses(part, enum, value, at) for part in (node, *_sql_bodies(node))):
            found[enum, value] = UseEnumValue(relation=enum, value=value)
    return list(found.values())


def _is_exempt(enum: str, at: Situation) -> bool:
    known = at.catalog.types.get(enum)
    made_here = known is not None and known.origin is not None and known.origin == at.origin
    return made_here and at.version >= _EXEMPT_SINCE


def _sql_bodies(node: Node) -> Iterator[Node]:
    """The statements of a new SQL function's body, which the server parses at once."""
    if "funcname" not in node or "options" not in node:
        return
    given = options(node["options"])
    if name_list(given.get("language")) != ["sql"]:
        return
    from msgspec.json import decode

    for text in name_list(given.get("as")):
        try:
            parsed = decode(parse_sql_json(text))
        except ParseError:
            continue
        yield {"stmts": [item.get("stmt", {}) for item in parsed.get("stmts", [])]}


def _uses(node: Node, enum: str, value: str, at: Situation) -> bool:
    if not any(kind == "A_Const" and constant({kind: fields}) == value for kind, fields in walk(node)):
        return False
    columns = _columns_of(node, enum, at)
    if _is_stored(node, enum, value, columns, at):
        return True
    for kind, fields in walk({"Statement": node}):
        if kind == "TypeCast" and constant(fields.get("arg")) == value:
            if at.type(fields.get("typeName") or {}).name == enum:
                return True
        elif kind == "A_Expr":
            sides = (fields.get("lexpr"), fields.get("rexpr"))
            if any(_is_one_of(side, columns) for side in sides) and any(_holds(s, value) for s in sides):
                return True
        elif kind == "ColumnDef" and fields.get("colname") in columns:
            if _holds(fields.get("constraints"), value):
                return True
        elif kind == "AlterTableCmd" and fields.get("name") in columns:
            if fields.get("subtype") == "AT_ColumnDefault" and _holds(fields.get("def"), value):
                return True
        elif kind in ("InsertStmt", "UpdateStmt") and _is_stored(fields, enum, value, columns, at):
            return True
    bound = node.get("partbound") or {}
    return bool(columns) and _holds(bound.get("listdatums"), value)


def _columns_of(node: object, enum: str, at: Situation) -> frozenset[str]:
    """The names of the columns of that type in the relations that the statement names or makes."""
    found: set[str] = set()
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, dict):
            if "relname" in item:
                known = at.relation(at.relation_name(item))
                found.update(
                    c.name for c in (known.columns if known else ()) if c.type and c.type.name == enum
                )
            if "colname" in item and "typeName" in item and at.type(item["typeName"]).name == enum:
                found.add(item["colname"])
            stack.extend(item.values())
    return frozenset(found)


def _is_stored(node: Node, enum: str, value: str, columns: frozenset[str], at: Situation) -> bool:
    """Whether an INSERT or UPDATE puts the value into one of the columns."""
    if "relation" not in node or not columns:
        return False
    targets = [body(item) for item in node.get("targetList") or ()]
    if any(item.get("name") in columns and _holds(item.get("val"), value) for item in targets):
        return True
    conflict = (node.get("onConflictClause") or {}).get("targetList") or ()
    if any(body(item).get("name") in columns and _holds(item, value) for item in conflict):
        return True
    given = [body(item).get("name", "") for item in node.get("cols") or ()]
    if not given:
        known = at.relation(at.relation_name(node["relation"]))
        given = [column.name for column in known.columns] if known is not None else []
    select = body(node.get("selectStmt") or {})
    rows = [body(row).get("items") or [] for row in select.get("valuesLists") or ()]
    rows.append([body(item).get("val") or {} for item in select.get("targetList") or ()])
    return any(
        name in columns and constant(item) == value
        for row in rows
        for name, item in zip(given, row, strict=False)
    )


def _is_one_of(node: Node | None, columns: frozenset[str]) -> bool:
    if not node or tag(node) != "ColumnRef":
        return False
    return (names((body(node).get("fields") or [])[-1:]) or [""])[0] in columns


def _holds(node: object, value: str) -> bool:
    return any(kind == "A_Const" and constant({kind: fields}) == value for kind, fields in walk(node))
