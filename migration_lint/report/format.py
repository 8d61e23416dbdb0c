"""What a format of a report is."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from migration_lint.findings import Report
from migration_lint.report.view import View


class Kind(Enum):
    """How the text of a format gets on with others on standard output."""

    LINES = "lines"
    """Lines of a log: other lines may stand beside them."""
    COMMANDS = "commands"
    """Lines that a CI server obeys; other lines may stand beside them."""
    DOCUMENT = "document"
    """One whole, for a program or a page: nothing may stand beside it."""


class Format(Protocol):
    """A module of the folder `formats`.

    One whose `STEPS` is set shows what the statements do: `Report.steps` is kept for it.
    """

    KIND: Kind
    STEPS: bool

    def render(self, report: Report, view: View) -> str:
        """The report's text, with a line break at its end."""
