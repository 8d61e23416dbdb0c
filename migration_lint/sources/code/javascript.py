"""Migrations in JavaScript and TypeScript: functions ``up`` and ``down``, and the SQL that they send."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from migration_lint.model import Document, Error
from migration_lint.sources.code.program import Unread, Way, shown
from migration_lint.sources.code.text import ESCAPE, Text, joined, meaning, unescaped
from migration_lint.sources.code.tree import Tree, nodes, parse
from migration_lint.sources.derived import Derived

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = ("arrow_function", "function_expression", "function", "generator_function")
_HARMLESS = re.compile(r"(?:console|\w*[lL]ogger)\.\w+|require")
_SILENT = frozenset(
    "comment empty_statement function_declaration class_declaration import_statement debugger_statement "
    "type_alias_declaration interface_declaration hash_bang_line identifier this null undefined true false "
    "number string template_string regex ambient_declaration member_expression".split()
)
_INNER = frozenset(
    "await_expression parenthesized_expression as_expression satisfies_expression non_null_expression "
    "expression_statement return_statement unary_expression".split()
)


class Calls(Struct, frozen=True):
    """The calls of a tool by their dotted names, without arguments: ``knex.schema.raw``.

    `sql` run their first argument. `nothing` change nothing. `after` is what an argument after the SQL
    looks like where it leaves the SQL as it is.
    """

    sql: re.Pattern[str]
    nothing: re.Pattern[str] | None = None
    after: re.Pattern[str] | None = None


class Parsed(Struct, frozen=True):
    """A file and what the names in it stand for, as far as they are set once."""

    tree: Tree
    names: dict[str, Node | None]


def read(document: Document) -> Parsed | Error:
    """The file as a program, or why it is none."""
    language = "TypeScript" if document.path.rpartition(".")[2] in ("ts", "cts", "mts") else "JavaScript"
    tree = parse(document, language)
    return tree if isinstance(tree, Error) else Parsed(tree, _names(tree))


def function(parsed: Parsed, name: str) -> Node | None:
    """The function of that name: exported, of an object or of a class."""
    for node in nodes(parsed.tree.root):
        match node.type:
            case "function_declaration" | "method_definition" | "generator_function_declaration":
                if _name(parsed.tree, node.child_by_field_name("name")) == name:
                    return node
            case "pair" | "variable_declarator" | "public_field_definition" | "assignment_expression":
                fields = ("key", "name", "left", "property")
                left = next((each for field in fields if (each := node.child_by_field_name(field))), None)
                value = node.child_by_field_name("value") or node.child_by_field_name("right")
                if value is not None and value.type in _FUNCTIONS and _name(parsed.tree, left) == name:
                    return value
    return None


def way(parsed: Parsed, function: Node, calls: Calls) -> tuple[Way, bool]:
    """What a function does, and whether it raises at once."""
    follower = _Follower(parsed, calls)
    follower.function(function)
    refuses = follower.raises and not follower.statements and not follower.unread
    return Way(tuple(follower.statements), tuple(follower.unread)), refuses


def is_set(parsed: Parsed, name: str, value: str) -> bool:
    """Whether a property or field of that name is set to that value: ``transaction: false``."""
    for node in nodes(parsed.tree.root):
        if node.type in ("pair", "public_field_definition"):
            key = node.child_by_field_name("key") or node.child_by_field_name("name")
            given = node.child_by_field_name("value")
            if given is not None and parsed.tree.text(given) == value and _name(parsed.tree, key) == name:
                return True
    return False


def is_called(parsed: Parsed, name: re.Pattern[str]) -> bool:
    """Whether a call of that dotted name stands in the file."""
    return any(
        node.type == "call_expression" and name.fullmatch(_dotted(parsed.tree, node))
        for node in nodes(parsed.tree.root)
    )


def _names(tree: Tree) -> dict[str, Node | None]:
    names: dict[str, Node | None] = {}
    for node in nodes(tree.root):
        if node.type == "variable_declarator":
            target, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        elif node.type in ("assignment_expression", "augmented_assignment_expression"):
            target, value = node.child_by_field_name("left"), None
        else:
            continue
        if target is not None and target.type == "identifier":
            name = tree.text(target)
            names[name] = value if name not in names else None
    return names


def _name(tree: Tree, node: Node | None) -> str:
    """The last part of a name: ``up`` of ``module.exports.up``."""
    if node is None:
        return ""
    if node.type == "member_expression":
        return _name(tree, node.child_by_field_name("property"))
    return tree.text(node).strip("'\"")


def _dotted(tree: Tree, node: Node | None) -> str:
    """``a.b.c`` of ``a.b(…).c(…)``; what is no such name is left out."""
    parts: list[str] = []
    while node is not None:
        match node.type:
            case "call_expression":
                node = node.child_by_field_name("function")
            case "member_expression":
                parts.append(_name(tree, node))
                node = node.child_by_field_name("object")
            case "identifier" | "this" | "super":
                parts.append(tree.text(node))
                break
            case _ if node.type in _INNER:
                node = _inside(node)
            case _:
                break
    return ".".join(reversed(parts))


def _inside(node: Node) -> Node | None:
    return next((child for child in node.named_children if child.type != "comment"), None)


def _chain(node: Node) -> list[Node]:
    """The calls of ``a.b(…).c(…)`` in the order in which they are made."""
    found: list[Node] = []
    at: Node | None = node
    while at is not None:
        if at.type == "call_expression":
            found.append(at)
            at = at.child_by_field_name("function")
        elif at.type == "member_expression":
            at = at.child_by_field_name("object")
        elif at.type in _INNER:
            at = _inside(at)
        else:
            break
    return found[::-1]


def _arguments(call: Node) -> list[Node]:
    given = call.child_by_field_name("arguments")
    if given is None or given.type != "arguments":
        return []
    return [child for child in given.named_children if child.type != "comment"]


class _Follower:
    """Goes through a function's statements in their order."""

    def __init__(self, parsed: Parsed, calls: Calls) -> None:
        self.parsed = parsed
        self.tree = parsed.tree
        self.calls = calls
        self.statements: list[Derived] = []
        self.unread: list[Unread] = []
        self.raises = False

    def tell(self, node: Node, what: str | None = None) -> None:
        self.unread.append(Unread(self.tree.start(node), what or shown(self.tree.text(node))))

    def function(self, node: Node) -> None:
        body = node.child_by_field_name("body")
        for child in [body] if body is not None else []:
            self.follow(child)

    def follow(self, top: Node) -> None:
        """A statement or an expression, and what stands in it. A list in place of recursion."""
        waiting = [top]
        while waiting:
            node = waiting.pop()
            if node.type == "statement_block" or node.type in _INNER or node.type == "sequence_expression":
                waiting += reversed(node.named_children)
            elif node.type in ("lexical_declaration", "variable_declaration"):
                values = (each.child_by_field_name("value") for each in node.named_children)
                waiting += reversed([value for value in values if value is not None])
            elif node.type == "call_expression":
                waiting += reversed(self.call(node))
            elif node.type == "assignment_expression":
                waiting += [value for value in [node.child_by_field_name("right")] if value is not None]
            elif node.type == "throw_statement":
                self.raises = True
            elif node.type not in _SILENT and node.type not in _FUNCTIONS and self.literal(node) is None:
                self.tell(node)

    def call(self, node: Node) -> list[Node]:
        """Tell what a chain of calls does; what it hands on to be followed."""
        name = _dotted(self.tree, node)
        if name == "Promise.all":
            [given, *_] = [*_arguments(node), None]
            if given is not None and given.type == "array":
                return list(given.named_children)
        further: list[Node] = []
        for link in _chain(node):
            name = _dotted(self.tree, link)
            if name.endswith(".then"):
                functions = [each for each in _arguments(link) if each.type in _FUNCTIONS]
                further += [body for each in functions if (body := each.child_by_field_name("body"))]
            elif self.calls.sql.fullmatch(name):
                self.sql(link)
            elif not (
                _HARMLESS.fullmatch(name)
                or (self.calls.nothing is not None and self.calls.nothing.fullmatch(name))
            ):
                self.tell(node, shown(_dotted(self.tree, node) or self.tree.text(node)))
                return further
        return further

    def sql(self, call: Node) -> None:
        given = _arguments(call)
        text = self.literal(given[0]) if given else None
        if text is None:
            self.tell(call, f"SQL that {shown(_dotted(self.tree, call))} puts together")
        elif len(given) > 1 and not (
            self.calls.after is not None and self.calls.after.fullmatch(self.tree.text(given[1]))
        ):
            self.tell(call, f"SQL to which {shown(_dotted(self.tree, call))} adds values")
        else:
            self.statements.append(text.derived())

    def literal(self, node: Node, depth: int = 0) -> Text | None:
        """What a literal says, or several put together."""
        text = self.tree.document.text
        start, end = self.tree.start(node), self.tree.end(node)
        if depth > 50:
            return None
        match node.type:
            case "string":
                return unescaped(text, [(start + 1, end - 1)], ESCAPE, meaning, (start, end))
            case "template_string":
                if any(child.type == "template_substitution" for child in node.named_children):
                    return None
                return unescaped(text, [(start + 1, end - 1)], ESCAPE, meaning, (start, end))
            case "identifier":
                value = self.parsed.names.get(text[start:end])
                return self.literal(value, depth + 1) if value is not None else None
            case "binary_expression":
                return self._added(node, depth)
            case "call_expression":
                return self._worked(node, depth)
            case "array":
                return None
            case _ if node.type in _INNER and node.type not in ("await_expression", "unary_expression"):
                inside = _inside(node)
                return self.literal(inside, depth + 1) if inside is not None else None
        return None

    def _added(self, node: Node, depth: int) -> Text | None:
        leaves: list[Node] = []
        at: Node | None = node
        while at is not None and at.type == "binary_expression":  # they nest to the left
            sign, right = at.child_by_field_name("operator"), at.child_by_field_name("right")
            if sign is None or sign.type != "+" or right is None:
                return None
            leaves.append(right)
            at = at.child_by_field_name("left")
        leaves += [at] if at is not None else []
        return _all_of(self.literal(leaf, depth + 1) for leaf in reversed(leaves))

    def _worked(self, node: Node, depth: int) -> Text | None:
        """``'…'.trim()`` and ``['…', '…'].join('\\n')``."""
        called = node.child_by_field_name("function")
        if called is None or called.type != "member_expression":
            return None
        held, method = called.child_by_field_name("object"), _name(self.tree, called)
        given = _arguments(node)
        if held is not None and method == "trim" and not given:
            return self.literal(held, depth + 1)
        if held is not None and held.type == "array" and method == "join" and len(given) == 1:
            separator = self.literal(given[0], depth + 1)
            parts = [child for child in held.named_children if child.type != "comment"]
            if separator is not None:
                return _all_of((self.literal(part, depth + 1) for part in parts), separator.value)
        return None


def _all_of(found: Iterator[Text | None], separator: str = "") -> Text | None:
    texts: list[Text] = []
    for each in found:
        if each is None:
            return None
        texts.append(each)
    return joined(texts, separator)
