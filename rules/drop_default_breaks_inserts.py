from collections.abc import Iterator, Sequence

from migration_lint.effects import DropDefault, SetDefault
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate, guarded
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name


class DropDefaultBreaksInserts(Rule):
    """Inserts of running code fail once a required column has no default any more.

    During a deployment the old code runs beside the new schema. It does not know the new column, so
    its INSERTs leave it out; they live from the default. Some frameworks (Django before 5.0, and after it
    where there is no db_default) add a column NOT NULL with a default and drop the default at once:
    every INSERT of the old code then fails until the last of it is gone.

    Keep the default, and drop it when all running code writes the column.

    Given:

        create table orders (id bigint primary key, status text not null default 'new', note text default '');

    Bad:

        set lock_timeout = '2s';
        alter table orders add column kind text default 'a' not null;
        alter table orders alter column kind drop default;

    Bad:

        set lock_timeout = '2s';
        alter table orders alter column status drop default;

    Good:

        set lock_timeout = '2s';
        alter table orders add column kind text default 'a' not null;

    Good - another default follows:

        set lock_timeout = '2s';
        alter table orders alter column status drop default;
        alter table orders alter column status set default 'open';

    Good - the table is new:

        create table refunds (id bigint primary key, kind text not null default 'a');
        alter table refunds alter column kind drop default;

    Good - a decision that was made:

        set lock_timeout = '2s';
        -- migration-lint: ignore[drop-default-breaks-inserts] all running code writes it since v42
        alter table orders alter column status drop default;
    """

    severity = Severity.ERROR
    down_severity = Severity.WARNING
    breaks_code = True
    aliases = (
        "django-migration-linter:NOT_NULL",
        "squawk:ban-drop-default",
        "strong_migrations:change_column_default",
    )
    on = (DropDefault,)

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        for number, step in enumerate(steps):
            for change in step.each(DropDefault):
                if step.is_new(change.relation) or not _is_required(step, change):
                    continue
                later = (set_ for after in steps[number:] for set_ in after.each(SetDefault))
                if any((one.relation, one.column) == (change.relation, change.column) for one in later):
                    continue
                table, column = sql_name(change.relation), quoted(change.column)
                drop = f"ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT;"
                reason = "all running code writes the column"
                yield self.finding(
                    step,
                    change,
                    why=f"inserts of running code that leave out {table}.{column} fail: "
                    "it is NOT NULL and has no default any more",
                    instead="keep the default; drop it later, once all running code writes the column"
                    f"\n\n{guarded(deliberate(self.id, reason, drop))}",
                )


def _is_required(step: Step, change: DropDefault) -> bool:
    table = step.before.relation(change.relation)
    column = table.column(change.column) if table is not None else None
    return column is not None and column.not_null and column.default is not None
