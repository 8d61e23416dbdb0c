from collections.abc import Iterator, Sequence

from migration_lint.effects import BeginTransaction, EndTransaction
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step


class TransactionNesting(Rule):
    """A COMMIT or ROLLBACK of the file ends the transaction that the tool opened.

    The migration tool wraps the file in a transaction, so that all of it happens or nothing. BEGIN in
    the file then does nothing (the server warns), but COMMIT ends the tool's transaction: the rest of
    the file, and the tool's own note that the migration has run, come after it. If one of them fails,
    half a migration is in the database and the next run begins with what is there already. ROLLBACK
    throws away what was done, and the tool still notes the migration as run.

    Leave transactions to the tool, or tell it not to open one for this migration. A BEGIN in a transaction
    that the file opened itself is as deceptive: the first COMMIT ends it all.

    Given:

        create table orders (id bigint primary key);

    Bad [transaction=one]:

        begin;
        set local lock_timeout = '2s';
        alter table orders add column note text;
        commit;

    Bad - the second BEGIN does nothing:

        begin;
        set local lock_timeout = '2s';
        begin;  -- here
        alter table orders add column note text;
        commit;
        insert into orders (id) values (1);
        commit;

    Good [transaction=one]:

        set local lock_timeout = '2s';
        alter table orders add column note text;

    Good - the tool opens none:

        begin;
        set local lock_timeout = '2s';
        alter table orders add column note text;
        commit;
    """

    severity = Severity.WARNING
    aliases = (
        "squawk:transaction-nesting",
        "pgls:transactionNesting",
        "safemigrate-lint:transaction-nesting-banned",
        "bytebase:statement_disallow_commit",
        "atlas:nestedtx",
    )

    on = (BeginTransaction, EndTransaction)

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        for step in steps:
            for change in step.each(EndTransaction):
                if change.wrapped:
                    lost = "" if change.commit else "what was done so far is thrown away, and "
                    yield self.finding(
                        step,
                        change,
                        why=f"{lost}what follows runs outside the tool's transaction: where it fails, "
                        "half of the migration stays",
                        instead="remove BEGIN and COMMIT from the file, or tell the tool to open no "
                        "transaction for it",
                    )
                    return
            own = not (step.session.wrapped or step.session.implicit)
            if own and any(change.nested for change in step.each(BeginTransaction)):
                yield self.finding(
                    step,
                    why="this BEGIN does nothing, as a transaction is open: the next COMMIT ends it, and "
                    "what follows runs outside",
                    instead="remove it and its COMMIT, or end the transaction before it",
                )
                return
