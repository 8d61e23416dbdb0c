"""Words, names, strings and marks of a statement, by sqlglot's tokenizer.

Only its tokenizer: it is the same in every release of sqlglot, which its parser is not, and its tokens
have places. Keywords are left to the grammar, so that every word is a word.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from msgspec import Struct

from migration_lint.engines.mysql.splitting import Modes

WORD = "word"
NAME = "name"
STRING = "string"
NUMBER = "number"
MARK = "mark"
END = "end"
_USUAL = Modes()
_KINDS = {
    "VAR": WORD,
    "IDENTIFIER": NAME,
    "STRING": STRING,
    "NATIONAL_STRING": STRING,
    "NUMBER": NUMBER,
    "BIT_STRING": NUMBER,
    "HEX_STRING": NUMBER,
}


class Token(Struct, frozen=True):
    """`kind` is one of this module's names; ``sql[start:end]`` is its text, `value` what it stands for.

    `word` is its upper-case text where it is a word, empty where it is not.
    """

    kind: str
    value: str
    start: int
    end: int
    word: str = ""


class Unreadable(Exception):
    """Text that is not made of tokens."""


def tokens(sql: str, modes: Modes = _USUAL) -> list[Token]:
    """The tokens of a statement without comments. Raises Unreadable."""
    from sqlglot.errors import SqlglotError

    try:
        found = _tokenizer(modes)(dialect="mysql").tokenize(sql)
    except SqlglotError as error:
        raise Unreadable(str(error).partition("\n")[0]) from error
    return [_token(one.token_type.name, one.text, one.start, one.end + 1, sql) for one in found]


def _token(type_: str, text: str, start: int, end: int, sql: str) -> Token:
    kind = _KINDS.get(type_, MARK)
    if kind is WORD:
        return Token(kind, text, start, end, text.upper())
    if kind is MARK:
        text = sql[start:end]
    return Token(kind, text, start, end)


@cache
def _tokenizer(modes: Modes) -> Any:
    from sqlglot.dialects.mysql import MySQL

    quotes = ["'"] if modes.ansi_quotes else ["'", '"']
    fields: dict[str, object] = {
        "KEYWORDS": {},
        "COMMANDS": set(),
        "COMMENTS": [],
        "QUOTES": quotes,
        "IDENTIFIERS": ["`", '"'] if modes.ansi_quotes else ["`"],
        "STRING_ESCAPES": quotes if modes.no_backslash_escapes else [*quotes, "\\"],
    }
    return type("Words", (MySQL.Tokenizer,), fields)
