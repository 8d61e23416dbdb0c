"""Annotations of a change on GitHub, as workflow commands: they need no token, and work for forks.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
The runner makes annotations of the first ten commands of each level in a step, and no more
(``_maxCountPerIssueType`` in actions/runner, ``ExecutionContext.cs``). So the worst come first, and where
there are more than ten of a level, the tenth says how many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from migration_lint.findings import Finding, Report, Severity, Status, Verdict
from migration_lint.linting.decide import counted
from migration_lint.model import Error, Span
from migration_lint.report.escape import actions_data, actions_property
from migration_lint.report.format import Kind
from migration_lint.report.paths import repository_path
from migration_lint.report.view import View
from migration_lint.report.wording import (
    counting,
    message,
    noteworthy,
    status_of,
    verdicts_worst_first,
    worst_first,
)

KIND = Kind.COMMANDS
STEPS = False

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_MOST = 10
_MESSAGE = 4096
"""Characters of a message that the runner keeps."""


def render(report: Report, view: View) -> str:
    """Commands, at most ten of each level; what could not be checked and what blocks comes first."""
    commands: dict[str, list[str]] = {level: [] for level in _LEVELS.values()}
    commands["error"] += (_error(error, view) for error in report.errors)
    for verdict in verdicts_worst_first(report):
        if noteworthy(verdict):
            level = "error" if verdict.blocks else "notice" if verdict.status is Status.WAIVED else "warning"
            commands[level].append(_verdict(verdict, level))
    for finding in worst_first(counting(report)):
        level = _LEVELS[finding.severity]
        commands[level].append(_finding(finding, level, view))
    return "".join(f"{line}\n" for level, found in commands.items() for line in _at_most_ten(level, found))


def _at_most_ten(level: str, found: list[str]) -> Iterable[str]:
    if len(found) <= _MOST:
        return found
    left = len(found) - _MOST + 1
    what = counted(left, f"more {level}")
    text = f"{what}: GitHub shows {_MOST} of a level; the job summary and the log have all of them"
    return [*found[: _MOST - 1], _command(level, text, title="migration-lint")]


def _finding(finding: Finding, level: str, view: View) -> str:
    return _command(level, message(finding), title=finding.rule, **_place(finding.span, view))


def _error(error: Error, view: View) -> str:
    return _command(
        "error",
        error.message,
        title="not checked",
        file=repository_path(error.path, view),
        line=str(error.line),
    )


def _verdict(verdict: Verdict, level: str) -> str:
    return _command(level, verdict.why, title=f"{verdict.check}: {status_of(verdict)}")


def _place(span: Span, view: View) -> dict[str, str]:
    """Columns only within one line: the runner drops them otherwise."""
    place = {"file": repository_path(span.path, view), "line": str(span.line)}
    end_line = max(span.line, span.end_line - (span.end_column == 1))
    if end_line == span.line and end_line == span.end_line and span.end_column > span.column:
        return place | {"col": str(span.column), "endColumn": str(span.end_column)}
    return place | {"endLine": str(end_line)}


def _command(level: str, text: str, **properties: str) -> str:
    said = ",".join(f"{name}={value}" for name, value in _escaped(properties) if value)
    return f"::{level} {said}::{actions_data(text[:_MESSAGE])}"


def _escaped(properties: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in properties.items():
        yield name, actions_property(value)
