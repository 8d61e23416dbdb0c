"""Which of PostgreSQL's lock modes is the stronger."""

from __future__ import annotations

from migration_lint.engines.postgres.locks import Mode


def strongest(known: str | None, mode: str) -> str:
    """The stronger of two modes, spelled as in `pg_locks`."""
    if known is None:
        return mode
    return max(known, mode, key=lambda name: Mode[name].rank)
