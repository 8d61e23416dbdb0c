"""The code that is deployed now goes on working: no finding of a rule that is about running code.

A finding that somebody allowed, with the reason, does not count.
"""

from __future__ import annotations

from migration_lint.checklist.check import Answer, Check, failed, passed, unknown
from migration_lint.checklist.places import place_of
from migration_lint.checklist.subject import Subject, limit
from migration_lint.findings import Finding
from migration_lint.linting.decide import counted
from migration_lint.model import Direction

_ORDER = "deploy code that works with both schemas first, then migrate, or split the migration in two"


def _asks(subject: Subject) -> str:
    return "the rules about running code, of every statement that is to run"


def _answer(subject: Subject) -> Answer:
    if subject.linted.errors:
        return unknown("not every statement could be read: see lint")
    rules = sorted(name for name, rule in subject.rules.items() if rule.breaks_code)
    about = [
        finding
        for finding in subject.linted.findings
        if finding.rule in rules and finding.direction is Direction.UP
    ]
    found = [finding for finding in about if finding.suppressed is None]
    if found:
        lines = [_line(finding) for finding in found]
        return failed("\n".join([*lines, _ORDER]), findings=lines)
    allowed = [_line(finding) for finding in about]
    said = f"; {counted(len(allowed), 'finding')} allowed by name" if allowed else ""
    return passed(f"no statement breaks it{said}", rules=rules, allowed=allowed)


def _line(finding: Finding) -> str:
    return f"{place_of(finding)}: {finding.rule}: {finding.why}"


CHECK = Check("compatible-code", "Backward compatible with the deployed code", _asks, _answer, limit)
