"""What a dump says of itself."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Dump(Struct, frozen=True):
    """What was read of a dump.

    `kind` is what it is, in words. `made` is its own time, which has no time zone; `database` the one it is
    of; `size` its bytes unpacked. `problem` says what is wrong with it, `doubt` what could not be
    found out; `read` names how far it was read.
    """

    kind: str
    made: datetime | None = None
    database: str | None = None
    size: int | None = None
    problem: str = ""
    doubt: str = ""
    read: str = "header"
