"""The lines of a file that a finding is about, with the exact place marked."""

from __future__ import annotations

from migration_lint.model import Document, Span
from migration_lint.report.escape import html
from migration_lint.report.excerpt import last_line

_AROUND = 1
"""Lines shown before and after."""
_LINES = 14
"""More lines than that are cut in the middle."""
_WIDTH = 400
"""Longer lines are cut around the place."""
_LEAD = 40


def source(document: Document, span: Span) -> str:
    """A scrolling block of numbered lines."""
    end = last_line(span)
    last = document.line_of(len(document.text))
    numbers: list[int | None] = list(range(max(1, span.line - _AROUND), min(last, end + _AROUND) + 1))
    if len(numbers) > _LINES:
        numbers = [*numbers[: _LINES - 3], None, *numbers[-2:]]
    cut = '<li class="cut">⋮</li>'
    lines = "".join(cut if number is None else _line(document, span, number, end) for number in numbers)
    return f'<div class="source" tabindex="0" role="group" aria-label="source"><ol>{lines}</ol></div>'


def _line(document: Document, span: Span, number: int, end_line: int) -> str:
    text = document.line(number)
    if not span.line <= number <= end_line:
        return f'<li value="{number}"><code>{html(_cut(text, 0)[0])}</code></li>'
    start = span.column - 1 if number == span.line else len(text) - len(text.lstrip())
    end = span.end_column - 1 if number == span.end_line else len(text.rstrip())
    text, first = _cut(text, start)
    start, end = max(0, start - first), max(0, min(end - first, len(text)))
    marked = f"{html(text[:start])}<mark>{html(text[start:end])}</mark>{html(text[end:])}"
    return f'<li value="{number}" class="here"><code>{marked}</code></li>'


def _cut(text: str, start: int) -> tuple[str, int]:
    """The part of a long line around the place, and what its offsets are to be lowered by."""
    if len(text) <= _WIDTH:
        return text, 0
    first = max(0, min(start - _LEAD, len(text) - _WIDTH))
    before = "…" if first else ""
    after = "…" if first + _WIDTH < len(text) else ""
    return before + text[first : first + _WIDTH] + after, first - len(before)
