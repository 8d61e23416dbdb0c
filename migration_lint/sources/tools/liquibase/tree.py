"""A changelog as a tree, whatever it was written in: elements with their places in the file.

Liquibase itself reads XML, YAML and JSON into one kind of node. An attribute of XML and a scalar of
YAML are children that have a text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from msgspec import Struct


class UnreadableError(Exception):
    """A document that cannot be read: why, and on which line."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


class Text(Struct, frozen=True):
    """A value, and where its characters stand in the document.

    `pieces` are as in `Script.pieces`: (offset in the value, offset in the document, length in the
    document), ascending, the first at 0; empty only where the value is.
    """

    value: str
    pieces: tuple[tuple[int, int, int], ...] = ()

    def cut(self, start: int, end: int) -> Text:
        """The text of ``value[start:end]``."""
        if start >= end:
            return Text("")
        first = max(0, bisect_right(self.pieces, start, key=lambda piece: piece[0]) - 1)
        kept: list[tuple[int, int, int]] = []
        for number in range(first, len(self.pieces)):
            at, place, length = self.pieces[number]
            if at >= end:
                break
            after = self.pieces[number + 1][0] if number + 1 < len(self.pieces) else len(self.value)
            if after - at == length:
                inside = max(start, at)
                kept.append((inside - start, place + inside - at, min(end, after) - inside))
            else:
                kept.append((max(start, at) - start, place, length))
        return Text(self.value[start:end], tuple(kept))


def joined(texts: Iterable[Text]) -> Text:
    """The texts one after the other; what goes on where the last one ended stays one piece."""
    values: list[str] = []
    pieces: list[tuple[int, int, int]] = []
    size = 0
    exact = False
    """Whether the last piece's characters are those of the document."""
    for text in texts:
        for number, (at, place, length) in enumerate(text.pieces):
            after = text.pieces[number + 1][0] if number + 1 < len(text.pieces) else len(text.value)
            same = after - at == length
            last = pieces[-1] if pieces else (0, -1, 0)
            if exact and same and last[1] + last[2] == place:
                pieces[-1] = (last[0], last[1], last[2] + length)
            else:
                pieces.append((size + at, place, length))
            exact = same
        values.append(text.value)
        size += len(text.value)
    return Text("".join(values), tuple(pieces))


class Node(Struct, frozen=True):
    """An element, from its first character to its last; comments that stand before it are in `notes`.

    `attribute`: it is one of XML.
    """

    name: str
    start: int
    end: int
    text: Text | None = None
    children: tuple[Node, ...] = ()
    notes: tuple[Text, ...] = ()
    attribute: bool = False

    def child(self, *names: str) -> Node | None:
        """The first child of one of the names; upper and lower case are the same, as in Liquibase."""
        wanted = {name.lower() for name in names}
        return next((child for child in self.children if child.name.lower() in wanted), None)

    def text_of(self, *names: str) -> Text | None:
        """The text of the first such child that has one."""
        found = self.child(*names)
        return found.text if found is not None else None

    def get(self, *names: str) -> str | None:
        """The value of the attribute, None where it is not set or empty."""
        found = self.text_of(*names)
        return found.value.strip() or None if found is not None else None

    def flag(self, name: str, default: bool = False) -> bool:
        """A truth value as Liquibase takes it."""
        value = self.get(name)
        return default if value is None else value.lower() in ("true", "1")

    def all(self, name: str) -> Iterator[Node]:
        """The children of the name, and those that YAML holds in a list named for several of them."""
        for child in self.children:
            if child.name.lower() == name.lower():
                yield child
            elif child.name.lower() == f"{name}s".lower():
                yield from child.all(name)
