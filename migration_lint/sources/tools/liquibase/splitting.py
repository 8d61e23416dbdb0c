"""Where Liquibase cuts SQL into statements (StringUtil.processMultiLineSQL, SimpleSqlGrammar).

It knows strings, quoted names, comments and how deep BEGIN … END is; it does not know dollar quotes.
Without an end delimiter it cuts at ``;``, and at ``go`` and ``/`` at the beginning of a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<string>'(?:[^'\\]|\\.|'')*(?:'|\Z))
  | (?P<name>"[^"]*(?:"|\Z)|`[^`]*(?:`|\Z))
  | (?P<word>[A-Za-z_\x80-\U0010ffff][\w$\#]*)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_INSIDE_WORD = re.compile(r"[\w@$#][\w@$#]")
_DOLLAR = re.compile(r"(?<![\w$])\$(?:[^\W\d]\w*)?\$")
_TRANSACTION = re.compile(r"\s*(?:transaction|tran)\b", re.IGNORECASE)


def cut(sql: str, delimiter: str | None) -> list[tuple[int, int]]:
    """Start and end of each statement, without its delimiter and the white space around it."""
    found = []
    start = 0
    for end, after in _delimiters(sql, delimiter):
        found.append((start, end))
        start = after
    found.append((start, len(sql)))
    return [bounds for begin, end in found if (bounds := _trimmed(sql, begin, end)) is not None]


def cuts_a_body(sql: str, statements: list[tuple[int, int]]) -> int | None:
    """Where the first dollar-quoted body begins that ends in another statement; None where none does."""
    at = 0
    ends = [end for _, end in statements[:-1]]
    while opened := _DOLLAR.search(sql, at):
        closed = sql.find(opened.group(), opened.end())
        if closed < 0:
            return None
        if any(opened.start() < end <= closed for end in ends):
            return opened.start()
        at = closed + len(opened.group())
    return None


def at_semicolons(sql: str) -> bool:
    """Whether Liquibase's usual delimiters are semicolons throughout."""
    return all(sql[start:end] == ";" for start, end in _usual(sql))


def has_several(sql: str) -> bool:
    """Whether the text, sent whole, holds more than one statement."""
    return len(cut(sql, None)) > 1


def _trimmed(sql: str, start: int, end: int) -> tuple[int, int] | None:
    part = sql[start:end]
    kept = part.strip()
    if not kept or not _says_something(kept):
        return None
    start += len(part) - len(part.lstrip())
    return start, start + len(kept)


def _says_something(sql: str) -> bool:
    return any(token.lastgroup not in ("space", "comment") for token in _TOKEN.finditer(sql))


def _delimiters(sql: str, delimiter: str | None) -> Iterator[tuple[int, int]]:
    if delimiter is None:
        yield from _usual(sql)
    elif len(delimiter) == 1:
        yield from _single(sql, delimiter)
    else:
        yield from _longer(sql, delimiter)


def _usual(sql: str) -> Iterator[tuple[int, int]]:
    depth = 0
    for token in _TOKEN.finditer(sql):
        kind, text = token.lastgroup, token.group()
        if kind == "word":
            word = text.lower()
            if word == "begin" and not _TRANSACTION.match(sql, token.end()):
                depth += 1
            elif word == "end" and depth:
                depth -= 1
            elif word == "go" and _alone(sql, token):
                yield token.span()
        elif (text == ";" and not depth) or (text == "/" and _alone(sql, token)):
            yield token.span()


def _alone(sql: str, token: re.Match[str]) -> bool:
    before = sql[: token.start()].rpartition("\n")[2]
    after = sql[token.end() :].partition("\n")[0]
    return not before.strip() and not after.strip()


def _single(sql: str, delimiter: str) -> Iterator[tuple[int, int]]:
    for token in _TOKEN.finditer(sql):
        if token.group().lower() == delimiter.lower() and (
            delimiter != "/" or _begins_line(sql, token.start())
        ):
            yield token.span()


def _begins_line(sql: str, at: int) -> bool:
    return not sql[:at].rpartition("\n")[2].strip()


def _longer(sql: str, delimiter: str) -> Iterator[tuple[int, int]]:
    """A longer one is a regular expression to Liquibase; such as Python does not read is plain text."""
    pattern = _compiled(delimiter)
    opaque = [token.span() for token in _TOKEN.finditer(sql) if token.lastgroup in ("comment", "string")]
    number = 0
    for match in pattern.finditer(sql):
        if match.start() == match.end() or _INSIDE_WORD.match(sql, max(0, match.start() - 1)):
            continue
        while number < len(opaque) and opaque[number][1] <= match.start():
            number += 1
        if number < len(opaque) and opaque[number][0] < match.start():
            continue
        yield match.span()


def _compiled(delimiter: str) -> re.Pattern[str]:
    plain = re.escape(delimiter)
    try:
        return re.compile(f"{plain}|(?:{delimiter})", re.IGNORECASE)
    except re.error:
        return re.compile(plain, re.IGNORECASE)
