"""A program as a syntax tree, with the places of its nodes in characters."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import cache, cached_property
from importlib import import_module
from itertools import accumulate
from time import monotonic
from typing import TYPE_CHECKING

from msgspec import Struct

from migration_lint.model import Document, Error
from migration_lint.sources.derived import Comment, directive

if TYPE_CHECKING:
    from tree_sitter import Language, Node

_LARGEST = 500_000
"""Characters. Nobody writes such a migration."""
_SECONDS = 5.0
"""A grammar can take quadratic time for a file that was made to that end."""
_CHUNK = 1 << 16

_GRAMMARS = {
    "JavaScript": ("tree_sitter_typescript", "language_tsx"),  # which is JavaScript with more in it
    "TypeScript": ("tree_sitter_typescript", "language_typescript"),
    "Ruby": ("tree_sitter_ruby", "language"),
    "Elixir": ("tree_sitter_elixir", "language"),
}


class Tree(Struct, frozen=True, dict=True):
    """A parsed program; `root` is the node of the whole file."""

    document: Document
    language: str
    root: Node

    def start(self, node: Node) -> int:
        """The offset of a node's first character."""
        return self._at(node.start_byte)

    def end(self, node: Node) -> int:
        """The offset after a node's last character."""
        return self._at(node.end_byte)

    def text(self, node: Node) -> str:
        """The program's text of a node."""
        return self.document.text[self.start(node) : self.end(node)]

    def _at(self, byte: int) -> int:
        return byte if self._starts is None else bisect_left(self._starts, byte)

    @cached_property
    def _starts(self) -> list[int] | None:
        """The byte at which each character starts; None where all are of one byte."""
        text = self.document.text
        if text.isascii():
            return None
        return [0, *accumulate(len(character.encode(errors="surrogatepass")) for character in text)]

    @cached_property
    def comments(self) -> list[Comment]:
        """The comments that are directives of ours."""
        if "migration-lint" not in self.document.text:
            return []
        found = (
            directive(self.text(node), self.start(node))
            for node in nodes(self.root)
            if node.type == "comment"
        )
        return [comment for comment in found if comment is not None]

    def mistake(self) -> int | None:
        """The offset of the first thing that the grammar does not understand."""
        if not self.root.has_error:
            return None
        wrong = (node for node in nodes(self.root) if node.is_error or node.is_missing)
        return min((self.start(node) for node in wrong), default=0)


def parse(document: Document, language: str) -> Tree | Error:
    """The program as a tree, or why it is not read."""
    from tree_sitter import Parser

    if len(document.text) > _LARGEST:
        return Error(document.path, 1, f"larger than {_LARGEST:,} characters: not read as {language}")
    data = document.text.encode(errors="surrogatepass")
    end = monotonic() + _SECONDS
    try:
        tree = Parser(_grammar(language)).parse(
            lambda at, _: data[at : at + _CHUNK], progress_callback=lambda _, __: monotonic() > end
        )
    except ValueError:  # what the callback's answer leads to
        return Error(document.path, 1, f"not read as {language} within {_SECONDS:.0f} seconds")
    return Tree(document, language, tree.root_node)


@cache
def _grammar(language: str) -> Language:
    from tree_sitter import Language

    module, function = _GRAMMARS[language]
    return Language(getattr(import_module(module), function)())


def nodes(top: Node) -> Iterator[Node]:
    """A node and all below it, in the order of the text."""
    cursor = top.walk()
    while True:
        node = cursor.node
        assert node is not None  # noqa: S101 - for the type checker: a cursor stands on a node
        yield node
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
