"""The pending migrations pass ``migration-lint check``."""

from __future__ import annotations

from migration_lint.checklist.check import Answer, Check, failed, passed, unknown
from migration_lint.checklist.places import place_of
from migration_lint.checklist.subject import Subject, limit
from migration_lint.linting.decide import blocks, counted


def _asks(subject: Subject) -> str:
    return "the rules, of every pending migration"


def _answer(subject: Subject) -> Answer:
    linted = subject.linted
    if linted.errors:
        error = linted.errors[0]
        return unknown(
            f"{counted(len(linted.errors), 'place')} could not be checked, first {error.path}:{error.line}: "
            f"{error.message}"
        )
    found = [finding for finding in linted.findings if blocks(finding, subject.fail_on)]
    if not found:
        return passed(
            f"{counted(linted.statements, 'statement')} of {counted(linted.migrations, 'migration')}"
        )
    lines = [f"{place_of(finding)}: {finding.rule}: {finding.why}" for finding in found]
    return failed("\n".join([*lines, "the safe way: migration-lint check"]), findings=lines)


CHECK = Check("lint", "Migrations pass the linter", _asks, _answer, limit)
