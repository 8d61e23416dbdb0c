"""A query that the deployed code, or the new code, sends."""

from __future__ import annotations

from msgspec import Struct


class Query(Struct, frozen=True):
    """`name` is the team's own (sqlc's, or the digest's); `source` its file and line.

    `sql` has ``$1``, ``$2`` for parameters. `calls` is how often it was sent, where a statistic says so.
    """

    name: str
    sql: str
    source: str
    calls: int | None = None

    def __str__(self) -> str:
        about = [self.source] if self.source else []
        about += [f"{self.calls:,} calls"] if self.calls is not None else []
        return f"{self.name} ({', '.join(about)})" if about else self.name
