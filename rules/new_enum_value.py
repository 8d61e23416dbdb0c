from collections.abc import Iterator

from migration_lint.effects import AddEnumValue
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate
from migration_lint.model import Step, unit
from migration_lint.names import sql_name


class NewEnumValue(Rule):
    """Old code meets an enum value that it does not know.

    ADD VALUE locks no table and takes a moment. But as soon as a row has the value, code that maps each
    value to one of its own fails when it reads that row: old instances during the deployment, other
    services and reports for as long as nobody tells them. Deploy code that can read the value
    everywhere, then add it, then write it. A value cannot be taken away again.

    A note, because only you know who reads it.

    Given:

        create type mood as enum ('sad', 'ok');
        create table users (id bigint primary key, mood mood);

    Bad:

        alter type mood add value 'great' after 'ok';

    Good - a decision that was made:

        -- migration-lint: ignore[new-enum-value] all running code reads it since v42
        alter type mood add value 'great' after 'ok';

    Good - the type is new:

        create type weather as enum ('rain', 'sun');
        alter type weather add value 'fog' before 'sun';
    """

    severity = Severity.NOTE
    breaks_code = True
    aliases = (
        "squawk:ban-add-enum-value",
        "pgls:avoidAlterEnumAddValue",
        "oh-my-pg-linter:warning-alter-enum",
        "pgfence:alter-enum-add-value",
    )
    on = (AddEnumValue,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(AddEnumValue):
            known = step.before.types.get(change.relation)
            if change.if_not_exists and known is not None and change.value in known.labels:
                continue
            origin = known.origin if known is not None else None
            if origin is not None and origin.migration == unit(step.migration, step.direction):
                continue
            value = "'" + change.value.replace("'", "''") + "'"
            yield self.finding(
                step,
                change,
                why=f"old code fails when it reads a row with {value} of {sql_name(change.relation)}, "
                "where it has no case for it",
                instead="deploy code that can read it first\n\n"
                + deliberate(self.id, "all running code reads it", f"{step.sql};"),
            )
