from collections.abc import Iterator

from migration_lint.effects import RenameColumn
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import batch, guarded, sql_type, steps
from migration_lint.model import Step
from migration_lint.names import MYSQL, quoted, sql_name


class RenameColumnRule(Rule):
    """A column is renamed, and code that uses its old name fails.

    RENAME COLUMN takes a moment. But old and new code run side by side during a deployment, and each
    knows one name only: whichever order you deploy in, the queries of one of them fail until the other
    is gone. A new column beside the old one serves both: the code writes both and reads the old one,
    the old rows are copied, the code reads the new one, and the old one goes when nobody uses it.

    Views go on, because they refer to the column itself. Functions do not: their text is kept as
    written.

    Given:

        create table orders (id bigint primary key, status text);
        insert into orders select n, 'paid' from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        alter table orders rename column status to state;

    Good:

        set lock_timeout = '2s';
        alter table orders add column state text;
        -- next migration
        update orders set state = status where id between 1 and 20 and state is null;

    Good - it was added here:

        set lock_timeout = '2s';
        alter table orders add column state text;
        alter table orders rename column state to phase;

    Good - the table is new:

        create table refunds (id bigint primary key, status text);
        alter table refunds rename column status to state;

    Good - a decision that was made:

        set lock_timeout = '2s';
        -- migration-lint: ignore[rename-column] deployed while the service is down
        alter table orders rename column status to state;

    Given:

        create table users (id bigint primary key, name varchar(50));

    Bad [engine=mariadb]:

        set lock_wait_timeout = 2;
        alter table users change name full_name varchar(50);
    """

    severity = Severity.ERROR
    engines = ("postgres", "mysql", "mariadb")
    breaks_code = True
    down_severity = Severity.WARNING
    aliases = (
        "squawk:renaming-column",
        "strong_migrations:rename_column",
        "online_migrations:rename_column",
        "pgfence:rename-column",
        "migrationpilot:MP010",
        "migrationpilot:MP071",
        "pgsafe:rename",
        "pg-migration-lint:PGM505",
        "pgls:renamingColumn",
        "django-migration-linter:RENAME_COLUMN",
        "atlas:BC102",
        "bytebase:schema_backward_compatibility",
        "diesel-guard:RenameColumnCheck",
        "safemigrate-lint:rename-column-warning",
        "excellent_migrations:column_renamed",
        "gitlab:rename_column_concurrently",
    )
    on = (RenameColumn,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(RenameColumn):
            if step.is_new_column(change.relation, change.column):
                continue
            table, old, new = sql_name(change.relation), quoted(change.column), quoted(change.to)
            known = step.before.relation(change.relation)
            column = known.column(change.column) if known is not None else None
            kind = column.type if column is not None else None
            lock = step.lock_on(change.relation)
            add = f"ALTER TABLE {table} ADD COLUMN {new} {sql_type(kind)};"
            yield self.finding(
                step,
                change,
                why=f"code that uses {table}.{old} fails: it is called {new} from now on",
                instead=f"add {new}; deploy code that writes both; copy the old rows in batches; deploy code "
                f"that uses {new} only, then drop {old}\n\n"
                + steps(
                    guarded(add),
                    batch(step, change.relation, f"{new} = {old}", _differs(step, new, old)),
                ),
                because=(change, *([lock] if lock is not None else [])),
            )


def _differs(step: Step, one: str, other: str) -> str:
    return f"NOT ({one} <=> {other})" if step.engine in MYSQL else f"{one} IS DISTINCT FROM {other}"
