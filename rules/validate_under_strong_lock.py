from collections.abc import Iterator

from migration_lint.effects import AddConstraint, Change, ValidateConstraint
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import clause_sql, guarded, several, steps, waiting
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name


class ValidateUnderStrongLock(Rule):
    """Reads and writes wait while a constraint is validated together with another change.

    Alone, VALIDATE CONSTRAINT reads every row under ShareUpdateExclusiveLock, and reads and writes go on.
    One ALTER TABLE takes the strongest lock that any of its clauses needs, and holds it for all of
    them: beside ADD COLUMN or DROP NOT NULL, say, the rows are read under AccessExclusiveLock, beside
    a new foreign key under ShareRowExclusiveLock.

    Validate in a statement, and a transaction, of its own.

    Given:

        create table orders (id bigint primary key, total bigint);
        insert into orders select n, n from generate_series(1, 100) n;
        alter table orders add constraint orders_total_positive check (total > 0) not valid;

    Bad:

        set lock_timeout = '2s';
        alter table orders validate constraint orders_total_positive, add column note text;

    Good:

        set lock_timeout = '2s';
        alter table orders add column note text;
        alter table orders validate constraint orders_total_positive;

    Good - another clause that takes a weak lock:

        alter table orders validate constraint orders_total_positive, set (fillfactor = 90);
    """

    severity = Severity.ERROR
    down_severity = Severity.WARNING
    on = (ValidateConstraint,)

    def check(self, step: Step) -> Iterator[Finding]:
        added = {change.constraint.name for change in step.each(AddConstraint)}
        found = [change for change in step.each(ValidateConstraint) if change.constraint not in added]
        if not found or len({change.clause for change in step.each(Change)}) == len(found):
            return
        stall = next((s for s in step.stalls() if s.lock.relation == found[0].relation and not s.held), None)
        if stall is None:
            return
        table = sql_name(found[0].relation)
        own = {change.clause for change in found}
        others = {change.clause: clause_sql(step, change) for change in step.each(Change)}
        rest = ",\n    ".join(text for clause, text in others.items() if clause not in own)
        names = [quoted(change.constraint) for change in found]
        validates = ", ".join(f"VALIDATE CONSTRAINT {name}" for name in names)
        yield self.finding(
            step,
            found[0],
            why=f"{waiting(stall.lock)} while every row is checked for {several(names)}",
            instead="validate in a statement and a transaction of its own, while reads and writes go on\n\n"
            + steps(guarded(f"ALTER TABLE {table}\n    {rest};"), f"ALTER TABLE {table} {validates};"),
            because=(stall.lock, *step.work),
        )
