from collections.abc import Iterator, Sequence

from migration_lint.effects import Lock
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import abridged, several, steps
from migration_lint.linting.work import part_of
from migration_lint.model import Step
from migration_lint.names import sql_name


class LockOnSeveralTables(Rule):
    """A transaction locks one table after the other, and holds each until it has the last.

    While it waits for the second table, reads and writes of the first wait with it. A transaction of
    the application that uses the two in the other order meets it in a deadlock, and the server ends one
    of them. Give each table a migration, or a transaction, of its own.

    Only AccessExclusiveLock counts, which stops reads too, and only different statements: one statement
    that needs both tables, as a foreign key does, cannot be divided.

    Given:

        create table orders (id bigint primary key, note text);
        create table users (id bigint primary key, note text);

    Bad:

        begin;
        set local lock_timeout = '2s';
        alter table orders add column status text;
        alter table users add column status text;  -- here
        commit;

    Bad [transaction=one] - the tool opens the transaction:

        set local lock_timeout = '2s';
        alter table orders add column status text;
        alter table users add column status text;

    Good - each commits on its own:

        set lock_timeout = '2s';
        alter table orders add column status text;
        alter table users add column status text;

    Good [transaction=one] - one table:

        set local lock_timeout = '2s';
        alter table orders add column status text;
        alter table orders add column remark text;

    Good [transaction=one] - a new table beside one in use:

        set local lock_timeout = '2s';
        create table refunds (id bigint primary key);
        alter table refunds add column note text;
        alter table orders add column refunded boolean;
    """

    severity = Severity.WARNING
    down_severity = Severity.NOTE
    aliases = (
        "pgfence:wide-lock-window",
        "pgls:avoidWideLockWindow",
        "online_migrations:multiple_foreign_keys",
    )

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        told: set[int] = set()
        for step in steps:
            transaction = step.session.transaction
            if transaction is None or transaction in told:
                continue
            before = [lock for lock in step.held if _counts(step, lock)]
            names = {lock.relation for lock in step.held}
            own = [lock for lock in step.each(Lock) if _counts(step, lock) and lock.relation not in names]
            if not before or not own:
                continue
            told.add(transaction)
            first = several(abridged([sql_name(lock.relation) for lock in before]))
            second = sql_name(own[0].relation)
            yield self.finding(
                step,
                relation=own[0].relation,
                why=f"reads and writes of {first} wait until this statement has its lock on "
                f"{second} ({own[0].mode.name}), and one that uses both the other way round meets a deadlock",
                instead=f"commit before it: move it into the next migration\n\n{_divided(step)}",
            )


def _counts(step: Step, lock: Lock) -> bool:
    return lock.mode.blocks_reads and part_of(step, lock.relation) is None and not step.is_new(lock.relation)


def _divided(step: Step) -> str:
    return steps("-- the statements before this one", f"SET lock_timeout = '2s';\n{step.sql};")
