"""Scripts that hold up and down in one file, told apart by marks on lines of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_DOLLAR = re.compile(r"\$(?:[A-Za-z_]\w*)?\$")
_SILENT = re.compile(r"(?:\s+|--[^\r\n]*|/\*.*?\*/|;)*\Z", re.DOTALL)


class Line(Struct, frozen=True):
    """A line of a text: `text` without its line break, `start` and `end` with it."""

    text: str
    start: int
    end: int


def lines(text: str) -> Iterator[Line]:
    """The lines of a text, whatever ends them."""
    for match in _LINE.finditer(text):
        if match.start() < len(text):
            yield Line(match.group().rstrip("\r\n"), match.start(), match.end())


def says_nothing(sql: str) -> bool:
    """Whether there is no statement: only blanks, comments and semicolons."""
    return _SILENT.match(sql) is not None


def cut_quote(sql: str) -> bool:
    """Whether the SQL ends inside a dollar quote."""
    at = 0
    while opened := _DOLLAR.search(sql, at):
        closed = sql.find(opened.group(), opened.end())
        if closed < 0:
            return True
        at = closed + len(opened.group())
    return False
