"""A place in a statement's tokens, and the questions that every part of the grammar asks there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from migration_lint.engines.mysql.lexing import END, MARK, NAME, NUMBER, STRING, WORD, Token
from migration_lint.engines.mysql.syntax import TableName, Term

_T = TypeVar("_T")
_LITERAL_CALLS = frozenset(
    "CURRENT_TIMESTAMP NOW LOCALTIME LOCALTIMESTAMP CURRENT_DATE CURDATE CURRENT_TIME CURTIME".split()
)
_NO_NAMES = frozenset(
    """
    AND OR NOT XOR IS NULL TRUE FALSE IN LIKE REGEXP RLIKE BETWEEN DIV MOD CASE WHEN THEN ELSE END AS
    INTERVAL BINARY COLLATE EXISTS SELECT FROM WHERE DISTINCT UNSIGNED SIGNED ARRAY CHAR CHARACTER SET
    USING DAY HOUR MINUTE SECOND MONTH YEAR WEEK QUARTER ESCAPE ON JOIN LEFT RIGHT INNER ORDER BY GROUP
    HAVING LIMIT ASC DESC VALUES DEFAULT ALL ANY SOME
    """.split()
)


class NotUnderstood(Exception):
    """The grammar has no word for what stands here."""


class Cursor:
    """Reads tokens one after another. `at` is the number of the next."""

    def __init__(self, sql: str, tokens: list[Token]) -> None:
        self.sql = sql
        self.tokens = tokens
        self.at = 0
        self._end = Token(END, "", len(sql), len(sql))

    # --- looking -------------------------------------------------------------------------------

    def peek(self, ahead: int = 0) -> Token:
        """The next token, or one after it."""
        number = self.at + ahead
        return self.tokens[number] if number < len(self.tokens) else self._end

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self.tokens)

    @property
    def word(self) -> str:
        """The next token's word, upper case; empty where it is none."""
        return self.peek().word

    def sees(self, *words: str) -> bool:
        """Whether these words (or marks) come next."""
        return all(
            (token := self.peek(number)).word == word or (token.kind == MARK and token.value == word)
            for number, word in enumerate(words)
        )

    def sees_any(self, *words: str) -> bool:
        """Whether one of these words comes next."""
        return self.peek().kind == WORD and self.word in words

    # --- taking --------------------------------------------------------------------------------

    def next(self) -> Token:
        """The next token, taken."""
        token = self.peek()
        self.at += 1
        return token

    def take(self, *words: str) -> bool:
        """Takes these words where they come next."""
        if not self.sees(*words):
            return False
        self.at += len(words)
        return True

    def take_any(self, *words: str) -> str | None:
        """Takes one of these words."""
        if not self.sees_any(*words):
            return None
        return self.next().word

    def expect(self, *words: str) -> None:
        """Takes these words. Raises NotUnderstood."""
        if not self.take(*words):
            raise NotUnderstood(f"{' '.join(words)} expected, not {self.shown()}")

    def shown(self) -> str:
        """The next token, for a message."""
        token = self.peek()
        return repr(self.sql[token.start : token.end][:40]) if token.kind != END else "the end"

    # --- parts of statements -------------------------------------------------------------------

    def name(self) -> str:
        """An identifier. Raises NotUnderstood."""
        token = self.peek()
        if token.kind not in (WORD, NAME) and not (token.kind == STRING):
            raise NotUnderstood(f"a name expected, not {self.shown()}")
        self.at += 1
        return token.value

    def column(self) -> str:
        """A column's name, without the table's before it."""
        name = self.name()
        while self.take("."):
            name = self.name()
        return name

    def table(self) -> TableName:
        """A table's name, with its database or without."""
        first = self.name()
        if self.take("."):
            return TableName(self.name(), first)
        return TableName(first)

    def number(self) -> int:
        """A whole number. Raises NotUnderstood."""
        token = self.peek()
        if token.kind != NUMBER or not token.value.isdigit():
            raise NotUnderstood(f"a number expected, not {self.shown()}")
        self.at += 1
        return int(token.value)

    def string(self) -> str:
        """A string, also one in several pieces. Raises NotUnderstood."""
        if self.peek().kind == WORD and self.peek().value.startswith("_") and self.peek(1).kind == STRING:
            self.at += 1  # _utf8mb4'…'
        if self.peek().kind != STRING:
            raise NotUnderstood(f"a string expected, not {self.shown()}")
        parts = [self.next().value]
        while self.peek().kind == STRING:
            parts.append(self.next().value)
        return "".join(parts)

    def listed(self, one: Callable[[], _T]) -> tuple[_T, ...]:
        """``(one, one, …)``."""
        self.expect("(")
        found = [one()]
        while self.take(","):
            found.append(one())
        self.expect(")")
        return tuple(found)

    def names(self, one: Callable[[], _T]) -> tuple[_T, ...]:
        """``one, one, …``, without parentheses."""
        found = [one()]
        while self.take(","):
            found.append(one())
        return tuple(found)

    def if_exists(self) -> bool:
        """IF EXISTS."""
        return self.take("IF", "EXISTS")

    def if_not_exists(self) -> bool:
        """IF NOT EXISTS."""
        return self.take("IF", "NOT", "EXISTS")

    def wait(self) -> int | None:
        """MariaDB's WAIT n (seconds) or NOWAIT."""
        if self.take("NOWAIT"):
            return 0
        if self.sees("WAIT") and self.peek(1).kind == NUMBER:
            self.at += 1
            return int(float(self.next().value))
        return None

    def skip_parentheses(self) -> None:
        """Takes ``( … )`` whole. Raises NotUnderstood where it does not close."""
        self.expect("(")
        depth = 1
        while depth:
            if self.done:
                raise NotUnderstood("an opening parenthesis that nothing closes")
            token = self.next()
            if token.kind == MARK:
                depth += (token.value == "(") - (token.value == ")")

    def term(self, start: int, *, parenthesised: bool = False) -> Term:
        """What was taken since token number `start`, as an expression."""
        taken = self.tokens[start : self.at]
        if not taken:
            raise NotUnderstood(f"an expression expected, not {self.shown()}")
        if parenthesised:
            taken = taken[1:-1]
        names: set[str] = set()
        calls: set[str] = set()
        for number, token in enumerate(taken):
            following = taken[number + 1] if number + 1 < len(taken) else None
            called = following is not None and following.kind == MARK and following.value == "("
            if token.kind == NAME:
                names.add(token.value)
            elif token.kind == WORD and called and token.word not in _NO_NAMES:
                calls.add(token.word)
            elif token.kind == WORD and token.word not in _NO_NAMES and not token.value.startswith("_"):
                names.add(token.value)
        text = self.sql[taken[0].start : taken[-1].end] if taken else ""
        bare = not parenthesised and not (calls - _LITERAL_CALLS)
        literal = bare and all(name.upper() in _LITERAL_CALLS for name in names)
        return Term(text, frozenset(names), frozenset(calls), literal, parenthesised)

    def in_parentheses(self) -> Term:
        """An expression in parentheses."""
        start = self.at
        self.skip_parentheses()
        return self.term(start, parenthesised=True)

    def until(self, *stops: str) -> Term:
        """An expression up to a comma, a closing parenthesis, one of these words, or the end."""
        start = self.at
        while not self.done and not self.sees(",") and not self.sees(")"):
            if self.at > start and self.word in stops:
                break
            if self.sees("("):
                self.skip_parentheses()
            else:
                self.at += 1
        return self.term(start)
