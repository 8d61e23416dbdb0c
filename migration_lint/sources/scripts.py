"""From documents and what a tool says of them to scripts and migrations."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from msgspec.structs import replace as changed

from migration_lint.model import Document, DownOrigin, Error, Migration, Script, TransactionMode
from migration_lint.sources.placeholders import Replaced, replace, replace_matches
from migration_lint.sources.source import Entry

_NOT_BREAK = re.compile(r"[^\r\n]")


def entry(
    tool: str,
    id: str,
    up: Script,
    down: Script | None = None,
    *,
    files: Sequence[str | None] = (),
    aliases: Sequence[str] = (),
    down_origin: DownOrigin | None = None,
) -> Entry:
    """A migration of these scripts. `files` are those that belong to it besides the scripts' own."""
    if down_origin is None:
        down_origin = DownOrigin.NONE if down is None else DownOrigin.WRITTEN
    paths = [up.document.path, *([down.document.path] if down is not None else []), *filter(None, files)]
    names = tuple(dict.fromkeys(name for name in aliases if name and name != id))
    return Entry(Migration(id, tool, up, down, down_origin), tuple(dict.fromkeys(paths)), names)


def section(
    document: Document,
    ranges: Sequence[tuple[int, int]],
    transaction: TransactionMode,
    *,
    repeatable: bool = False,
) -> Script:
    """The parts of a document from start to end (exclusive), in ascending order, as one script.

    What is between two parts is blanked, so that every offset stays where it was.
    """
    if not ranges:
        return Script(document, "", transaction, len(document.text), repeatable=repeatable)
    first, last = ranges[0][0], ranges[-1][1]
    parts = [document.text[slice(*ranges[0])]]
    for (_, before), (start, end) in pairwise(ranges):
        parts += (blank(document.text[before:start]), document.text[start:end])
    text = "".join(parts) if len(parts) > 1 else parts[0]
    assert len(text) == last - first  # noqa: S101
    return Script(document, text, transaction, first, repeatable=repeatable)


def blank(text: str) -> str:
    """Spaces in place of the text, with its line breaks kept."""
    return _NOT_BREAK.sub(" ", text)


def filled(
    script: Script, prefix: str, suffix: str, value_of: Callable[[str], str | None]
) -> tuple[Script, Replaced]:
    """The script with the values of its placeholders, and what was replaced.

    The offsets of `Replaced.unresolved` count from the document's start.
    """
    return _applied(script, replace(script.sql, prefix, suffix, value_of))


def filled_matches(
    script: Script, pattern: re.Pattern[str], value_of: Callable[[str], str | None]
) -> tuple[Script, Replaced]:
    """The same for every match of a pattern, whose first group is the name."""
    return _applied(script, replace_matches(script.sql, pattern, value_of))


def _applied(script: Script, found: Replaced) -> tuple[Script, Replaced]:
    unresolved = tuple((script.offset + at, name) for at, name in found.unresolved)
    if not found.pieces:
        return script, changed(found, unresolved=unresolved)
    pieces = tuple((at, script.offset + place, length) for at, place, length in found.pieces)
    made = changed(script, sql=found.sql, pieces=pieces, offset=0)
    return made, changed(found, pieces=pieces, unresolved=unresolved)


def unset(document: Document, found: Replaced, prefix: str, suffix: str, tool: str) -> list[Error]:
    """An error for each placeholder without a value, at its first place."""
    errors: dict[str | None, Error] = {}
    for offset, name in found.unresolved:
        if name is None:
            why = f"a placeholder begins here with {prefix} and never ends"
        else:
            written = f"{prefix}{name}{suffix}"
            where = f"[sources.{tool}.placeholders] of migration-lint.toml"
            why = f"no value is set for {written}: set it in {where}"
        errors.setdefault(name, error_at(document, offset, why))
    return list(errors.values())


def error_at(document: Document, offset: int, message: str) -> Error:
    """An error at a character of the document."""
    return Error(document.path, document.line_of(min(offset, len(document.text))), message)
