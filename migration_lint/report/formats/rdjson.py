"""Reviewdog's Diagnostic Format: review comments on Gitea, Gerrit, Bitbucket, GitLab, GitHub.

https://github.com/reviewdog/reviewdog/tree/master/proto/rdf
Paths are relative to the working folder, as reviewdog takes them; columns count UTF-8 bytes. The
answers of checks, which stand at no file, are not in it.
"""

from __future__ import annotations

from typing import Any

from migration_lint.findings import Finding, Fix, Report, Severity
from migration_lint.model import Document, Error
from migration_lint.report.encode import json_text
from migration_lint.report.escape import printable_text
from migration_lint.report.format import Kind
from migration_lint.report.view import View
from migration_lint.report.wording import NOT_CHECKED, counting, message

KIND = Kind.DOCUMENT
STEPS = False

_SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "INFO"}


def render(report: Report, view: View) -> str:
    """A diagnostic for each finding that counts, and for each place that could not be checked."""
    diagnostics = [_finding(finding, report.documents) for finding in counting(report)]
    diagnostics += [_error(error) for error in report.errors]
    return json_text({"source": {"name": "migration-lint"}, "diagnostics": diagnostics})


def _finding(finding: Finding, documents: dict[str, Document]) -> dict[str, Any]:
    span = finding.span
    document = documents.get(span.path)
    diagnostic = {
        "message": printable_text(message(finding)),
        "location": {
            "path": span.path,
            "range": {
                "start": _position(document, span.line, span.column),
                "end": _position(document, span.end_line, span.end_column),
            },
        },
        "severity": _SEVERITIES[finding.severity],
        "code": {"value": finding.rule},
    }
    suggestions = _suggestions(finding.fix, document)
    return diagnostic | {"suggestions": suggestions} if suggestions else diagnostic


def _suggestions(fix: Fix | None, document: Document | None) -> list[dict[str, Any]]:
    """A fix that is one edit of this file: each suggestion is taken or left on its own."""
    if fix is None or fix.files or len(fix.edits) != 1 or document is None:
        return []
    (edit,) = fix.edits
    if edit.path != document.path:
        return []
    span = document.span(edit.start, edit.end)
    return [
        {
            "range": {
                "start": _position(document, span.line, span.column),
                "end": _position(document, span.end_line, span.end_column),
            },
            "text": edit.text,
        }
    ]


def _position(document: Document | None, line: int, column: int) -> dict[str, int]:
    if document is None:
        return {"line": line}
    before = document.line(line)[: column - 1]
    return {"line": line, "column": len(before.encode(errors="replace")) + 1}


def _error(error: Error) -> dict[str, Any]:
    return {
        "message": f"not checked: {printable_text(error.message)}",
        "location": {"path": error.path, "range": {"start": {"line": error.line}}},
        "severity": "ERROR",
        "code": {"value": NOT_CHECKED},
    }
