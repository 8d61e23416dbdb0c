"""Text → statements. A statement that cannot be read hides nothing else in the file.

The whole text is parsed at once where that succeeds. Where it does not, what is not SQL is blanked
(`migration_lint.engines.postgres.mask`), and the statements that the scanner tells apart are
parsed one by one. A statement's tree is decoded when it is asked for.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

import msgspec
from msgspec import Struct

from migration_lint.engines.postgres.libpg_query import ParseError, parse_sql_json
from migration_lint.engines.postgres.mask import mask_placeholders, mask_psql
from migration_lint.engines.postgres.nodes import Node
from migration_lint.engines.postgres.scan import after_blank, end_of_last_token, nested_comment, split

_DEEPEST_COMMENT = 200
"""Nested comments cost libpg_query quadratic time; nobody nests them this deep."""


class _RawStatement(Struct):
    stmt: msgspec.Raw = msgspec.Raw(b"{}")
    stmt_location: int = 0
    stmt_len: int = 0


class _Parsed(Struct):
    stmts: list[_RawStatement] = []


_decode_file = msgspec.json.Decoder(_Parsed).decode
_decode_any = msgspec.json.Decoder().decode


class Statement(Struct, frozen=True, dict=True):
    """One statement: its node tag, and the characters of the text from `start` to `end`.

    `base` is the character of the text at which byte 0 of what was parsed stands, and
    `multibyte` the byte offsets just after each extra byte of a non-ASCII character.
    """

    tag: str
    raw: msgspec.Raw
    start: int
    end: int
    base: int = 0
    multibyte: tuple[int, ...] = ()

    @cached_property
    def node(self) -> Node:
        """The fields of its node. Raises RecursionError where it is nested too deep to decode."""
        decoded: Node = _decode_any(self.raw)
        found: Node = next(iter(decoded.values()), {})
        return found

    def offset(self, location: int) -> int:
        """The character, counted from the statement's start, of a byte offset of the tree."""
        return self.base + location - bisect_right(self.multibyte, location) - self.start


class Problem(Struct, frozen=True):
    """What could not be read, and the character of the text where it stands."""

    at: int
    message: str


class Parsed(Struct, frozen=True):
    """Statements in order, and what could not be read."""

    statements: tuple[Statement, ...]
    problems: tuple[Problem, ...] = ()


OPAQUE = "Program"
"""The tag of what is no SQL: a program of the tool's, which a comment names."""


def with_opaque(
    statements: tuple[Statement, ...], opaque: tuple[tuple[int, int], ...]
) -> tuple[Statement, ...]:
    """The statements, and the programs between them, in order."""
    if not opaque:
        return statements
    programs = [Statement(OPAQUE, msgspec.Raw(b"{}"), start, end) for start, end in opaque]
    return tuple(sorted((*statements, *programs), key=lambda each: each.start))


def parse(text: str) -> Parsed:
    """The statements of a script."""
    problems: list[Problem] = []
    if "\0" in text:
        problems.append(Problem(text.index("\0"), "the text holds a NUL byte, which the server refuses"))
        text = text.replace("\0", " ")
    deep = nested_comment(text, _DEEPEST_COMMENT)
    if deep is not None:
        problems.append(Problem(deep, f"comments are nested more than {_DEEPEST_COMMENT} deep; not read"))
        text = text[:deep]
    statements = _whole(text)
    if statements is None and "\\" in text:
        masked = mask_psql(text)
        problems += [Problem(at, reason) for at, reason in masked.notes]
        text = masked.text
        statements = _whole(text)
    if statements is not None:
        return Parsed(statements, tuple(problems))
    found, more = _one_by_one(text)
    return Parsed(tuple(found), tuple(sorted([*problems, *more], key=lambda problem: problem.at)))


def _whole(text: str) -> tuple[Statement, ...] | None:
    try:
        return _statements(text)
    except ParseError:
        return None


def _statements(text: str, base: int = 0) -> tuple[Statement, ...]:
    multibyte = () if text.isascii() else _multibyte(text)
    found = []
    parsed = parse_sql_json(text)
    try:
        items = _decode_file(parsed).stmts
    except RecursionError:
        raise ParseError("nested too deep to be read", 0) from None
    for item in items:
        raw = bytes(item.stmt)
        start = item.stmt_location - bisect_right(multibyte, item.stmt_location)
        if item.stmt_len:
            end_byte = item.stmt_location + item.stmt_len
            end = end_byte - bisect_right(multibyte, end_byte)
        else:
            end = end_of_last_token(text, start)
        start = after_blank(text, start)
        while end > start and text[end - 1].isspace():
            end -= 1
        name = raw[2 : raw.index(b'"', 2)].decode() if len(raw) > 2 else ""
        found.append(Statement(name, item.stmt, base + start, base + max(start, end), base, multibyte))
    return tuple(found)


def _one_by_one(text: str) -> tuple[list[Statement], list[Problem]]:
    statements: list[Statement] = []
    problems: list[Problem] = []
    pieces = split(text)
    number = 0
    while number < len(pieces):
        start, end = pieces[number]
        number += 1
        piece = text[start:end]
        try:
            statements += _statements(piece, start)
            continue
        except ParseError as error:
            first = error
        joined = _joined(text, pieces, number, start)
        if joined is not None:
            found, number = joined
            statements += found
            continue
        masked = mask_placeholders(piece)
        problems += [Problem(start + at, reason) for at, reason in masked.notes]
        if not masked.notes:
            problems.append(Problem(start + _place(piece, first), str(first.args[0])))
            continue
        try:
            statements += _statements(masked.text, start)
        except ParseError as error:
            problems.append(Problem(start + _place(piece, error), str(error.args[0])))
    return statements, problems


def _joined(
    text: str, pieces: list[tuple[int, int]], number: int, start: int
) -> tuple[tuple[Statement, ...], int] | None:
    """A statement that holds semicolons (a rule's actions, BEGIN ATOMIC), and the piece after it."""
    head = text[start : pieces[number - 1][1]].lower()
    if "atomic" not in head and head.count("(") <= head.count(")"):
        return None
    for last in range(number, min(number + 20, len(pieces))):
        try:
            return _statements(text[start : pieces[last][1]], start), last + 1
        except ParseError:
            continue
    return None


def _place(text: str, error: Exception) -> int:
    """The character that a ParseError names, past the blanks and comments before it."""
    at = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], int) else 0
    return min(after_blank(text, max(0, at)), max(0, len(text) - 1))


def _multibyte(text: str) -> tuple[int, ...]:
    found: list[int] = []
    extra = 0
    for match in _NOT_ASCII.finditer(text):
        start = match.start()
        for mark in match.group():
            width = len(mark.encode("utf-8", "surrogatepass"))
            at = start + extra
            found.extend(at + number for number in range(1, width))
            extra += width - 1
            start += 1
    return tuple(found)


_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
