"""What can be read off the text of procedural code, which only the server runs.

Words, not a parse: enough to say whether a DO block loops, commits, builds its SQL or changes rows.
"""

from __future__ import annotations

from migration_lint.effects import RunCode
from migration_lint.engines.postgres.scan import tokens

_WRITES = ("insert", "update", "delete", "merge", "truncate", "copy")
_ALTERS = ("alter", "create", "drop", "lock", "reindex", "cluster", "refresh", "grant", "revoke")
_BEFORE_STATEMENT = frozenset(["", ";", "begin", "then", "else", "loop", "(", "atomic", "query"])


def run_code(what: str, name: str, text: str = "", *, certain: bool = True) -> RunCode:
    """The facts about a block of code; `name` is what was called, empty for a DO block."""
    alters = loops = commits = dynamic = False
    writes: dict[str, None] = {}
    before = ""
    for start, end in tokens(text):
        token = text[start:end]
        word = token.lower()
        if before in _BEFORE_STATEMENT:
            dynamic = dynamic or word == "execute"
            commits = commits or word == "commit"
            alters = alters or word in _ALTERS
            if word in _WRITES:
                writes[word] = None
        elif before == "execute" or (dynamic and token[:1] in ("'", "$", "E", "e")):
            for written in _first_words(token):
                writes[written] = None
        loops = loops or word == "loop"
        before = word
    return RunCode(
        relation=name,
        what=what,
        alters=alters,
        loops=loops,
        commits=commits,
        dynamic=dynamic,
        writes=tuple(writes),
        certain=certain,
    )


_STATEMENTS = frozenset([*_WRITES, *_ALTERS, "select", "perform", "execute", "call", "from", "values"])


def runs_statements(text: str) -> bool:
    """Whether a function's body may run SQL statements, rather than evaluate expressions only."""
    before = ""
    for start, end in tokens(text):
        word = text[start:end].lower()
        if word in _STATEMENTS and (word, before) != ("from", "distinct"):
            return True
        before = word
    return False


def _first_words(literal: str) -> list[str]:
    """The verb that the SQL in a string literal starts with, if it changes rows."""
    text = literal.lstrip("eE'$").lstrip().lower()
    return [verb for verb in _WRITES if text.startswith(f"{verb} ")]
