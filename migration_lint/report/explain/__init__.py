"""What each statement does, without opinions: the two forms of ``explain``."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from migration_lint.model import Error, Step


class Explanation(Struct, frozen=True):
    """The steps of all targets in order, and what could not be read."""

    engine: str
    engine_version: str
    steps: Sequence[Step] = ()
    errors: Sequence[Error] = ()
