"""Where the comma-separated clauses of a statement stand in its text.

Engines say which clause an effect comes from by number; only a finding needs its place, so it is
looked for here, when there is one.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
    '(?:[^']|'')*'                      # string
  | "(?:[^"]|"")*"                      # quoted identifier
  | \$(?P<tag>[A-Za-z_0-9]*)\$.*?\$(?P=tag)\$  # dollar quote
  | --[^\n]*                            # line comment
  | /\*.*?\*/                           # block comment
  | [(\[] | [)\]] | ,
    """,
    re.VERBOSE | re.DOTALL,
)
_ALTER_HEAD = re.compile(
    r"\s*alter\s+(?:(?:foreign\s+|materialized\s+)?(?:table|view|index|sequence))\s+"
    r"(?:if\s+exists\s+)?(?:only\s+)?"
    r"(?:\"(?:[^\"]|\"\")*\"|[^\s.\"]+)(?:\s*\.\s*(?:\"(?:[^\"]|\"\")*\"|[^\s.\"]+))*(?:\s*\*)?\s+",
    re.IGNORECASE,
)


def clause_bounds(sql: str, number: int) -> tuple[int, int] | None:
    """Character offsets (end exclusive) of clause `number`, from 0; None where there is none.

    In ``ALTER TABLE`` the clauses follow the table's name; in ``CREATE TABLE`` they are the
    elements inside the first parentheses.
    """
    head = _ALTER_HEAD.match(sql)
    depth = 0 if head else -1
    start = head.end() if head else None
    seen = 0
    for token in _TOKEN.finditer(sql, head.end() if head else 0):
        mark = token.group()
        if mark in "([":
            depth += 1
            if depth == 0 and start is None:
                start = token.end()
        elif mark in ")]":
            depth -= 1
            if depth < 0 and start is not None:
                return _trimmed(sql, start, token.start()) if seen == number else None
        elif mark == "," and depth == 0 and start is not None:
            if seen == number:
                return _trimmed(sql, start, token.start())
            seen += 1
            start = token.end()
    if start is not None and seen == number:
        return _trimmed(sql, start, len(sql))
    return None


def _trimmed(sql: str, start: int, end: int) -> tuple[int, int]:
    while start < end and sql[start].isspace():
        start += 1
    while end > start and sql[end - 1].isspace():
        end -= 1
    return start, end
