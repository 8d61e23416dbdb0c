from collections.abc import Iterator

from migration_lint.effects import DropIndex
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.fixing import concurrently
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import outside_transaction, waiting
from migration_lint.model import Step
from migration_lint.names import sql_name
from migration_lint.schema import RelationKind


class DropIndexBlocksReads(Rule):
    """Reads and writes of the table wait while an index is dropped.

    DROP INDEX takes AccessExclusiveLock on the table, not only on the index. The work itself is
    short, but the lock has to wait for every running query on the table, and all later queries,
    reads too, wait behind it. DROP INDEX CONCURRENTLY waits without stopping anyone. It takes one
    index per statement, no CASCADE, and cannot run inside a transaction block. An index of a
    partitioned table cannot be dropped that way.

    Given:

        create table orders (id bigint primary key, status text);
        create index orders_status_idx on orders (status);

    Bad:

        set lock_timeout = '2s';
        drop index orders_status_idx;

    Good:

        drop index concurrently orders_status_idx;

    Good:

        drop index concurrently if exists orders_status_idx;

    Good - the table is new:

        create table refunds (id bigint primary key, order_id bigint);
        create index refunds_order_id_idx on refunds (order_id);
        drop index refunds_order_id_idx;

    Given:

        create table events (id bigint, kind int) partition by range (id);
        create table events_1 partition of events for values from (0) to (1000);
        create index events_kind_idx on events (kind);

    Good - CONCURRENTLY is not possible for an index of a partitioned table:

        set lock_timeout = '2s';
        drop index events_kind_idx;
    """

    severity = Severity.WARNING
    aliases = (
        "squawk:ban-drop-index",
        "squawk:require-concurrent-index-deletion",
        "pgfence:drop-index-not-concurrent",
        "migrationpilot:MP009",
        "pgsafe:drop-index-non-concurrent",
        "pg-migration-lint:PGM002",
        "pgls:requireConcurrentIndexDeletion",
        "strong_migrations:remove_index",
        "online_migrations:remove_index",
        "django-migration-linter:DROP_INDEX",
        "atlas:PG102",
        "diesel-guard:DropIndexCheck",
        "safemigrate-lint:concurrent-index-drop-required",
        "oh-my-pg-linter:require-concurrent-index-drop",
        "gitlab:remove_index",
    )
    on = (DropIndex,)

    def check(self, step: Step) -> Iterator[Finding]:
        dropped = [change for change in step.each(DropIndex) if _hurts(step, change)]
        if not dropped:
            return
        locks = [lock for change in dropped if (lock := step.lock_on(change.relation)) is not None]
        sql = "\n".join(
            f"DROP INDEX CONCURRENTLY {'IF EXISTS ' if change.if_exists else ''}{sql_name(change.index)};"
            for change in dropped
        )
        name = sql_name(dropped[0].index)
        why = (
            f"{waiting(locks[0])} from the moment DROP INDEX {name} asks for its lock"
            if locks
            else f"reads and writes of the table of {name} wait from the moment DROP INDEX asks for its lock"
        )
        yield self.finding(
            step,
            dropped[0],
            relation=dropped[0].relation or dropped[0].index,
            why=why,
            instead=f"drop it concurrently, in a migration of its own, {outside_transaction(step.tool)}\n\n"
            f"{sql}",
            because=locks,
            confidence=None if locks else Confidence.LIKELY,
            fix=concurrently(step) if len(dropped) == 1 and locks and not dropped[0].cascade else None,
        )


def _hurts(step: Step, change: DropIndex) -> bool:
    if change.concurrently or step.refused is not None or step.is_new(change.relation):
        return False
    table = step.before.relation(change.relation)
    return table is None or table.kind is not RelationKind.PARTITIONED_TABLE
