"""Issues of an Azure Pipelines run, as logging commands.

https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands#logissue-log-an-error-or-warning
There are errors and warnings and nothing less: notes are plain lines of the log.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.findings import Report, Severity
from migration_lint.report.escape import azure_data, azure_property, inert, printable
from migration_lint.report.format import Kind
from migration_lint.report.paths import repository_path
from migration_lint.report.view import View
from migration_lint.report.wording import (
    NOT_CHECKED,
    answered,
    counting,
    message,
    noteworthy,
    verdicts_worst_first,
    worst_first,
)

KIND = Kind.COMMANDS
STEPS = False


def render(report: Report, view: View) -> str:
    """A command for each finding, worst first, and for what could not be checked or blocks."""
    return "".join(f"{line}\n" for line in _lines(report, view))


def _lines(report: Report, view: View) -> Iterator[str]:
    for error in report.errors:
        yield _issue("error", error.message, _place(error.path, error.line, None, NOT_CHECKED, view))
    for verdict in verdicts_worst_first(report):
        if noteworthy(verdict):
            kind = "error" if verdict.blocks else "warning"
            yield _issue(kind, answered(verdict), {"code": verdict.check})
    for finding in worst_first(counting(report)):
        span = finding.span
        if finding.severity is Severity.NOTE:
            place = f"{repository_path(span.path, view)}:{span.line}:{span.column}"
            yield inert(printable(f"{place}: note[{finding.rule}] {finding.why}"))
        else:
            place_of = _place(span.path, span.line, span.column, finding.rule, view)
            yield _issue(finding.severity.value, message(finding), place_of)


def _place(path: str, line: int, column: int | None, code: str, view: View) -> dict[str, str]:
    place = {"sourcepath": repository_path(path, view), "linenumber": str(line)}
    if column is not None:
        place["columnnumber"] = str(column)
    return place | {"code": code}


def _issue(kind: str, text: str, properties: dict[str, str]) -> str:
    said = "".join(f"{name}={azure_property(value)};" for name, value in properties.items() if value)
    return f"##vso[task.logissue type={kind};{said}]{azure_data(text)}"
