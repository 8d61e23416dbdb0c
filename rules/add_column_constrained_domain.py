from collections.abc import Iterator

from migration_lint.effects import AddColumn
from migration_lint.findings import Finding, Severity
from migration_lint.linting.domains import below, condition
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import column_sql, guarded, steps, waiting
from migration_lint.linting.work import rewrites
from migration_lint.model import Step
from migration_lint.names import bare, quoted, shortened, sql_name
from migration_lint.schema import Type


class AddColumnConstrainedDomain(Rule):
    """Reads and writes wait while a table is rewritten because a new column's domain has a constraint.

    The server checks the domain's constraint against the new column in every row, and writes the whole
    table and all its indexes anew to do so, under AccessExclusiveLock, even where the column
    is NULL in all of them. A domain without constraints costs nothing.

    Use the domain's base type, and put the condition on the table: NOT VALID first, validated later.

    Given:

        create domain positive as int check (value > 0);
        create domain plain as int;
        create table orders (id bigint primary key, total bigint);
        insert into orders select n, n from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        alter table orders add column rank positive;

    Good:

        set lock_timeout = '2s';
        alter table orders add column rank int;
        alter table orders add constraint orders_rank_check check (rank > 0) not valid;
        -- next migration
        alter table orders validate constraint orders_rank_check;

    Good - the domain has no constraint:

        set lock_timeout = '2s';
        alter table orders add column rank plain;

    Good - the table is new:

        create table refunds (id bigint primary key);
        alter table refunds add column rank positive;
    """

    severity = Severity.ERROR
    on = (AddColumn,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(AddColumn):
            column = change.column
            if not rewrites(step, change.relation) or column.type is None or column.generated is not None:
                continue
            base, checks = below(step.before, column.type)
            if base is None or not checks:
                continue
            lock = step.lock_on(change.relation)
            if lock is None:
                continue
            yield self.finding(
                step,
                change,
                why=f"{waiting(lock)} while every row is rewritten for domain {sql_name(column.type.name)}",
                instead="use its base type, and put its condition on the table, to be validated later"
                f"\n\n{_sql(change, base, checks)}",
                because=(lock, *step.work),
            )


def _sql(change: AddColumn, base: Type, conditions: list[str]) -> str:
    from msgspec.structs import replace

    table = sql_name(change.relation)
    plain = column_sql(replace(change.column, type=base))
    name = quoted(shortened(f"{bare(change.relation)}_{change.column.name}_check"))
    default = change.column.default
    check = condition(conditions, change.column.name)
    value = f" DEFAULT {default.text}" if default is not None and default.volatile is False else ""
    return steps(
        guarded(
            f"ALTER TABLE {table} ADD COLUMN {plain}{value};\n"
            f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({check}) NOT VALID;"
        ),
        f"ALTER TABLE {table} VALIDATE CONSTRAINT {name};",
    )
