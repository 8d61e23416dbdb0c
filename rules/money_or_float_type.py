from collections.abc import Iterator

from migration_lint.effects import AddColumn, CreateTable
from migration_lint.findings import Finding, Severity
from migration_lint.linting.added import added_columns
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import several
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name

_INEXACT = ("money", "real", "double precision")


class MoneyOrFloatType(Rule):
    """money, real and double precision do not keep amounts.

    money has no currency, and is read and written in the locale of the session: the same text is another
    amount elsewhere. real and double precision round in binary, so that sums do not come out. numeric
    keeps what was put in. (Measurements are well kept in double precision.)

    Given:

        create table orders (id bigint primary key);

    Bad:

        create table notes (id bigint primary key, price money);

    Bad:

        create table notes (id bigint primary key, price double precision);

    Good:

        create table notes (id bigint primary key, price numeric(12, 2));

    Good - cents:

        create table notes (id bigint primary key, cents bigint);
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = ("pg-migration-lint:PGM104", "pg-migration-lint:PGM109", "pgsafe:forbidden-column-type")
    on = (CreateTable, AddColumn)

    def check(self, step: Step) -> Iterator[Finding]:
        found = [
            (change, column)
            for change, column in added_columns(step)
            if column.type is not None and column.type.name in _INEXACT
        ]
        if found:
            names = several([quoted(column.name) for _, column in found])
            yield self.finding(
                step,
                found[0][0],
                why=f"amounts in {names} of {sql_name(found[0][0].relation)} do not come out as they went in",
                instead=f"make {names} numeric",
            )
