"""Words about findings, verdicts and the decision that several formats share. They are not escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from migration_lint.effects import Lock
from migration_lint.findings import Confidence, Finding, Report, Severity, Status, Suppressed, Verdict
from migration_lint.linting.decide import counted
from migration_lint.report.locks import waits

NOT_CHECKED = "not-checked"
"""What stands in the place of a rule where something could not be checked."""

STATUSES = (Status.FAILED, Status.UNKNOWN, Status.WAIVED, Status.PASSED)
"""The answers of checks, worst first."""

_ORDER = {severity: number for number, severity in enumerate(Severity)}
_LOCKS = 3
_DOUBT = {
    Confidence.LIKELY: "likely: the rows, or what is not known of the schema, may say otherwise",
    Confidence.POSSIBLE: "possible: the migrations do not tell",
}


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, then warnings, then notes; each in the order in which they were."""
    return sorted(findings, key=lambda finding: _ORDER[finding.severity])


def verdicts_worst_first(report: Report) -> list[Verdict]:
    """What failed, then what is not known, then the others."""
    return sorted(report.verdicts, key=lambda verdict: STATUSES.index(verdict.status))


def status_of(verdict: Verdict) -> str:
    """``failed``, or ``failed (advisory)`` where the answer only advises."""
    spared = not verdict.required and verdict.status in (Status.FAILED, Status.UNKNOWN)
    return f"{verdict.status.value} (advisory)" if spared else verdict.status.value


def answered(verdict: Verdict) -> str:
    """``backup: failed: no dump is younger than 24 h``."""
    return f"{verdict.check}: {status_of(verdict)}: {verdict.why}"


def noteworthy(verdict: Verdict) -> bool:
    """Whether the answer is to be seen even if it does not block."""
    return verdict.status is not Status.PASSED


def counting(report: Report) -> Sequence[Finding]:
    """The findings that nothing suppresses."""
    return [finding for finding in report.findings if finding.suppressed is None]


def summary(report: Report) -> str:
    """``3 migrations, 12 statements: 1 error, 2 warnings (1 suppressed); 2 checks: 1 failed, 1 passed``."""
    counts = report.summary
    parts = []
    if counts.migrations or report.findings or not report.verdicts:
        text = f"{counted(counts.migrations, 'migration')}, {counted(counts.statements, 'statement')}: "
        text += ", ".join(found(report)) or "no findings"
        parts.append(text + (f" ({counts.suppressed:,} suppressed)" if counts.suppressed else ""))
    if report.verdicts:
        answers = [
            f"{number:,} {status.value}"
            for status in STATUSES
            if (number := sum(verdict.status is status for verdict in report.verdicts))
        ]
        parts.append(f"{counted(len(report.verdicts), 'check')}: {', '.join(answers)}")
    return "; ".join(parts)


def found(report: Report) -> list[str]:
    """``["1 error", "2 warnings"]``; nothing where there is nothing."""
    counts = report.summary
    numbers = {"error": counts.error, "warning": counts.warning, "note": counts.note}
    return [counted(number, name) for name, number in numbers.items() if number]


def decision(report: Report) -> str:
    """``allowed``, or ``blocked: 1 error``."""
    if report.decision.allowed:
        return "allowed"
    return f"blocked: {', '.join(report.decision.because)}"


def doubt(finding: Finding) -> str:
    """Why a finding is not certain; empty where it is."""
    return _DOUBT.get(finding.confidence, "")


def strongest_locks(finding: Finding) -> tuple[list[Lock], int]:
    """The strongest lock on each relation that the finding explains, worst first; how many more there are."""
    strongest: dict[str, Lock] = {}
    for effect in finding.because:
        if isinstance(effect, Lock):
            known = strongest.get(effect.relation)
            if known is None or effect.mode.rank > known.mode.rank:
                strongest[effect.relation] = effect
    locks = sorted(strongest.values(), key=lambda lock: -lock.mode.rank)
    return locks[:_LOCKS], max(0, len(locks) - _LOCKS)


def lock_lines(finding: Finding) -> list[str]:
    """``ShareLock on public.orders (writes wait)`` for each of `strongest_locks`."""
    locks, more = strongest_locks(finding)
    lines = [f"{lock.mode.name} on {lock.relation} ({waits(lock.mode)})" for lock in locks]
    return [*lines, f"and on {counted(more, 'more relation')}"] if more else lines


def safe_way(finding: Finding) -> tuple[str, str]:
    """What to do instead: the order, and SQL to paste. Either may be empty."""
    prose, _, sql = finding.instead.strip("\n").partition("\n\n")
    return prose, sql.strip("\n") if sql.strip() else ""


def message(finding: Finding) -> str:
    """Why, and the order what to do instead, in one or two lines."""
    prose, _ = safe_way(finding)
    return f"{finding.why}\nsafe way: {prose}" if prose else finding.why


def suppression(suppressed: Suppressed) -> str:
    """``suppressed by comment: small table``."""
    return f"suppressed by {suppressed.by}" + (f": {suppressed.reason}" if suppressed.reason else "")
