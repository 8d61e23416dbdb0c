"""SQL that was found in a program, or derived from one, as a script with its map back to the file.

A migration in Python, Ruby or JavaScript becomes SQL statement by statement. A statement that
stands in the program as text is mapped character by character; one that was derived from a call is
mapped to the call. Comments of the program that speak to this linter come along.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from msgspec import Struct

from migration_lint.model import Document, Script, TransactionMode

Pieces = tuple[tuple[int, int, int], ...]
"""(offset in the SQL, offset in the document, length in the document), as in `Script.pieces`."""

_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_DIRECTIVE = re.compile(r"(?:#|//)[ \t]*(migration-lint\s*:.*)")


class Derived(Struct, frozen=True):
    """SQL, without its last semicolon, and the offsets of the call that it came from.

    `pieces` say where the SQL stands in the document, where it is text there. `outside`: it runs
    outside the transaction that the tool opens around the rest. `opaque`: a comment that stands for
    code which has no SQL.
    """

    sql: str
    start: int
    end: int
    pieces: Pieces = ()
    outside: bool = False
    opaque: bool = False


class Comment(Struct, frozen=True):
    """A comment of the program that is a directive of ours: ``migration-lint: ignore[…]``."""

    text: str
    start: int
    end: int


def directive(text: str, start: int) -> Comment | None:
    """The comment of the program as a directive, None where it is any other comment."""
    match = _DIRECTIVE.match(text)
    return Comment(match[1].rstrip(), start, start + len(text)) if match else None


def script(
    document: Document,
    statements: Sequence[Derived],
    comments: Sequence[Comment],
    mode: TransactionMode,
    begin: int = 0,
) -> Script:
    """The statements in the order in which they run.

    Where `mode` is ONE and a part of the statements runs outside the tool's transaction, the
    transaction is spelled out with BEGIN and COMMIT; the first BEGIN is mapped to `begin`.
    """
    if mode is TransactionMode.ONE and any(each.outside for each in statements):
        statements = _spelled_out(statements, begin)
        mode = TransactionMode.EACH
    woven = _Weaver()
    owners = _owners(comments, statements, document)
    for each in statements:
        own = owners.get(each.start, [])  # a call may make several statements, and some of them later
        for comment in own:
            woven.comment(comment)
        if own and _BLANK_LINE.search(document.text, own[-1].end, max(own[-1].end, each.start)):
            woven.put("\n", own[-1].end)
        woven.statement(each)
    for comment in owners.get(None, []):
        woven.comment(comment)
    pieces = tuple(woven.pieces) or ((0, 0, 0),)
    return Script(document, "".join(woven.parts), mode, pieces=pieces, opaque=tuple(woven.opaque))


def _owners(
    comments: Iterable[Comment], statements: Iterable[Derived], document: Document
) -> dict[int | None, list[Comment]]:
    """The comments by the start of the call that they speak of: the first that ends there or below."""
    places = sorted({(each.end, each.start) for each in statements})
    lines = [document.line_of(end) for end, _ in places]
    found: dict[int | None, list[Comment]] = {}
    for comment in sorted(comments, key=lambda comment: comment.start):
        at = bisect_left(lines, document.line_of(comment.start))
        found.setdefault(places[at][1] if at < len(places) else None, []).append(comment)
    return found


def _spelled_out(statements: Iterable[Derived], begin: int) -> list[Derived]:
    out: list[Derived] = []
    open_, at = False, begin
    for each in statements:
        if each.outside and open_:
            out.append(Derived("COMMIT", each.start, each.start))
        elif not each.outside and not open_:
            out.append(Derived("BEGIN", at, at))
        open_ = not each.outside
        out.append(each)
        at = each.end
    if open_:
        out.append(Derived("COMMIT", at, at))
    return out


class _Weaver:
    """Puts SQL together and remembers where each piece came from."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.pieces: list[tuple[int, int, int]] = []
        self.opaque: list[tuple[int, int]] = []
        self._size = 0

    def put(self, sql: str, at: int, length: int = 0) -> None:
        if sql:
            self.parts.append(sql)
            self.pieces.append((self._size, at, length))
            self._size += len(sql)

    def comment(self, comment: Comment) -> None:
        self.put(f"-- {comment.text}", comment.start, comment.end - comment.start)
        self.put("\n", comment.end)

    def statement(self, each: Derived) -> None:
        if each.opaque:
            self.opaque.append((self._size, self._size + len(each.sql)))
        if each.pieces:
            self.parts.append(each.sql)
            self.pieces.extend((self._size + at, place, length) for at, place, length in each.pieces)
            self._size += len(each.sql)
        else:
            self.put(each.sql, each.start, each.end - each.start)
        ended = each.opaque or each.sql.rstrip().endswith(";")
        self.put("\n" if ended else "\n;\n" if "--" in each.sql else ";\n", each.end)
