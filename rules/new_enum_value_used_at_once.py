from collections.abc import Iterator

from migration_lint.effects import UseEnumValue
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import steps
from migration_lint.model import Step
from migration_lint.names import sql_name


class NewEnumValueUsedAtOnce(Rule):
    """A new enum value is used in the transaction that adds it, which the server refuses.

    ALTER TYPE … ADD VALUE may stand in a transaction since PostgreSQL 12, but until it commits nobody
    may use the value, not even the same transaction: "unsafe use of new value". It fails in an INSERT,
    in an UPDATE, in a DEFAULT, in a WHERE. Many tools run each migration in one transaction, so the
    value is added in one migration and used in the next.

    A type that the same transaction created has no such limit.

    Given:

        create type mood as enum ('sad', 'ok');
        create table users (id bigint primary key, mood mood);

    Bad [refused]:

        begin;
        -- migration-lint: ignore[new-enum-value] all running code reads it
        alter type mood add value 'great' after 'ok';
        update users set mood = 'great' where id = 1;  -- here
        commit;

    Good:

        -- migration-lint: ignore[new-enum-value] all running code reads it
        alter type mood add value 'great' after 'ok';
        -- next migration
        update users set mood = 'great' where id = 1;

    Good - the type is new:

        begin;
        create type weather as enum ('rain');
        alter type weather add value 'sun';
        create table days (id bigint primary key, weather weather default 'sun');
        commit;
    """

    severity = Severity.ERROR
    aliases = ("pgsafe:enum-value-used-in-transaction", "migrationpilot:MP054")
    on = (UseEnumValue,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(UseEnumValue):
            value = "'" + change.value.replace("'", "''") + "'"
            yield self.finding(
                step,
                change,
                why=f"the migration fails here: {value} of {sql_name(change.relation)} was added in this "
                "transaction, and cannot be used before it commits",
                instead="use it in the next migration\n\n"
                + steps("-- the statement that adds the value", f"{step.sql};"),
            )
