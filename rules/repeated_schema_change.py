from collections.abc import Iterator

from migration_lint.effects import (
    AddColumn,
    AddConstraint,
    ChangeColumnType,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropNotNull,
    DropTable,
    RenameColumn,
    RenameTable,
    SetNotNull,
)
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import sql_name


class RepeatedSchemaChange(Rule):
    """A script that the tool runs again and again changes a table.

    Repeatable migrations and callbacks are for what can be replaced as a whole: views, functions,
    grants. What they do to a table is in no version: it happens whenever the text of the script
    changes, or at every deployment, between other migrations than the ones it was tried with, and
    nobody finds it among the versions afterwards.

    Given:

        create table orders (id bigint primary key, total bigint);

    Bad [repeatable]:

        set lock_timeout = '2s';
        alter table orders add column if not exists note text;

    Good [repeatable]:

        create or replace view totals as select id, total from orders;

    Good:

        set lock_timeout = '2s';
        alter table orders add column if not exists note text;
    """

    severity = Severity.WARNING
    engines = ("postgres", "mysql", "mariadb")
    on = (
        AddColumn,
        AddConstraint,
        ChangeColumnType,
        CreateIndex,
        CreateTable,
        DropColumn,
        DropConstraint,
        DropIndex,
        DropNotNull,
        DropTable,
        RenameColumn,
        RenameTable,
        SetNotNull,
    )

    def check(self, step: Step) -> Iterator[Finding]:
        if not step.script.repeatable:
            return
        for kind in self.on:
            for change in step.each(kind):
                relation = getattr(change, "relation", "")
                known = step.before.relation(relation)
                if known is not None and step.is_new(relation):
                    continue
                yield self.finding(
                    step,
                    change,
                    why=f"{sql_name(relation)} is changed by a script that runs again, and so in no version",
                    instead="move it into a versioned migration",
                )
                return
