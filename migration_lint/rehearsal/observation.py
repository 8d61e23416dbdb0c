"""What a server did with one statement."""

from __future__ import annotations

from msgspec import Struct

_Names = frozenset[str]


class Observation(Struct, frozen=True):
    """What a server did with one statement. Names are schema-qualified, as the catalog keeps them.

    Everything is about `relations`: the tables, views, sequences and materialized views that were
    there before the migration (or transaction) began. Of those in `sparse` there are too few rows
    to tell whether all were read or written anew.
    """

    relations: _Names
    error: str | None = None
    """Why the server refused the statement (SQLSTATE and message); the rest then says nothing."""
    in_transaction_ok: bool = True
    locks: dict[str, str] = {}
    """The strongest mode held at the end of the statement, earlier ones of its transaction included."""
    rewrites: _Names = frozenset()
    truncates: _Names = frozenset()
    index_rebuilds: _Names = frozenset()
    """Indexes that were there before and have a new file."""
    index_builds: dict[str, str] | None = None
    """Indexes that were not there before, and the relation of each; None where that was not looked at."""
    scans: _Names = frozenset()
    emptied_indexes: _Names = frozenset()
    """Indexes of `truncates`: their new files are empty, so nothing was built."""
    sparse: _Names = frozenset()
    empty: _Names = frozenset()
    """Of these there are no rows at all, so nothing is ever read."""
    reads_wait: _Names = frozenset()
    """Relations that another session could not read before the statement's transaction ended."""
    writes_wait: _Names = frozenset()
    """Relations that another session could not write to before the statement's transaction ended."""
    seconds: float | None = None
    """None where the statement waited for sessions of ours, so that its time says nothing."""
    wal_bytes: int | None = None
    """Bytes of write-ahead log that the server wrote meanwhile."""
    temporary_bytes: int | None = None
    """Bytes of temporary files; None where the server does not tell."""
    timed_out: bool = False
    """It was ended because it took too long or too much."""
    blind: tuple[str, ...] = ()
    """What could not be seen of this statement."""
