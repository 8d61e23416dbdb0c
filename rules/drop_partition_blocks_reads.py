from collections.abc import Iterator

from migration_lint.effects import DropTable
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate, guarded, steps, waiting
from migration_lint.model import Step
from migration_lint.names import sql_name


class DropPartitionBlocksReads(Rule):
    """Reads and writes of all partitions wait while one is dropped, and its rows are gone.

    DROP TABLE of a partition takes AccessExclusiveLock on the partitioned table too, and on its
    DEFAULT partition. The work itself is short, but the lock has to wait for every running query on any
    partition, and all later queries wait behind it. Detach the partition concurrently first
    (PostgreSQL 14 and later, no DEFAULT partition); then dropping it concerns nobody.

    Given:

        create table events (id bigint, kind int) partition by range (id);
        create table events_1 partition of events for values from (0) to (100);
        create table events_2 partition of events for values from (100) to (200);

    Bad:

        set lock_timeout = '2s';
        drop table events_1;

    Good:

        alter table events detach partition events_1 concurrently;
        -- next migration
        set lock_timeout = '2s';
        -- migration-lint: ignore[drop-table] its time is over: rows are kept for a year
        drop table events_1;

    Good - the table is new:

        create table logs (id bigint) partition by range (id);
        create table logs_1 partition of logs for values from (0) to (100);
        drop table logs_1;

    Good - the whole table:

        set lock_timeout = '2s';
        -- migration-lint: ignore[drop-table] nothing has read it since v42
        drop table events;
    """

    severity = Severity.WARNING
    aliases = ("squawk:ban-drop-table", "pgfence:drop-table")
    on = (DropTable,)

    def check(self, step: Step) -> Iterator[Finding]:
        gone = {change.relation for change in step.each(DropTable)}
        for change in step.each(DropTable):
            known = step.before.relation(change.relation)
            parent = known.partition_of if known is not None else None
            if parent is None or parent in gone or step.is_new(change.relation):
                continue
            lock = step.lock_on(parent)
            if lock is None:
                continue
            table, partition = sql_name(parent), sql_name(change.relation)
            detach = f"ALTER TABLE {table} DETACH PARTITION {partition}"
            possible = int(step.version) >= 14 and step.before.default_partition(parent) is None
            drop = deliberate("drop-table", "its rows are not needed any more", f"DROP TABLE {partition};")
            yield self.finding(
                step,
                change,
                relation=parent,
                why=f"{waiting(lock)} from the moment DROP TABLE {partition} asks for its lock",
                instead="detach it first, and drop it when nobody needs its rows\n\n"
                + steps(
                    f"{detach} CONCURRENTLY;" if possible else guarded(f"{detach};"),
                    guarded(drop),
                ),
                because=(lock, change),
            )
