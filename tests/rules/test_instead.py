"""What a finding says to write instead does what it is for: pasted, it is clean."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from msgspec import Struct

from migration_lint.findings import Finding, Severity
from migration_lint.linting.walk import walk
from migration_lint.model import Document, History, Migration, Script, Step, TransactionMode

from .pages import PageExample, counted, examples, linted

_COMMAND = re.compile(r"\n\n\$ [^\n]*")
"""A line for the shell, after the SQL."""
_NEXT = "\n-- in the next migration:\n"
_APART = re.compile(r"\bCONCURRENTLY\b|\bVACUUM\b|^BEGIN;", re.IGNORECASE)
"""What cannot stand in a transaction."""


_JOINING = ("repeated-alter-table",)
"""Rules that say to make one statement of several: it stands in the place of them all."""


class Advice(Struct, frozen=True):
    """A finding of a ``Bad`` example, whose `instead` holds SQL."""

    case: PageExample
    finding: Finding

    @property
    def name(self) -> str:
        """The example's name and the finding's line."""
        return f"{self.case.name}:{self.finding.span.line}"

    @property
    def migrations(self) -> list[str]:
        """The SQL to paste, migration by migration."""
        sql = _COMMAND.sub("", self.finding.instead).partition("\n\n")[2]
        return sql.split(_NEXT)


def _advice() -> Iterator[Advice]:
    for case in examples("bad"):
        result = linted(case)
        for finding in counted(result):
            if "\n\n" in finding.instead:
                yield Advice(case, finding)


ADVICE = list(_advice())


def pasted(advice: Advice) -> History:
    """The example with the SQL in place of the statement, and of what comes after it."""
    case, finding = advice.case, advice.finding
    history = case.example.history()
    made: list[Migration] = []
    for migration in history.migrations:
        if finding.span.path != migration.path:
            made.append(migration)
            continue
        step = _step(case, history, finding)
        joins = case.rule in _JOINING
        start = migration.up.sql.lower().index("alter table") if joins else step.start
        before, first = migration.up.sql[:start], advice.migrations[0]
        mode = migration.up.transaction
        if _APART.search(first) or first.startswith("--"):
            scripts = [before + _end(step), *advice.migrations]
        else:
            scripts = [before + first + "\n" + _end(step), *advice.migrations[1:]]
        for number, sql in enumerate(scripts):
            apart = TransactionMode.EACH if _APART.search(sql) and number else mode
            made.append(_migration(f"{migration.id}-{number}", sql, apart, migration.tool))
        break
    targets = frozenset(migration.id for migration in made if migration.id.startswith("example"))
    return History("", history.tool, tuple(made), targets)


def _step(case: PageExample, history: History, finding: Finding) -> Step:
    return next(
        step
        for walked in walk(history, case.engine)
        for run in walked.runs
        for step in run.outcome.steps
        if step.span.path == finding.span.path and step.span.start <= finding.span.start < step.span.end
    )


def _end(step: Step) -> str:
    """COMMIT, where the script itself opened a transaction before the statement."""
    own = step.session.transaction is not None and not (step.session.wrapped or step.session.implicit)
    return "commit;\n" if own else ""


def _migration(name: str, sql: str, mode: TransactionMode, tool: str) -> Migration:
    return Migration(name, tool, Script(Document(f"{name}.sql", sql), sql, mode))


@pytest.mark.parametrize("advice", ADVICE, ids=lambda advice: advice.name)
def test_pasted_it_is_clean_of_this_rule_and_of_errors(advice: Advice) -> None:
    case = advice.case
    result = linted(case, pasted(advice))
    left = [
        f"{finding.span.path}:{finding.span.line} {finding.rule}: {finding.why}"
        for finding in counted(result)
        if finding.rule == case.rule or finding.severity is Severity.ERROR
    ]
    assert (left, result.errors) == ([], ()), advice.finding.instead


def test_most_findings_hold_sql() -> None:
    statements = [case for case in examples("bad") if "disorder" not in case.example.options]
    assert len(ADVICE) >= 4 / 5 * len(statements)
