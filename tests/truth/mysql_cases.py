"""The truth table of online DDL: what real MySQL and MariaDB servers did, band by band.

`mysql.jsonl` has one case a line: an operation on populated InnoDB tables, run with every ALGORITHM and
LOCK on MySQL 5.7.21, 8.0.19, 8.0.28, 8.0.46, 8.4.13, 9.7.4 and MariaDB 10.6.7, 10.11.19, 11.4.7, 11.8.6
(2026-11-22). `README.md` beside it says what the fields mean.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

HERE = Path(__file__).parent
BANDS = {
    "mysql-5.7": ("mysql", ("5.7", "5.7.21")),
    "mysql-8.0.0": ("mysql", ("8.0.11",)),
    "mysql-8.0.12": ("mysql", ("8.0.16", "8.0.19")),
    "mysql-8.0.28": ("mysql", ("8.0.28",)),
    "mysql-8.0.29": ("mysql", ("8.0.29", "8.0.46", "8.0")),
    "mysql-8.4": ("mysql", ("8.4.13", "8.4")),
    "mysql-9": ("mysql", ("9.7.4", "9")),
    "mariadb-10.6": ("mariadb", ("10.6.7", "10.6")),
    "mariadb-10.11": ("mariadb", ("10.11.19", "10.11")),
    "mariadb-11.4": ("mariadb", ("11.4.7", "11.4")),
    "mariadb-11.8": ("mariadb", ("11.8.6", "11.8")),
}
"""The flavour of each band, and versions in it. No server of 8.0.0 to 8.0.11 was to hand: 5.7's facts."""


class Observed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What servers of `bands` did. `code` is the whole in a letter or two, or ``err N``, or ``n/a``."""

    bands: tuple[str, ...]
    code: str
    algorithm: str | None = None
    lock: str | None = None
    permits_dml: bool | None = None
    rebuilds_table: bool | None = None
    builds_index: bool | None = None
    metadata_only: bool | None = None
    default_rebuilds: bool | None = None
    default_copies_rows: bool | None = None
    algorithm_clause: str | None = None
    error: str | None = None


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One operation: the tables before, the session, the statement, and what was observed."""

    case: str
    group: str
    operation: str
    create: tuple[str, ...]
    session: tuple[str, ...]
    sql: str
    form: str
    observed: tuple[Observed, ...]

    def on(self, band: str) -> Observed | None:
        """What servers of a band did, where the case was tried there."""
        return next((one for one in self.observed if band in one.bands), None)


@cache
def cases() -> tuple[Case, ...]:
    """All cases, in the order of the file."""
    decoder = msgspec.json.Decoder(Case)
    return tuple(decoder.decode(line) for line in (HERE / "mysql.jsonl").read_bytes().splitlines())
