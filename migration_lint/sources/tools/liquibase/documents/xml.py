"""XML changelogs, read by expat, which says at which byte everything stands.

A document type is refused, and with it every entity of the document's own: nothing is expanded and
nothing is loaded from elsewhere. Schemas are not looked at.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from xml.parsers.expat import ExpatError, ParserCreate

from msgspec import Struct, field

from migration_lint.model import Document
from migration_lint.sources.tools.liquibase.documents import DEEPEST
from migration_lint.sources.tools.liquibase.tree import Node, Text, UnreadableError, joined

_ATTRIBUTE = re.compile(r"""\s([^\s=<>"']+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def parse_xml(document: Document) -> Node:
    """The root element. Raises UnreadableError."""
    return _Reader(document).root()


class _Open(Struct):
    """An element that has begun."""

    name: str
    start: int
    end: int | None = None
    """After the tag, where that is all there is (``<a/>``)."""
    texts: list[Text] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)
    """Comments since the last child."""
    before: tuple[Text, ...] = ()


class _Reader:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._place = _Places(document.text)
        self._open: list[_Open] = [_Open("", 0)]
        parser = ParserCreate()
        parser.buffer_text = False
        parser.ordered_attributes = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.CommentHandler = self._comment
        self._parser = parser

    def root(self) -> Node:
        try:
            self._parser.Parse(self._document.text, True)
        except ExpatError as problem:
            message = str(problem).partition(":")[0]
            raise UnreadableError(problem.lineno, f"not well-formed XML: {message}") from None
        except UnicodeError:
            raise UnreadableError(1, "not text that XML may hold") from None
        return self._open[0].children[0]

    def _at(self) -> int:
        return self._place.character(self._parser.CurrentByteIndex)

    def _doctype(self, *_: object) -> None:
        line = self._document.line_of(self._at())
        raise UnreadableError(
            line, "a document type (DOCTYPE) is not read, nor are entities; write it without"
        )

    def _start(self, name: str, attributes: list[str]) -> None:
        start = self._at()
        if len(self._open) > DEEPEST:
            raise UnreadableError(
                self._document.line_of(start), f"more than {DEEPEST} elements in one another"
            )
        outer = self._open[-1]
        found = self._attributes(start, attributes)
        source = self._document.text
        closed = source.find(">", found[-1].end + 1 if found else start) + 1
        end = closed if source[closed - 2] == "/" else None
        node = _Open(_local(name), start, end, children=found, before=tuple(outer.notes))
        outer.notes.clear()
        self._open.append(node)

    def _attributes(self, start: int, attributes: list[str]) -> list[Node]:
        found = []
        at = start
        for name, value in zip(attributes[::2], attributes[1::2], strict=True):
            written = _ATTRIBUTE.search(self._document.text, at)
            if written is None:  # expat saw it, so it is there
                raise UnreadableError(
                    self._document.line_of(start), f"{name}: the attribute was not found again"
                )
            at = written.end()
            group = 2 if written.group(2) is not None else 3
            begin, end = written.span(group)
            pieces = ((0, begin, end - begin),) if value else ()
            found.append(Node(_local(name), begin, end, Text(value, pieces), attribute=True))
        return found

    def _end(self, _: str) -> None:
        done = self._open.pop()
        end = done.end or self._document.text.find(">", self._at()) + 1
        text = joined(done.texts)
        kept = text if text.value.strip() else None
        node = Node(done.name, done.start, end, kept, tuple(done.children), done.before)
        self._open[-1].children.append(node)

    def _data(self, data: str) -> None:
        at = self._at()
        source = self._document.text
        length = len(data)
        if source.startswith("&", at) and source[at : at + length] != data:
            length = source.find(";", at) + 1 - at
        elif data == "\n" and source.startswith("\r\n", at):
            length = 2
        self._open[-1].texts.append(Text(data, ((0, at, length),)))

    def _comment(self, data: str) -> None:
        at = self._at()
        self._open[-1].notes.append(Text(data, ((0, at + 4, len(data)),) if data else ()))


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class _Places:
    """From expat's byte offsets in UTF-8 to characters."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: list[tuple[int, int]] | None = None
        if text.isascii():
            return
        self._lines = []
        size = count = 0
        for line in text.split("\n"):
            self._lines.append((size, count))
            size += len(line.encode()) + 1
            count += len(line) + 1

    def character(self, offset: int) -> int:
        if self._lines is None:
            return offset
        size, count = self._lines[bisect_right(self._lines, offset, key=lambda line: line[0]) - 1]
        part = self._text[count : count + offset - size].encode()
        return count + len(part[: offset - size].decode(errors="ignore"))
