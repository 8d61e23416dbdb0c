"""Text from outside, made safe for a terminal. The one place where that is done.

File names, SQL and identifiers may hold escape sequences that recolour, move or forge what is on
the screen, and characters that turn the reading direction. They are shown as what they are.
"""

from __future__ import annotations

import re

_UNSAFE = (  # compiled when it is first needed
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters
    "\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"  # direction, zero width, line breaks
    "\ud800-\udfff"  # halves of characters
    "\U000e0000-\U000e0fff"  # tags
    "]"
)


def printable(text: str) -> str:
    """One line of text, control and direction characters written out (``\\x1b``), tabs as spaces."""
    if text.isascii() and text.isprintable():
        return text
    return re.sub(_UNSAFE, _written_out, text.replace("\t", "    ")).replace("\n", "\\n")


def printable_lines(text: str) -> list[str]:
    """The lines of a text, each as `printable` makes it."""
    return [printable(line.removesuffix("\r")) for line in text.split("\n")]


def width(text: str) -> int:
    """The columns that printable text takes in a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def _written_out(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
