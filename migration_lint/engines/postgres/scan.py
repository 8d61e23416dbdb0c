"""Where tokens, comments and statements begin and end, by PostgreSQL's lexical rules.

For text that its parser refuses, and for the places that its parse tree does not keep.
https://www.postgresql.org/docs/current/sql-syntax-lexical.html
"""

from __future__ import annotations

import re

_BLANK = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z))+")
_COMMENT_MARK = re.compile(r"/\*|\*/")
TOKEN = re.compile(
    r"""
    [eE]'(?:[^'\\]|''|\\.)*'
  | '(?:[^']|'')*'
  | "(?:[^"]|"")*"
  | \$(?P<tag>(?:[^\x00-@[-^`{-\x7f][^\x00-/:-@[-^`{-\x7f]*)?)\$.*?\$(?P=tag)\$
  | [^\x00-@[-^`{-\x7f][^\x00-\#%-/:-@[-^`{-\x7f]*
  | [0-9][0-9A-Za-z_.]*
  | \S
    """,
    re.VERBOSE | re.DOTALL,
)
"""One token: string, quoted identifier, dollar quote, word, number, or a single other character.

The letters of a word are ASCII's, the underscore and all that is not ASCII: said by what they are not,
as a class of a million characters takes milliseconds to compile.
"""


_DOLLAR = re.compile(r"\$(?:[A-Za-z_]\w*)?\$")


def after_blank(text: str, at: int) -> int:
    """The next character that is neither blank nor comment; the text's length where there is none."""
    while at < len(text):
        blank = _BLANK.match(text, at)
        if blank:
            at = blank.end()
        elif text.startswith("/*", at):
            at = _after_comment(text, at)
        else:
            break
    return at


def _after_comment(text: str, at: int) -> int:
    depth = 0
    for mark in _COMMENT_MARK.finditer(text, at):
        depth += 1 if mark.group() == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(text)


def tokens(text: str, at: int = 0) -> list[tuple[int, int]]:
    """(start, end) of every token from `at` on, comments left out."""
    found: list[tuple[int, int]] = []
    at = after_blank(text, at)
    while at < len(text):
        token = TOKEN.match(text, at)
        if token is None:
            break
        found.append(token.span())
        at = token.end()
        if at < len(text) and (text[at] in "-/" or text[at].isspace()):
            at = after_blank(text, at)
    return found


def split(text: str) -> list[tuple[int, int]]:
    """(start, end) of every statement, without its semicolon. An unclosed quote takes the rest."""
    found: list[tuple[int, int]] = []
    start = at = after_blank(text, 0)
    while at < len(text):
        token = TOKEN.match(text, at)
        if token is None or token.group() in ("'", '"') or _is_open(text, token):
            return [*found, (start, len(text))]
        at = token.end()
        if token.group() == ";":
            if token.start() > start:
                found.append((start, token.start()))
            start = at = after_blank(text, at)
        elif at < len(text) and (text[at] in "-/" or text[at].isspace()):
            at = after_blank(text, at)
    if start < len(text):
        found.append((start, len(text)))
    return found


def _is_open(text: str, token: re.Match[str]) -> bool:
    """Whether a lone dollar opens a dollar quote that nothing closes."""
    return token.group() == "$" and _DOLLAR.match(text, token.start()) is not None


def end_of_last_token(text: str, start: int) -> int:
    """The end of the last token, for a statement that no semicolon ends."""
    if "--" not in text[start:] and "/*" not in text[start:]:
        return len(text)
    found = tokens(text, start)
    return found[-1][1] if found else start


def nested_comment(text: str, limit: int) -> int | None:
    """Where a comment starts that holds more than `limit` comments inside each other."""
    if text.count("/*") <= limit:
        return None
    depth = start = 0
    for mark in _COMMENT_MARK.finditer(text):
        if mark.group() == "/*":
            if depth == 0:
                start = mark.start()
            depth += 1
            if depth > limit:
                return start
        elif depth:
            depth -= 1
    return None


COLUMN_WORDS = frozenset(
    """
    not null constraint check unique primary references generated collate deferrable initially
    storage compression no
    """.split()
)
"""Words that end a DEFAULT expression in a column definition."""


def after_word(sql: str, word: str, at: int = 0, stops: frozenset[str] = frozenset()) -> str:
    """The text after a word that stands outside parentheses, up to a comma, a closing bracket or a stop word.

    Without stop words a comma does not end it. Empty where the word is not there.
    """
    depth = 0
    start: int | None = None
    end = len(sql)
    for low, high in tokens(sql, at):
        mark = sql[low:high].lower()
        if start is None:
            if mark == word and depth == 0:
                start = high
        elif (
            (mark == ";" and depth == 0)
            or (depth == 0 and low > _skip(sql, start) and mark in stops)
            or (mark in ")]" and depth == 0)
            or (mark == "," and depth == 0 and stops)
        ):
            end = low
            break
        depth += (mark in ("(", "[")) - (mark in (")", "]"))
    return "" if start is None else sql[start:end].strip()


def in_parentheses(sql: str, word: str, at: int = 0) -> str:
    """The text inside the parentheses after a word, from `at` on. Empty where there is none."""
    found = tokens(sql, at)
    depth = 0
    seen = False
    start: int | None = None
    for low, high in found:
        mark = sql[low:high].lower()
        if not seen:
            seen = mark == word
        elif mark == "(":
            depth += 1
            if start is None:
                start = high
        elif mark == ")":
            depth -= 1
            if depth == 0 and start is not None:
                return sql[start:low].strip()
    return ""


def _skip(sql: str, at: int) -> int:
    return after_blank(sql, at)
