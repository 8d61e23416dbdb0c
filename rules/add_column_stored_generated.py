from collections.abc import Iterator

from migration_lint.effects import AddColumn
from migration_lint.findings import Finding, Severity
from migration_lint.linting.pasting import computed_by_trigger
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import batch, column_sql, guarded, steps, waiting
from migration_lint.linting.work import rewrites
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name
from migration_lint.schema import Generated


class AddColumnStoredGenerated(Rule):
    """Reads and writes wait while a table is rewritten to compute a stored column.

    GENERATED ALWAYS AS (…) STORED keeps a value in every row, so the server writes the whole table
    and all its indexes anew, and holds AccessExclusiveLock until it is done.

    PostgreSQL 18 has VIRTUAL generated columns, computed when they are read: adding one changes
    nothing but the catalog. For a stored one, add a plain column, let a trigger compute it for new
    rows, and fill the old ones in batches.

    Given:

        create table orders (id bigint primary key, total bigint, quantity int);
        insert into orders select n, n, 1 from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        alter table orders add column gross bigint generated always as (total * quantity) stored;

    Good - virtual:

        set lock_timeout = '2s';
        alter table orders add column gross bigint generated always as (total * quantity) virtual;

    Good - the table is new:

        create table refunds (id bigint primary key, total bigint);
        alter table refunds add column negative bigint generated always as (-total) stored;

    Good - a plain column:

        set lock_timeout = '2s';
        alter table orders add column gross bigint;
        -- next migration
        update orders set gross = total * quantity where id between 1 and 20 and gross is null;
    """

    severity = Severity.ERROR
    aliases = (
        "squawk:adding-field-with-default",
        "eugene:E11",
        "pgfence:add-column-stored-generated",
        "migrationpilot:MP062",
        "pgsafe:add-column-generated-stored",
        "pgls:addingFieldWithDefault",
        "strong_migrations:add_column",
        "diesel-guard:GeneratedColumnCheck",
        "safemigrate-lint:stored-generated-column-rewrites",
    )
    on = (AddColumn,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(AddColumn):
            if not rewrites(step, change.relation) or change.column.generated is not Generated.STORED:
                continue
            lock = step.lock_on(change.relation)
            if lock is None:
                continue
            yield self.finding(
                step,
                change,
                why=f"{waiting(lock)} while every row is rewritten to hold {quoted(change.column.name)}",
                instead=_instead(step, change),
                because=(lock, *step.work),
            )


def _instead(step: Step, change: AddColumn) -> str:
    column = change.column
    table, name = sql_name(change.relation), quoted(column.name)
    expression = column.default.text if column.default is not None else "NULL"
    add = f"ALTER TABLE {table} ADD COLUMN {column_sql(column)}"
    if int(step.version) >= 18:
        sql = guarded(f"{add} GENERATED ALWAYS AS ({expression}) VIRTUAL;")
        return f"make it VIRTUAL: it is computed when it is read\n\n{sql}"
    trigger = computed_by_trigger(change.relation, column.name, expression)
    fill = batch(step, change.relation, f"{name} = {expression}", f"{name} IS NULL")
    return "add a plain column, compute it by a trigger, and fill the old rows in batches\n\n" + steps(
        guarded(f"{add};\n{trigger}"), fill
    )
