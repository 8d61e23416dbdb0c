"""The lines of a file that a finding is about, with carets under the exact place."""

from __future__ import annotations

from migration_lint.findings import Severity
from migration_lint.model import Document, Span
from migration_lint.report.escape import printable, width
from migration_lint.report.view import View

_LINES = 4
"""More lines than that are cut in the middle."""
_WIDTH = 100
"""Longer lines are cut around the place."""
_LEAD = 24
"""Characters kept before the place in a line that is cut."""


def frame(document: Document, span: Span, colour: Severity | str, view: View) -> list[str]:
    """The frame's lines."""
    numbers = list(range(span.line, span.end_line + 1))
    if len(numbers) > 1 and span.end_column == 1:
        numbers.pop()
    cut = len(numbers) > _LINES
    shown = [*numbers[: _LINES - 2], None, numbers[-1]] if cut else list(numbers)
    gutter = len(str(numbers[-1]))
    edge = view.paint(f"{'':{gutter}} |", "dim")
    lines = [edge]
    for number in shown:
        if number is None:
            lines.append(view.paint(f"{'':{gutter}} :", "dim"))
            continue
        code, marks = _line(document, span, number)
        lines.append(f"{view.paint(f'{number:{gutter}} |', 'dim')} {code}".rstrip())
        if marks:
            lines.append(f"{edge} {_painted(marks, colour, view)}")
    return lines


def _painted(marks: str, colour: Severity | str, view: View) -> str:
    carets = marks.lstrip(" ")
    return " " * (len(marks) - len(carets)) + view.paint(carets, colour)


def _line(document: Document, span: Span, number: int) -> tuple[str, str]:
    """The printable code of a line, and the carets under it."""
    text = document.line(number)
    start = span.column - 1 if number == span.line else len(text) - len(text.lstrip())
    end = span.end_column - 1 if number == span.end_line else len(text.rstrip())
    end = min(max(end, start), len(text))
    before, after = "", ""
    if len(text) > _WIDTH:
        first = max(0, min(start - _LEAD, len(text) - _WIDTH))
        last = first + _WIDTH
        before, after = "..." if first else "", "..." if last < len(text) else ""
        text, start, end = text[first:last], start - first, min(end, last) - first
    lead, place = printable(before + text[:start]), printable(text[start:end])
    carets = "^" * max(1, width(place)) if place or not text.strip() else ""
    return lead + place + printable(text[end:] + after), " " * width(lead) + carets if carets else ""
