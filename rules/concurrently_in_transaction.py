from collections.abc import Iterator

from migration_lint.effects import Change, CreateIndex, DetachPartition, DropIndex, Reindex
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import outside_transaction
from migration_lint.model import Step, TransactionRule


class ConcurrentlyInTransaction(Rule):
    """The server refuses CONCURRENTLY inside a transaction block, and the deployment fails.

    CREATE INDEX, DROP INDEX, REINDEX and DETACH PARTITION with CONCURRENTLY commit in between, so
    they cannot be part of a larger transaction. It makes no difference whether the script opens
    the transaction, or the migration tool does. A script that is sent to the server whole runs in one
    transaction too, even without BEGIN, unless it is that one statement.

    Give the statement a migration of its own, and tell the tool not to wrap it.

    Given:

        create table orders (id bigint primary key, user_id bigint, status text);
        create index orders_status_idx on orders (status);

    Bad [refused] - a transaction of the script's own:

        begin;
        create index concurrently orders_user_id_idx on orders (user_id);  -- here
        commit;

    Bad [transaction=one, refused] - the tool opens the transaction:

        create index concurrently orders_user_id_idx on orders (user_id);

    Bad [transaction=one, refused]:

        drop index concurrently orders_status_idx;

    Bad [transaction=one, refused]:

        reindex index concurrently orders_status_idx;

    Good:

        create index concurrently orders_user_id_idx on orders (user_id);

    Good [transaction=none] - alone, sent whole:

        create index concurrently orders_user_id_idx on orders (user_id);

    Good - the transaction is over:

        begin;
        set local lock_timeout = '2s';
        alter table orders add column note text;
        commit;
        create index concurrently orders_user_id_idx on orders (user_id);
    """

    severity = Severity.ERROR
    aliases = (
        "squawk:ban-concurrent-index-creation-in-transaction",
        "pgfence:concurrent-in-transaction",
        "migrationpilot:MP025",
        "pgsafe:concurrently-in-transaction",
        "pg-migration-lint:PGM003",
        "pgls:banConcurrentIndexCreationInTransaction",
        "excellent_migrations:index_concurrently_without_disable_ddl_transaction",
        "atlas:PG103",
        "safemigrate-lint:index-concurrent-in-transaction-banned",
        "gitlab:add_concurrent_index",
    )
    on = (CreateIndex, DropIndex, Reindex, DetachPartition)

    def check(self, step: Step) -> Iterator[Finding]:
        if step.transaction is not TransactionRule.FORBIDDEN or step.session.transaction is None:
            return
        for change in step.each(Change):
            if getattr(change, "concurrently", False):
                yield self.finding(
                    step,
                    change,
                    why=f"the server refuses it: CONCURRENTLY cannot run inside {_transaction(step)}",
                    instead=f"{_order(step)}\n\n{step.sql};",
                )
                return


def _transaction(step: Step) -> str:
    if step.session.implicit:
        return "the transaction that the server wraps around a script of several statements"
    if step.session.wrapped:
        return "the transaction that the migration tool opens"
    return "a transaction block"


def _order(step: Step) -> str:
    if step.session.wrapped or step.session.implicit:
        return f"run it in a migration of its own, {outside_transaction(step.tool)}"
    return "run it after COMMIT, or in a migration of its own"
