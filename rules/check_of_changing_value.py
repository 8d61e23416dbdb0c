import re
from collections.abc import Iterator

from migration_lint.effects import AddConstraint, AlterDomain, CreateTable, CreateType
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name
from migration_lint.schema import Constraint, ConstraintKind

_CHANGING = re.compile(
    r"\b(now|random|gen_random_uuid|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|"
    r"current_setting)\s*\(|\b(current_date|current_time|current_timestamp|localtime|localtimestamp|"
    r"current_user|session_user)\b",
    re.IGNORECASE,
)
_STRING = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")


class CheckOfChangingValue(Rule):
    """A CHECK constraint that holds today fails tomorrow: updates are refused, and so is a restore.

    The server checks a row when it is written, and takes for granted that it stays right. With now(),
    current_date, random() or the current user in the condition it does not: an UPDATE of an old row that
    has nothing to do with it fails, and a dump that is restored later cannot be loaded.

    Compare columns with columns, or with constants. What must hold only when the row is made belongs
    into the code or a BEFORE INSERT trigger.

    Given:

        create table offers (id bigint primary key, made_on date, valid_until date);

    Bad:

        set lock_timeout = '2s';
        alter table offers add constraint offers_open check (valid_until >= current_date) not valid;

    Bad:

        create table tickets (id bigint primary key, day date check (day > now()));

    Good:

        set lock_timeout = '2s';
        alter table offers add constraint offers_open check (valid_until >= made_on) not valid;
    """

    severity = Severity.WARNING
    confidence = Confidence.LIKELY
    aliases = ("migrationpilot:MP087",)
    on = (AddConstraint, CreateTable, CreateType, AlterDomain)

    def check(self, step: Step) -> Iterator[Finding]:
        found: list[tuple[AddConstraint | CreateTable | CreateType | AlterDomain, Constraint]] = []
        found += [(change, change.constraint) for change in step.each(AddConstraint)]
        found += [(made, one) for made in step.each(CreateTable) for one in made.table.constraints]
        found += [(made, one) for made in step.each(CreateType) for one in made.type.constraints]
        found += [(a, a.constraint) for a in step.each(AlterDomain) if a.constraint is not None]
        for change, constraint in found:
            value = _changing(constraint)
            if value is not None:
                yield self.finding(
                    step,
                    change,
                    why=f"updates of {sql_name(change.relation)}, and restores, fail once {value} has moved "
                    f"on: {quoted(constraint.name)} is checked anew",
                    instead="compare columns with columns or constants; check the rest when the row is made, "
                    "in the code or a BEFORE INSERT trigger",
                )


def _changing(constraint: Constraint) -> str | None:
    """What in the condition of a CHECK constraint does not stay the same."""
    if constraint.kind is not ConstraintKind.CHECK or constraint.expression is None or constraint.inherited:
        return None
    match = _CHANGING.search(_STRING.sub("''", constraint.expression.text))
    if match is not None:
        return f"{match[1]}()" if match[1] else match[2]
    return "a volatile function" if constraint.expression.volatile else None
