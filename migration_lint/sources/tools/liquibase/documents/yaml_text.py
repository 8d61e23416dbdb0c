"""Which characters of a YAML document a scalar's value is made of.

Blocks lose their indentation, folded and quoted ones their line breaks, quoted ones their escapes. What
cannot be followed maps as a whole, which is right and only less exact.
"""

from __future__ import annotations

import re

from migration_lint.sources.tools.liquibase.tree import Text, joined

_LINES = re.compile(r"\S(?:[^\n\r]*\S)?")
_WORDS = re.compile(r"\S+")
_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|\r?\n[ \t]*|.)", re.DOTALL)
_BREAK = re.compile(r"[ \t]*(?:\r?\n[ \t]*)+")
_SIMPLE = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "f": "\f",
    "v": "\v",
}


def text_of(value: str, source: str, start: int, end: int, style: str | None) -> Text:
    """The value of the scalar that stands at ``source[start:end]``."""
    if not value:
        return Text("")
    if source[start:end] == value:
        return Text(value, ((0, start, end - start),))
    if style in ('"', "'"):
        found = _quoted(value, source, start, end, style)
    else:
        if style in ("|", ">"):
            header = source.find("\n", start, end)
            start = header + 1 if header >= 0 else start
        found = _aligned(value, source, start, end, _LINES) or _aligned(value, source, start, end, _WORDS)
    return found or Text(value, ((0, start, max(end - start, 1)),))


def _aligned(value: str, source: str, start: int, end: int, runs: re.Pattern[str]) -> Text | None:
    """The runs of the value in the source, with nothing but white space between them."""
    parts: list[Text] = []
    done, at = 0, start
    for run in runs.finditer(value):
        word = run.group()
        place = source.find(word, at, end)
        if place < 0 or source[at:place].strip():
            return None
        if run.start() > done:
            parts.append(_blank(value[done : run.start()], source, at, place))
        parts.append(Text(word, ((0, place, len(word)),)))
        done, at = run.end(), place + len(word)
    if done < len(value):
        parts.append(_blank(value[done:], source, at, max(at, min(end, at + len(value) - done))))
    return joined(parts)


def _blank(value: str, source: str, at: int, place: int) -> Text:
    """White space; its line break stays with the line that it ends."""
    if source[at:place].startswith("\n") and value.startswith("\n"):
        first = Text("\n", ((0, at, 1),))
        rest = value[1:]
        if not rest:
            return first
        return joined((first, Text(rest, ((0, at + 1, place - at - 1),))))
    return Text(value, ((0, at, place - at),))


def _quoted(value: str, source: str, start: int, end: int, mark: str) -> Text | None:
    parts: list[Text] = []
    at, stop = start + 1, end - 1
    special = re.compile(r"\\|[ \t]*\r?\n" if mark == '"' else r"''|[ \t]*\r?\n")
    while at < stop:
        found = special.search(source, at, stop)
        plain = found.start() if found is not None else stop
        if plain > at:
            parts.append(Text(source[at:plain], ((0, at, plain - at),)))
        if found is None:
            break
        at = plain
        if found.group() == "''":
            made, after = "'", at + 2
        elif found.group() == "\\":
            escape = _ESCAPE.match(source, at, stop)
            if escape is None:
                return None
            made, after = _escaped(escape.group()), escape.end()
        else:
            blank = _BREAK.match(source, at, stop)
            if blank is None:
                return None
            breaks = blank.group().count("\n")
            made, after = (" " if breaks == 1 else "\n" * (breaks - 1)), blank.end()
        if made:
            parts.append(Text(made, ((0, at, after - at),)))
        at = after
    text = joined(parts)
    return text if text.value == value else None


def _escaped(escape: str) -> str:
    kind = escape[1]
    if kind in "xuU":
        return chr(int(escape[2:], 16)) if int(escape[2:], 16) <= 0x10FFFF else "?"
    if kind in "\r\n":
        return ""
    return _SIMPLE.get(kind, kind)
