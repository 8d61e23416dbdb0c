from collections.abc import Iterator

from migration_lint.effects import AddColumn, CreateTable
from migration_lint.findings import Finding, Severity
from migration_lint.linting.added import added_columns
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import several
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name


class TimestampWithoutTimeZone(Rule):
    """timestamp without time zone is a clock on the wall: it does not say when.

    The same value means another instant for a session in another time zone, and one hour of the year
    comes twice. timestamptz keeps the instant and takes the same eight bytes. A precision, as in
    timestamptz(0), rounds, even into the future.

    Given:

        create table orders (id bigint primary key);

    Bad:

        create table notes (id bigint primary key, at timestamp);

    Bad:

        create table notes (id bigint primary key, at timestamptz(0));

    Good:

        create table notes (id bigint primary key, at timestamptz);

    Good:

        create table notes (id bigint primary key, day date);
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = (
        "squawk:prefer-timestamptz",
        "squawk:prefer-timestamp-tz",
        "pgfence:prefer-timestamptz",
        "migrationpilot:MP040",
        "pg-migration-lint:PGM101",
        "pg-migration-lint:PGM102",
        "pgls:preferTimestamptz",
        "diesel-guard:TimestampTypeCheck",
    )
    on = (CreateTable, AddColumn)

    def check(self, step: Step) -> Iterator[Finding]:
        found = [
            (change, column)
            for change, column in added_columns(step)
            if column.type is not None
            and (
                column.type.name == "timestamp without time zone"
                or (column.type.name == "timestamp with time zone" and column.type.modifiers)
            )
        ]
        if found:
            names = several([quoted(column.name) for _, column in found])
            yield self.finding(
                step,
                found[0][0],
                why=f"{names} of {sql_name(found[0][0].relation)} does not hold the exact instant",
                instead=f"make {names} timestamptz",
            )
