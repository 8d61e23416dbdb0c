"""GitLab's Code Quality report: ``artifacts: reports: codequality``.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
Every entry stands at a line of a file: the answers of checks, which do not, are not in it.
"""

from __future__ import annotations

from typing import Any

from migration_lint.findings import Finding, Report, Severity
from migration_lint.model import Error
from migration_lint.report.encode import json_text
from migration_lint.report.escape import printable
from migration_lint.report.excerpt import last_line
from migration_lint.report.format import Kind
from migration_lint.report.paths import repository_path
from migration_lint.report.view import View
from migration_lint.report.wording import NOT_CHECKED, counting

KIND = Kind.DOCUMENT
STEPS = False

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def render(report: Report, view: View) -> str:
    """An entry for each finding that counts, and for each place that could not be checked."""
    entries = [_finding(finding, view) for finding in counting(report)]
    return json_text([*entries, *(_error(error, view) for error in report.errors)])


def _finding(finding: Finding, view: View) -> dict[str, Any]:
    span = finding.span
    return {
        "description": printable(finding.why),
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": repository_path(span.path, view),
            "lines": {"begin": span.line, "end": last_line(span)},
        },
    }


def _error(error: Error, view: View) -> dict[str, Any]:
    from hashlib import sha256

    path = repository_path(error.path, view)
    known_by = f"{NOT_CHECKED}\x1f{path}\x1f{error.line}\x1f{error.message}"
    return {
        "description": f"not checked: {printable(error.message)}",
        "check_name": NOT_CHECKED,
        "fingerprint": sha256(known_by.encode(errors="backslashreplace")).hexdigest()[:32],
        "severity": "blocker",
        "location": {"path": path, "lines": {"begin": error.line}},
    }
