"""The relations of a database as one backend sees them, uncommitted changes of its own included."""

from __future__ import annotations

import psycopg
from msgspec import Struct

from migration_lint.rehearsal.database import Connection

# Names first, as an index needs its table's; toast tables and temporary ones are nobody else's.
_RELATIONS = b"""
SELECT c.oid, n.nspname || '.' || c.relname, c.relkind::text, coalesce(pg_relation_filenode(c.oid), 0),
       coalesce(i.indrelid, 0), pg_stat_get_xact_tuples_returned(c.oid), c.relispopulated
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'm', 'v', 'S', 'c', 'f', 'i', 'I') AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""
_INDEXES = ("i", "I")
_AT_ONCE = 100


class Entry(Struct, frozen=True):
    """One relation or index. `kind` is `pg_class.relkind`; `table` is an index's, else 0."""

    oid: int
    name: str
    kind: str
    filenode: int
    table: int
    returned: int
    """Rows (of an index: entries) that this backend has read and not yet reported as statistics."""
    populated: bool

    @property
    def is_index(self) -> bool:
        """Whether it is an index, also of a partitioned table."""
        return self.kind in _INDEXES

    @property
    def has_rows(self) -> bool:
        """Whether it keeps rows in a file of its own: a table or a filled materialized view."""
        return self.kind == "r" or (self.kind == "m" and self.populated)


class World(Struct, frozen=True):
    """Relations and indexes by object id."""

    entries: dict[int, Entry]

    def relations(self) -> frozenset[int]:
        """The object ids of everything but indexes."""
        return frozenset(oid for oid, entry in self.entries.items() if not entry.is_index)

    def names(self, oids: frozenset[int]) -> frozenset[str]:
        """The names of those that are there."""
        return frozenset(self.entries[oid].name for oid in oids if oid in self.entries)

    def indexes_of(self, table: int) -> list[Entry]:
        """The indexes of a table."""
        return [entry for entry in self.entries.values() if entry.table == table]


def look(connection: Connection) -> World:
    """The world as the connection's transaction sees it. Takes no lock on what it looks at."""
    rows = connection.execute(_RELATIONS).fetchall()
    entries = [Entry(*row) for row in rows]  # type: ignore[arg-type]  # the columns are Entry's, in order
    return World({entry.oid: entry for entry in entries})


def count_rows(connection: Connection, world: World, oids: frozenset[int]) -> dict[int, int]:
    """Rows by object id, inside the connection's open transaction.

    The locks that counting takes are given back by rolling back to a savepoint. What cannot be
    counted (the session may not read it) is left out.
    """
    entries = [world.entries[oid] for oid in oids if oid in world.entries]
    counted: dict[int, int] = {}
    kept = [entry for entry in entries if entry.has_rows]
    for start in range(0, len(kept), _AT_ONCE):
        counted |= _counted(connection, kept[start : start + _AT_ONCE])
    return counted


def _counted(connection: Connection, entries: list[Entry]) -> dict[int, int]:
    """All in one query; one by one where that fails."""
    query = b" UNION ALL ".join(
        f"SELECT {entry.oid}, count(*) FROM ONLY {quoted(entry.name)}".encode() for entry in entries
    )
    connection.execute(b"SAVEPOINT counting")
    try:
        rows = connection.execute(query).fetchall()
    except psycopg.Error:
        rows = None
    connection.execute(b"ROLLBACK TO SAVEPOINT counting")
    connection.execute(b"RELEASE SAVEPOINT counting")
    if rows is not None:
        return {int(str(oid)): int(str(count)) for oid, count in rows}
    if len(entries) == 1:
        return {}
    return {oid: count for entry in entries for oid, count in _counted(connection, [entry]).items()}


def quoted(name: str) -> str:
    """A qualified name (``public.Order Items``) as SQL."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split(".", 1))
