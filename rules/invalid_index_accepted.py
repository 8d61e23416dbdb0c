from collections.abc import Iterator, Sequence

from migration_lint.effects import CreateIndex
from migration_lint.findings import Finding, Severity
from migration_lint.linting.pasting import create_index, drops_index
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import steps as migrations
from migration_lint.model import Step
from migration_lint.names import sql_name


class InvalidIndexAccepted(Rule):
    """A retry takes the invalid index of a failed build for the one that was asked for.

    CREATE INDEX CONCURRENTLY that is cancelled, times out or meets a duplicate leaves an index
    behind that is marked invalid: no query uses it, a unique one keeps nothing unique, and every
    write still pays for it. It owns the name. With IF NOT EXISTS the next try finds the name, does
    nothing, and the migration is recorded as applied.

    Drop what a failed try left behind, then build without IF NOT EXISTS. Nothing is said where the
    script does that, or looks at pg_index.indisvalid.

    Given:

        create table orders (id bigint primary key, user_id bigint);

    Bad:

        create index concurrently if not exists orders_user_id_idx on orders (user_id);

    Good:

        drop index concurrently if exists orders_user_id_idx;
        -- next migration
        create index concurrently orders_user_id_idx on orders (user_id);

    Good:

        drop index concurrently if exists orders_user_id_idx;
        create index concurrently if not exists orders_user_id_idx on orders (user_id);

    Good - not concurrently, it is all or nothing:

        create table refunds (id bigint primary key, order_id bigint);
        create index if not exists refunds_order_id_idx on refunds (order_id);
    """

    severity = Severity.WARNING
    aliases = ("oh-my-pg-linter:ban-index-creation-with-if-not-exists", "migrationpilot:MP070")
    on = (CreateIndex,)

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        for number, step in enumerate(steps):
            if "indisvalid" in step.sql:
                return
            for change in step.each(CreateIndex):
                if not (change.concurrently and change.if_not_exists) or any(
                    drops_index(e.sql, change.name) for e in steps[:number]
                ):
                    continue
                if step.is_new(change.relation):
                    continue
                name = sql_name(change.name)
                yield self.finding(
                    step,
                    change,
                    why=f"if a build of {name} fails, the next try takes the invalid index for it",
                    instead="drop what a failed build may have left, then build it\n\n"
                    + migrations(
                        f"DROP INDEX CONCURRENTLY IF EXISTS {name};",
                        create_index(step.sql, change.index),
                    ),
                )
