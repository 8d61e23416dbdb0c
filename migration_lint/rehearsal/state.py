"""The state before the migrations, where no migration tells it: a dump of the schema, and rows."""

from __future__ import annotations

import re

import psycopg

from migration_lint.linting.walk import Run
from migration_lint.model import Error
from migration_lint.rehearsal.database import Database
from migration_lint.rehearsal.statements import COMMENTS, execute, statements_of

_LEFT_OUT = re.compile(
    COMMENTS + r"(?:ALTER\b.*\bOWNER\s+TO\b|COMMENT\s+ON\s+EXTENSION\b)", re.IGNORECASE | re.DOTALL
)
"""As ``pg_restore --no-owner`` does: all belongs to the role that runs the migrations."""
_DUPLICATE_SCHEMA = "42P06"  # of public, which is there already


def restore(database: Database, dump: Run) -> list[Error]:
    """Run a dump, as the owner, statement by statement. What the server refuses is an error each."""
    errors = list(dump.outcome.errors)
    with database.server.connect(database.name, user=database.owner) as connection:
        for step, statement in zip(dump.outcome.steps, statements_of(dump), strict=True):
            if _LEFT_OUT.match(statement.sql):
                continue
            try:
                execute(connection, statement)
            except psycopg.Error as error:
                if error.sqlstate != _DUPLICATE_SCHEMA:
                    told = f"{error.sqlstate} {error.diag.message_primary or error}"
                    errors.append(Error(step.span.path, step.span.line, f"not restored: {told}"))
    return errors
