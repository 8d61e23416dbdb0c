from collections.abc import Iterator

from migration_lint.effects import AttachPartition, CreateTable, Scan
from migration_lint.findings import Finding, Severity
from migration_lint.linting.pasting import bound_condition, bound_sql
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import guarded, steps, waiting
from migration_lint.model import Step
from migration_lint.names import bare, quoted, shortened, sql_name
from migration_lint.schema import PartitionBound, Relation


class DefaultPartitionBlocksReads(Rule):
    """Reads and writes wait while the DEFAULT partition is searched for rows of a new one.

    A new partition takes its values away from the DEFAULT partition, so the server reads every row of
    that under AccessExclusiveLock, to see that none is among them (if one is, the statement
    fails). CREATE TABLE … PARTITION OF holds AccessExclusiveLock on the parent too: nobody reads or
    writes any partition in the meantime. ATTACH PARTITION leaves the parent alone (from PostgreSQL
    12 on).

    The server spares the reading where a validated CHECK of the DEFAULT partition rules the new
    values out: add one NOT VALID, validate it, attach the new partition, and drop it again.

    Given:

        create table events (id bigint not null, kind int) partition by range (id);
        create table events_1 partition of events for values from (0) to (100);
        create table events_rest partition of events default;
        create table archive (id bigint not null, kind int, check (id >= 100 and id < 200));
        insert into events select n, 1 from generate_series(1000, 1100) n;

    Bad - the parent is locked too:

        set lock_timeout = '2s';
        create table events_2 partition of events for values from (100) to (200);

    Bad:

        set lock_timeout = '2s';
        alter table events attach partition archive for values from (100) to (200);

    Good:

        set lock_timeout = '2s';
        alter table events_rest add constraint events_rest_spare
            check (not (id >= 100 and id < 200)) not valid;
        -- next migration
        alter table events_rest validate constraint events_rest_spare;
        -- next migration
        set lock_timeout = '2s';
        create table events_2 (like events including all);
        alter table events attach partition events_2 for values from (100) to (200);
        alter table events_rest drop constraint events_rest_spare;

    Given:

        create table events (id bigint not null, kind int) partition by range (id);
        create table events_1 partition of events for values from (0) to (100);
        insert into events select n, 1 from generate_series(0, 99) n;

    Good - there is no DEFAULT partition:

        set lock_timeout = '2s';
        create table events_2 partition of events for values from (100) to (200);

    Good - the table is new:

        create table logs (id bigint) partition by range (id);
        create table logs_rest partition of logs default;
        create table logs_1 partition of logs for values from (0) to (100);
    """

    severity = Severity.ERROR
    aliases = ("migrationpilot:MP072", "migrationpilot:MP093")
    on = (AttachPartition, CreateTable)

    def check(self, step: Step) -> Iterator[Finding]:
        for parent, partition, bound, change in _joins(step):
            default = step.before.default_partition(parent.name)
            if default is None or bound.default:
                continue
            names = {default.name, *(child.name for child in step.before.descendants(default.name))}
            work = [effect for effect in step.work if isinstance(effect, Scan) and effect.relation in names]
            lock = step.lock_on(parent.name)
            own = step.lock_on(default.name)
            if not work or own is None:
                continue
            worst = lock if lock is not None and lock.mode.blocks_reads else own
            yield self.finding(
                step,
                change,
                relation=worst.relation,
                why=f"{waiting(worst)} while the DEFAULT partition {sql_name(default.name)} is searched",
                instead="prove by a CHECK that the DEFAULT partition has no such rows, then attach it"
                f"\n\n{_sql(parent, default, partition, bound, new=_is_new(step, partition))}",
                because=(*([worst] if worst is own else [worst, own]), *work),
            )


def _is_new(step: Step, partition: str) -> bool:
    return step.before.relation(partition) is None or step.is_new(partition)


def _joins(step: Step) -> Iterator[tuple[Relation, str, PartitionBound, AttachPartition | CreateTable]]:
    """(parent, partition, bound, change) of each table that becomes a partition."""
    for change in step.each(AttachPartition):
        parent = step.before.relation(change.relation)
        if parent is not None:
            yield parent, change.partition, change.bound, change
    for made in step.each(CreateTable):
        parent = step.before.relation(made.table.partition_of or "")
        if parent is not None and made.table.bound is not None:
            yield parent, made.relation, made.table.bound, made


def _sql(
    parent: Relation,
    default: Relation,
    partition: str,
    bound: PartitionBound,
    *,
    new: bool,
) -> str:
    condition, values = bound_condition(parent.partition_key, bound), bound_sql(bound)
    rest, name = sql_name(default.name), quoted(shortened(f"{bare(default.name)}_spare"))
    whole, table = sql_name(parent.name), sql_name(partition)
    make = f"CREATE TABLE {table} (LIKE {whole} INCLUDING ALL);\n" if new else ""
    attach = f"{make}ALTER TABLE {whole} ATTACH PARTITION {table} {values or 'FOR VALUES …'};"
    if condition is None:
        return guarded(attach)
    return steps(
        guarded(f"ALTER TABLE {rest} ADD CONSTRAINT {name}\n    CHECK (NOT ({condition})) NOT VALID;"),
        f"ALTER TABLE {rest} VALIDATE CONSTRAINT {name};",
        guarded(f"{attach}\nALTER TABLE {rest} DROP CONSTRAINT {name};"),
    )
