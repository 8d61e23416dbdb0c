"""Where the characters of a Python string literal stand in the file.

Implicitly joined literals, prefixes, triple quotes, escapes: a run of plain characters is a piece
that maps one to one, an escape a piece that maps as a whole.
"""

from __future__ import annotations

import ast
import re
import warnings

_BETWEEN = re.compile(r"(?:[\s()]|\\\r?\n|\#[^\n]*)*")
_OPENING = re.compile(r"([rRuUbBfF]{0,2})('''|\"\"\"|'|\")")
_ESCAPE = re.compile(
    r"\\(?:\r\n|\r|\n|N\{[^}]*\}|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0-7]{1,3}|.)|\r\n|\r",
    re.DOTALL,
)
_RAW = re.compile(r"\r\n|\r")


def pieces_of(text: str, start: int, end: int, value: str) -> tuple[tuple[int, int, int], ...]:
    """(offset in the value, offset in the text, length in the text) of ``text[start:end]``.

    Empty where the text is not understood to be the value.
    """
    pieces: list[tuple[int, int, int]] = []
    found: list[str] = []
    size = 0
    at = start
    while at < end:
        gap = _BETWEEN.match(text, at, end)
        at = gap.end() if gap else at
        opening = _OPENING.match(text, at, end)
        if opening is None:
            break
        quotes = opening[2]
        raw = "r" in opening[1].lower()
        at = opening.end()
        close = _closing(text, at, end, quotes)
        if close is None or "f" in opening[1].lower():
            return ()
        pattern = _RAW if raw else _ESCAPE
        while at < close:
            match = pattern.search(text, at, close)
            stop = match.start() if match else close
            if stop > at:
                pieces.append((size, at, stop - at))
                found.append(text[at:stop])
                size += stop - at
            if match is None:
                break
            meant = _meant(match[0])
            pieces.append((size, stop, len(match[0])))
            found.append(meant)
            size += len(meant)
            at = match.end()
        at = close + len(quotes)
    return tuple(pieces) if "".join(found) == value else ()


def _closing(text: str, at: int, end: int, quotes: str) -> int | None:
    while at < end:
        if text[at] == "\\":
            at += 2
        elif text.startswith(quotes, at):
            return at
        else:
            at += 1
    return None


def _meant(escape: str) -> str:
    if escape in ("\r\n", "\r"):
        return "\n"
    if escape[1:] in ("\r\n", "\r", "\n"):
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            quotes = "'" if escape != "\\'" else '"'
            return str(ast.literal_eval(f"{quotes}{escape}{quotes}"))
    except (SyntaxError, ValueError):
        return escape
