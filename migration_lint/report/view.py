"""How a report is to be shown."""

from __future__ import annotations

from msgspec import Struct

from migration_lint.findings import Severity
from migration_lint.linting.loader import RuleClasses

_COLOURS = {
    Severity.ERROR: "1;31",
    Severity.WARNING: "1;33",
    Severity.NOTE: "1;36",
    "bold": "1",
    "dim": "2",
    "good": "1;32",
    "bad": "1;31",
}


class View(Struct, frozen=True):
    """What the reader asked for.

    `colour`: the output understands ANSI colours. `fail_on`: what blocks (None: nothing). `quiet`:
    only what blocks. `full`: a code frame for every finding, however many there are. `statistics`: how
    many findings each rule has, in place of the findings.

    `rules` are those of the run, for their pages. `folder` and `root` are the working folder and the
    root of its repository, absolute; empty where paths stay as they are. `room` is the number of UTF-8
    bytes that the text may take, None where its reader has no limit.
    """

    colour: bool = False
    fail_on: Severity | None = Severity.ERROR
    quiet: bool = False
    full: bool = False
    statistics: bool = False
    rules: RuleClasses = {}
    folder: str = ""
    root: str = ""
    room: int | None = None

    def paint(self, text: str, colour: Severity | str) -> str:
        """The text in a colour, where there are colours."""
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self.colour and text else text
