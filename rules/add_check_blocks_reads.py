from collections.abc import Iterator

from migration_lint.effects import AddConstraint, ValidateConstraint
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import not_valid, waiting
from migration_lint.model import Step
from migration_lint.schema import ConstraintKind


class AddCheckBlocksReads(Rule):
    """Reads and writes wait while every row is checked against a new CHECK constraint.

    ADD CONSTRAINT … CHECK holds AccessExclusiveLock on the table, the strongest there is, while it
    reads every row: nobody reads or writes the table until the check is done, seconds to minutes on
    a big table. With NOT VALID no row is read: the constraint holds for new rows at once. VALIDATE
    CONSTRAINT checks the old rows later, under ShareUpdateExclusiveLock, and reads and writes go on.
    The two belong in two transactions, because the lock of the first is held until COMMIT.

    A constraint that is NOT ENFORCED (PostgreSQL 18) checks nothing, so it costs nothing.

    Given:

        create table orders (id bigint primary key, total bigint, status text);
        insert into orders select n, n, 'paid' from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        alter table orders add constraint orders_total_positive check (total >= 0);

    Bad - without a name:

        set lock_timeout = '2s';
        alter table orders add check (total >= 0), add check (status <> '');

    Bad - validated in the same statement:

        set lock_timeout = '2s';
        alter table orders add constraint orders_total_positive check (total >= 0) not valid,
            validate constraint orders_total_positive;

    Good:

        set lock_timeout = '2s';
        alter table orders add constraint orders_total_positive check (total >= 0) not valid;
        -- next migration
        alter table orders validate constraint orders_total_positive;

    Good - the table is new:

        create table refunds (id bigint primary key, total bigint);
        alter table refunds add constraint refunds_total_positive check (total >= 0);

    Good - it is not enforced:

        set lock_timeout = '2s';
        alter table orders add constraint orders_total_positive check (total >= 0) not enforced;
    """

    severity = Severity.ERROR
    down_severity = Severity.WARNING
    aliases = (
        "squawk:constraint-missing-not-valid",
        "eugene:E1",
        "pgfence:add-constraint-check-no-not-valid",
        "migrationpilot:MP030",
        "pg-migration-lint:PGM015",
        "pgls:constraintMissingNotValid",
        "strong_migrations:add_check_constraint",
        "online_migrations:add_check_constraint",
        "atlas:PG305",
        "bytebase:statement_add_check_not_valid",
        "safemigrate-lint:constraint-not-valid-required",
        "excellent_migrations:check_constraint_added",
    )
    on = (AddConstraint,)

    def check(self, step: Step) -> Iterator[Finding]:
        validated = {change.constraint for change in step.each(ValidateConstraint)}
        found = [
            change
            for change in step.each(AddConstraint)
            if change.constraint.kind is ConstraintKind.CHECK
            and (change.constraint.validated or change.constraint.name in validated)
            and not change.inline
            and not step.is_new(change.relation)
        ]
        lock = step.lock_on(found[0].relation) if found else None
        if lock is None or not step.work:
            return
        yield self.finding(
            step,
            found[0],
            why=f"{waiting(lock)} while every row is checked",
            instead="add it NOT VALID, and validate it in the next migration, while reads and writes go on"
            f"\n\n{not_valid(step, found)}",
            because=(lock, *step.work),
        )
