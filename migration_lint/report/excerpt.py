"""The lines of a file that a finding is about, as they stand there."""

from __future__ import annotations

from textwrap import dedent

from migration_lint.model import Document, Span

_LINES = 12
"""More lines than that are cut in the middle."""
_WIDTH = 160
"""Longer lines are cut around the place."""
_LEAD = 24
"""Characters kept before the place in a line that is cut."""


def excerpt(document: Document, span: Span) -> str:
    """Whole lines, less what they are all indented by; what is cut is shown as ``...``."""
    numbers = list(range(span.line, max(span.line, last_line(span)) + 1))
    lines = [_cut(document.line(number), span.column - 1 if number == span.line else 0) for number in numbers]
    if len(lines) > _LINES:
        lines = [*lines[: _LINES - 2], "...", lines[-1]]
    return dedent("\n".join(lines).expandtabs(4))


def last_line(span: Span) -> int:
    """The last line with something of the span on it."""
    return span.end_line - (span.end_column == 1 and span.end_line > span.line)


def _cut(line: str, start: int) -> str:
    if len(line) <= _WIDTH:
        return line
    first = max(0, min(start - _LEAD, len(line) - _WIDTH))
    before, after = "..." if first else "", "..." if first + _WIDTH < len(line) else ""
    return before + line[first : first + _WIDTH] + after
