"""What came of showing findings somewhere."""

from __future__ import annotations

from msgspec import Struct

from migration_lint.findings import Finding, Report, Severity

_ORDER = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


class Shown(Struct, frozen=True):
    """`left` are findings that could not be shown there; `what` says what was done, in words."""

    what: str
    left: tuple[Finding, ...] = ()


def to_show(report: Report) -> list[Finding]:
    """The findings that count, worst first."""
    counting = [finding for finding in report.findings if finding.suppressed is None]
    return sorted(counting, key=lambda finding: _ORDER.index(finding.severity))
