from collections.abc import Iterator, Sequence

from migration_lint.effects import BeginTransaction, EndTransaction
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step


class UnclosedTransaction(Rule):
    """BEGIN without COMMIT: the server takes it all back when the session ends.

    Nothing says so: every statement succeeds, the tool notes the migration as run, and the changes are
    gone. Where the session lives on, in a pool, the locks live on with it, and everyone waits.

    Given:

        create table orders (id bigint primary key);

    Bad:

        begin;  -- here
        set local lock_timeout = '2s';
        alter table orders add column note text;

    Good:

        begin;
        set local lock_timeout = '2s';
        alter table orders add column note text;
        commit;

    Good [transaction=one] - the tool's own COMMIT ends it:

        begin;
        set local lock_timeout = '2s';
        alter table orders add column note text;
    """

    severity = Severity.ERROR
    aliases = (
        "squawk:ban-uncommitted-transaction",
        "pgfence:unclosed-transaction",
        "migrationpilot:MP053",
        "safemigrate-lint:uncommitted-transaction-banned",
    )

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        opened: Step | None = None
        for step in steps:
            for change in step.effects:
                if isinstance(change, BeginTransaction):
                    if opened is None and not step.session.wrapped:
                        opened = step
                elif isinstance(change, EndTransaction):
                    opened = None
        if opened is not None:
            yield self.finding(
                opened,
                why="nothing commits: the server takes every statement after it back when the session ends",
                instead="end the transaction where the migration ends\n\nCOMMIT;",
            )
