"""Inspections and build problems of a TeamCity build, as service messages.

https://www.jetbrains.com/help/teamcity/service-messages.html#Reporting+Inspections
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.findings import Report, Severity
from migration_lint.linting.decide import counted
from migration_lint.report.about import about
from migration_lint.report.escape import teamcity
from migration_lint.report.format import Kind
from migration_lint.report.paths import repository_path
from migration_lint.report.view import View
from migration_lint.report.wording import (
    answered,
    counting,
    decision,
    message,
    noteworthy,
    verdicts_worst_first,
)

KIND = Kind.COMMANDS
STEPS = False

_SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "WEAK WARNING"}
_NAME, _TEXT, _IDENTITY = 255, 4000, 60
"""Characters that TeamCity takes of a name, a description, a problem's identity."""
_PROBLEMS = 20


def render(report: Report, view: View) -> str:
    """Inspections for findings; build problems for what could not be checked, and for what blocks."""
    return "".join(f"{line}\n" for line in _lines(report, view))


def _lines(report: Report, view: View) -> Iterator[str]:
    findings = counting(report)
    for rule in dict.fromkeys(finding.rule for finding in findings):
        title = about(rule, view.rules).title
        yield _message(
            "inspectionType",
            {
                "id": rule[:_NAME],
                "name": rule[:_NAME],
                "category": "migration-lint",
                "description": title[:_TEXT],
            },
        )
    for finding in findings:
        place = {"file": repository_path(finding.span.path, view), "line": str(finding.span.line)}
        said = {"typeId": finding.rule[:_NAME], "message": message(finding)[:_TEXT]}
        yield _message("inspection", said | place | {"SEVERITY": _SEVERITIES[finding.severity]})
    for error in report.errors[:_PROBLEMS]:
        text = f"{repository_path(error.path, view)}:{error.line}: not checked: {error.message}"
        yield _problem(text, f"not-checked:{error.path}:{error.line}")
    if len(report.errors) > _PROBLEMS:
        left = len(report.errors) - _PROBLEMS
        yield _problem(f"{counted(left, 'more place')} could not be checked", "not-checked")
    for verdict in verdicts_worst_first(report):
        if verdict.blocks:
            yield _problem(answered(verdict), verdict.check)
        elif noteworthy(verdict):
            yield _message("message", {"text": answered(verdict)[:_TEXT], "status": "WARNING"})
    if not report.decision.allowed:
        yield _problem(f"migration-lint: {decision(report)}", "migration-lint")


def _problem(text: str, identity: str) -> str:
    """`identity` tells a new problem from a known one."""
    short = identity if len(identity) <= _IDENTITY and identity.isascii() else _digest(identity)
    return _message("buildProblem", {"description": text[:_TEXT], "identity": short})


def _digest(text: str) -> str:
    from hashlib import sha256

    return sha256(text.encode(errors="backslashreplace")).hexdigest()[:_IDENTITY]


def _message(name: str, attributes: dict[str, str]) -> str:
    said = " ".join(f"{key}='{teamcity(value)}'" for key, value in attributes.items())
    return f"##teamcity[{name} {said}]"
