from collections.abc import Iterator

from migration_lint.effects import AddColumn
from migration_lint.findings import Finding, Severity
from migration_lint.linting.online import ENGINES
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import guarded, sql_type
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name


class RequiredColumnWithoutDefault(Rule):
    """A new column takes no NULL and has no default: inserts of running code fail.

    Code that was deployed before does not know the column and leaves it out: in strict mode its INSERTs fail
    with 1364. The rows that are there get '' or 0, the first value of an ENUM, or '0000-00-00', which MySQL
    refuses with 1292. pt-online-schema-change refuses the statement.

    Add the column with a default, or let it take NULL until all code writes it.

    Given:

        create table orders (id bigint primary key auto_increment);
        insert into orders values (1), (2);

    Bad:

        set lock_wait_timeout = 2;
        alter table orders add column code varchar(20) not null;

    Good:

        set lock_wait_timeout = 2;
        alter table orders add column code varchar(20) not null default '';

    Good - it takes NULL:

        set lock_wait_timeout = 2;
        alter table orders add column code varchar(20);

    Good - the table is new:

        create table refunds (id bigint primary key);
        alter table refunds add column code varchar(20) not null;
    """

    severity = Severity.ERROR
    breaks_code = True
    engines = ENGINES
    aliases = ("atlas:MY101", "atlas:MF103")
    on = (AddColumn,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(AddColumn):
            column = change.column
            if step.is_new(change.relation) or step.refused is not None or not column.not_null:
                continue
            if column.default is not None or column.generated is not None or column.auto_increment:
                continue
            table, name = sql_name(change.relation), quoted(column.name)
            yield self.finding(
                step,
                change,
                why=f"inserts of running code that leave out {table}.{name} fail; old rows get a made-up one",
                instead="let it take NULL until all code writes it, or give it a default\n\n"
                + guarded(f"ALTER TABLE {table} ADD COLUMN {name} {sql_type(column.type)} NULL;"),
            )
