from collections.abc import Iterator

from migration_lint.effects import CreateIndex
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import waiting
from migration_lint.model import Finding, Severity, Step
from migration_lint.names import bare, quoted, sql_name


class CreateIndexBlocksWrites(Rule):
    """Writes wait while an index is built.

    CREATE INDEX holds ShareLock on the table until the index is complete: reads go on, but every
    INSERT, UPDATE and DELETE waits for the whole build, minutes or hours on a big table. CREATE
    INDEX CONCURRENTLY lets them go on. It cannot run inside a transaction block, and one that
    fails leaves an invalid index behind, to be dropped before the next try.

    Given:

        create table orders (id bigint primary key, user_id bigint);
        insert into orders select n, n from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        create index orders_user_id_idx on orders (user_id);

    Good:

        create index concurrently orders_user_id_idx on orders (user_id);

    Good - the table is new:

        create table refunds (id bigint primary key, order_id bigint);
        create index refunds_order_id_idx on refunds (order_id);
    """

    severity = Severity.ERROR
    down_severity = Severity.WARNING
    aliases = (
        "squawk:require-concurrent-index-creation",
        "strong_migrations:add_index",
        "eugene:E6",
        "atlas:PG101",
    )
    on = (CreateIndex,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(CreateIndex):
            if change.concurrently or step.is_new(change.relation):
                continue
            for stall in step.stalls():
                if stall.lock.relation != change.relation:
                    continue
                kind = "UNIQUE INDEX" if change.index.unique else "INDEX"
                name = quoted(bare(change.index.name))
                yield self.finding(
                    step,
                    change,
                    why=f"{waiting(stall.lock)} until the index is built",
                    instead="build it concurrently, in a migration of its own that runs outside a transaction\n\n"
                    f"CREATE {kind} CONCURRENTLY {name}\n    ON {sql_name(change.relation)} …;",
                    because=(stall.lock, *stall.work),
                )
