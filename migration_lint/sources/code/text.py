"""What a string literal of a program says, and where each part of it stands in the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from migration_lint.sources.derived import Derived, Pieces

_SPACES = re.compile(r"[ \t]*")


class Text(Struct, frozen=True):
    """The value of a literal, the places of its pieces, and the offsets of the literal."""

    value: str
    pieces: Pieces
    start: int
    end: int

    def derived(self) -> Derived:
        """The literal as a statement."""
        return Derived(self.value, self.start, self.end, self.pieces)


class Writer:
    """Puts a value together from plain text and escapes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._parts: list[str] = []
        self._pieces: list[tuple[int, int, int]] = []
        self._size = 0

    def plain(self, start: int, end: int) -> None:
        """Characters that mean themselves."""
        if end > start:
            self._add(self._text[start:end], start, end)

    def meant(self, value: str, start: int, end: int) -> None:
        """Characters that mean others."""
        if value:
            self._add(value, start, end)

    def _add(self, value: str, start: int, end: int) -> None:
        self._pieces.append((self._size, start, end - start))
        self._parts.append(value)
        self._size += len(value)

    def done(self, start: int, end: int) -> Text:
        """All of it, as the literal that stands from `start` to `end`."""
        return Text("".join(self._parts), tuple(self._pieces), start, end)


def unescaped(
    text: str,
    lines: Iterable[tuple[int, int]],
    escape: re.Pattern[str] | None,
    meaning: Callable[[str], str],
    bounds: tuple[int, int],
) -> Text:
    """The literal at `bounds` made of these ranges of a text, with each match of `escape` as it is meant."""
    writer = Writer(text)
    for start, end in lines:
        at = start
        for match in escape.finditer(text, start, end) if escape else ():
            writer.plain(at, match.start())
            writer.meant(meaning(match.group()), match.start(), match.end())
            at = match.end()
        writer.plain(at, end)
    return writer.done(*bounds)


def without_indentation(
    text: str, start: int, end: int, width: int | None = None, *, tab: int = 8
) -> list[tuple[int, int]]:
    """The lines of a heredoc without `width` columns of blanks; without what all have in common if None.

    A tab ends at the next multiple of `tab`.
    """
    found: list[tuple[int, int]] = []
    at = start
    while at < end:
        line_end = text.find("\n", at, end)
        following = end if line_end < 0 else line_end + 1
        found.append((at, following))
        at = following
    blanks = [_SPACES.match(text, *line) for line in found]
    if width is None:
        widths = [
            _columns(match.group(), tab)
            for match, (_, stop) in zip(blanks, found, strict=True)
            if match is not None and text[match.end() : stop].strip("\r\n")
        ]
        width = min(widths, default=0)
    return [
        (begin + _taken(match.group() if match else "", width, tab), stop)
        for match, (begin, stop) in zip(blanks, found, strict=True)
    ]


def _columns(blanks: str, tab: int) -> int:
    return len(blanks.expandtabs(tab))


def _taken(blanks: str, width: int, tab: int) -> int:
    """How many characters are within the first columns."""
    taken = 0
    while taken < len(blanks) and _columns(blanks[: taken + 1], tab) <= width:
        taken += 1
    return taken


def joined(texts: Sequence[Text], separator: str = "") -> Text:
    """Literals put together, with a separator between them."""
    values: list[str] = []
    pieces: list[tuple[int, int, int]] = []
    size = 0
    for number, text in enumerate(texts):
        if number and separator:
            pieces.append((size, texts[number - 1].end, text.start - texts[number - 1].end))
            values.append(separator)
            size += len(separator)
        pieces += [(size + at, place, length) for at, place, length in text.pieces]
        values.append(text.value)
        size += len(text.value)
    start = texts[0].start if texts else 0
    return Text("".join(values), tuple(pieces), start, texts[-1].end if texts else 0)


ESCAPE = re.compile(
    r"\\(?:\r\n|x\{[0-9a-fA-F]+\}|x[0-9a-fA-F]{1,2}|u\{[0-9a-fA-F ]+\}|u[0-9a-fA-F]{4}|[0-7]{3}|.)", re.DOTALL
)
"""An escape of JavaScript, Ruby or Elixir."""

CONTROL = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
"""The characters that letters after a backslash stand for in all these languages."""


def meaning(escape: str, control: Mapping[str, str] = CONTROL) -> str:
    """The characters that an escape stands for."""
    body = escape[1:]
    if body in ("\n", "\r\n", "\r"):
        return ""
    if body[0] in "xu" and len(body) > 1:
        numbers = [int(digits, 16) for digits in body[1:].strip("{}").split()]
        return "".join(chr(number) if number < 0x110000 else "\ufffd" for number in numbers)
    if len(body) == 3 and body.isdigit():
        return chr(int(body, 8) & 0xFF)
    return control.get(body, body)
