"""Placeholders replaced in a script, with the map back to the file.

`Script.pieces` says where each piece of the SQL stands in the document; a piece that took a
placeholder's place maps to the whole placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from migration_lint.errors import UsageError
from migration_lint.sources.source import Request, settings_of

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
    found: list[tuple[int, int, str]] = []
    start = text.find(prefix)
    while start >= 0:
        end = text.find(suffix, start + len(prefix))
        if end < 0:
            break
        found.append((start, end + len(suffix), text[start + len(prefix) : end]))
        start = text.find(prefix, end + len(suffix))
    made = _put(text, found, value_of)
    open = ((start, None),) if start >= 0 else ()
    return Replaced(made.sql, made.pieces, (*made.unresolved, *open))


def replace_matches(text: str, pattern: re.Pattern[str], value_of: Callable[[str], str | None]) -> Replaced:
    """The same for every match of a pattern, whose first group is the name."""
    found = [(match.start(), match.end(), match.group(1)) for match in pattern.finditer(text)]
    return _put(text, found, value_of)


def _put(text: str, found: Sequence[tuple[int, int, str]], value_of: Callable[[str], str | None]) -> Replaced:
    """With values in the place of (start, end, name)."""
    if not found:
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

    for start, end, name in found:
        value = value_of(name)
        if value is None:
            unresolved.append((start, name))
            value = _NOT_WORD.sub("_", text[start:end])
        if start > done:
            put(text[done:start], done, start - done)
        put(value, start, end - start)
        done = end
    if done < len(text):
        put(text[done:], done, len(text) - done)
    return Replaced("".join(out), tuple(pieces), tuple(unresolved))


def values(request: Request, tool: str) -> dict[str, str]:
    """The values of placeholders that the user's settings of a tool hold. Raises UsageError."""
    found = settings_of(request, tool).get("placeholders", {})
    if not isinstance(found, Mapping):
        raise UsageError(f"{tool}.placeholders: a table of names and values is wanted")
    return {str(name): str(value) for name, value in found.items()}
