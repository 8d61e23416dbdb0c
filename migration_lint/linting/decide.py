"""May the migration go on? The one place that says so."""

from __future__ import annotations

from collections.abc import Sequence

from migration_lint.findings import Decision, Finding, Severity, Status, Verdict
from migration_lint.model import Error

EXIT_CODES = {
    0: "allowed",
    1: "blocked by findings or verdicts",
    2: "wrong usage or configuration",
    3: "not everything could be checked, whatever else was found",
}
"""What the exit codes mean."""

_RANK = {Severity.NOTE: 0, Severity.WARNING: 1, Severity.ERROR: 2}


def blocks(finding: Finding, fail_on: Severity | None) -> bool:
    """Whether a finding stops the migration. `fail_on` None: no finding does."""
    return fail_on is not None and finding.suppressed is None and _RANK[finding.severity] >= _RANK[fail_on]


def decide(
    findings: Sequence[Finding],
    verdicts: Sequence[Verdict],
    errors: Sequence[Error],
    fail_on: Severity | None,
) -> Decision:
    """The decision, with every reason against. A verdict that is unknown does not pass."""
    because = []
    for severity in sorted(_RANK, key=_RANK.__getitem__, reverse=True):
        found = sum(finding.severity is severity and blocks(finding, fail_on) for finding in findings)
        if found:
            because.append(counted(found, severity.value))
    because += [f"{verdict.check}: {verdict.status.value}" for verdict in verdicts if verdict.blocks]
    if errors:
        because.append(f"{counted(len(errors), 'place')} could not be checked")
    return Decision(not because, tuple(because))


def exit_code(decision: Decision, errors: Sequence[Error], verdicts: Sequence[Verdict] = ()) -> int:
    """The process's exit code, as in `EXIT_CODES`."""
    if errors or any(verdict.blocks and verdict.status is Status.UNKNOWN for verdict in verdicts):
        return 3
    return 0 if decision.allowed else 1


def counted(number: int, noun: str) -> str:
    """``1 error``, ``2 errors``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
