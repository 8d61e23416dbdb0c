"""Which statements Flyway itself takes for ones that cannot run in a transaction.

It looks at the key words that a statement begins with (PostgreSQLParser). What it does not know,
such as ``REINDEX TABLE CONCURRENTLY``, it runs in the transaction, and the server refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Nearly every file has none of the words that matter, and need not be taken apart.
_WORDS = ("concurrently", "vacuum", "reindex", "discard", "database", "tablespace", "subscription", "system")
_FORBIDDEN = re.compile(
    r"(?:(?:CREATE|DROP) (?:DATABASE|TABLESPACE|SUBSCRIPTION)"
    r"|ALTER SYSTEM"
    r"|(?:CREATE|DROP)(?: UNIQUE)? INDEX CONCURRENTLY"
    r"|REINDEX(?: VERBOSE)? (?:SCHEMA|DATABASE|SYSTEM)"
    r"|VACUUM"
    r"|DISCARD ALL)(?: |\Z)"
)
_TOKEN = re.compile(
    r"""
    (?P<space>\s+ | --[^\n]*)
  | (?P<comment>/\*)
  | (?P<escaped>[eE]'(?:[^'\\]|\\.)*(?:'|\Z))
  | (?P<quoted>'[^']*(?:'|\Z) | "[^"]*(?:"|\Z))
  | (?P<dollar>\$(?:[A-Za-z_][A-Za-z_0-9]*)?\$)
  | (?P<word>[A-Za-z_][A-Za-z_0-9$]*)
  | (?P<other>[^\sA-Za-z_'"$/();-]+ | .)
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK = re.compile(r"/\*|\*/")
_KEYWORDS = 10


def kinds(sql: str) -> set[bool]:
    """Whether statements may run in a transaction: for each that Flyway finds, its answer.

    Empty where the file holds no statement.
    """
    lower = sql.lower()
    if not any(word in lower for word in _WORDS):
        return {True}
    return {not _FORBIDDEN.match(" ".join(words)) for words in statements(sql)}


def statements(sql: str) -> Iterator[list[str]]:
    """The first key words of each statement, in upper case: unquoted, unqualified, outside parentheses."""
    words: list[str] = []
    at, depth, anything, stdin = 0, 0, False, False
    while match := _TOKEN.match(sql, at):
        kind, text, end = match.lastgroup, match.group(), match.end()
        if kind == "comment":
            at = _comment_end(sql, end)
            continue
        if kind == "dollar":
            close = sql.find(text, end)
            end = len(sql) if close < 0 else close + len(text)
        elif kind == "word" and not depth:
            qualified = sql[at - 1 : at] == "." or sql[end : end + 1] == "."
            stdin = stdin or text.upper() == "STDIN"
            if not qualified and len(words) < _KEYWORDS:
                words.append(text.upper())
        elif text == "(":
            depth += 1
        elif text == ")":
            depth = max(0, depth - 1)
        elif text == ";" and not depth:
            if anything:
                yield words
            if stdin and words[:1] == ["COPY"]:
                close = sql.find("\n\\.", end)
                end = len(sql) if close < 0 else close + 3
            words, anything, stdin, at = [], False, False, end
            continue
        anything = anything or kind != "space"
        at = end
    if anything:
        yield words


def _comment_end(sql: str, at: int) -> int:
    depth = 1
    for mark in _BLOCK.finditer(sql, at):
        depth += 1 if mark.group() == "/*" else -1
        if not depth:
            return mark.end()
    return len(sql)
