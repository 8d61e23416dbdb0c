from collections.abc import Iterator

from migration_lint.effects import RenameEnumValue
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate
from migration_lint.model import Step, unit
from migration_lint.names import sql_name


class RenameEnumValueRule(Rule):
    """A value of an enum is renamed, and code that uses its old name fails.

    Every row that has the value shows the new name at once. Code that still writes or compares with
    the old one fails with "invalid input value for enum", and code that reads rows meets a name that
    it does not know. A second value beside the old one serves old and new code alike: add it, deploy
    code that reads both and writes the new one, and change the old rows in batches.

    Given:

        create type mood as enum ('sad', 'ok');

    Bad:

        alter type mood rename value 'ok' to 'fine';

    Good - old and new code read both:

        -- migration-lint: ignore[new-enum-value] all running code reads it since v42
        alter type mood add value 'fine' after 'ok';

    Good - the type is new:

        create type weather as enum ('rain', 'sun');
        alter type weather rename value 'sun' to 'sunny';
    """

    severity = Severity.ERROR
    breaks_code = True
    down_severity = Severity.WARNING
    aliases = (
        "strong_migrations:rename_enum_value",
        "online_migrations:rename_enum_value",
        "migrationpilot:MP060",
        "oh-my-pg-linter:warning-alter-enum",
        "squawk:renaming-object",
    )
    on = (RenameEnumValue,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(RenameEnumValue):
            known = step.before.types.get(change.relation)
            origin = known.origin if known is not None else None
            if origin is not None and origin.migration == unit(step.migration, step.direction):
                continue
            old, new, name = _literal(change.value), _literal(change.to), sql_name(change.relation)
            add = f"ALTER TYPE {name} ADD VALUE {new} AFTER {old};"
            yield self.finding(
                step,
                change,
                why=f"code that writes or reads {old} of {name} fails: it is called {new} from now on",
                instead=f"deploy code that reads both first, then add {new} beside it\n\n"
                + deliberate("new-enum-value", f"all running code reads {new}", add),
            )


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
