"""What a lock mode means to others, in words."""

from __future__ import annotations

from migration_lint.effects import LockMode


def waits(mode: LockMode) -> str:
    """Who waits: ``reads and writes wait``, ``writes wait`` or ``reads and writes go on``."""
    blocked = [
        name
        for name, is_blocked in (("reads", mode.blocks_reads), ("writes", mode.blocks_writes))
        if is_blocked
    ]
    return f"{' and '.join(blocked)} wait" if blocked else "reads and writes go on"
