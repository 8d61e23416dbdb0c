"""A saved report, read back. Whoever could write to the job that made it may have written it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from migration_lint.errors import UsageError
from migration_lint.findings import Confidence, Edit, Finding, Fix, Report, Severity
from migration_lint.linting.tally import tally
from migration_lint.model import Span
from migration_lint.report.formats.json import FindingJson, ReportJson
from migration_lint.report.paths import repository_path
from migration_lint.report.view import View

LARGEST = 64 << 20
"""Bytes of a report; 10,000 findings take less than half of that."""
_MOST_LINES = 10_000_000
_FINGERPRINT = re.compile(r"[0-9a-f]{8,64}")
_DRIVE = re.compile(r"[A-Za-z]:")


def read_report(path: str, view: View) -> Report:
    """The report in a file, with its paths relative to the root of the repository.

    `view` says from which folder of the repository the report's paths are seen. Raises UsageError where
    the file is no report, is larger than `LARGEST`, or names a path outside the repository.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - start-up time
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{path}: the report cannot be read: {error.strerror}") from error
    if len(data) > LARGEST:
        raise UsageError(f"{path}: larger than any report ({LARGEST >> 20} MiB)")
    return parse_report(data, path, view)


def parse_report(data: bytes, path: str, view: View) -> Report:
    """`read_report` of the file's content."""
    try:
        read = msgspec.json.decode(data, type=ReportJson)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: not a report of migration-lint: {error}") from error
    try:
        findings = tuple(_unique(_finding(finding, view) for finding in read.findings))
        errors = tuple(
            msgspec.structs.replace(error, path=_inside(error.path, view), line=_line(error.line))
            for error in read.errors
        )
    except ValueError as error:
        raise UsageError(f"{path}: not a report that can be published: {error}") from error
    return Report(
        engine=read.engine,
        engine_version=read.engine_version,
        findings=findings,
        verdicts=read.verdicts,
        errors=errors,
        # Counted again, so that the numbers are those of what is shown.
        summary=tally(findings, read.summary.migrations, read.summary.statements),
        decision=read.decision,
    )


def _unique(findings: Iterator[Finding]) -> Iterator[Finding]:
    """A fingerprint stands for one finding: of two, the first is shown."""
    seen = set()
    for finding in findings:
        if finding.fingerprint not in seen:
            seen.add(finding.fingerprint)
            yield finding


def _finding(read: FindingJson, view: View) -> Finding:
    if not _FINGERPRINT.fullmatch(read.fingerprint):
        raise ValueError(f"{read.fingerprint!r} is not a fingerprint")
    line = _line(read.line)
    end_line = max(line, _line(read.end_line))
    span = Span(_inside(read.path, view), 0, 0, line, max(1, read.column), end_line, max(1, read.end_column))
    return Finding(
        rule=read.rule,
        severity=Severity(read.severity),
        confidence=Confidence(read.confidence),
        span=span,
        migration=read.migration,
        relation=read.relation,
        why=read.why,
        instead=read.instead,
        fix=_fix(read, view),
        suppressed=read.suppressed,
        fingerprint=read.fingerprint,
    )


def _fix(read: FindingJson, view: View) -> Fix | None:
    if read.fix is None:
        return None
    return Fix(
        read.fix.title,
        read.fix.safety,
        tuple(Edit(_inside(edit.path, view), edit.start, edit.end, edit.text) for edit in read.fix.edits),
        tuple((_inside(file.path, view), file.text) for file in read.fix.files),
    )


def _inside(path: str, view: View) -> str:
    """The path from the root of the repository. Raises ValueError where it leads out of it."""
    found = repository_path(path, view)
    if view.root and found == view.root.replace("\\", "/").rstrip("/"):
        return "."
    if found.startswith(("/", "../", "\\")) or found == ".." or _DRIVE.match(found) or "\0" in found:
        raise ValueError(f"{path!r} is not inside the repository")
    return found


def _line(number: int) -> int:
    """Raises ValueError for what can be no line."""
    if not 1 <= number <= _MOST_LINES:
        raise ValueError(f"{number} is not a line of a file")
    return number
