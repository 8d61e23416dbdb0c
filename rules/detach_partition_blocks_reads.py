from collections.abc import Iterator

from migration_lint.effects import DetachPartition, Scan
from migration_lint.findings import Finding, Severity
from migration_lint.linting.pasting import foreign_key
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import guarded, outside_transaction, several, steps, waiting
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name
from migration_lint.schema import Constraint, Relation


class DetachPartitionBlocksReads(Rule):
    """Reads and writes of all partitions wait while one is detached.

    DETACH PARTITION takes AccessExclusiveLock on the partitioned table. The work itself is short,
    but the lock has to wait for every running query on any partition, and all later queries wait
    behind it. DETACH PARTITION CONCURRENTLY (PostgreSQL 14 and later) waits without stopping anyone. It
    cannot run inside a transaction block, nor where there is a DEFAULT partition; if it is
    interrupted, DETACH PARTITION … FINALIZE completes it.

    Where a foreign key points at the partitioned table, the work is not short: every row of the table
    that refers to it is looked up, under AccessExclusiveLock on that table, CONCURRENTLY or not. Drop
    the foreign key first, and add it anew afterwards, NOT VALID; validate it then.

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

    Given:

        create table events (id bigint primary key) partition by range (id);
        create table events_1 partition of events for values from (0) to (100);
        create table events_2 partition of events for values from (100) to (300);
        create table notes (event_id bigint, constraint notes_event foreign key (event_id) references events);
        insert into events select n from generate_series(0, 299) n;
        insert into notes select n from generate_series(100, 299) n;

    Bad - notes is read, and nobody reads or writes it meanwhile:

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
            if step.is_new(change.relation) or step.refused is not None:
                continue
            keys = _keys(step, change)
            if keys:
                yield self._of_keys(step, change, keys)
            elif not change.concurrently and not change.finalize and _can_be_concurrent(step, change):
                yield self._of_lock(step, change)

    def _of_lock(self, step: Step, change: DetachPartition) -> Finding:
        lock = step.lock_on(change.relation)
        partition = sql_name(change.partition)
        who = waiting(lock) if lock is not None else "reads and writes of all partitions wait"
        return self.finding(
            step,
            change,
            why=f"{who} from the moment DETACH PARTITION {partition} asks for its lock",
            instead=f"detach it concurrently, in a migration of its own, "
            f"{outside_transaction(step.tool)}\n\n"
            f"ALTER TABLE {sql_name(change.relation)} DETACH PARTITION {partition} CONCURRENTLY;",
            because=(lock,) if lock is not None else (),
        )

    def _of_keys(
        self, step: Step, change: DetachPartition, keys: list[tuple[Relation, Constraint]]
    ) -> Finding:
        locks = [lock for table, _ in keys if (lock := step.lock_on(table.name)) is not None]
        parent = step.lock_on(change.relation)
        detach = f"ALTER TABLE {sql_name(change.relation)} DETACH PARTITION {sql_name(change.partition)}"
        drops = [f"ALTER TABLE {sql_name(t.name)} DROP CONSTRAINT {quoted(k.name)};" for t, k in keys]
        adds = [
            f"ALTER TABLE {sql_name(t.name)}\n    ADD CONSTRAINT {quoted(k.name)} {foreign_key(k)} NOT VALID;"
            for t, k in keys
        ]
        validates = [f"ALTER TABLE {sql_name(t.name)} VALIDATE CONSTRAINT {quoted(k.name)};" for t, k in keys]
        concurrently = _can_be_concurrent(step, change)
        parts = [
            guarded("\n".join(drops)),
            f"{detach} CONCURRENTLY;" if concurrently else guarded(f"{detach};"),
            guarded("\n".join(adds)),
            "\n".join(validates),
        ]
        names = several([quoted(key.name) for _, key in keys])
        return self.finding(
            step,
            change,
            relation=keys[0][0].name,
            severity=Severity.ERROR,
            why=f"{waiting(locks[0])} while every row is looked up in {sql_name(change.partition)}",
            instead=f"drop {names} first; add it anew afterwards, NOT VALID, and validate it while reads "
            f"and writes go on\n\n{steps(*parts)}",
            because=(*locks, *([parent] if parent is not None else []), *step.work),
        )


def _keys(step: Step, change: DetachPartition) -> list[tuple[Relation, Constraint]]:
    """The foreign keys that point at the partitioned table and are checked against the partition."""
    read = {effect.relation for effect in step.work if isinstance(effect, Scan)}
    return [
        (table, key)
        for table, key in step.before.foreign_keys_to(change.relation)
        if not key.inherited and table.name in read and step.lock_on(table.name) is not None
    ]


def _can_be_concurrent(step: Step, change: DetachPartition) -> bool:
    return int(step.version) >= 14 and step.before.default_partition(change.relation) is None
