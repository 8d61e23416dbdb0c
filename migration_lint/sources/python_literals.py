"""SQL in the string literals of Python files: read as syntax, never run."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from msgspec import Struct

from migration_lint.model import Document, Script, TransactionMode
from migration_lint.sources.marks import lines


class Unreadable(Exception):
    """The file is not Python that this version can read."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class Literal(Struct, frozen=True):
    """A string written out in a file: its value, and the characters of the file between its quotes.

    `exact`: these are the value itself, without escapes.
    """

    value: str
    start: int
    end: int
    exact: bool


class Call(Struct, frozen=True):
    """A call by name: `arguments` are its positional ones, None where one is no literal."""

    name: str
    start: int
    end: int
    arguments: tuple[Literal | None, ...]


class Calls(Struct, frozen=True):
    """The calls of a file in order, and what its module-level names are set to, if to literals."""

    calls: tuple[Call, ...]
    names: Mapping[str, object]


def calls(document: Document, wanted: Sequence[str]) -> Calls:
    """The calls of the wanted functions. Raises Unreadable."""
    try:
        tree = ast.parse(document.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        line = getattr(problem, "lineno", None) or 1
        raise Unreadable(f"not Python: {getattr(problem, 'msg', problem)}", line) from None
    places = _Places(document.text)
    found: list[Call] = []
    names: dict[str, object] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in wanted:
            arguments = tuple(_literal(argument, document.text, places) for argument in node.args)
            found.append(Call(node.func.id, *places.of(node), arguments))
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            try:
                names[statement.targets[0].id] = ast.literal_eval(statement.value)
            except (ValueError, TypeError, RecursionError, MemoryError):
                continue  # not a literal
    return Calls(tuple(sorted(found, key=lambda call: call.start)), names)


def joined(document: Document, literals: Sequence[Literal], transaction: TransactionMode) -> Script:
    """Literals as one script: each ends with a semicolon, and maps to where it stands in the file."""
    sql: list[str] = []
    pieces: list[tuple[int, int, int]] = []
    size = 0
    for literal in literals:
        text = literal.value if literal.value.rstrip().endswith(";") else literal.value + "\n;"
        own = len(literal.value)
        pieces.append((size, literal.start, literal.end - literal.start))
        if literal.exact and len(text) > own:
            pieces.append((size + own, literal.end, 0))
        sql.append(text + "\n")
        pieces.append((size + len(text), literal.end, 0))
        size += len(text) + 1
    return Script(document, "".join(sql), transaction, pieces=tuple(pieces))


class _Places:
    """From lines and columns in bytes, as the parser counts, to characters of the text."""

    def __init__(self, text: str) -> None:
        self._lines = list(lines(text))

    def at(self, line: int, column: int) -> int:
        found = self._lines[line - 1]
        before = found.text.encode()[:column].decode(errors="ignore")
        return found.start + len(before)

    def of(self, node: ast.expr) -> tuple[int, int]:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return self.at(node.lineno, node.col_offset), self.at(end_line, end_column)


def _literal(node: ast.expr, text: str, places: _Places) -> Literal | None:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return None
    start, end = places.of(node)
    written = text[start:end]
    head = len(written) - len(written.lstrip("rRuUbBfF"))
    quote = written[head : head + 3]
    width = 3 if quote in ('"""', "'" * 3) else 1
    inside = written[head + width : len(written) - width]
    if inside == node.value:
        return Literal(node.value, start + head + width, end - width, exact=True)
    return Literal(node.value, start, end, exact=False)
