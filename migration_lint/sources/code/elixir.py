"""Ecto's migrations: functions ``up``, ``down`` and ``change``, and the SQL that they execute."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migration_lint.model import Document, Error
from migration_lint.sources.code.program import Program, Unread, Way, shown
from migration_lint.sources.code.text import (
    CONTROL,
    ESCAPE,
    Text,
    joined,
    meaning,
    unescaped,
    without_indentation,
)
from migration_lint.sources.code.tree import Tree, nodes, parse
from migration_lint.sources.derived import Derived

if TYPE_CHECKING:
    from tree_sitter import Node

_OPT_OUT = re.compile(r"@disable_ddl_transaction\s+true")
_QUERY = re.compile(r"(?:.*\.)?(?:[rR]epo)(?:\(\))?\.query!?")
_ADAPTER = re.compile(r"(?:Ecto\.Adapters\.)?SQL\.query!?")
_NOTHING = re.compile(r"flush|IO\.\w+|(?:Logger\.)\w+")
_SILENT = frozenset("comment nil boolean atom integer alias string charlist".split())
_CONTROL = {**CONTROL, "a": "\a", "d": "\x7f", "e": "\x1b", "s": " "}


def read(document: Document) -> tuple[Tree, Program] | Error:
    """The migration in the file, or why there is none."""
    tree = parse(document, "Elixir")
    if isinstance(tree, Error):
        return tree
    reader = _Reader(tree)
    return tree, reader.program()


class _Reader:
    """A migration's module."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.functions: dict[str, list[Node]] = {}
        self.names: dict[str, Node | None] = {}
        self.outside = False
        for node in nodes(tree.root):
            if node.type == "call" and _target(tree, node) == "def":
                given = _arguments(node)
                if given:
                    name = re.match(r"\w*", tree.text(given[0]))
                    self.functions.setdefault(name.group() if name else "", []).append(node)
            elif node.type == "unary_operator" and _OPT_OUT.fullmatch(tree.text(node)):
                self.outside = True
            elif node.type == "unary_operator":
                self._attribute(node)
            elif node.type == "binary_operator" and _operator(tree, node) == "=":
                left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
                if left is not None and left.type == "identifier":
                    self._set(tree.text(left), right)

    def _attribute(self, node: Node) -> None:
        """``@name value``, which gives the attribute a value."""
        call = node.child_by_field_name("operand")
        if call is not None and call.type == "call" and len(given := _arguments(call)) == 1:
            self._set(f"@{_target(self.tree, call)}", given[0])

    def _set(self, name: str, value: Node | None) -> None:
        self.names[name] = value if name not in self.names else None

    def program(self) -> Program:
        """What its functions do."""
        if "change" in self.functions:
            forth, back, one_way = self._follow(self.functions["change"], change=True)
            if one_way:
                return Program(forth, None, outside=self.outside)
            return Program(forth, back, reversible=True, outside=self.outside)
        if "up" not in self.functions:
            return Program(
                Way(unread=(Unread(0, "a module without `up` or `change`"),)), outside=self.outside
            )
        forth, _, _ = self._follow(self.functions["up"])
        down: Way | None = None
        if "down" in self.functions:
            down, _, raises = self._follow(self.functions["down"])
            if raises and not down.statements and not down.unread:
                down = None
        return Program(forth, down, outside=self.outside)

    def _follow(self, functions: list[Node], *, change: bool = False) -> tuple[Way, Way, bool]:
        """What a function does, how it is taken back, and whether it cannot be, or raises."""
        up: list[Derived] = []
        down: list[Derived] = []
        unread: list[Unread] = []
        one_way = False
        waiting = [functions[0]]
        if len(functions) > 1:
            waiting = []
            unread.append(Unread(self.tree.start(functions[1]), "a function of several clauses"))
        while waiting:
            node = waiting.pop()
            if node.type in ("do_block", "block", "parenthesized"):
                waiting += reversed(node.named_children)
            elif node.type == "call" and _target(self.tree, node) == "def":
                waiting += [body for body in [self._body(node)] if body is not None]
            elif node.type == "call" and _target(self.tree, node) == "raise":
                one_way = True
            elif (given := self._sql(node)) is not None:
                texts = [self._literal(each) for each in given]
                if not texts or None in texts or len(texts) > 2:
                    what = f"SQL that {shown(self.tree.text(node))} puts together"
                    unread.append(Unread(self.tree.start(node), what))
                    continue
                forth, *back = [text.derived() for text in texts if text is not None]
                up.append(forth)
                down[:0] = back
                one_way = one_way or (change and not back)
            elif node.type == "call":
                target = _target(self.tree, node)
                if not _NOTHING.fullmatch(target):
                    unread.append(Unread(self.tree.start(node), shown(target)))
            elif node.type == "binary_operator" and _operator(self.tree, node) == "=":
                right = node.child_by_field_name("right")
                waiting += [right] if right is not None else []
            elif node.type not in _SILENT and self._literal(node) is None:
                unread.append(Unread(self.tree.start(node), shown(self.tree.text(node))))
        return Way(tuple(up), tuple(unread)), Way(tuple(down)), one_way

    def _body(self, node: Node) -> Node | None:
        block = next((child for child in node.named_children if child.type == "do_block"), None)
        if block is not None:
            return block
        for child in _arguments(node):
            if child.type == "keywords":
                pairs = [pair for pair in child.named_children if self.tree.text(pair).startswith("do:")]
                return pairs[0].child_by_field_name("value") if pairs else None
        return None

    def _sql(self, node: Node) -> list[Node] | None:
        """The arguments that hold SQL, where it is executed; None where the node executes none."""
        if node.type == "binary_operator" and _operator(self.tree, node) == "|>":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is not None and right is not None and self.tree.text(right) in ("execute()", "execute"):
                return [left]
            return None
        if node.type != "call":
            return None
        target, given = _target(self.tree, node), _arguments(node)
        if target == "execute":
            return given
        if _QUERY.fullmatch(target):
            return given if len(given) == 1 else []
        if _ADAPTER.fullmatch(target) and given:
            return given[1:] if len(given) == 2 else []
        return None

    def _literal(self, node: Node, depth: int = 0) -> Text | None:
        """What a literal says, or several put together."""
        if depth > 50:
            return None
        text = self.tree.text(node)
        if node.type in ("string", "sigil"):
            return self._string(node)
        if node.type == "identifier" or (node.type == "unary_operator" and text[:1] == "@"):
            value = self.names.get(text)
            return self._literal(value, depth + 1) if value is not None else None
        if node.type == "binary_operator" and _operator(self.tree, node) == "<>":
            sides = [node.child_by_field_name("left"), node.child_by_field_name("right")]
            found = [self._literal(side, depth + 1) if side else None for side in sides]
            texts = [each for each in found if each is not None]
            return joined(texts) if len(texts) == 2 else None
        return None

    def _string(self, node: Node) -> Text | None:
        tree, text = self.tree, self.tree.document.text
        if any(child.type == "interpolation" for child in node.named_children):
            return None
        sigil = next((tree.text(child) for child in node.named_children if child.type == "sigil_name"), "")
        if node.type == "sigil" and sigil not in ("s", "S"):
            return None
        marks = [child for child in node.children if not child.is_named and tree.text(child) != "~"]
        if len(marks) < 2:
            return None
        bounds = (tree.start(node), tree.end(node))
        start, end = tree.end(marks[0]), tree.start(marks[-1])
        lines = [(start, end)]
        if tree.text(marks[0]) in ('"""', "'''"):
            begin = text.find("\n", start, end) + 1
            stop = text.rfind("\n", 0, end) + 1
            lines = without_indentation(text, begin, stop, end - stop, tab=1)
        if sigil == "S":
            escape = re.compile(rf"\\{re.escape(tree.text(marks[-1]))}")
            return unescaped(text, lines, escape, lambda written: written[1:], bounds)
        return unescaped(text, lines, ESCAPE, _meaning, bounds)


def _target(tree: Tree, call: Node) -> str:
    target = call.child_by_field_name("target")
    return "".join(tree.text(target).split()) if target is not None else ""


def _operator(tree: Tree, node: Node) -> str:
    sign = node.child_by_field_name("operator")
    return tree.text(sign) if sign is not None else ""


def _arguments(call: Node) -> list[Node]:
    given = next((child for child in call.named_children if child.type == "arguments"), None)
    return [child for child in given.named_children if child.type != "comment"] if given else []


def _meaning(escape: str) -> str:
    return meaning(escape, _CONTROL)
