from collections.abc import Iterator

from migration_lint.effects import DetachPartition
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import outside_transaction, waiting
from migration_lint.model import Finding, Severity, Step
from migration_lint.names import sql_name


class DetachPartitionBlocksReads(Rule):
    """Reads and writes of all partitions wait while one is detached.

    DETACH PARTITION takes AccessExclusiveLock on the partitioned table. The work itself is short,
    but the lock has to wait for every running query on any partition, and all later queries wait
    behind it. DETACH PARTITION CONCURRENTLY (PostgreSQL 14 and later) waits without stopping anyone. It
    cannot run inside a transaction block, nor where there is a DEFAULT partition; if it is
    interrupted, DETACH PARTITION … FINALIZE completes it.

    Given:

        create table events (id bigint, kind int) partition by range (id);
        create table events_1 partition of events for values from (0) to (100);

    Bad:

        set lock_timeout = '2s';
        alter table events detach partition events_1;

    Good:

        alter table events detach partition events_1 concurrently;

    Good [version=13] - there is no other way:

        set lock_timeout = '2s';
        alter table events detach partition events_1;

    Good - the table is new:

        create table logs (id bigint) partition by range (id);
        create table logs_1 partition of logs for values from (0) to (100);
        alter table logs detach partition logs_1;

    Given:

        create table events (id bigint, kind int) partition by range (id);
        create table events_1 partition of events for values from (0) to (100);
        create table events_rest partition of events default;

    Good - there is a DEFAULT partition, so CONCURRENTLY is not possible:

        set lock_timeout = '2s';
        alter table events detach partition events_1;
    """

    severity = Severity.WARNING
    aliases = (
        "squawk:require-concurrent-partition-detach",
        "pgfence:detach-partition",
        "migrationpilot:MP046",
        "pgsafe:detach-partition",
        "pg-migration-lint:PGM004",
        "pgls:requireConcurrentDetachPartition",
        "safemigrate-lint:concurrent-partition-detach-required",
    )
    on = (DetachPartition,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(DetachPartition):
            lock = step.lock_on(change.relation)
            if lock is None or not lock.mode.blocks_reads or step.is_new(change.relation):
                continue
            if int(step.version) < 14 or step.before.default_partition(change.relation) is not None:
                continue
            parent, partition = sql_name(change.relation), sql_name(change.partition)
            yield self.finding(
                step,
                change,
                why=f"{waiting(lock)} from the moment DETACH PARTITION {partition} asks for its lock",
                instead=f"detach it concurrently, in a migration of its own, "
                f"{outside_transaction(step.tool)}\n\n"
                f"ALTER TABLE {parent} DETACH PARTITION {partition} CONCURRENTLY;",
                because=(lock,),
            )
