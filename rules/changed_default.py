from collections.abc import Iterator

from migration_lint.effects import Change, DropDefault, SetDefault, SetGenerated
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate, guarded
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name


class ChangedDefault(Rule):
    """Old code that leaves a column out writes another value from now on.

    A default works for every INSERT that does not name the column, also for those of code that was
    deployed before and counts on the old value; without one they write NULL. DROP EXPRESSION does the
    same to a generated column. Have the code write the value itself first. An opinion, because most
    defaults are changed on purpose. Where the column takes no NULL, drop-default-breaks-inserts tells it.

    Given:

        create table orders (id bigint primary key, status text default 'new', note text);

    Bad:

        set lock_timeout = '2s';
        alter table orders alter column status set default 'open';

    Bad:

        set lock_timeout = '2s';
        alter table orders alter column status drop default;

    Good - the column is new:

        set lock_timeout = '2s';
        alter table orders add column kind text;
        alter table orders alter column kind set default 'a';
    """

    severity = Severity.NOTE
    breaks_code = True
    pedantic = True
    aliases = (
        "squawk:ban-set-default",
        "squawk:ban-drop-default",
        "squawk:ban-drop-generated-expression",
        "strong_migrations:change_column_default",
        "online_migrations:change_column_default",
        "migrationpilot:MP048",
    )
    on = (SetDefault, DropDefault, SetGenerated)

    def check(self, step: Step) -> Iterator[Finding]:
        changes: list[Change] = [*step.each(SetDefault)]
        changes += [change for change in step.each(DropDefault) if not _is_required(step, change)]
        changes += [change for change in step.each(SetGenerated) if change.expression is None]
        for change in changes:
            column = getattr(change, "column", "")
            known = step.before.relation(change.relation)
            added = known is not None and known.column(column) is None
            if step.is_new_column(change.relation, column) or added or change.clause is None:
                continue
            yield self.finding(
                step,
                change,
                why=f"code that leaves out {sql_name(change.relation)}.{quoted(column)} writes another value",
                instead="have the code write the value itself first\n\n"
                + guarded(deliberate(self.id, "all running code writes the column", f"{step.sql};")),
            )


def _is_required(step: Step, change: DropDefault) -> bool:
    table = step.before.relation(change.relation)
    column = table.column(change.column) if table is not None else None
    return column is not None and column.not_null
