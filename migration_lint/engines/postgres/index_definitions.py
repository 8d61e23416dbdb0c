"""CREATE INDEX: what it defines, the name that the server chooses, which index of a partition it adopts."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from migration_lint.engines.postgres.naming import columns_part, free_name
from migration_lint.engines.postgres.nodes import Node, body, constant, names, options, tag, walk
from migration_lint.engines.postgres.queries import figured_name
from migration_lint.engines.postgres.scan import tokens
from migration_lint.engines.postgres.situation import Situation
from migration_lint.names import split
from migration_lint.schema import Expression, Index, Relation


def read_index(node: Node, relation: str, name: str, at: Situation) -> Index:
    """An IndexStmt's fields as an index of that qualified name."""
    keys = [body(item) for item in node.get("indexParams") or ()]
    texts = _key_texts(at.sql, at.offset(node.get("relation") or {}))
    expressions: list[Expression] = []
    for number, key in enumerate(keys):
        text = texts[number] if number < len(texts) else ""
        made = at.expression(key.get("expr"), text)
        if made is not None:
            expressions.append(made)
    condition = node.get("whereClause")
    return Index(
        name,
        relation,
        tuple(key.get("name") for key in keys),
        include=tuple(body(item).get("name", "") for item in node.get("indexIncludingParams") or ()),
        expressions=tuple(expressions),
        predicate=at.expression(condition, at.where_text()) if condition else None,
        unique=bool(node.get("unique", False)),
        method=node.get("accessMethod") or "btree",
        operator_classes=tuple(_last(key.get("opclass")) for key in keys),
        collations=tuple(_last(key.get("collation")) for key in keys),
        sorting=tuple(_sorting(key) for key in keys),
        options=tuple(
            (key, str(constant(value)) if value else "true")
            for key, value in options(node.get("options")).items()
        ),
        named=bool(node.get("idxname")),
        attributes=key_names(node),
        tablespace=node.get("tableSpace") or "pg_default",
    )


_ORDERS = {"SORTBY_DESC": "desc", "SORTBY_NULLS_FIRST": "nulls first", "SORTBY_NULLS_LAST": "nulls last"}


def _sorting(key: Node) -> str:
    """How the index orders a key, where that is not ``ASC NULLS LAST``."""
    words = [_ORDERS.get(str(key.get(field)), "") for field in ("ordering", "nulls_ordering")]
    return "" if words[0] == "" and words[1] == "nulls last" else " ".join(words).strip()


def _last(nodes: list[Node] | None) -> str | None:
    found = names(nodes)
    return found[-1] if found else None


def _key_texts(sql: str, at: int) -> list[str]:
    """The text of each key in the first parentheses after the table's name."""
    found: list[str] = []
    depth = 0
    start = 0
    end = -1
    for low, high in tokens(sql, at):
        mark = sql[low:high]
        if mark in ("(", "["):
            depth += 1
            if depth == 1:
                start = high
            end = -1
        elif mark in (")", "]"):
            depth -= 1
            if depth == 0:
                found.append(_unwrapped(sql[start:low]))
                return found
            if depth == 1 and end < 0:
                end = high
        elif mark == "," and depth == 1:
            found.append(_unwrapped(sql[start:low]))
            start = high
    return found


def _unwrapped(text: str) -> str:
    """The expression of a key: inside its parentheses, or a call without what follows it."""
    text = text.strip()
    depth = 0
    for low, high in tokens(text):
        mark = text[low:high]
        if mark == "(":
            depth += 1
        elif mark == ")":
            depth -= 1
            if depth == 0:
                whole = text[:high]
                return whole[1:-1].strip() if text.startswith("(") else whole
    return text


# --- names ---------------------------------------------------------------------------------------


def key_names(node: Node) -> tuple[str, ...]:
    """The names of the index's columns, payload included (``ChooseIndexColumnNames``)."""
    found: list[str] = []
    for item in [*(node.get("indexParams") or ()), *(node.get("indexIncludingParams") or ())]:
        key = body(item)
        name = key.get("name") or _expression_name(key.get("expr") or {})
        unique = name
        number = 0
        while unique in found:
            number += 1
            unique = name.encode()[: 63 - len(str(number))].decode(errors="ignore") + str(number)
        found.append(unique)
    return tuple(found)


def _expression_name(node: Node) -> str:
    name = figured_name(node)
    return "expr" if name == "?column?" else name


def chosen_name(
    relation: str, keys: tuple[str, ...], at: Situation, taken: frozenset[str], label: str = "idx"
) -> str:
    """The qualified name that the server gives an index without one; `taken` are names of this statement.

    `label` is ``pkey``, ``key`` or ``excl`` for the index of a constraint.
    """
    keys = () if label == "pkey" else keys
    schema, table = split(relation)

    def is_taken(name: str) -> bool:
        qualified = f"{schema}.{name}"
        return qualified in taken or at.index(qualified) is not None or at.relation(qualified) is not None

    return f"{schema}.{free_name(table, columns_part(keys), label, is_taken)}"


# --- partitions ----------------------------------------------------------------------------------


def partition_indexes(
    parent: Index,
    keys: tuple[str, ...],
    at: Situation,
    taken: frozenset[str] = frozenset(),
    label: str = "idx",
) -> tuple[list[Index], list[Index]]:
    """(built, adopted) indexes on the partitions of the parent's table, all levels down."""
    built: list[Index] = []
    adopted: list[Index] = []
    for child in at.catalog.children(parent.relation):
        if child.bound is None or not _takes_indexes(child):
            continue
        own = _adopted(parent, child.name, at)
        if own is not None:
            adopted.append(_under(own, parent))
            continue
        name = chosen_name(child.name, keys, at, taken, label)
        made = moved(parent, name, child.name)
        taken |= {name}
        built.append(made)
        more, less = partition_indexes(made, keys, at, taken, label)
        built += more
        adopted += less
        taken |= {index.name for index in more}
    return built, adopted


def _takes_indexes(relation: Relation) -> bool:
    return relation.kind.value in ("table", "partitioned table")


def _adopted(parent: Index, child: str, at: Situation) -> Index | None:
    for index in at.catalog.indexes_on(child):
        if parent.constraint is not None and index.constraint is None:
            continue
        if index.parent is None and same_definition(index, parent):
            return index
    return None


def _under(index: Index, parent: Index) -> Index:
    return replace(index, parent=parent.name)


def moved(parent: Index, name: str, relation: str) -> Index:
    """The index of a partition, by that qualified name, that belongs to `parent`."""
    return replace(
        parent,
        name=name,
        relation=relation,
        parent=parent.name,
        named=False,
        constraint=split(name)[1] if parent.constraint is not None else None,
        origin=None,
        valid=True,
    )


def same_definition(one: Index, other: Index) -> bool:
    """Whether a partitioned table's index can take another as its own (``CompareIndexInfo``)."""
    return (
        one.unique == other.unique
        and one.method == other.method
        and one.columns == other.columns
        and one.include == other.include
        and _filled(one.operator_classes, one) == _filled(other.operator_classes, other)
        and _filled(one.collations, one) == _filled(other.collations, other)
        and len(one.expressions) == len(other.expressions)
        and all(same_expression(a, b) for a, b in zip(one.expressions, other.expressions, strict=True))
        and same_expression(one.predicate, other.predicate)
    )


def _filled(values: tuple[str | None, ...], index: Index) -> tuple[str | None, ...]:
    return values or (None,) * len(index.columns)


def same_expression(one: Expression | None, other: Expression | None) -> bool:
    """Whether two expressions are written alike, wherever they stand."""
    if one is None or other is None:
        return one is other
    if one.tree is None or other.tree is None:
        return one.text == other.text
    return bool(_placeless(one.tree) == _placeless(other.tree))


def _placeless(node: Any) -> Any:
    if isinstance(node, list):
        return [_placeless(item) for item in node]
    if isinstance(node, dict):
        return {key: _placeless(value) for key, value in node.items() if key != "location"}
    return node


_NOT_IMMUTABLE = frozenset(
    """now clock_timestamp statement_timestamp transaction_timestamp timeofday random nextval
    gen_random_uuid uuid_generate_v4 currval lastval txid_current pg_current_xact_id""".split()
)


def not_immutable(node: Node) -> str | None:
    """Why the server refuses the index: a key or condition that gives another answer another day."""
    parts = [body(item).get("expr") for item in node.get("indexParams") or ()]
    for where, part in [
        *(("index expression", part) for part in parts),
        ("index predicate", node.get("whereClause")),
    ]:
        for kind, fields in walk(part):
            called = names(fields.get("funcname")) if kind == "FuncCall" else []
            if kind == "SQLValueFunction" or (called and called[-1] in _NOT_IMMUTABLE):
                return f"functions in {where} must be marked IMMUTABLE"
        if part and tag(part) == "SubLink":
            return f"cannot use subquery in {where}"
    return None
