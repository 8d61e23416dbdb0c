from collections.abc import Iterator

from migration_lint.effects import DropNotNull
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate, guarded
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name


class DropNotNullRule(Rule):
    """A column takes NULL from now on, and code that reads it has never met one.

    Deploy code that can read a NULL first, then let the column take it, then deploy code that writes
    one. An opinion, because it is also how a column begins to go.

    Given:

        create table orders (id bigint primary key, quantity int not null);

    Bad:

        set lock_timeout = '2s';
        alter table orders alter column quantity drop not null;

    Good - a decision that was made:

        set lock_timeout = '2s';
        -- migration-lint: ignore[drop-not-null] all running code reads NULL since v42
        alter table orders alter column quantity drop not null;

    Good - the table is new:

        create table refunds (id bigint primary key, quantity int not null);
        alter table refunds alter column quantity drop not null;
    """

    severity = Severity.NOTE
    breaks_code = True
    pedantic = True
    aliases = (
        "squawk:ban-drop-not-null",
        "pgfence:drop-not-null",
        "migrationpilot:MP029",
        "pgsafe:drop-not-null",
        "pg-migration-lint:PGM507",
        "pgls:banDropNotNull",
        "diesel-guard:DropNotNullCheck",
    )
    on = (DropNotNull,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(DropNotNull):
            if step.is_new_column(change.relation, change.column):
                continue
            name = f"{sql_name(change.relation)}.{quoted(change.column)}"
            yield self.finding(
                step,
                change,
                why=f"code that reads {name} may meet a NULL, which it never did",
                instead="deploy code that can read a NULL first\n\n"
                + guarded(deliberate(self.id, "all running code reads NULL", f"{step.sql};")),
            )
