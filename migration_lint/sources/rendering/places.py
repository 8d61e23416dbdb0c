"""Where a rendered statement stands in the project's file."""

from __future__ import annotations

import ast

from migration_lint.sources.derived import Derived, Pieces
from migration_lint.sources.python.syntax import Module


def derived(
    module: Module, sql: str, place: object, *, outside: bool = False, opaque: bool = False
) -> Derived:
    """The statement at the call that made it.

    `place` is [line, column, end line, end column], the columns in bytes, or None where they are not known.
    """
    sql = sql.strip().removesuffix(";").rstrip()
    node = _node(module, place)
    if node is None:
        return Derived(sql, 0, 0, (), outside, opaque)
    start, end = module.bounds(node)
    return Derived(sql, start, end, () if opaque else _pieces(module, node, sql), outside, opaque)


def _node(module: Module, place: object) -> ast.expr | ast.stmt | None:
    """The node at a place; the outermost call that starts on its line, where there are no columns."""
    if not isinstance(place, list) or len(place) != 4 or not isinstance(place[0], int):
        return None
    line, column, end_line, end_column = place
    on_line: ast.expr | None = None
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        if column is None:
            if node.lineno == line and on_line is None:
                on_line = node
        elif (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset) == (
            line,
            column,
            end_line,
            end_column,
        ):
            return node
    return on_line or _statement(module, line)


def _statement(module: Module, line: int) -> ast.stmt | None:
    """The innermost statement that a line belongs to."""
    found = [
        node
        for node in ast.walk(module.tree)
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return max(found, key=lambda node: node.lineno, default=None)


def _pieces(module: Module, node: ast.AST, sql: str) -> Pieces:
    """Where the SQL is text in the call, whatever else stands there."""
    for inner in ast.walk(node):
        if not isinstance(inner, ast.Constant) or not isinstance(inner.value, str):
            continue
        at = inner.value.find(sql) if sql else -1
        same = inner.value.strip().removesuffix(";").strip() == sql
        if at >= 0 and same and (pieces := module.pieces(inner)):
            return _cut(pieces, at, len(sql))
    return ()


def _cut(pieces: Pieces, start: int, length: int) -> Pieces:
    """The pieces of ``value[start:start + length]``."""
    made: list[tuple[int, int, int]] = []
    ends = [*(piece[0] for piece in pieces[1:]), None]
    for (at, place, size), end in zip(pieces, ends, strict=True):
        last = end if end is not None else at + size
        first, stop = max(at, start), min(last, start + length)
        if first >= stop:
            continue
        if last - at == size:  # plain characters
            made.append((first - start, place + first - at, stop - first))
        else:
            made.append((first - start, place, size))
    return tuple(made)
