from __future__ import annotations

import pytest
from msgspec.structs import replace

from migration_lint.findings import Confidence, Finding, Severity, Status, Suppressed, Verdict
from migration_lint.linting.decide import EXIT_CODES, decide, exit_code
from migration_lint.model import Error, Span

FINDING = Finding("r", Severity.ERROR, Confidence.CERTAIN, Span("a", 0, 0, 1, 1, 1, 1), "1", "", "why", "")
WARNING = replace(FINDING, severity=Severity.WARNING)
NOTE = replace(FINDING, severity=Severity.NOTE)
SUPPRESSED = replace(FINDING, suppressed=Suppressed("comment", "ok"))
ERROR = Error("a", 1, "unreadable")


def verdict(status: Status) -> Verdict:
    return Verdict("backup", status, "because")


def advice(status: Status) -> Verdict:
    return replace(verdict(status), required=False)


@pytest.mark.parametrize(
    ("findings", "verdicts", "errors", "fail_on", "because", "code"),
    [
        ([], [], [], Severity.ERROR, (), 0),
        ([FINDING, FINDING, NOTE], [], [], Severity.ERROR, ("2 errors",), 1),
        ([WARNING, NOTE], [], [], Severity.ERROR, (), 0),
        ([FINDING, WARNING, NOTE], [], [], Severity.WARNING, ("1 error", "1 warning"), 1),
        ([NOTE], [], [], Severity.NOTE, ("1 note",), 1),
        ([FINDING], [], [], None, (), 0),
        ([SUPPRESSED], [], [], Severity.NOTE, (), 0),
        ([], [], [ERROR], None, ("1 place could not be checked",), 3),
        ([FINDING], [], [ERROR, ERROR], Severity.ERROR, ("1 error", "2 places could not be checked"), 3),
        ([], [verdict(Status.PASSED), verdict(Status.WAIVED)], [], Severity.ERROR, (), 0),
        ([], [verdict(Status.FAILED)], [], Severity.ERROR, ("backup: failed",), 1),
        ([], [verdict(Status.UNKNOWN)], [], None, ("backup: unknown",), 3),
        ([], [advice(Status.FAILED), advice(Status.UNKNOWN)], [], Severity.NOTE, (), 0),
        ([], [verdict(Status.FAILED), advice(Status.UNKNOWN)], [], Severity.NOTE, ("backup: failed",), 1),
    ],
)
def test_decisions(
    findings: list[Finding],
    verdicts: list[Verdict],
    errors: list[Error],
    fail_on: Severity | None,
    because: tuple[str, ...],
    code: int,
) -> None:
    decision = decide(findings, verdicts, errors, fail_on)
    assert (decision.allowed, decision.because) == (not because, because)
    assert exit_code(decision, errors, verdicts) == code
    assert code in EXIT_CODES
