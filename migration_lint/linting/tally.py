"""Counts of a run."""

from __future__ import annotations

from collections.abc import Iterable

from migration_lint.findings import Finding, Severity, Summary


def tally(findings: Iterable[Finding], migrations: int, statements: int) -> Summary:
    """How many findings there are of each severity; suppressed ones are counted apart."""
    counts = dict.fromkeys(Severity, 0)
    suppressed = 0
    for finding in findings:
        if finding.suppressed is None:
            counts[finding.severity] += 1
        else:
            suppressed += 1
    return Summary(
        migrations,
        statements,
        counts[Severity.ERROR],
        counts[Severity.WARNING],
        counts[Severity.NOTE],
        suppressed,
    )
