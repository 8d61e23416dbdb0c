"""What a provider says of the newest backup."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field


class Backup(Struct, frozen=True):
    """The newest backup.

    `consistent_to`, with a time zone, is up to when a restore gives the data. `problem` says why it
    is no good; `claimed` is set where nobody looked and a person said so. `facts` are plain JSON.
    """

    name: str
    consistent_to: datetime | None = None
    problem: str = ""
    claimed: str = ""
    facts: dict[str, object] = field(default_factory=dict)
