"""The statements of a script, and how its tool sends them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from migration_lint.linting.walk import Run
from migration_lint.model import TransactionMode
from migration_lint.rehearsal.database import Connection

COMMENTS = r"(?:\s|--[^\n]*\n|/\*.*?\*/)*"
_CONTROL = re.compile(
    COMMENTS + r"(?:BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT|PREPARE\s+TRANSACTION)\b",
    re.IGNORECASE | re.DOTALL,
)
_COPY_IN = re.compile(COMMENTS + r"COPY\b.*\bFROM\s+STDIN\b", re.IGNORECASE | re.DOTALL)


class Statement(Struct, frozen=True):
    """One statement; `data` are the rows that follow a ``COPY … FROM STDIN``."""

    sql: str
    data: str = ""


def statements_of(run: Run) -> list[Statement]:
    """The statements of a script, with the rows that follow a ``COPY … FROM stdin``."""
    sql, steps = run.script.sql, run.outcome.steps
    starts = [*(step.start for step in steps[1:]), len(sql)][: len(steps)]
    return [
        Statement(step.sql, _rows(sql[step.end : start])) for step, start in zip(steps, starts, strict=True)
    ]


def is_control(statement: Statement) -> bool:
    """Whether it begins or ends a transaction."""
    return _CONTROL.match(statement.sql) is not None


def in_one_transaction(statements: Sequence[Statement], mode: TransactionMode) -> bool:
    """Whether the tool, or the server, opens a transaction around all of them.

    A script sent whole runs in one that the server opens, if it has several statements and does not
    open its own.
    """
    if mode is not TransactionMode.NONE:
        return mode is TransactionMode.ONE
    return len(statements) > 1 and not any(is_control(statement) for statement in statements)


def execute(connection: Connection, statement: Statement) -> None:
    """Send it, with its rows."""
    if not _COPY_IN.match(statement.sql):
        connection.execute(statement.sql.encode())
        return
    with connection.cursor() as cursor, cursor.copy(statement.sql.encode()) as copy:
        copy.write(statement.data)


def _rows(after: str) -> str:
    """The lines up to ``\\.``, where there is one."""
    lines = after.splitlines(keepends=True)[1:]
    ends = [number for number, line in enumerate(lines) if line.rstrip("\r\n") == "\\."]
    return "".join(lines[: ends[0]]) if ends else ""
