"""A history table as it was read, and what it says of one migration."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path

from msgspec import Struct

from migration_lint.model import Migration

Record = dict[str, object]


class State(Enum):
    """What became of a migration in one database."""

    APPLIED = "applied"
    FAILED = "failed"
    MISSING = "missing"


class Entry(Struct, frozen=True):
    """What a history table says of one migration.

    `age` is seconds since it was applied, None where the table does not say. `same`: whether it was
    applied with this content; None where the table keeps no checksum that can be computed anew.
    `why` is about a failure.
    """

    state: State
    age: float | None = None
    same: bool | None = None
    why: str = ""


MISSING = Entry(State.MISSING)


class Table(Struct, frozen=True):
    """The rows of a table, and the server's own clock at that moment: `now` in UTC, `local` on its wall."""

    name: str
    rows: tuple[Record, ...]
    now: datetime
    local: datetime

    def age(self, value: object) -> float | None:
        """Seconds since a time of a row. One without a zone is by the wall of the server."""
        try:
            at = datetime.fromisoformat(_six_digits(str(value)))
        except ValueError:
            return None
        if at.tzinfo is None:
            return (self.local - at).total_seconds()
        return (self.now - at.astimezone(timezone.utc)).total_seconds()

    def age_utc(self, value: object) -> float | None:
        """Seconds since a time of a row that is in UTC, and does not say so."""
        return self.age(f"{value}+00:00")


def _six_digits(text: str) -> str:
    """As every Python reads it: JSON leaves out zeros at the end of a fraction."""
    return re.sub(r"\.(\d+)", lambda found: f".{found[1][:6]:0<6}", text)


def content(migration: Migration) -> bytes | None:
    """The bytes of its file, None where they cannot be read."""
    try:
        return Path(migration.path).read_bytes()
    except OSError:
        return None


def file_name(migration: Migration) -> str:
    """``1-create-orders.sql``."""
    return migration.path.replace("\\", "/").rpartition("/")[2]


def digits(text: str) -> str:
    """The number that a name begins with, dashes left out, as text; empty without one."""
    found = re.match(r"[VvUu]?((?:\d+-?)*\d)", text)
    return found[1].replace("-", "") if found else ""


def number(text: object) -> int | None:
    """As a number, None where it is none."""
    found = re.fullmatch(r"\d+", str(text))
    return int(found[0]) if found else None
