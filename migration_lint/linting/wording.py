"""The words that many rules share, so that one fact reads the same everywhere."""

from __future__ import annotations

from collections.abc import Iterable

from migration_lint.effects import Impact, IndexBuild, Lock, LockMode, Rewrite
from migration_lint.names import sql_name


def victims(mode: LockMode) -> str:
    """Who waits for a lock: ``reads and writes``, ``writes`` or ``other schema changes``."""
    if mode.blocks_reads:
        return "reads and writes"
    return "writes" if mode.blocks_writes else "other schema changes"


def waiting(lock: Lock) -> str:
    """``reads and writes of orders wait (AccessExclusiveLock)``."""
    return f"{victims(lock.mode)} of {sql_name(lock.relation)} wait ({lock.mode.name})"


def labour(work: Iterable[Impact]) -> str:
    """What takes long: ``orders is rewritten``, ``an index on orders is built``, ``orders is scanned``."""
    items = list(work)
    for impact in items:
        if isinstance(impact, Rewrite):
            return f"{sql_name(impact.relation)} is rewritten"
    for impact in items:
        if isinstance(impact, IndexBuild):
            return f"an index on {sql_name(impact.relation)} is built"
    return f"{sql_name(items[0].relation)} is scanned" if items else "it runs"


def steps(*parts: str) -> str:
    """Several migrations as one text to paste, with a comment line before each after the first."""
    return "\n-- in the next migration:\n".join(parts)
