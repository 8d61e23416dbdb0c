"""For people at a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.findings import Finding, Report, Status, Verdict
from migration_lint.linting.decide import blocks, counted
from migration_lint.model import Document, Error, Span
from migration_lint.report.escape import printable, printable_lines
from migration_lint.report.format import Kind
from migration_lint.report.frame import frame
from migration_lint.report.statistics import statistics
from migration_lint.report.view import View
from migration_lint.report.wording import (
    counting,
    doubt,
    lock_lines,
    safe_way,
    status_of,
    summary,
)

KIND = Kind.LINES
STEPS = False

_WIDTH = 100
_MANY = 20
"""With more findings than that, a rule that was shown in full `_SAMPLES` times is shown in one line."""
_SAMPLES = 3
_MARKS = {
    Status.PASSED: ("[OK]", "✔"),
    Status.FAILED: ("[FAILED]", "✘"),
    Status.UNKNOWN: ("[UNKNOWN]", "?"),
    Status.WAIVED: ("[WAIVED]", "~"),
}
"""As the document of the checklist has it, and where there are colours."""
_MARK = max(len(plain) for plain, _ in _MARKS.values())
_COLOURS = {Status.FAILED: "bad", Status.UNKNOWN: "bad", Status.WAIVED: "bold", Status.PASSED: "good"}


def render(report: Report, view: View) -> str:
    """Findings with code frames, what could not be checked, a summary and the decision."""
    lines = [*statistics(report, view)] if view.statistics else _findings(report, view)
    for number, error in enumerate(report.errors):
        framed = number < _MANY or view.full
        lines += _error(error, report.documents.get(error.path) if framed else None, view)
    lines += _verdicts(report, view)
    if not view.quiet or not report.decision.allowed:
        lines += [summary(report), *_decision(report, view)]
    return "".join(f"{line}\n" for line in lines)


def _findings(report: Report, view: View) -> list[str]:
    lines: list[str] = []
    shown = [finding for finding in counting(report) if not view.quiet or blocks(finding, view.fail_on)]
    seen: dict[str, int] = {}
    shortened = 0
    for finding in shown:
        seen[finding.rule] = seen.get(finding.rule, 0) + 1
        if len(shown) > _MANY and seen[finding.rule] > _SAMPLES and not view.full:
            shortened += 1
            lines.append(heading(finding, view))
        else:
            _part(lines)
            lines.append(heading(finding, view))
            lines += _details(finding, report.documents.get(finding.span.path), view)
            lines.append("")
    _part(lines)
    if shortened:
        lines += [f"({counted(shortened, 'finding')} in one line each; --full shows all of it)", ""]
    return lines


def _part(lines: list[str]) -> None:
    """A blank line, where there is none yet."""
    if lines and lines[-1]:
        lines.append("")


def heading(finding: Finding, view: View) -> str:
    """``path:line:column: error[rule] why``, which editors and terminals can follow."""
    span = finding.span
    place = view.paint(f"{printable(span.path)}:{span.line}:{span.column}:", "bold")
    kind = view.paint(f"{finding.severity.value}[{printable(finding.rule)}]", finding.severity)
    return f"{place} {kind} {printable(finding.why)}"


def _details(finding: Finding, document: Document | None, view: View) -> Iterator[str]:
    if document is not None:
        yield from frame(document, finding.span, finding.severity, view)
    for line in lock_lines(finding):
        yield f"  {view.paint('lock:', 'bold')} {printable(line)}"
    if doubt(finding):
        yield f"  {view.paint('confidence:', 'bold')} {doubt(finding)}"
    prose, sql = safe_way(finding)
    if prose:
        yield from _wrapped("safe way:", prose, view)
    if sql:
        yield ""
        for line in printable_lines(sql):
            yield f"      {line}".rstrip()


def _wrapped(label: str, text: str, view: View) -> Iterator[str]:
    from textwrap import wrap

    lead = "  "
    for paragraph in text.split("\n"):
        for line in wrap(
            f"{label} {printable(paragraph)}".strip(),
            _WIDTH,
            initial_indent=lead,
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        ):
            yield line.replace(label, view.paint(label, "good"), 1) if label else line
        label, lead = "", "    "


def _error(error: Error, document: Document | None, view: View) -> Iterator[str]:
    place = view.paint(f"{printable(error.path)}:{error.line}:", "bold")
    yield f"{place} {view.paint('not checked:', 'bad')} {printable(error.message)}"
    if document is not None:
        number = max(1, min(error.line, document.line_of(len(document.text))))
        text = document.line(number)
        if text.strip():
            column = len(text) - len(text.lstrip()) + 1
            span = Span(error.path, 0, 0, number, column, number, len(text.rstrip()) + 1)
            yield from frame(document, span, "bad", view)
    yield ""


def _verdicts(report: Report, view: View) -> Iterator[str]:
    """A line for each check, in the order of the list, and what its answer is under it."""
    shown = [verdict for verdict in report.verdicts if not view.quiet or verdict.blocks]
    size = max((len(_name(verdict)) for verdict in shown), default=0)
    for verdict in shown:
        yield from _verdict(verdict, size, view)
    if shown:
        yield ""


def _name(verdict: Verdict) -> str:
    return printable(verdict.title or verdict.check)


def _verdict(verdict: Verdict, size: int, view: View) -> Iterator[str]:
    """An answer that blocks names its check, for a waiver or the configuration."""
    plain, sign = _MARKS[verdict.status]
    mark = view.paint(sign, _COLOURS[verdict.status]) if view.colour else f"{plain:{_MARK}}"
    if verdict.status is Status.PASSED:
        yield f"{mark} {_name(verdict):{size}}  {printable(verdict.why)}".rstrip()
        return
    check = f"{verdict.check if verdict.title else ''}{status_of(verdict).removeprefix(verdict.status.value)}"
    yield f"{mark} {_name(verdict):{size}}  {printable(check).strip()}".rstrip()
    yield from _indented(verdict.why, " " * (2 if view.colour else _MARK + 1))


def _indented(text: str, lead: str) -> Iterator[str]:
    from textwrap import wrap

    for line in printable_lines(text):
        yield from wrap(
            line,
            _WIDTH,
            initial_indent=lead,
            subsequent_indent=lead,
            break_long_words=False,
            break_on_hyphens=False,
        )


def _decision(report: Report, view: View) -> Iterator[str]:
    because = printable(", ".join(report.decision.because))
    if report.decision.allowed:
        yield view.paint("allowed", "good")
        return
    yield f"{view.paint('blocked:', 'bad')} {because}"
    first = next((finding for finding in report.findings if blocks(finding, view.fail_on)), None)
    if first is not None:
        rule = printable(first.rule)
        yield (
            f"Take the safe way, or allow it on the line above: -- migration-lint: ignore[{rule}] REASON\n"
            f"More about it: migration-lint rule {rule}"
        )
    if report.errors:
        yield "Nothing passes unseen: correct what could not be checked."
