"""Columns that a statement adds, for the rules about their types and names."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.effects import AddColumn, Change, CreateTable
from migration_lint.model import Step
from migration_lint.schema import Column, Persistence


def added_columns(step: Step) -> Iterator[tuple[Change, Column]]:
    """The columns of new tables and those added to others, with the change; none of temporary tables.

    Those that a partition or an heir has from its parent, or a table from its query, are left out.
    """
    for table in step.each(CreateTable):
        temporary = table.table.persistence is Persistence.TEMPORARY
        if not (temporary or table.as_select or table.table.parents):
            for column in table.table.columns:
                yield table, column
    for added in step.each(AddColumn):
        yield added, added.column
