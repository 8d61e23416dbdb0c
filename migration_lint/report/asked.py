"""What the checklist would ask of whom, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from migration_lint.report.escape import printable


class Asked(Protocol):
    """A line of the checklist."""

    @property
    def id(self) -> str:
        """As the report names it."""

    @property
    def title(self) -> str:
        """What is true when it passes."""


def render_asked(asked: Sequence[tuple[Asked, str, str]]) -> str:
    """Two lines for each (check, what is asked of whom, policy)."""
    size = max(len(check.id) for check, _, _ in asked)
    lines = []
    for check, what, policy in asked:
        lines.append(f"{check.id:{size}}  {policy:8}  {check.title}")
        lines.append(f"{'':{size}}  asks {printable(what)}")
    return "".join(f"{line}\n" for line in lines)
