"""The comments of SQL, told apart from what only looks like one inside a string."""

from __future__ import annotations

import re
from collections.abc import Iterator

_START = re.compile(
    r"--|/\*|[eE]'|'|\"|(?<![\w$])\$(?:[^\W\d]\w*)?\$",
)
_ESCAPED = re.compile(r"[^'\\]*(?:\\.[^'\\]*)*'", re.DOTALL)
_BLOCK = re.compile(r"/\*|\*/")


def comments(sql: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Start and end of each comment in ``sql[start:end]``, line breaks at its end left out.

    Linear in the length: what is opened and never closed hides all after it, as on the server.
    """
    at: int | None = start
    while at is not None and (token := _START.search(sql, at, end)):
        mark, begin, at = token.group(), token.start(), token.end()
        if mark == "--":
            at = _found(sql, "\n", begin, end)
            stop = end if at is None else at - 1
            yield begin, stop - (stop > begin and sql[stop - 1] == "\r")
        elif mark == "/*":
            at = _end_of_block(sql, at, end)
            yield begin, end if at is None else at
        elif mark in ("e'", "E'"):
            closed = _ESCAPED.match(sql, at, end)
            at = closed.end() if closed else None
        else:  # two quotes in a row make two strings, which ends up the same
            at = _found(sql, mark, at, end)


def _found(sql: str, mark: str, at: int, end: int) -> int | None:
    found = sql.find(mark, at, end)
    return found + len(mark) if found >= 0 else None


def _end_of_block(sql: str, at: int, end: int) -> int | None:
    """Block comments nest in PostgreSQL."""
    depth = 1
    while mark := _BLOCK.search(sql, at, end):
        depth += 1 if mark.group() == "/*" else -1
        at = mark.end()
        if depth == 0:
            return at
    return None


def without_comments(sql: str) -> str:
    """The SQL with every comment and every run of white space made one space."""
    pieces = []
    at = 0
    for start, end in comments(sql, 0, len(sql)):
        pieces.append(sql[at:start])
        at = end
    pieces.append(sql[at:])
    return " ".join(" ".join(pieces).split())
