"""For a job summary or a comment on a change, in GitHub's Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from migration_lint.findings import Finding, Report, Severity, Status, Verdict
from migration_lint.linting.decide import counted
from migration_lint.model import Document, Error, Span
from migration_lint.report.escape import markdown, markdown_block, markdown_code
from migration_lint.report.excerpt import excerpt
from migration_lint.report.format import Kind
from migration_lint.report.locks import waits
from migration_lint.report.paths import repository_path
from migration_lint.report.view import View
from migration_lint.report.wording import (
    counting,
    decision,
    doubt,
    safe_way,
    status_of,
    strongest_locks,
    summary,
    suppression,
    verdicts_worst_first,
    worst_first,
)

KIND = Kind.DOCUMENT
STEPS = False

COMMENT = 65_536
"""Characters that GitHub takes of a comment; counted here as bytes, of which there are never fewer."""

_MANY = 20
"""With more findings than that, a rule that was shown in full `_SAMPLES` times is shown in one line."""
_SAMPLES = 3
_CLOSING = 300
"""Bytes kept for the line that says what was left out."""
_MARKS = {Severity.ERROR: "🔴", Severity.WARNING: "🟠", Severity.NOTE: "🔵"}
_ANSWERS = {Status.FAILED: "❌", Status.UNKNOWN: "❔", Status.WAIVED: "🟡", Status.PASSED: "✅"}


class _Sheet(Struct):
    """Text that grows while there is room for it."""

    room: int
    parts: list[str] = field(default_factory=list)

    def add(self, *lines: str) -> bool:
        """Add lines, all of them or none; whether they fit."""
        part = "".join(f"{line}\n" for line in lines)
        size = len(part.encode())
        if size > self.room:
            return False
        self.room -= size
        self.parts.append(part)
        return True


def render(report: Report, view: View) -> str:
    """The decision, what could not be checked, the checks and the findings, worst first.

    What `view.room` does not hold is left out, and counted in the last line. Without a limit, it is
    that of a comment, unless everything is to be shown.
    """
    room = view.room if view.room is not None else (2**62 if view.full else COMMENT)
    sheet = _Sheet(room - _CLOSING)
    mark = "✅" if report.decision.allowed else "⛔"
    heading = f"## {mark} migration-lint: {markdown(decision(report))}"
    if not sheet.add(heading, "", markdown(summary(report))):
        return ""
    left = _errors(report, view, sheet)
    left += _verdicts(report, sheet)
    left += _findings(report, view, sheet)
    left += _suppressed(report, view, sheet)
    sheet.room += _CLOSING
    if left:
        sheet.add("", f"**Left out here, for want of room: {left:,}.** The text and json formats have all.")
    return "".join(sheet.parts)


def _listed(title: str, items: list[str], sheet: _Sheet) -> int:
    """A list under a title; how many of its items did not fit."""
    if not items:
        return 0
    if not sheet.add("", f"### {title}", ""):
        return len(items)
    # The first that does not fit ends the list: a lesser one must not take its place.
    fitting = next((number for number, item in enumerate(items) if not sheet.add(item)), len(items))
    return len(items) - fitting


def _errors(report: Report, view: View, sheet: _Sheet) -> int:
    return _listed("Not checked", [_error(error, view) for error in report.errors], sheet)


def _error(error: Error, view: View) -> str:
    place = markdown_code(f"{repository_path(error.path, view)}:{error.line}")
    return f"- {place}: {markdown(error.message)}"


def _verdicts(report: Report, sheet: _Sheet) -> int:
    return _listed("Checks", [_verdict(verdict) for verdict in verdicts_worst_first(report)], sheet)


def _verdict(verdict: Verdict) -> str:
    mark = f"{_ANSWERS[verdict.status]} **{status_of(verdict)}**"
    title = f" {markdown(verdict.title)}" if verdict.title else ""
    why = f": {markdown(verdict.why)}" if verdict.why else ""
    return f"- {mark} {markdown_code(verdict.check)}{title}{why}"


def _findings(report: Report, view: View, sheet: _Sheet) -> int:
    shown = worst_first(counting(report))
    seen: dict[str, int] = {}
    short: list[Finding] = []
    for finding in shown:
        seen[finding.rule] = seen.get(finding.rule, 0) + 1
        sample = len(shown) <= _MANY or view.full or seen[finding.rule] <= _SAMPLES
        if not sample or not sheet.add(*_finding(finding, report.documents.get(finding.span.path), view)):
            short.append(finding)
    more = f"{counted(len(short), 'more finding')}, in one line each"
    return _listed(more, [_line(finding, view) for finding in short], sheet)


def _finding(finding: Finding, document: Document | None, view: View) -> Iterator[str]:
    yield ""
    yield f"### {_MARKS[finding.severity]} {finding.severity.value}: {markdown(finding.why)}"
    yield ""
    yield f"{_place(finding.span, view)} · {markdown_code(finding.rule)}"
    if document is not None:
        yield ""
        yield from markdown_block(excerpt(document, finding.span), "sql")
    locks, more = strongest_locks(finding)
    if locks or doubt(finding):
        yield ""
    for lock in locks:
        yield f"- {markdown_code(lock.mode.name)} on {markdown_code(lock.relation)}: {waits(lock.mode)}"
    if more:
        yield f"- and on {counted(more, 'more relation')}"
    if doubt(finding):
        yield f"- {doubt(finding)}"
    prose, sql = safe_way(finding)
    if prose or sql:
        yield ""
        yield f"**Safe way:** {markdown(prose)}".rstrip()
    if sql:
        yield ""
        yield from markdown_block(sql, "sql")


def _line(finding: Finding, view: View) -> str:
    mark = f"{_MARKS[finding.severity]} **{finding.severity.value}**"
    return f"- {mark} {_place(finding.span, view)} · {markdown_code(finding.rule)}: {markdown(finding.why)}"


def _place(span: Span, view: View) -> str:
    return markdown_code(f"{repository_path(span.path, view)}:{span.line}")


def _suppressed(report: Report, view: View, sheet: _Sheet) -> int:
    items = [
        f"- {_place(finding.span, view)} · {markdown_code(finding.rule)}: {markdown(finding.why)} "
        f"({markdown(suppression(finding.suppressed))})"
        for finding in report.findings
        if finding.suppressed is not None
    ]
    if not items:
        return 0
    opening = ["", f"<details><summary>{len(items):,} suppressed</summary>", ""]
    closing = ["", "</details>"]
    fitting = 0
    room = sheet.room - sum(len(line) + 1 for line in (*opening, *closing))
    while fitting < len(items) and room >= (size := len(items[fitting].encode()) + 1):
        room -= size
        fitting += 1
    if fitting:
        sheet.add(*opening, *items[:fitting], *closing)
    return len(items) - fitting
