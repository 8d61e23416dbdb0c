from collections.abc import Iterator

from migration_lint.effects import CreateTable
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name

_SHORT = {"integer": "2,147,483,647", "smallint": "32,767"}


class ShortIntegerKey(Rule):
    """The key of a new table is an integer that can run out.

    integer ends at 2,147,483,647 and smallint at 32,767, deleted rows and failed inserts counted. When
    the key has run out, no row can be inserted, and changing the type then writes the whole table anew
    while everybody waits, with every table that refers to it. bigint costs four bytes a row.

    Given:

        create table orders (id bigint primary key);

    Bad:

        create table notes (id int primary key);

    Bad:

        create table notes (id serial primary key);

    Good:

        create table notes (id bigint primary key);

    Good - a key that no sequence counts up, of another kind:

        create table countries (code text primary key);

    Good - not a key:

        create table notes (id bigint primary key, pages int);
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = (
        "squawk:prefer-bigint-over-int",
        "squawk:prefer-bigint-over-smallint",
        "migrationpilot:MP038",
        "migrationpilot:MP068",
        "pgsafe:prefer-bigint-primary-key",
        "pg-migration-lint:PGM107",
        "online_migrations:short_primary_key_type",
        "diesel-guard:ShortIntegerPrimaryKeyCheck",
    )
    on = (CreateTable,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(CreateTable):
            key = change.table.primary_key
            columns = [change.table.column(name) for name in (key.columns if key is not None else ())]
            if change.table.parents or change.as_select:
                continue
            short = [
                column
                for column in columns
                if column is not None and column.type is not None and column.type.name in _SHORT
            ]
            if len(columns) == 1 and short and short[0].type is not None:
                name = quoted(short[0].name)
                yield self.finding(
                    step,
                    change,
                    why=f"no row can be inserted into {sql_name(change.relation)} once {name} is past "
                    f"{_SHORT[short[0].type.name]}",
                    instead=f"make {name} a bigint",
                )
