from collections.abc import Iterator

from migration_lint.effects import CreateIndex, IndexBuild, RunCode, ValidateConstraint
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import labour, steps, waiting
from migration_lint.model import Stall, Step


class WorkWhileHoldingLock(Rule):
    """A statement works long while the transaction holds a lock that others wait for.

    A lock lasts until the transaction ends. ALTER TABLE is done in a moment, but if the same
    transaction then fills the new column, builds an index, reads a big table or runs a loop, reads
    and writes of the altered table wait for all of that too. Many tools open one transaction for the
    whole migration, so that nothing in the file shows it.

    Put the statement that takes the lock into a migration of its own, and the work into the next.

    Given:

        create table orders (id bigint primary key, status text);
        insert into orders select n, 'new' from generate_series(1, 100) n;
        create table users (id bigint primary key, name text);
        insert into users select n, 'name' from generate_series(1, 100) n;

    Bad:

        begin;
        set local lock_timeout = '2s';
        alter table orders add column note text;
        update orders set note = status;  -- here
        commit;

    Bad [transaction=one] - the tool opens the transaction:

        set local lock_timeout = '2s';
        alter table orders add column note text;
        update users set name = lower(name);

    Good - each commits on its own:

        set lock_timeout = '2s';
        alter table orders add column note text;
        update orders set note = status where id between 1 and 20;

    Good - the lock comes last:

        begin;
        set local lock_timeout = '2s';
        update orders set status = 'old' where id between 1 and 20;
        alter table orders add column note text;
        commit;

    Good - a few rows, found by their key:

        begin;
        set local lock_timeout = '2s';
        alter table orders add column note text;
        update orders set note = status where id = 1;
        commit;

    Good - the table is new:

        begin;
        create table refunds (id bigint primary key, order_id bigint);
        insert into refunds select id, id from orders where id = 1;
        create index on refunds (order_id);
        commit;
    """

    severity = Severity.ERROR
    about_work = True
    aliases = (
        "eugene:E4",
        "pgfence:statement-after-access-exclusive",
        "migrationpilot:MP008",
        "pgls:runningStatementWhileHoldingAccessExclusive",
        "django-migration-linter:CREATE_INDEX_EXCLUSIVE",
    )

    def check(self, step: Step) -> Iterator[Finding]:
        if any(step.each(CreateIndex)):
            return  # create-index-blocks-writes tells it: concurrently, it is not in this transaction
        held = [stall for stall in step.stalls() if stall.held]
        opaque = [code for code in step.each(RunCode) if code.what != "trigger"]
        if not held and opaque:
            held = [
                Stall(lock, (), True)
                for lock in step.held
                if lock.mode.blocks_writes and not step.is_new(lock.relation)
            ]
        if not held:
            return
        worst = max(held, key=lambda stall: stall.lock.mode.rank)
        others = [stall.lock for stall in held]
        work = "the code runs" if opaque and not worst.work else labour(worst.work)
        yield self.finding(
            step,
            relation=worst.lock.relation,
            confidence=Confidence.POSSIBLE if opaque and not worst.work else None,
            severity=Severity.WARNING if opaque and not worst.work else None,
            why=f"{waiting(worst.lock)} while {work}: an earlier statement of the transaction took the lock",
            instead="commit before it: move it into the next migration"
            + (", " + _remark(step) if _remark(step) else "")
            + f"\n\n{steps('-- the statements before this one', step.sql + ';')}",
            because=(*others, *worst.work),
        )


def _remark(step: Step) -> str:
    if any(step.each(IndexBuild)):
        return "and build the index concurrently there"
    if any(step.each(ValidateConstraint)):
        return "where it holds up nobody"
    return ""
