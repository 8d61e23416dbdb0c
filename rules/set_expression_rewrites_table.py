from collections.abc import Iterator

from migration_lint.effects import SetGenerated
from migration_lint.findings import Finding, Severity
from migration_lint.linting.pasting import computed_by_trigger
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import batch, guarded, steps, waiting
from migration_lint.linting.work import rewrites
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name


class SetExpressionRewritesTable(Rule):
    """Reads and writes wait while a table is rewritten to compute a stored column anew.

    SET EXPRESSION (PostgreSQL 17 and later) of a stored generated column writes the whole table and
    all its indexes anew, and holds AccessExclusiveLock until it is done. Of a virtual column it
    changes nothing but the catalog.

    DROP EXPRESSION makes it a plain column and leaves its values in place. From then on a trigger
    computes the new expression for new rows; bring the old ones up to date in batches.

    Given:

        create table orders (id bigint primary key, total int,
            gross int generated always as (total + 1) stored,
            net int generated always as (total - 1) virtual);
        insert into orders select n, n from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        alter table orders alter column gross set expression as (total + 2);

    Good - virtual:

        set lock_timeout = '2s';
        alter table orders alter column net set expression as (total - 2);

    Good - a plain column from now on:

        set lock_timeout = '2s';
        alter table orders alter column gross drop expression;

    Good - the table is new:

        create table refunds (total int, gross int generated always as (total + 1) stored);
        alter table refunds alter column gross set expression as (total + 2);
    """

    severity = Severity.ERROR
    aliases = ("squawk:ban-alter-generated-expression",)
    on = (SetGenerated,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(SetGenerated):
            if not rewrites(step, change.relation) or change.expression is None:
                continue
            lock = step.lock_on(change.relation)
            if lock is None:
                continue
            table, name, expression = sql_name(change.relation), quoted(change.column), change.expression.text
            plain = f"ALTER TABLE {table} ALTER COLUMN {name} DROP EXPRESSION;"
            trigger = computed_by_trigger(change.relation, change.column, expression)
            fill = batch(
                step, change.relation, f"{name} = {expression}", f"{name} IS DISTINCT FROM ({expression})"
            )
            yield self.finding(
                step,
                change,
                why=f"{waiting(lock)} while every row is rewritten to hold the new {name}",
                instead="make it a plain column, compute it by a trigger, update the old rows in batches\n\n"
                + steps(guarded(f"{plain}\n{trigger}"), fill),
                because=(lock, *step.work),
            )
