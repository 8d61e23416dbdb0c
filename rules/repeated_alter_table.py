import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from migration_lint.effects import Change
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import clause_sql, guarded, waiting
from migration_lint.model import Step

_HEAD = re.compile(r"\s*alter\s+table\s", re.IGNORECASE)


class RepeatedAlterTable(Rule):
    """A table is altered by several statements in a row where one would do.

    Each ALTER TABLE that commits on its own waits for its lock anew, and everyone queues behind it each
    time. One statement with several clauses waits once.

    Statements that read or write the table do not count: a constraint is added NOT VALID and validated
    in two statements with good reason.

    Given:

        create table orders (id bigint primary key, total bigint);

    Bad:

        set lock_timeout = '2s';
        alter table orders add column note text;
        alter table orders add column remark text;

    Good:

        set lock_timeout = '2s';
        alter table orders add column note text, add column remark text;

    Good:

        set lock_timeout = '2s';
        alter table orders add constraint total_positive check (total > 0) not valid;
        alter table orders validate constraint total_positive;
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = (
        "eugene:W12",
        "migrationpilot:MP058",
        "pg-migration-lint:PGM023",
        "pgls:multipleAlterTable",
        "bytebase:statement_merge_alter_table",
    )

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        for before, step in pairwise(steps):
            first, second = _altered(before), _altered(step)
            if first is None or first != second:
                continue
            lock = step.lock_on(first)
            if lock is None:
                continue
            yield self.finding(
                step,
                relation=first,
                why=f"{waiting(lock)} once more, while one ALTER TABLE could do both",
                instead=f"make one statement of both\n\n{guarded(_joined(before, step))}",
            )


def _altered(step: Step) -> str | None:
    """The table that an ALTER TABLE without long work is about."""
    if not _HEAD.match(step.sql) or step.work:
        return None
    names = {change.relation for change in step.each(Change)}
    name = next(iter(names)) if len(names) == 1 else None
    lock = step.lock_on(name) if name is not None else None
    if name is None or lock is None or not lock.mode.blocks_writes or step.is_new(name):
        return None
    return name


def _joined(first: Step, second: Step) -> str:
    clauses = {change.clause: clause_sql(second, change) for change in second.each(Change)}
    return ",\n    ".join((first.sql, *clauses.values())) + ";"
