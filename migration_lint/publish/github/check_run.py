"""A check run with annotations on the commit that is reviewed.

https://docs.github.com/rest/checks/runs: at most 50 annotations a request; those of later requests are
added to the earlier ones. The commit is the head of the pull request: the merge that a job checks out
is not shown. One made with the token of a workflow appears among the checks of any workflow of the
commit, which cannot be chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from github.GithubObject import NotSet

from migration_lint.findings import Finding, Report, Severity
from migration_lint.model import Error
from migration_lint.publish.github.connection import Connection
from migration_lint.publish.github.context import Context
from migration_lint.publish.github.shown import Shown, to_show
from migration_lint.report import formats
from migration_lint.report.escape import printable, printable_text
from migration_lint.report.view import View
from migration_lint.report.wording import decision, message, safe_way

if TYPE_CHECKING:
    from github.CheckRun import CheckRun

_BATCH = 50
_MOST = 200
"""Annotations: with many more, GitHub's page of changed files is of no use."""
_SUMMARY = 65_000
_MESSAGE = 16_000
"""Bytes; GitHub takes 64 KB."""
_TITLE = 250
_LEVELS = {Severity.ERROR: "failure", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def post_check_run(report: Report, view: View, connection: Connection, at: Context, name: str) -> Shown:
    """Make the check run; a run anew makes another, and GitHub shows the newest. Raises GitHubError."""
    findings = to_show(report)
    annotations = [_not_checked(error) for error in report.errors if _is_file(error.path)]
    annotations = annotations[:_MOST]
    shown = findings[: _MOST - len(annotations)]
    annotations += [_annotation(finding) for finding in shown]
    output = {"title": printable(decision(report))[:_TITLE], "summary": _summary(report, view)}
    batches = [annotations[at : at + _BATCH] for at in range(0, len(annotations), _BATCH)] or [[]]
    conclusion = _conclusion(report, at)
    run = _create(connection, at, name, output, batches[0], conclusion if len(batches) == 1 else None)
    for number, batch in enumerate(batches[1:], 1):
        last = number == len(batches) - 1
        _add(connection, run, output, batch, number * _BATCH + len(batch), conclusion if last else None)
    left = tuple(findings[len(shown) :])
    return Shown(f"made a check run with {len(annotations)} annotations", left)


def _conclusion(report: Report, at: Context) -> str:
    """A report that somebody else could write does not get to say that all is well."""
    if not report.decision.allowed:
        return "failure"
    return "success" if at.trusted else "neutral"


def _create(
    connection: Connection,
    at: Context,
    name: str,
    output: dict[str, str],
    batch: Sequence[dict[str, Any]],
    conclusion: str | None,
) -> CheckRun:
    """A check run with the first annotations; `conclusion` None: more are to come."""
    repository, calls = connection.repository, connection.calls
    key = f"{at.run}/{name}"

    def look() -> CheckRun | None:
        runs = repository.get_commit(at.head).get_check_runs(check_name=name)
        return next((run for run in runs if run.external_id == key), None)

    return calls.write(
        lambda: repository.create_check_run(
            name,
            at.head,
            external_id=key,
            output={**output, "annotations": list(batch)},
            status="completed" if conclusion else "in_progress",
            conclusion=conclusion or NotSet,
        ),
        look,
    )


def _add(
    connection: Connection,
    run: CheckRun,
    output: dict[str, str],
    batch: Sequence[dict[str, Any]],
    total: int,
    conclusion: str | None,
) -> None:
    """Add annotations, of which there are then `total`."""

    def edit() -> bool:
        run.edit(
            output={**output, "annotations": list(batch)},
            status="completed" if conclusion else "in_progress",
            conclusion=conclusion or NotSet,
        )
        return True

    def look() -> bool | None:
        now = connection.repository.get_check_run(run.id)
        return True if now.output.annotations_count >= total else None

    connection.calls.write(edit, look)


def _annotation(finding: Finding) -> dict[str, Any]:
    span = finding.span
    made = {
        "path": span.path,
        "start_line": span.line,
        "end_line": span.end_line,
        "annotation_level": _LEVELS[finding.severity],
        "title": _cut(printable(finding.rule), _TITLE),
        "message": _cut(printable_text(message(finding)), _MESSAGE),
    }
    if span.line == span.end_line:  # GitHub refuses columns over several lines
        made["start_column"] = span.column
        made["end_column"] = max(span.column, span.end_column - 1)
    _, sql = safe_way(finding)
    if sql:
        made["raw_details"] = _cut(printable_text(sql), _MESSAGE)
    return made


def _not_checked(error: Error) -> dict[str, Any]:
    return {
        "path": error.path,
        "start_line": error.line,
        "end_line": error.line,
        "annotation_level": "failure",
        "title": "not checked",
        "message": _cut(printable_text(error.message), _MESSAGE) or "not checked",
    }


def _is_file(path: str) -> bool:
    """Whether an annotation can stand there: not at a folder (``.``) or at what is no file (``<stdin>``)."""
    return path not in ("", ".") and not path.startswith("<")


def _summary(report: Report, view: View) -> str:
    from msgspec.structs import replace

    return formats.by_name("markdown").render(report, replace(view, room=_SUMMARY))


def _cut(text: str, room: int) -> str:
    """The beginning of a text that fits into so many bytes of UTF-8."""
    data = text.encode("utf-8", "replace")
    return text if len(data) <= room else data[: room - 3].decode("utf-8", "ignore") + "…"
