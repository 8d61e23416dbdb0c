"""One line for each finding, as editors and grep read them: ``path:line:column: error[rule] why``."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.findings import Report
from migration_lint.linting.decide import blocks
from migration_lint.report.escape import printable
from migration_lint.report.format import Kind
from migration_lint.report.view import View
from migration_lint.report.wording import answered, counting, decision, verdicts_worst_first

KIND = Kind.LINES
STEPS = False


def render(report: Report, view: View) -> str:
    """The lines, the last of them the decision."""
    return "".join(f"{line}\n" for line in _lines(report, view))


def _lines(report: Report, view: View) -> Iterator[str]:
    for finding in counting(report):
        if view.quiet and not blocks(finding, view.fail_on):
            continue
        span = finding.span
        kind = view.paint(f"{finding.severity.value}[{printable(finding.rule)}]", finding.severity)
        yield f"{printable(span.path)}:{span.line}:{span.column}: {kind} {printable(finding.why)}"
    for error in report.errors:
        kind = view.paint("not checked:", "bad")
        yield f"{printable(error.path)}:{error.line}: {kind} {printable(error.message)}"
    for verdict in verdicts_worst_first(report):
        if not view.quiet or verdict.blocks:
            yield printable(answered(verdict))
    if not view.quiet or not report.decision.allowed:
        yield printable(decision(report))
