from collections.abc import Iterator

from migration_lint.effects import Lock, Reindex
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.fixing import concurrently
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import abridged, outside_transaction, several, victims, waiting
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name


class ReindexBlocksReads(Rule):
    """Reads and writes wait while an index is built anew.

    REINDEX holds ShareLock on the table, so every write waits for the whole build, and
    AccessExclusiveLock on the index. Planning a query asks for a lock on every index of its table,
    so reads wait too, whether they would use the index or not. REINDEX CONCURRENTLY builds a second
    index beside the old one and lets everyone go on. It cannot run inside a transaction block; one
    that fails leaves an invalid index whose name ends in _ccnew, to be dropped.

    Of a partitioned table, even REINDEX TABLE CONCURRENTLY begins with ShareLock on all partitions at
    once, and writes queue behind it. One partition at a time does without.

    Given:

        create table orders (id bigint primary key, status text);
        create index orders_status_idx on orders (status);
        insert into orders select n, 'new' from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        reindex index orders_status_idx;

    Bad:

        set lock_timeout = '2s';
        reindex table orders;

    Bad - CONCURRENTLY is switched off:

        set lock_timeout = '2s';
        reindex (concurrently false) table orders;

    Good:

        reindex index concurrently orders_status_idx;

    Good:

        reindex (concurrently, verbose) table orders;

    Given:

        create table events (id bigint primary key) partition by range (id);
        create table events_1 partition of events for values from (0) to (1000);
        create table events_2 partition of events for values from (1000) to (2000);
        insert into events select n from generate_series(1, 1900) n;

    Bad - all partitions at once:

        reindex table concurrently events;

    Good - one after the other:

        reindex table concurrently events_1;
        reindex table concurrently events_2;

    Good - the table is new:

        create table refunds (id bigint primary key, order_id bigint);
        reindex table refunds;
    """

    severity = Severity.ERROR
    aliases = (
        "squawk:require-concurrent-reindex",
        "pgfence:reindex-non-concurrent",
        "migrationpilot:MP021",
        "pgsafe:reindex-non-concurrent",
        "pg-migration-lint:PGM022",
        "pgls:requireConcurrentReindex",
        "django-migration-linter:REINDEX",
        "diesel-guard:ReindexCheck",
        "safemigrate-lint:concurrent-reindex-required",
    )
    on = (Reindex,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(Reindex):
            if change.concurrently:
                yield from self._of_partitions(step, change)
                continue
            if change.scope == "system":
                continue
            stalls = step.stalls()
            locks = [lock for lock in step.each(Lock) if _in_use(step, lock.relation)]
            if not stalls and not locks and step.before.complete:
                continue
            worst = max(locks, key=lambda lock: lock.mode.rank, default=None)
            yield self.finding(
                step,
                change,
                why=_why(step, change, worst),
                instead=f"rebuild it concurrently, in a migration of its own, "
                f"{outside_transaction(step.tool)}\n\n"
                f"REINDEX {change.scope.upper()} CONCURRENTLY {_name(change)};",
                because=(*locks, *step.work),
                confidence=None if locks else Confidence.LIKELY,
                fix=concurrently(step) if locks else None,
            )

    def _of_partitions(self, step: Step, change: Reindex) -> Iterator[Finding]:
        locks = [lock for lock in step.each(Lock) if step.holds_up(lock) and lock.mode.blocks_writes]
        if not locks or step.refused is not None:
            return
        tables = [sql_name(lock.relation) for lock in locks]
        yield self.finding(
            step,
            change,
            relation=locks[0].relation,
            severity=Severity.WARNING,
            why=f"{victims(locks[0].mode)} of {several(abridged(tables))} wait ({locks[0].mode.name}) "
            "from the moment REINDEX asks for all of them at once",
            instead="rebuild the indexes of each partition on its own\n\n"
            + "\n".join(f"REINDEX TABLE CONCURRENTLY {name};" for name in tables),
            because=(*locks, *step.work),
        )


def _in_use(step: Step, relation: str) -> bool:
    index = step.before.index(relation)
    return not step.is_new(relation if index is None else index.relation)


def _name(change: Reindex) -> str:
    return sql_name(change.name) if change.scope in ("index", "table") else quoted(change.name)


def _why(step: Step, change: Reindex, worst: Lock | None) -> str:
    if worst is None:
        return f"writes of every table of {change.scope} {_name(change)} wait until its indexes are built"
    index = step.before.index(worst.relation)
    if index is None:
        return f"{waiting(worst)} until the index is built"
    lock = f"{worst.mode.name} on {sql_name(index.name)}"
    return f"reads and writes of {sql_name(index.relation)} wait ({lock}) until the index is built"
