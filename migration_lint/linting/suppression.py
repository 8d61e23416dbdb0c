"""Findings that a comment answers for, and comments that answer for nothing."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from migration_lint.findings import Confidence, Finding, Suppressed
from migration_lint.linting.directives import OWN, Directive
from migration_lint.linting.names import RuleNames
from migration_lint.linting.notes import NOTES
from migration_lint.model import Direction, Span
from migration_lint.suggestion import suggestion


def suppress(
    findings: Sequence[Finding],
    directives: Sequence[Directive],
    names: RuleNames,
    active: frozenset[str],
    migration: str,
) -> tuple[list[Finding], list[Finding]]:
    """The findings of one migration, suppressed where a directive says so; and notes on directives.

    `active` are the rules that ran: a suppression of another one is not called unused.
    """
    used: set[tuple[int, str]] = set()
    kept = []
    meant = [_rules(directive, names) for directive in directives]
    reach = _Reach(directives)
    for finding in findings:
        reasons = []
        for number in reach.of(finding.span):
            if finding.rule in meant[number]:
                used.add((number, finding.rule))
                directive = directives[number]
                reasons.append(Suppressed("comment", directive.reason, directive.span.line))
        kept.append(
            replace(finding, suppressed=reasons[0]) if reasons and not finding.suppressed else finding
        )
    notes: list[Finding] = []
    for number, directive in enumerate(directives):
        if directive.tool == OWN:
            unused = {name for name in meant[number] & active if (number, name) not in used}
            notes += _notes(directive, names, unused, migration)
    return kept, notes


class _Reach:
    """Which directives speak of a place, without asking each of them."""

    def __init__(self, directives: Sequence[Directive]) -> None:
        self._files: dict[str, list[int]] = {}
        self._statements: dict[str, dict[tuple[int, int], list[int]]] = {}
        for number, directive in enumerate(directives):
            path = directive.span.path
            if directive.file:
                self._files.setdefault(path, []).append(number)
            elif directive.statement is not None:
                self._statements.setdefault(path, {}).setdefault(directive.statement, []).append(number)
        self._bounds = {path: sorted(statements) for path, statements in self._statements.items()}

    def of(self, span: Span) -> Sequence[int]:
        """The numbers of the directives, those of the statement first."""
        found: list[int] = []
        bounds = self._bounds.get(span.path, ())
        at = bisect_right(bounds, (span.start, sys.maxsize)) - 1
        if at >= 0 and span.start <= bounds[at][1]:
            found += self._statements[span.path][bounds[at]]
        return found + self._files.get(span.path, [])


def _rules(directive: Directive, names: RuleNames) -> set[str]:
    if directive.tool == OWN:
        return {rule_id for name in directive.names for rule_id in names.ids(name)}
    wanted: Sequence[str | None] = directive.names or (None,)
    return {rule_id for name in wanted for rule_id in names.counterparts(directive.tool, name)}


def _notes(directive: Directive, names: RuleNames, unused: set[str], migration: str) -> Iterator[Finding]:
    if directive.problem is not None:
        yield _note(
            "malformed-suppression",
            directive,
            migration,
            f"this comment suppresses nothing: {directive.problem}",
        )
        return
    for name in directive.names:
        if not names.ids(name):
            hint = suggestion(name, names.rules)
            yield _note(
                "unknown-rule-in-suppression", directive, migration, f"there is no rule named {name}{hint}"
            )
    for rule_id in sorted(unused):
        where = "in this file" if directive.file else "in this statement"
        if not directive.file and directive.statement is None:
            where = "here: no statement follows"
        yield _note(
            "unused-suppression", directive, migration, f"there is no finding of {rule_id} {where}; remove it"
        )
    if directive.reason is None:
        yield _note(
            "suppression-without-reason", directive, migration, "say after the bracket why this is harmless"
        )


def _note(rule: str, directive: Directive, migration: str, why: str) -> Finding:
    return Finding(
        rule=rule,
        severity=NOTES[rule][0],
        confidence=Confidence.CERTAIN,
        span=directive.span,
        migration=migration,
        relation="",
        why=why,
        instead="",
        direction=Direction.UP,
    )
