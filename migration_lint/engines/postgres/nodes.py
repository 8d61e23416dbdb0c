"""Reading libpg_query's parse tree: JSON objects of one key, the node's tag.

The node types are those of PostgreSQL's ``nodes/parsenodes.h``; a field that has its default is
left out of the JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]
"""The fields of one node, or ``{tag: fields}`` where its type is not fixed."""


def tag(node: Node) -> str:
    """The type of a tagged node."""
    return next(iter(node), "")


def body(node: Node) -> Node:
    """The fields of a tagged node."""
    found: Node = next(iter(node.values()), {})
    return found


def names(nodes: list[Node] | None) -> list[str]:
    """The texts of a list of String nodes."""
    return [body(node).get("sval", "") for node in nodes or ()]


def name_list(node: Node | None) -> list[str]:
    """The texts of a List node of String nodes, of one String, or of a TypeName's names."""
    if not node:
        return []
    fields = body(node)
    if "items" in fields:
        return names(fields["items"])
    if "names" in fields:
        return names(fields["names"])
    return [fields.get("sval", "")]


def constant(node: Node | None) -> str | int | float | bool | None:
    """The value of an A_Const, Integer, Float, Boolean, String or word; None for NULL and the rest."""
    if not node:
        return None
    kind, fields = tag(node), body(node)
    if kind == "A_Const":
        if "ival" in fields:
            return int(fields["ival"].get("ival", 0))
        if "sval" in fields:
            return str(fields["sval"].get("sval", ""))
        if "fval" in fields:
            return str(fields["fval"].get("fval", "0"))
        if "boolval" in fields:
            return bool(fields["boolval"].get("boolval", False))
        return None
    if kind == "Integer":
        return int(fields.get("ival", 0))
    if kind == "Float":
        return str(fields.get("fval", "0"))
    if kind == "Boolean":
        return bool(fields.get("boolval", False))
    if kind == "String":
        return str(fields.get("sval", ""))
    if kind == "TypeName":  # a word that is not reserved, as the value of an option: off, none
        return names(fields.get("names"))[-1]
    return None


def is_null(node: Node | None) -> bool:
    """Whether the expression is the constant NULL, with or without a cast."""
    while node and tag(node) == "TypeCast":
        node = body(node).get("arg")
    return bool(node) and tag(node or {}) == "A_Const" and bool(body(node or {}).get("isnull"))


def options(nodes: list[Node] | None) -> dict[str, Node | None]:
    """DefElems by name; the value is the argument's tagged node, None where there is none."""
    found: dict[str, Node | None] = {}
    for node in nodes or ():
        fields = body(node)
        name = fields.get("defname", "")
        if fields.get("defnamespace"):
            name = f"{fields['defnamespace']}.{name}"
        found[name] = fields.get("arg")
    return found


def flag(options_: dict[str, Node | None], name: str) -> bool:
    """A boolean option as the server reads it: there without a value, or on, true, 1."""
    if name not in options_:
        return False
    value = constant(options_[name])
    return value is None or value is True or str(value).lower() in ("1", "on", "true", "yes")


def walk(node: object) -> Iterator[tuple[str, Node]]:
    """(tag, fields) of every tagged node inside, outermost first."""
    # The most often run lines of the engine; the JSON has no subclasses of dict and list.
    stack: list[object] = [node]
    while stack:
        item = stack.pop()
        if type(item) is dict:
            inner: list[object] = []
            for key, value in item.items():
                kind = type(value)
                if kind is dict:
                    if "A" <= key < "[":
                        yield key, value
                    inner.append(value)
                elif kind is list:
                    inner.append(value)
            inner.reverse()
            stack += inner
        elif type(item) is list:
            stack += item[::-1]


def first_location(node: object) -> int | None:
    """The smallest byte offset in the tree; None where no node has one."""
    found: int | None = None
    for _, fields in walk(node):
        at = fields.get("location")
        if isinstance(at, int) and at >= 0 and (found is None or at < found):
            found = at
    return found
