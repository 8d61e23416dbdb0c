from collections.abc import Iterator

from migration_lint.effects import Change, CreateIndex, DetachPartition, DropIndex, Reindex
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import sql_name


class ConcurrentlyUnderShortTimeout(Rule):
    """A short timeout cancels a concurrent build half-way, and an invalid index is left.

    CREATE INDEX CONCURRENTLY waits for every transaction that is older than it, two or three times, and
    lock_timeout counts those waits; statement_timeout counts the whole build. The few seconds that
    are right for ALTER TABLE cancel it, and what is left is an invalid index that nobody reads and
    every write pays for. REINDEX CONCURRENTLY and DROP INDEX CONCURRENTLY are cancelled in the same
    way; DETACH PARTITION CONCURRENTLY is left half done.

    Nobody queues behind these waits, so there is no need for a short limit. The rule speaks where
    lock_timeout is below `lock_seconds` or statement_timeout below `statement_seconds`.

    Given:

        create table orders (id bigint primary key, user_id bigint, status text);
        create index orders_status_idx on orders (status);

    Bad:

        set lock_timeout = '2s';
        create index concurrently orders_user_id_idx on orders (user_id);

    Bad:

        set statement_timeout = '5s';
        drop index concurrently orders_status_idx;

    Good:

        set lock_timeout = 0;
        set statement_timeout = 0;
        create index concurrently orders_user_id_idx on orders (user_id);

    Good - the timeout is over with its transaction:

        begin;
        set local lock_timeout = '2s';
        alter table orders add column note text;
        commit;
        create index concurrently orders_user_id_idx on orders (user_id);

    Good:

        set lock_timeout = '2s';
        alter table orders add column note text;
        reset lock_timeout;
        create index concurrently orders_user_id_idx on orders (user_id);

    Good - a long one:

        set statement_timeout = '6h';
        create index concurrently orders_user_id_idx on orders (user_id);
    """

    severity = Severity.WARNING
    on = (CreateIndex, DropIndex, Reindex, DetachPartition)
    options = {"lock_seconds": 60, "statement_seconds": 1800}

    def check(self, step: Step) -> Iterator[Finding]:
        short = [
            name
            for name, value, floor in (
                ("lock_timeout", step.session.lock_timeout, self.settings["lock_seconds"]),
                ("statement_timeout", step.session.statement_timeout, self.settings["statement_seconds"]),
            )
            if value and value < 1000 * int(floor)
        ]
        if not short or step.refused is not None:
            return
        for change in step.each(Change):
            if not getattr(change, "concurrently", False) or step.is_new(change.relation):
                continue
            left = (
                "the partition half detached" if isinstance(change, DetachPartition) else "an invalid index"
            )
            where = f" on {sql_name(change.relation)}" if change.relation else ""
            yield self.finding(
                step,
                change,
                why=f"{' and '.join(short)} can cancel it half-way, which leaves {left}{where}",
                instead="lift the timeout for it: nobody queues behind a concurrent statement\n\n"
                + "".join(f"SET {name} = 0;\n" for name in short)
                + f"{step.sql};",
            )
            return
