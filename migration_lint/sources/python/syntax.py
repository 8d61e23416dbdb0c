"""A Python file as a syntax tree, with the places of its nodes in characters."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings

from msgspec import Struct

from migration_lint.model import Document, Error
from migration_lint.sources.derived import Comment, directive
from migration_lint.sources.python.strings import pieces_of

LARGEST = 2_000_000
"""Characters; parsing takes some hundred times that in memory, and nobody writes such a migration."""

_BREAK = re.compile(r"\r\n|\r|\n")


class Module(Struct, frozen=True):
    """A parsed file. `lines` are the offsets at which its lines start, as Python counts lines."""

    document: Document
    tree: ast.Module
    lines: tuple[int, ...]

    def bounds(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Start and end of a node, in characters of the document."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self._offset(node.lineno, node.col_offset), self._offset(end_line, end_column)

    def _offset(self, line: int, column: int) -> int:
        start = self.lines[line - 1]
        end = self.lines[line] if line < len(self.lines) else len(self.document.text)
        text = self.document.text[start:end]
        if text.isascii():
            return start + column
        return start + len(text.encode(errors="surrogatepass")[:column].decode(errors="ignore"))

    def pieces(self, node: ast.Constant) -> tuple[tuple[int, int, int], ...]:
        """Where the characters of a string literal stand; nothing where that cannot be told."""
        start, end = self.bounds(node)
        return pieces_of(self.document.text, start, end, node.value) if isinstance(node.value, str) else ()

    def line(self, node: ast.AST) -> int:
        """The line of the document, from 1, on which a node starts."""
        return self.document.line_of(self._offset(getattr(node, "lineno", 1), 0))

    def comments(self) -> list[Comment]:
        """The comments that are directives of ours."""
        if "migration-lint" not in self.document.text:
            return []
        found: list[Comment] = []
        # tokenize counts lines at every kind of line break, once they are all the same.
        reader = io.StringIO(self.document.text.replace("\r\n", "\n").replace("\r", "\n")).readline
        try:
            for token in tokenize.generate_tokens(reader):
                if token.type == tokenize.COMMENT:
                    start = self.lines[token.start[0] - 1] + token.start[1]
                    comment = directive(token.string, start)
                    found.extend([comment] if comment else [])
        except (tokenize.TokenError, SyntaxError):  # what ast reads, tokenize reads up to its last line
            return found
        return found


def parse(document: Document) -> Module | Error:
    """The file as a tree, or why it is none."""
    text = document.text
    if len(text) > LARGEST:
        return Error(document.path, 1, f"larger than {LARGEST:,} characters: not read as Python")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the user's escapes
            tree = ast.parse(text)
    except SyntaxError as problem:
        line = min(max(problem.lineno or 1, 1), text.count("\n") + 1)
        return Error(document.path, line, f"not Python that {_python()} reads: {problem.msg}")
    except ValueError as problem:
        return Error(document.path, 1, f"not Python: {problem}")
    except (RecursionError, MemoryError):
        return Error(document.path, 1, "nested too deep to be read as Python")
    lines = (0, *(match.end() for match in _BREAK.finditer(text)))
    return Module(document, tree, lines)


def _python() -> str:
    import sys

    return f"Python {sys.version_info.major}.{sys.version_info.minor}"
