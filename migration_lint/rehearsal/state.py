"""The state before the migrations, where no migration tells it: a dump of the schema, and rows."""

from __future__ import annotations

import re

import psycopg
from msgspec import Struct

from migration_lint.linting.decide import counted
from migration_lint.linting.walk import Run
from migration_lint.model import Error
from migration_lint.rehearsal.database import Database
from migration_lint.rehearsal.filling.fill import fill
from migration_lint.rehearsal.statements import COMMENTS, execute, statements_of

_LEFT_OUT = re.compile(
    COMMENTS + r"(?:ALTER\b.*\bOWNER\s+TO\b|COMMENT\s+ON\s+EXTENSION\b)", re.IGNORECASE | re.DOTALL
)
"""As ``pg_restore --no-owner`` does: all belongs to the role that runs the migrations."""
_DUPLICATE_SCHEMA = "42P06"  # of public, which is there already


class Rows(Struct, frozen=True):
    """The team's own rows (SQL, and its file), and how many to make up for tables that have none."""

    seed: str = ""
    path: str = ""
    number: int = 0


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


def sow(database: Database, rows: Rows) -> tuple[list[Error], list[str]]:
    """Put rows into the state before: (what the server refuses, what to say of them)."""
    errors: list[Error] = []
    notes: list[str] = []
    if rows.seed:
        try:
            database.run(rows.seed)
        except psycopg.Error as error:
            told = f"{error.sqlstate} {error.diag.message_primary or error}"
            errors.append(Error(rows.path, 1, f"the server refuses the rows: {told}"))
    if rows.number:
        made = fill(database, rows.number)
        whole = sum(each.rows >= rows.number for each in made)
        notes.append(f"{rows.number:,} rows were made up for each of {counted(whole, 'table')} that had none")
        for each in made:
            if each.rows < rows.number:
                part = f"filled with {counted(each.rows, 'row')} only" if each.rows else "not filled"
                notes.append(f"{part}: {each.table}: {each.why}")
    return errors, notes
