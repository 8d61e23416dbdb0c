from collections.abc import Iterator

from migration_lint.effects import AddColumn
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import column_sql, guarded
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name
from migration_lint.schema import Type


class JsonColumn(Rule):
    """SELECT DISTINCT fails once a table has a json column.

    The type json has no equality, so SELECT DISTINCT, UNION and GROUP BY over all columns of the table
    fail from then on: "could not identify an equality operator for type json". Object mappers write
    such queries by themselves. jsonb has equality, and indexes besides.

    Given:

        create table orders (id bigint primary key, total bigint);

    Bad:

        set lock_timeout = '2s';
        alter table orders add column payload json;

    Good:

        set lock_timeout = '2s';
        alter table orders add column payload jsonb;

    Good - no query knows the table yet:

        create table events (id bigint primary key, payload json);
        alter table events add column source json;
    """

    severity = Severity.WARNING
    breaks_code = True
    confidence = Confidence.POSSIBLE
    aliases = (
        "eugene:E3",
        "pgfence:add-column-json",
        "strong_migrations:add_column",
        "pgsafe:prefer-jsonb",
        "pg-migration-lint:PGM106",
        "pgls:preferJsonb",
        "diesel-guard:AddJsonColumnCheck",
        "excellent_migrations:json_column_added",
    )
    on = (AddColumn,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(AddColumn):
            column = change.column
            if column.type is None or column.type.name != "json" or step.is_new(change.relation):
                continue
            from msgspec.structs import replace

            better = replace(column, type=Type("jsonb", (), column.type.dimensions))
            table = sql_name(change.relation)
            default = f" DEFAULT {column.default.text}" if column.default is not None else ""
            required = " NOT NULL" if column.not_null and default else ""
            yield self.finding(
                step,
                change,
                why=f"SELECT DISTINCT of {table} with {quoted(column.name)} fails: json has no equality",
                instead="use jsonb\n\n"
                + guarded(f"ALTER TABLE {table} ADD COLUMN {column_sql(better)}{default}{required};"),
            )
