"""What others wait for: metadata locks, named as in ``performance_schema.metadata_locks``.

https://dev.mysql.com/doc/refman/8.4/en/metadata-locking.html; the conflicts are those of ``sql/mdl.cc``.
"""

from __future__ import annotations

from enum import Enum


class Mode(Enum):
    """What is held while the work of a statement lasts, weakest first. The value is its rank."""

    SHARED_READ = 1
    SHARED_WRITE = 2
    SHARED_UPGRADABLE = 3
    """Reads and writes go on: an online ALTER between its two ends."""
    ROWS_SHARED = 4
    """Row locks: rows that are looked up cannot be changed (``S`` in ``data_locks``)."""
    SHARED_NO_WRITE = 5
    """Reads go on: a copying ALTER."""
    SHARED_READ_ONLY = 6
    SHARED_NO_READ_WRITE = 7
    EXCLUSIVE = 8

    @property
    def rank(self) -> int:
        """1 (weakest) to 8."""
        rank: int = self.value
        return rank

    @property
    def blocks_reads(self) -> bool:
        """Whether SELECT waits."""
        return self in (Mode.SHARED_NO_READ_WRITE, Mode.EXCLUSIVE)

    @property
    def blocks_writes(self) -> bool:
        """Whether INSERT, UPDATE and DELETE wait."""
        return self.rank >= Mode.ROWS_SHARED.rank


WHILE_WORKING = {
    "NONE": Mode.SHARED_UPGRADABLE,
    "DEFAULT": Mode.SHARED_UPGRADABLE,
    "SHARED": Mode.SHARED_NO_WRITE,
    "EXCLUSIVE": Mode.EXCLUSIVE,
}
"""What LOCK= means for the time of the work. INSTANT has LOCK=DEFAULT alone, and nobody waits."""
