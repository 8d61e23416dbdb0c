from collections.abc import Iterator

from migration_lint.effects import AddEnumValue
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import sql_name


class EnumValueWithoutPlace(Rule):
    """A new enum value sorts last because nobody said where it belongs.

    The order of the values is the order of comparisons and of ORDER BY, and it cannot be changed
    afterwards. BEFORE or AFTER says where the new one belongs, even if that is the end.

    Given:

        create type mood as enum ('sad', 'ok');

    Bad:

        -- migration-lint: ignore[new-enum-value] all running code reads it
        alter type mood add value 'meh';

    Good:

        -- migration-lint: ignore[new-enum-value] all running code reads it
        alter type mood add value 'meh' before 'ok';

    Good - the type is new, and in the order in which it was written:

        create type size as enum ('small', 'large');
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = (
        "squawk:require-enum-value-ordering",
        "pgfence:alter-enum-no-ordering",
        "safemigrate-lint:enum-value-ordering-required",
    )
    on = (AddEnumValue,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(AddEnumValue):
            if change.position is not None:
                continue
            known = step.before.types.get(change.relation)
            last = known.labels[-1] if known is not None and known.labels else None
            value = _literal(change.value)
            order = f"say where it belongs: after the last value of {sql_name(change.relation)}, or elsewhere"
            after = f"\n\n{step.sql.rstrip()} AFTER {_literal(last)};" if last is not None else ""
            yield self.finding(
                step,
                change,
                why=f"{value} of {sql_name(change.relation)} sorts after all others, and stays there",
                instead=order + after if after else "say where it belongs, with BEFORE or AFTER",
            )


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
