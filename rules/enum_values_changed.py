from collections.abc import Iterator

from migration_lint.effects import ChangeColumnType
from migration_lint.findings import Finding, Severity
from migration_lint.linting.online import ENGINES
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import guarded, several
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name
from migration_lint.schema import Type


class EnumValuesChanged(Rule):
    """Values of an ENUM or SET are taken away, or stand in another order.

    A row that has a value that goes fails the statement with 1265 in strict mode, and silently gets '' in
    any other. Another order changes what ORDER BY and comparisons with numbers give, and copies the whole
    table; gh-ost and spirit do not do it. New values at the end are INSTANT.

    Given:

        create table orders (id bigint primary key, status enum('new', 'paid', 'sent') not null);

    Bad [alone] - paid is gone:

        set lock_wait_timeout = 2;
        alter table orders modify status enum('new', 'sent') not null;

    Bad [alone] - another order:

        set lock_wait_timeout = 2;
        alter table orders modify status enum('new', 'sent', 'paid') not null;

    Good - a new value at the end:

        set lock_wait_timeout = 2;
        alter table orders modify status enum('new', 'paid', 'sent', 'lost') not null;
    """

    severity = Severity.ERROR
    engines = ENGINES
    aliases = ("skeema:unsafe", "spirit:enumReorder")
    on = (ChangeColumnType,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(ChangeColumnType):
            old, new = change.old, change.new
            if (
                old is None
                or new is None
                or not old.values
                or step.is_new_column(change.relation, change.column)
            ):
                continue
            if old.name != new.name or new.values[: len(old.values)] == old.values:
                continue
            column = f"{sql_name(change.relation)}.{quoted(change.column)}"
            gone = [value for value in old.values if value not in new.values]
            if gone:
                which = several([_text(value) for value in gone])
                why = f"rows in which {column} is {which} fail it, or get ''"
            else:
                why = f"the values of {column} stand in another order, and sort in another way"
            yield self.finding(
                step,
                change,
                why=why,
                instead="keep the values and their order, and add new ones at the end\n\n"
                + guarded(f"ALTER TABLE {sql_name(change.relation)} MODIFY {_kept(step, change, old, new)};"),
            )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _kept(step: Step, change: ChangeColumnType, old: Type, new: Type) -> str:
    values = [*old.values, *(value for value in new.values if value not in old.values)]
    known = step.before.relation(change.relation)
    column = known.column(change.column) if known is not None else None
    rest = " NOT NULL" if column is not None and column.not_null else ""
    if column is not None and column.default is not None:
        rest += f" DEFAULT {column.default.text}"
    return f"{quoted(change.column)} {new.name}({', '.join(map(_text, values))}){rest}"
