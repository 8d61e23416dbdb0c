from collections.abc import Iterator, Sequence

from migration_lint.effects import CreateIndex
from migration_lint.findings import Finding, Severity
from migration_lint.linting.pasting import create_index, drops_index
from migration_lint.linting.rule import Rule
from migration_lint.model import Step, TransactionMode
from migration_lint.names import sql_name


class InvalidIndexLeftBehind(Rule):
    """A failed concurrent build leaves an index behind that the next try stumbles over.

    CREATE INDEX CONCURRENTLY that is cancelled, times out or meets a duplicate leaves an invalid
    index of that name. The next try of the migration fails with "already exists" until somebody drops
    it by hand. Dropping it first makes the migration repeatable.

    An opinion, because the failure is loud. For the silent one see invalid-index-accepted.

    Given:

        create table orders (id bigint primary key, user_id bigint);

    Bad:

        create index concurrently orders_user_id_idx on orders (user_id);

    Good:

        drop index concurrently if exists orders_user_id_idx;
        create index concurrently orders_user_id_idx on orders (user_id);

    Good - in the migration before:

        drop index concurrently if exists orders_user_id_idx;
        -- next migration
        set statement_timeout = 0;
        drop index concurrently if exists orders_user_id_idx;
        create index concurrently orders_user_id_idx on orders (user_id);
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = ("migrationpilot:MP070", "posthog:ConcurrentIndexIdempotencyPolicy")
    on = (CreateIndex,)

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        for number, step in enumerate(steps):
            for change in step.each(CreateIndex):
                if (
                    not change.concurrently
                    or change.if_not_exists
                    or any(drops_index(e.sql, change.name) for e in steps[:number])
                ):
                    continue
                if step.script.transaction is TransactionMode.NONE:
                    continue  # nothing can stand beside it
                if step.is_new(change.relation) or not change.index.named or step.refused is not None:
                    continue
                name = sql_name(change.name)
                yield self.finding(
                    step,
                    change,
                    why=f"if the build of {name} fails, the next try fails too: the name is taken",
                    instead="drop what a failed build may have left, then build it, each in autocommit\n\n"
                    f"DROP INDEX CONCURRENTLY IF EXISTS {name};\n{create_index(step.sql, change.index)}",
                )
