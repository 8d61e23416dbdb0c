"""``flyway_schema_history``.

A version ran where its newest row (by ``installed_rank``) is a success and is no undo and no deletion, or
where a baseline lies above it. The checksum is the CRC-32 of the lines without their ends
(``ChecksumCalculator``). https://documentation.red-gate.com/flyway
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

from migration_lint.checklist.histories.table import MISSING, Entry, Record, State, Table, number
from migration_lint.model import Migration

_BASELINES = ("BASELINE", "SQL_BASELINE")
_GONE = ("DELETE", "SCHEMA")


def flyway(table: Table, migration: Migration, _: Sequence[Migration]) -> Entry:
    """What it says of a version, a baseline or a repeatable script."""
    rows = sorted(table.rows, key=lambda row: number(row.get("installed_rank")) or 0)
    kind, version = migration.id[:1], migration.id[1:]
    if migration.repeatable and kind != "R":
        return Entry(State.APPLIED)  # a callback: it runs around every migration, and is in no history
    if migration.repeatable:
        description = migration.id.partition("__")[2].replace("_", " ")
        found = [row for row in rows if row.get("version") is None and row.get("description") == description]
        entry = _entry(table, found, migration)
        # It runs again whenever it changes: with another content, this one has not run.
        return MISSING if entry.same is False else entry
    baselines = [str(row["version"]) for row in rows if row.get("type") in _BASELINES and row.get("version")]
    if kind == "B":
        return Entry(State.APPLIED) if rows else MISSING
    mine = [
        row for row in rows if row.get("version") is not None and _parts(row["version"]) == _parts(version)
    ]
    own = [row for row in mine if row.get("type") not in _BASELINES]
    if not own and any(_parts(version) <= _parts(baseline) for baseline in baselines):
        return Entry(State.APPLIED)
    return _entry(table, own, migration)


def _entry(table: Table, rows: Sequence[Record], migration: Migration) -> Entry:
    if not rows:
        return MISSING
    newest = rows[-1]
    if str(newest.get("type")).startswith("UNDO") or newest.get("type") in _GONE:
        return Entry(State.MISSING, why="it was undone")
    if newest.get("success") is not True:
        return Entry(State.FAILED, why="it failed (success = false)")
    checksum = newest.get("checksum")
    same = None if checksum is None else checksum == crc(migration.up.document.text)
    return Entry(State.APPLIED, table.age(newest.get("installed_on")), same)


def crc(text: str) -> int:
    """Flyway's checksum of a file, as the signed number that the table has."""
    joined = text.removeprefix("\ufeff").replace("\r", "").replace("\n", "")
    value = zlib.crc32(joined.encode())
    return value - 2**32 if value >= 2**31 else value


def _parts(version: object) -> tuple[int, ...]:
    """``1.10`` and ``1_10``, without zeros at the end: ``1.0`` is ``1``."""
    numbers = [int(part) for part in re.findall(r"\d+", str(version))]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
