"""The truth table: what real PostgreSQL servers did, version by version.

`postgres.jsonl` has one case a line: statements observed on PostgreSQL 12 to 18 on 2026-11-22,
each run twice on a fresh database with the populated schema of `schema.sql` (a version where the
two runs differed is left out). `README.md` beside it says how the fields were measured.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import msgspec

HERE = Path(__file__).parent
VERSIONS = tuple(range(12, 19))
"""The PostgreSQL majors that were observed."""


class Observed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What servers of `versions` (``12-14,18``) did. With an `error`, the rest says nothing."""

    versions: str
    error: str | None = None
    sqlstate: str | None = None
    in_transaction_ok: bool = True
    locks: dict[str, str] = {}
    rewrites: tuple[str, ...] = ()
    truncates: tuple[str, ...] = ()
    index_rebuilds: tuple[str, ...] = ()
    full_scans: tuple[str, ...] = ()

    def covers(self, version: int) -> bool:
        """Whether it was observed on that major."""
        for part in self.versions.split(","):
            low, _, high = part.partition("-")
            if int(low) <= version <= int(high or low):
                return True
        return False


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One statement, what ran before it, and what was observed.

    `setup` was run and committed before; `pre` ran in the statement's own transaction.
    """

    case: str
    group: str
    sql: str
    observed: tuple[Observed, ...]
    setup: tuple[str, ...] = ()
    pre: tuple[str, ...] = ()
    minor_releases: dict[str, dict[str, str]] = {}
    """Locks that only a later minor release takes, by that release (``18.6``)."""

    def on(self, version: int) -> Observed | None:
        """What a server of that major did, where both runs of it agreed."""
        for observed in self.observed:
            if observed.covers(version):
                return observed
        return None

    @property
    def settings(self) -> tuple[str, ...]:
        """The SETs of `setup`, which last for the session and so reach the statement."""
        return tuple(sql for sql in self.setup if _is_set(sql))


def _is_set(sql: str) -> bool:
    return re.match(r"SET\s", sql, re.IGNORECASE) is not None


@cache
def cases() -> tuple[Case, ...]:
    """All cases, in the order of the file."""
    lines = (HERE / "postgres.jsonl").read_bytes().splitlines()
    decoder = msgspec.json.Decoder(Case)
    return tuple(decoder.decode(line) for line in lines)


@cache
def schema() -> str:
    """The schema, with its rows, that every case starts from."""
    return (HERE / "schema.sql").read_text(encoding="utf-8")


def ranges(versions: list[int]) -> str:
    """``[12, 13, 14, 18]`` as ``12-14,18``."""
    out: list[list[int]] = []
    for version in sorted(versions):
        if out and out[-1][1] == version - 1:
            out[-1][1] = version
        else:
            out.append([version, version])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in out)
