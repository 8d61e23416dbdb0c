"""PostgreSQL's table lock modes and which of them conflict.

https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
"""

from __future__ import annotations

from enum import Enum


class Mode(Enum):
    """A table lock mode, named as in ``pg_locks.mode``, weakest first.

    The value is (rank, modes it conflicts with by rank).
    """

    AccessShareLock = (1, (8,))
    RowShareLock = (2, (7, 8))
    RowExclusiveLock = (3, (5, 6, 7, 8))
    ShareUpdateExclusiveLock = (4, (4, 5, 6, 7, 8))
    ShareLock = (5, (3, 4, 6, 7, 8))
    ShareRowExclusiveLock = (6, (3, 4, 5, 6, 7, 8))
    ExclusiveLock = (7, (2, 3, 4, 5, 6, 7, 8))
    AccessExclusiveLock = (8, (1, 2, 3, 4, 5, 6, 7, 8))

    @property
    def rank(self) -> int:
        """1 (weakest) to 8."""
        rank: int = self.value[0]
        return rank

    def conflicts_with(self, other: Mode) -> bool:
        """Whether one session waits while another holds the other mode."""
        return other.rank in self.value[1]

    @property
    def blocks_reads(self) -> bool:
        """Whether SELECT (ACCESS SHARE) waits."""
        return self.conflicts_with(Mode.AccessShareLock)

    @property
    def blocks_writes(self) -> bool:
        """Whether INSERT, UPDATE and DELETE (ROW EXCLUSIVE) wait."""
        return self.conflicts_with(Mode.RowExclusiveLock)
