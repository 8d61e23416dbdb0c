"""Formatted SQL: ``--liquibase formatted sql``, and comments that begin changeSets and say how they run.

https://docs.liquibase.com/concepts/changelogs/sql-format.html, and FormattedSqlChangeLogParser. The result
is the tree that the same changelog would have in XML.
"""

from __future__ import annotations

import re

from msgspec import Struct, field

from migration_lint.model import Document
from migration_lint.sources.tools.liquibase.detection import HEADER
from migration_lint.sources.tools.liquibase.tree import Node, Text, joined

_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")
_CHANGESET = re.compile(r"--\s*changeset\s+(\"[^\"]+\"|[^:\n]+):\s*(\"[^\"]+\"|\S+)", re.IGNORECASE)
_DIRECTIVE = re.compile(
    r"--\s*(?P<word>changeset|property|rollback|preconditions|precondition-[a-z-]+|comment|validchecksum"
    r"|ignorelines)\b:?[ \t]*(?P<rest>.*)",
    re.IGNORECASE,
)
_SLIP = re.compile(r"-\s*changeset\s|--\s*changesets?\b|--\s*comments:", re.IGNORECASE)
_ROLLBACK_BLOCK = re.compile(r"/\*\s*liquibase\s+rollback\s*\Z", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"(?<!\S)([A-Za-z]+):\s?(\"[^\"]*\"|'[^']*'|\S*)")
_IGNORE_LINES = re.compile(r"(\w+)")
_CHECKED = ("expectedresult", "table", "view", "schema", "sequence")
_TO_OTHER = ("changesetid", "changesetauthor", "changesetpath")


class Slip(Struct, frozen=True):
    """What Liquibase refuses or passes over, and on which line."""

    line: int
    message: str


class _ChangeSet(Struct):
    start: int
    attributes: list[Node]
    sql: list[Text] = field(default_factory=list)
    rollback: list[Text] = field(default_factory=list)
    first_rollback: int | None = None
    checks: list[Node] = field(default_factory=list)
    end: int = 0


def parse_sql(document: Document) -> tuple[Node, list[Slip]]:
    """The root element, and what is wrong with the file."""
    return _Reader(document).root()


class _Reader:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._text = document.text
        self._slips: list[Slip] = []
        self._done: list[Node] = []
        self._open: _ChangeSet | None = None
        self._skip = 0
        """Lines to pass over; -1 until ``--ignoreLines:end``."""
        self._in_rollback = False
        self._loose: int | None = None

    def root(self) -> tuple[Node, list[Slip]]:
        at = 0
        attributes: list[Node] | None = None
        for number, line in enumerate(_LINE.findall(self._text), 1):
            if attributes is None and HEADER.match(line):
                attributes = self._attributes(at, at + len(line))
            else:
                self._line(line, at, number)
            at += len(line)
        self._close()
        if self._loose is not None:
            self._slips.append(
                Slip(self._loose, "stands before the first changeset: Liquibase never runs it")
            )
        children = (*(attributes or ()), *self._done)
        return Node("databaseChangeLog", 0, len(self._text), None, children), self._slips

    def _line(self, line: str, at: int, number: int) -> None:
        stripped = line.strip()
        begin = at + len(line) - len(line.lstrip())
        if self._skip and not (self._skip < 0 and stripped.lower().replace(" ", "") == "--ignorelines:end"):
            self._skip -= self._skip > 0
            return
        if self._in_rollback:
            self._rollback_line(line, at)
            return
        directive = _DIRECTIVE.match(stripped) if stripped.startswith("--") else None
        if directive is not None:
            self._directive(
                directive["word"].lower(), directive["rest"], begin + directive.start("rest"), number
            )
            if directive["word"].lower() != "changeset":
                self._extend(at + len(line))
            return
        if _ROLLBACK_BLOCK.match(stripped) and self._open is not None:
            self._in_rollback = True
            self._open.first_rollback = self._open.first_rollback or begin
            self._extend(at + len(line.rstrip()))
            return
        if stripped[:1] == "-" and _SLIP.match(stripped):
            self._slips.append(Slip(number, "Liquibase stops here: write --changeset author:id or --comment"))
            return
        if self._open is not None:
            if line:
                self._open.sql.append(Text(line, ((0, at, len(line)),)))
            self._extend(at + len(line.rstrip()) if stripped else self._open.end)
        elif stripped and not stripped.startswith("--") and self._loose is None:
            self._loose = number

    def _extend(self, end: int) -> None:
        if self._open is not None:
            self._open.end = max(self._open.end, end)

    def _directive(self, word: str, rest: str, at: int, number: int) -> None:
        if word == "changeset":
            self._begin(at, number)
        elif word == "property":
            attributes = self._attributes(at, at + len(rest))
            self._done.append(Node("property", at, at + len(rest), None, tuple(attributes)))
        elif word == "ignorelines":
            count = _IGNORE_LINES.match(rest)
            told = count.group().lower() if count is not None else ""
            self._skip = int(told) if told.isdigit() else -1 if told == "start" else 0
        elif self._open is None:
            return
        elif word == "rollback" and rest:
            text = Text(rest, ((0, at, len(rest)),))
            self._open.rollback += [text, Text("\n", ((0, at + len(rest), 0),))]
            self._open.first_rollback = self._open.first_rollback or at
        elif word == "preconditions":
            self._open.checks += self._attributes(at, at + len(rest))
        elif word.startswith("precondition-"):
            self._open.checks.append(self._check(word.partition("-")[2], rest, at))

    def _check(self, name: str, rest: str, at: int) -> Node:
        name = re.sub(r"-(\w)", lambda letter: letter.group(1).upper(), name)
        attributes = [
            Node(
                f"{child.name}Name"
                if child.name.lower() in ("table", "view", "schema", "sequence")
                else child.name,
                child.start,
                child.end,
                child.text,
            )
            for child in self._attributes(at, at + len(rest))
            if child.name.lower() in _CHECKED
        ]
        return Node(
            name, at, at + len(rest), Text(rest, ((0, at, len(rest)),)) if rest else None, tuple(attributes)
        )

    def _begin(self, at: int, number: int) -> None:
        self._close()
        line = self._document.line(number)
        begin = self._text.rfind("\n", 0, at) + 1
        match = _CHANGESET.search(line)
        if match is None:
            self._slips.append(Slip(number, "a changeset without author:id"))
            self._open = None
            return
        attributes = [
            Node(
                name,
                begin + match.start(group),
                begin + match.end(group),
                _unquoted(match[group], begin + match.start(group)),
            )
            for name, group in (("author", 1), ("id", 2))
        ]
        attributes += self._attributes(begin + match.end(), begin + len(line))
        start = begin + len(line) - len(line.lstrip())
        self._open = _ChangeSet(start, attributes, end=begin + len(line))

    def _attributes(self, start: int, end: int) -> list[Node]:
        return [
            Node(
                found[1],
                found.start(2),
                found.end(2),
                _unquoted(found[2], found.start(2)),
                attribute=True,
            )
            for found in _ATTRIBUTE.finditer(self._text, start, end)
        ]

    def _rollback_line(self, line: str, at: int) -> None:
        if self._open is None:
            return
        closed = line.rstrip().endswith("*/")
        kept = line.rstrip()[:-2] if closed else line
        if kept:
            self._open.rollback.append(Text(kept, ((0, at, len(kept)),)))
        self._in_rollback = not closed
        self._extend(at + len(line.rstrip()))

    def _close(self) -> None:
        one, self._open = self._open, None
        if one is None:
            return
        if self._in_rollback:
            self._slips.append(
                Slip(self._document.line_of(one.first_rollback or one.start), "a rollback never ends")
            )
            self._in_rollback = False
        settings = tuple(child for child in one.attributes if child.name.lower() not in ("id", "author"))
        children = list(one.attributes)
        sql = joined(one.sql)
        if sql.value.strip():
            children.append(Node("sql", one.start, one.end, sql, settings))
        if one.first_rollback is not None:
            children.append(self._rollback(one, settings))
        if one.checks:
            children.append(Node("preConditions", one.start, one.end, None, tuple(one.checks)))
        self._done.append(Node("changeSet", one.start, one.end, None, tuple(children)))

    def _rollback(self, one: _ChangeSet, settings: tuple[Node, ...]) -> Node:
        text = joined(one.rollback)
        start = one.first_rollback or one.start
        lower = text.value.strip().lower()
        if lower.startswith(("not required", "empty")):
            return Node("rollback", start, one.end)
        if lower.startswith("changesetid:"):
            last = text.pieces[-1]
            named = [
                Node(child.name, child.start, child.end, child.text)
                for child in self._attributes(text.pieces[0][1], last[1] + last[2])
                if child.name.lower() in _TO_OTHER
            ]
            return Node("rollback", start, one.end, None, tuple(named))
        renamed = {"rollbacksplitstatements": "splitStatements", "rollbackenddelimiter": "endDelimiter"}
        own = tuple(
            Node(renamed[child.name.lower()], child.start, child.end, child.text)
            for child in settings
            if child.name.lower() in renamed
        )
        both = own + tuple(child for child in settings if child.name.lower() == "stripcomments")
        sql = Node("sql", start, one.end, text, both)
        return Node("rollback", start, one.end, None, (sql,))


def _unquoted(value: str, at: int) -> Text:
    if len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]:
        return Text(value[1:-1], ((0, at + 1, len(value) - 2),) if value[1:-1] else ())
    return Text(value, ((0, at, len(value)),) if value else ())
