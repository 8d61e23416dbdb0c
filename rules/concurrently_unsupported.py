from collections.abc import Iterator

from migration_lint.effects import CreateIndex, DetachPartition, DropIndex
from migration_lint.findings import Finding, Severity
from migration_lint.linting.pasting import partitioned_index
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import guarded, steps
from migration_lint.model import Step
from migration_lint.names import sql_name
from migration_lint.schema import RelationKind


class ConcurrentlyUnsupported(Rule):
    """The server refuses CONCURRENTLY on a partitioned table, and the deployment fails.

    CREATE INDEX CONCURRENTLY and DROP INDEX CONCURRENTLY do not work on a partitioned table. An
    index is made on the parent alone (ON ONLY), then concurrently on each partition, and the parts
    are attached. DETACH PARTITION CONCURRENTLY is refused where there is a DEFAULT partition.

    Given:

        create table events (id bigint, kind int) partition by range (id);
        create table events_1 partition of events for values from (0) to (1000);
        create index events_id_idx on events (id);

    Bad [refused]:

        create index concurrently events_kind_idx on events (kind);

    Bad [refused]:

        drop index concurrently events_id_idx;

    Good:

        set lock_timeout = '2s';
        create index events_kind_idx on only events (kind);
        -- next migration
        create index concurrently events_1_kind_idx on events_1 (kind);
        -- next migration
        set lock_timeout = '2s';
        alter index events_kind_idx attach partition events_1_kind_idx;

    Good:

        alter table events detach partition events_1 concurrently;

    Given:

        create table events (id bigint, kind int) partition by range (id);
        create table events_1 partition of events for values from (0) to (1000);
        create table events_rest partition of events default;

    Bad [refused] - there is a DEFAULT partition:

        alter table events detach partition events_1 concurrently;

    Good:

        set lock_timeout = '2s';
        alter table events detach partition events_1;
    """

    severity = Severity.ERROR
    aliases = ("migrationpilot:MP092",)
    on = (CreateIndex, DropIndex, DetachPartition)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(CreateIndex):
            if change.concurrently and _is_partitioned(step, change.relation):
                parts = partitioned_index(step.sql, change, step.before)
                yield self.finding(
                    step,
                    change,
                    why=_why(change.relation),
                    instead=f"build it partition by partition, then join the parts\n\n{steps(*parts)}",
                )
        for drop in step.each(DropIndex):
            if drop.concurrently and _is_partitioned(step, drop.relation):
                yield self.finding(
                    step,
                    drop,
                    why=_why(drop.relation),
                    instead="drop it with a short lock_timeout\n\n"
                    + guarded(f"DROP INDEX {sql_name(drop.index)};"),
                )
        for detach in step.each(DetachPartition):
            default = step.before.default_partition(detach.relation)
            if detach.concurrently and default is not None:
                parent, partition = sql_name(detach.relation), sql_name(detach.partition)
                yield self.finding(
                    step,
                    detach,
                    why=f"the server refuses it: {parent} has a DEFAULT partition, {sql_name(default.name)}",
                    instead="detach it with a short lock_timeout\n\n"
                    + guarded(f"ALTER TABLE {parent} DETACH PARTITION {partition};"),
                )


def _is_partitioned(step: Step, relation: str) -> bool:
    table = step.before.relation(relation)
    return table is not None and table.kind is RelationKind.PARTITIONED_TABLE


def _why(relation: str) -> str:
    return f"the server refuses it: {sql_name(relation)} is partitioned"
