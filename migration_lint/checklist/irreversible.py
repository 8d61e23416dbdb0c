"""Steps that no down script undoes: what they threw away only a backup brings back.

An annotation in the up script owns up to it::

    -- migration-lint: irreversible nobody has read the column since 2024, and it is in the backup
"""

from __future__ import annotations

import re

from migration_lint.effects import (
    AddEnumValue,
    Change,
    DeleteRows,
    DropColumn,
    DropDatabase,
    DropSchema,
    DropTable,
    InsertRows,
    Truncate,
    UpdateRows,
)
from migration_lint.linting.comments import comments
from migration_lint.linting.directives import IRREVERSIBLE
from migration_lint.linting.walk import Walked
from migration_lint.model import Script, Step

_ANNOTATION = re.compile(
    rf"(?:--|/\*)\s*migration-lint\s*:\s*{IRREVERSIBLE}(?![\w-])(?P<reason>.*)", re.DOTALL
)
_LOSES = {
    DropTable: "the rows of {} are gone",
    DropColumn: "the values of {}.{} are gone",
    DropSchema: "what is in {} is gone",
    DropDatabase: "the database is gone",
    Truncate: "the rows of {} are gone",
    DeleteRows: "rows of {} are gone",
    AddEnumValue: "a value of an enum cannot be taken back",
}


def losses(walked: Walked) -> list[tuple[Step, str]]:
    """(statement, what it loses) for each step of the up script that cannot be undone.

    Rows that the down script writes back do not count.
    """
    up, *down = walked.runs
    written = {
        (type(effect), effect.relation)
        for run in down
        for step in run.outcome.steps
        for effect in step.effects
        if isinstance(effect, (InsertRows, UpdateRows))
    }
    return [
        (step, text)
        for step in up.outcome.steps
        for effect in step.effects
        if (text := _lost(step, effect)) is not None
        and not (isinstance(effect, UpdateRows) and (UpdateRows, effect.relation) in written)
        and not (isinstance(effect, DeleteRows) and (InsertRows, effect.relation) in written)
    ]


def annotation(script: Script) -> str | None:
    """The reason that the script gives for being irreversible; empty where it gives none, None without."""
    if IRREVERSIBLE not in script.sql:
        return None
    for start, end in comments(script.sql, 0, len(script.sql)):
        match = _ANNOTATION.match(script.sql[start:end])
        if match:
            return " ".join(match["reason"].removesuffix("*/").split()).lstrip(":- ")
    return None


def _lost(step: Step, effect: object) -> str | None:
    if not isinstance(effect, Change):
        return None
    relation = getattr(effect, "relation", "")
    if relation and step.is_new(relation):
        return None
    if isinstance(effect, UpdateRows):
        old = [column for column in effect.columns if not step.is_new_column(relation, column)]
        return f"the old values of {relation}.{old[0]} are gone" if old else None
    if isinstance(effect, DropColumn) and step.is_new_column(relation, effect.column):
        return None
    text = _LOSES.get(type(effect))
    return None if text is None else text.format(relation, getattr(effect, "column", ""))
