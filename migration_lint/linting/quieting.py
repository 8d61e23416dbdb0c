"""What is left out of a migration's findings: what another one says already, or what nobody wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from migration_lint.effects import IndexBuild, Rewrite, Scan
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Direction, DownOrigin

_WORK = (Scan, Rewrite, IndexBuild)


def quieted(
    findings: Sequence[Finding], rules: Mapping[str, Rule], down: DownOrigin, *, unread: bool = False
) -> list[Finding]:
    """The findings of one migration that are worth telling, in their order.

    Suppression comes first: a finding that does not count answers for no other. `unread`: something of
    the migration, or before it, could not be read, which is an error of its own.
    """
    told = [
        finding
        for finding in _once(findings, rules)
        if not (unread and finding.rule in rules and rules[finding.rule].of_what_is_read)
    ]
    return list(_of_derived(told)) if down is DownOrigin.DERIVED else told


def _once(findings: Sequence[Finding], rules: Mapping[str, Rule]) -> Iterator[Finding]:
    """Without the findings that another one answers for, and those of rules that have asked already."""
    asked: set[tuple[str, Direction]] = set()
    for finding in findings:
        rule = rules.get(finding.rule)
        if rule is not None:
            if rule.answered_by and any(_answers(other, finding, rule.answered_by) for other in findings):
                continue
            if rule.about_work and any(_does_away(other, finding) for other in findings):
                continue
            key = (finding.rule, finding.direction)
            if rule.once and key in asked:
                continue
            asked.add(key)
        yield finding


def _answers(other: Finding, finding: Finding, words: Sequence[str]) -> bool:
    """Whether who follows the other finding has done for the statement what this one asks."""
    said = any(word in text for word in words for text in (other.why, other.instead))
    return said and _is_beside(other, finding)


def _does_away(other: Finding, finding: Finding) -> bool:
    """Whether the work that this finding is about is gone, once the other is followed."""
    work = [one for one in finding.because if isinstance(one, _WORK)]
    return bool(work) and _is_beside(other, finding) and all(one in other.because for one in work)


def _is_beside(other: Finding, finding: Finding) -> bool:
    """Whether the other finding counts, and is about the same statement."""
    return (
        other.suppressed is None
        and other.rule != finding.rule
        and other.severity is not Severity.NOTE
        and other.span.path == finding.span.path
        and finding.span.start <= other.span.start < max(finding.span.end, finding.span.start + 1)
    )


def _of_derived(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Of a down script that the tool makes up, what would be an error or works long, as a warning.

    Nobody wrote it, so nobody can write it better but by writing it out; what counts is that the way back
    is closed, or stops the server.
    """
    for finding in findings:
        if finding.direction is Direction.UP:
            yield finding
        elif finding.severity is Severity.ERROR or any(isinstance(one, _WORK) for one in finding.because):
            yield replace(finding, severity=Severity.WARNING)
