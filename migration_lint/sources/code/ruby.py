"""Rails migrations: methods ``up``, ``down`` and ``change``, and the SQL that they execute."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

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
from migration_lint.sources.scripts import error_at

if TYPE_CHECKING:
    from tree_sitter import Node

MIGRATION = re.compile(r"<\s*[\w:]*Migration\b")
"""What a migration's class comes after."""

_SQL = frozenset("execute exec_query exec_update exec_delete exec_insert".split())
_ON = re.compile(r"|(?:.*\.)?(?:connection|lease_connection)")
"""What SQL is executed on: nothing, or a connection."""
_THROUGH = frozenset("safety_assured say_with_time suppress_messages transaction".split())
"""Calls whose block runs as it stands."""
_NOTHING = frozenset("say puts reset_column_information".split())
_KEEPS = frozenset("strip squish strip_heredoc chomp freeze to_s".split())
"""Methods of a string that leave the SQL in it as it is."""
_SILENT = frozenset(
    "comment heredoc_body string chained_string heredoc_beginning true false nil integer constant "
    "simple_symbol empty_statement method".split()
)
_APOSTROPHE = re.compile(r"\\[\\']")
_RAW = re.compile(r"\\[\\\[\](){}<>|!/]")
_CONTROL = {**CONTROL, "a": "\a", "e": "\x1b", "s": " "}
_BEGINNING = re.compile(r"<<([-~]?)(['\"`]?)")
_OPT_OUT = "disable_ddl_transaction!"


class _Found(Struct):
    """What a method does; `groups` are parts of the way back, of which the last runs first."""

    up: list[Derived]
    groups: list[list[Derived]]
    unread: list[Unread]
    unread_down: list[Unread]
    raises: bool = False
    one_way: bool = False


def read(document: Document) -> tuple[Tree, Program] | Error:
    """The first migration of the file, or why there is none."""
    tree = parse(document, "Ruby")
    if isinstance(tree, Error):
        return tree
    held = next((node for node in nodes(tree.root) if _is_migration(tree, node)), None)
    if held is None and (mistake := tree.mistake()) is not None:
        return error_at(document, mistake, "Ruby that makes no sense: nothing of the file is read")
    if held is None:
        return Error(document.path, 1, "no class of a migration is in it")
    reader = _Reader(tree, held)
    return tree, reader.program()


def _is_migration(tree: Tree, node: Node) -> bool:
    above = node.child_by_field_name("superclass") if node.type == "class" else None
    return above is not None and MIGRATION.match(tree.text(above)) is not None


class _Reader:
    """A migration's class."""

    def __init__(self, tree: Tree, held: Node) -> None:
        self.tree = tree
        self.methods: dict[str, Node] = {}
        self.outside = False
        self.unread: list[Unread] = []
        body = held.child_by_field_name("body")
        for node in body.named_children if body is not None else ():
            if node.type in ("method", "singleton_method"):
                self.methods[_field(tree, node, "name")] = node
            elif tree.text(node) == _OPT_OUT:
                self.outside = True
            elif node.type != "comment" and _OPT_OUT in tree.text(node):
                self.outside = True
                self.unread.append(Unread(tree.start(node), shown(tree.text(node))))
        self.names: dict[str, Node | None] = {}
        beginnings: list[Node] = []
        bodies: list[Node] = []
        for node in nodes(tree.root):
            if node.type == "heredoc_beginning":
                beginnings.append(node)
            elif node.type == "heredoc_body":
                bodies.append(node)
            elif node.type in ("assignment", "operator_assignment"):
                name = _field(tree, node, "left")
                plain = node.type == "assignment" and name not in self.names
                self.names[name] = node.child_by_field_name("right") if plain else None
        self.heredocs = {begin.start_byte: body for begin, body in zip(beginnings, bodies, strict=False)}

    def program(self) -> Program:
        """What its methods do."""
        if "change" in self.methods:
            return self._change(self.methods["change"])
        up, down = self.methods.get("up"), self.methods.get("down")
        forth = self._method(up)
        if up is None:
            forth.unread.append(Unread(0, "a class without `up` or `change`"))
        back = None
        if down is not None:
            told = self._method(down)
            if not told.raises or told.up or told.unread:
                back = Way(tuple(told.up), tuple(told.unread))
        return Program(Way(tuple(forth.up), tuple(forth.unread)), back, outside=self.outside)

    def _change(self, method: Node) -> Program:
        found = self._method(method)
        up = Way(tuple(found.up), tuple(found.unread))
        if found.one_way:  # Rails raises IrreversibleMigration
            return Program(up, None, outside=self.outside)
        back = [each for group in reversed(found.groups) for each in group]
        return Program(up, Way(tuple(back), tuple(found.unread_down)), reversible=True, outside=self.outside)

    def _method(self, method: Node | None) -> _Found:
        found = _Found([], [], self.unread, [])
        self.unread = []
        body = method.child_by_field_name("body") if method is not None else None
        if body is not None:
            self._follow(body, found, _Both(found))
        return found

    def _follow(self, top: Node, found: _Found, into: _Direction) -> None:
        """A statement, and what stands in it. A list in place of recursion."""
        waiting = [(top, into)]
        while waiting:
            node, into = waiting.pop()
            if node.type in ("body_statement", "block_body", "parenthesized_statements"):
                waiting += [(child, into) for child in reversed(node.named_children)]
            elif node.type == "assignment":
                right = node.child_by_field_name("right")
                waiting += [(right, into)] if right is not None else []
            elif node.type == "call" or (node.type == "identifier" and not self._is_name(node)):
                waiting += reversed(self._call(node, found, into))
            elif node.type not in (*_SILENT, "identifier") and self._literal(node) is None:
                into.tell(Unread(self.tree.start(node), shown(self.tree.text(node))))

    def _is_name(self, node: Node) -> bool:
        return self.tree.text(node) in self.names

    def _call(self, node: Node, found: _Found, into: _Direction) -> list[tuple[Node, _Direction]]:
        tree = self.tree
        method = _field(tree, node, "method") or tree.text(node)
        receiver = _field(tree, node, "receiver")
        block = _block(node)
        if (method in _SQL and _ON.fullmatch(receiver)) or (receiver == "DB" and method == "exec"):
            given = _arguments(node)
            text = self._literal(given[0]) if given else None
            if text is None:
                into.tell(Unread(tree.start(node), f"SQL that {shown(tree.text(node))} puts together"))
            elif len(given) > (1 if receiver == "DB" else 2):
                into.tell(Unread(tree.start(node), f"SQL to which {shown(method)} adds values"))
            else:
                into.add(text.derived())
        elif method == "raise":
            found.raises = True
        elif block is not None and method in _THROUGH:
            return [(block, into)]
        elif block is not None and method == "up_only":
            return [(block, _Up(found))]
        elif block is not None and method == "reversible":
            return [(block, _Reversible(found))]
        elif block is not None and method in ("up", "down") and isinstance(into, _Reversible):
            return [(block, _Up(found) if method == "up" else _Down(found))]
        elif method not in _NOTHING and not (receiver.endswith("logger") or method == _OPT_OUT):
            into.tell(Unread(tree.start(node), shown(f"{receiver}.{method}" if receiver else method)))
        return []

    def _literal(self, node: Node, depth: int = 0) -> Text | None:
        """What a literal says, or several put together."""
        if depth > 50:
            return None
        tree = self.tree
        if node.type == "string":
            return self._string(node)
        if node.type == "heredoc_beginning":
            return self._heredoc(node)
        if node.type in ("identifier", "constant"):
            value = self.names.get(tree.text(node))
            return self._literal(value, depth + 1) if value is not None else None
        if node.type == "chained_string":
            return _all_of([self._literal(child, depth + 1) for child in node.named_children])
        if node.type == "binary" and _field(tree, node, "operator") == "+":
            sides = [node.child_by_field_name("left"), node.child_by_field_name("right")]
            return _all_of([self._literal(side, depth + 1) if side else None for side in sides])
        if node.type == "parenthesized_statements" and node.named_child_count == 1:
            return self._literal(node.named_children[0], depth + 1)
        held = node.child_by_field_name("receiver") if node.type == "call" else None
        if held is not None and _field(tree, node, "method") in _KEEPS and not _arguments(node):
            found = self._literal(held, depth + 1)
            squeezed = _field(tree, node, "method") == "squish"
            return None if found is not None and squeezed and "--" in found.value else found
        return None

    def _string(self, node: Node) -> Text | None:
        if any(child.type == "interpolation" for child in node.named_children):
            return None
        tree, text = self.tree, self.tree.document.text
        first, last = node.children[0], node.children[-1]
        opening = tree.text(first)
        inside = (tree.end(first), max(tree.end(first), tree.start(last)))
        bounds = (tree.start(node), tree.end(node))
        if opening == "'" or opening.startswith("%q"):
            escape = _APOSTROPHE if opening == "'" else _RAW
            return unescaped(text, [inside], escape, lambda written: written[1:], bounds)
        return unescaped(text, [inside], ESCAPE, _meaning, bounds)

    def _heredoc(self, node: Node) -> Text | None:
        body = self.heredocs.get(node.start_byte)
        opening = _BEGINNING.match(self.tree.text(node))
        if body is None or opening is None or opening[2] == "`":
            return None
        if any(child.type == "interpolation" for child in body.named_children):
            return None
        tree, text = self.tree, self.tree.document.text
        start = text.find("\n", tree.start(body)) + 1
        end = text.rfind("\n", 0, tree.start(body.children[-1])) + 1
        lines = [(start, end)]
        if opening[1] == "~":
            lines = without_indentation(text, start, end)
        escape = None if opening[2] == "'" else ESCAPE
        return unescaped(text, lines, escape, _meaning, (tree.start(node), tree.end(node)))


class _Direction:
    """Where the statements of a block go."""

    def __init__(self, found: _Found) -> None:
        self.found = found

    def add(self, statement: Derived) -> None:
        raise NotImplementedError

    def tell(self, unread: Unread) -> None:
        self.found.unread.append(unread)


class _Both(_Direction):
    """The method itself: of ``change``, SQL runs forth, and there is no way back from it."""

    def add(self, statement: Derived) -> None:
        self.found.up.append(statement)
        self.found.one_way = True


class _Up(_Direction):
    def add(self, statement: Derived) -> None:
        self.found.up.append(statement)


class _Down(_Direction):
    def __init__(self, found: _Found) -> None:
        super().__init__(found)
        self._own: list[Derived] = []
        found.groups.append(self._own)

    def add(self, statement: Derived) -> None:
        self._own.append(statement)

    def tell(self, unread: Unread) -> None:
        self.found.unread_down.append(unread)


class _Reversible(_Both):
    """The block of ``reversible``, which holds those of ``dir.up`` and ``dir.down``."""


def _field(tree: Tree, node: Node, name: str) -> str:
    child = node.child_by_field_name(name)
    return tree.text(child) if child is not None else ""


def _block(node: Node) -> Node | None:
    block = node.child_by_field_name("block")
    return block.child_by_field_name("body") if block is not None else None


def _arguments(node: Node) -> list[Node]:
    given = node.child_by_field_name("arguments")
    return [child for child in given.named_children if child.type != "comment"] if given else []


def _all_of(found: list[Text | None]) -> Text | None:
    texts = [each for each in found if each is not None]
    return joined(texts) if len(texts) == len(found) else None


def _meaning(escape: str) -> str:
    return meaning(escape, _CONTROL)
