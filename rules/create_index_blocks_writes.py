from collections.abc import Iterator

from migration_lint.effects import CreateIndex
from migration_lint.findings import Finding, Severity
from migration_lint.linting.fixing import concurrently
from migration_lint.linting.pasting import create_index, partitioned_index
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import outside_transaction, steps, victims
from migration_lint.model import Stall, Step
from migration_lint.names import sql_name
from migration_lint.schema import Relation, RelationKind


class CreateIndexBlocksWrites(Rule):
    """Writes wait while an index is built.

    CREATE INDEX holds ShareLock on the table until the index is complete: reads go on, but every
    INSERT, UPDATE and DELETE waits for the whole build, minutes or hours on a big table. After an
    ALTER TABLE in the same transaction, reads wait too: its AccessExclusiveLock is held until commit.
    CREATE INDEX CONCURRENTLY lets everyone go on. It cannot run inside a transaction block, and one
    that fails leaves an invalid index behind, to be dropped before the next try.

    On a partitioned table every partition is locked until the last of its indexes is built, and
    CONCURRENTLY is refused. There the index is made on the parent alone (ON ONLY), then
    concurrently on each partition, and the parts are attached; the parent's index becomes valid with
    the last one.

    Given:

        create table orders (id bigint primary key, user_id bigint, note text);
        insert into orders select n, n from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        create index orders_user_id_idx on orders (user_id);

    Bad [transaction=one] - reads wait too:

        set local lock_timeout = '2s';
        alter table orders add column region text;
        create index orders_region_idx on orders (region);

    Good:

        create index concurrently orders_user_id_idx on orders (user_id);

    Good - a column and its index:

        set lock_timeout = '2s';
        alter table orders add column region text;
        -- next migration
        create index concurrently orders_region_idx on orders (region);

    Good - the table is new:

        create table refunds (id bigint primary key, order_id bigint);
        create index refunds_order_id_idx on refunds (order_id);

    Good - a temporary table:

        create temporary table batch as select id from orders;
        create index on batch (id);

    Given:

        create table events (id bigint, at timestamptz, kind int) partition by range (id);
        create table events_1 partition of events for values from (0) to (1000);
        create table events_2 partition of events for values from (1000) to (2000);
        insert into events select n, now(), 1 from generate_series(1, 1900) n;

    Bad - every partition is locked:

        set lock_timeout = '2s';
        create index events_kind_idx on events (kind);

    Good:

        set lock_timeout = '2s';
        create index events_kind_idx on only events (kind);
        -- next migration
        create index concurrently events_1_kind_idx on events_1 (kind);
        -- next migration
        create index concurrently events_2_kind_idx on events_2 (kind);
        -- next migration
        set lock_timeout = '2s';
        alter index events_kind_idx attach partition events_1_kind_idx;
        alter index events_kind_idx attach partition events_2_kind_idx;
    """

    severity = Severity.ERROR
    down_severity = Severity.WARNING
    aliases = (
        "squawk:require-concurrent-index-creation",
        "eugene:E6",
        "pgfence:create-index-not-concurrent",
        "migrationpilot:MP001",
        "pgsafe:add-index-non-concurrent",
        "pg-migration-lint:PGM001",
        "pgls:requireConcurrentIndexCreation",
        "strong_migrations:add_index",
        "online_migrations:add_index",
        "django-migration-linter:CREATE_INDEX",
        "django-migration-linter:CREATE_INDEX_EXCLUSIVE",
        "atlas:PG101",
        "bytebase:index_create_concurrently",
        "diesel-guard:AddIndexCheck",
        "safemigrate-lint:concurrent-index-create-required",
        "excellent_migrations:index_not_concurrently",
        "oh-my-pg-linter:require-concurrent-index-creation",
        "gitlab:prevent_index_creation",
        "sqlfluff:PG01",
        "eslint-plugin-postgresql:prefer-create-index-concurrently",
    )
    on = (CreateIndex,)

    def check(self, step: Step) -> Iterator[Finding]:
        stalls = step.stalls()
        for change in step.each(CreateIndex):
            table = step.before.relation(change.relation)
            worst = max(stalls, key=lambda stall: stall.lock.mode.rank, default=None)
            if worst is None or change.concurrently:
                continue
            yield self.finding(
                step,
                change,
                why=_why(worst, table),
                instead=_instead(step, change, table),
                because=(*(stall.lock for stall in stalls), *worst.work),
                severity=Severity.WARNING if _is_view(table) else None,
                fix=None if _is_divided(table) else concurrently(step, sure=not change.index.unique),
            )


def _why(stall: Stall, table: Relation | None) -> str:
    lock = stall.lock
    name = sql_name(lock.relation)
    who = "refreshes" if _is_view(table) and not lock.mode.blocks_reads else victims(lock.mode)
    if stall.held:
        lasting = f"{lock.mode.name}, held since an earlier statement"
        return f"{who} of {name} wait ({lasting}) until the index is built"
    if table is not None and table.kind is RelationKind.PARTITIONED_TABLE:
        parent = sql_name(table.name)
        return f"{who} of {parent} and its partitions wait ({lock.mode.name}) until the last index is built"
    return f"{who} of {name} wait ({lock.mode.name}) until the index is built"


def _is_divided(table: Relation | None) -> bool:
    return table is not None and table.kind is RelationKind.PARTITIONED_TABLE


def _is_view(table: Relation | None) -> bool:
    return table is not None and table.kind is RelationKind.MATERIALIZED_VIEW


def _instead(step: Step, change: CreateIndex, table: Relation | None) -> str:
    if _is_divided(table):
        parts = partitioned_index(step.sql, change, step.before)
        return f"build it partition by partition, concurrently, then join the parts\n\n{steps(*parts)}"
    return (
        f"build it concurrently, in a migration of its own, {outside_transaction(step.tool)}\n\n"
        + create_index(step.sql, change.index)
    )
