"""Placeholders replaced in a script, with the map back to the file.

`Script.pieces` says where each piece of the SQL stands in the document; a piece that took a
placeholder's place maps to the whole placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

_NOT_WORD = re.compile(r"[^A-Za-z0-9_]")


class Replaced(Struct, frozen=True):
    """The SQL, its pieces (empty where nothing moved), and (offset in the text, name) of the unresolved.

    The name of a placeholder that never ends is None.
    """

    sql: str
    pieces: tuple[tuple[int, int, int], ...] = ()
    unresolved: tuple[tuple[int, str | None], ...] = ()


def replace(text: str, prefix: str, suffix: str, value_of: Callable[[str], str | None]) -> Replaced:
    """Put in the value of each ``prefix name suffix``; values are not looked at again.

    A placeholder without a value becomes an identifier of the same length, so that what is
    around it can still be read.
    """
    start = text.find(prefix)
    if start < 0:
        return Replaced(text)
    out: list[str] = []
    pieces: list[tuple[int, int, int]] = []
    unresolved: list[tuple[int, str | None]] = []
    done = size = 0

    def put(sql: str, at: int, length: int) -> None:
        nonlocal size
        out.append(sql)
        pieces.append((size, at, length))
        size += len(sql)

    while start >= 0:
        end = text.find(suffix, start + len(prefix))
        if end < 0:
            unresolved.append((start, None))
            break
        name = text[start + len(prefix) : end]
        end += len(suffix)
        value = value_of(name)
        if value is None:
            unresolved.append((start, name))
            value = _NOT_WORD.sub("_", text[start:end])
        if start > done:
            put(text[done:start], done, start - done)
        put(value, start, end - start)
        done = end
        start = text.find(prefix, end)
    if done < len(text):
        put(text[done:], done, len(text) - done)
    return Replaced("".join(out), tuple(pieces), tuple(unresolved))
