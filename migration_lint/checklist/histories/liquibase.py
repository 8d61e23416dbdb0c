"""``databasechangelog``: a row for each changeSet that ran, known by id, author and file.

Its MD5SUM is over Liquibase's own form of a change, and is not computed anew here.
"""

from __future__ import annotations

from collections.abc import Sequence

from migration_lint.checklist.histories.table import MISSING, Entry, State, Table
from migration_lint.model import Migration

_RAN = ("EXECUTED", "RERAN", "MARK_RAN")


def liquibase(table: Table, migration: Migration, _every: Sequence[Migration]) -> Entry:
    """What it says of a changeSet. A file is compared without ``classpath:``."""
    path, _, rest = migration.id.partition("::")
    name, _, author = rest.rpartition("::")
    rows = [
        row
        for row in table.rows
        if (row.get("id"), row.get("author")) == (name, author) and _same_file(str(row.get("filename")), path)
    ]
    if not rows:
        return MISSING
    row = max(rows, key=lambda one: int(str(one.get("orderexecuted") or 0)))
    kind = str(row.get("exectype"))
    if kind not in _RAN:
        return Entry(State.FAILED if kind == "FAILED" else State.MISSING, why=f"its row says {kind}")
    return Entry(State.APPLIED, table.age(row.get("dateexecuted")))


def _same_file(one: str, other: str) -> bool:
    """Either may begin further up."""
    one, other = (path.removeprefix("classpath:").strip("/") for path in (one, other))
    return one == other or one.endswith(f"/{other}") or other.endswith(f"/{one}")
