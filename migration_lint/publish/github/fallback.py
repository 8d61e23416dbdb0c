"""What needs no permission: workflow commands, which become annotations, and the summary of the job."""

from __future__ import annotations

import os
from collections.abc import Collection

from msgspec.structs import replace

from migration_lint.findings import Finding, Report
from migration_lint.linting.tally import tally
from migration_lint.report import formats
from migration_lint.report.view import View

_SUMMARY = 1 << 20
"""Bytes of a step's summary; a larger one is not shown at all."""


def commands(report: Report, view: View) -> str:
    """Workflow commands for the whole report."""
    return formats.by_name("github").render(report, view)


def only(report: Report, findings: Collection[Finding]) -> Report:
    """The report with some of its findings and nothing else."""
    some = tuple(finding for finding in report.findings if finding in findings)
    counts = tally(some, report.summary.migrations, report.summary.statements)
    return replace(report, findings=some, errors=(), verdicts=(), summary=counts)


def write_step_summary(report: Report, view: View, path: str) -> None:
    """Add the report to the summary of the job's step. Raises OSError."""
    with open(path, "ab") as file:  # noqa: PTH123 - start-up time
        room = _SUMMARY - os.fstat(file.fileno()).st_size
        text = formats.by_name("markdown").render(report, replace(view, room=max(0, room)))
        file.write(text.encode("utf-8", "replace"))
