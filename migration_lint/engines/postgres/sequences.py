"""The sequences behind serial and identity columns."""

from __future__ import annotations

from migration_lint.catalog import Catalog
from migration_lint.names import shortened, split


def owned_by_column(table: str, column: str, catalog: Catalog) -> str | None:
    """The sequence that belongs to a column, if known."""
    schema, bare = split(table)
    usual = f"{schema}.{shortened(f'{bare}_{column}_seq')}"
    known = catalog.relation(usual)
    if known is not None and known.owned_by == (table, column):
        return usual
    found = [sequence.name for sequence in catalog.sequences_of(table, column)]
    return min(found, default=None)
