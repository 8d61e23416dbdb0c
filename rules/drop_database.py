from collections.abc import Iterator

from migration_lint.effects import DropDatabase
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import quoted


class DropDatabaseRule(Rule):
    """A database is dropped with everything in it.

    Nothing brings it back but a backup. A migration works inside one database and has no business with
    others: do it by hand, after a backup and with a second pair of eyes.

    Given:

        create database reports;

    Bad [version=17]:

        drop database reports;

    Good [version=17]:

        create database reporting;

    Given:

        create database if not exists app;

    Bad [engine=mariadb]:

        drop database app;
    """

    severity = Severity.ERROR
    engines = ("postgres", "mysql", "mariadb")
    aliases = (
        "squawk:ban-drop-database",
        "pgfence:drop-database",
        "migrationpilot:MP034",
        "pgsafe:drop-database",
        "pgls:banDropDatabase",
        "diesel-guard:DropDatabaseCheck",
        "safemigrate-lint:drop-database",
    )
    on = (DropDatabase,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(DropDatabase):
            yield self.finding(
                step,
                change,
                why=f"everything in database {quoted(change.relation)} is gone",
                instead="leave it out of the migration, and drop it by hand after a backup",
            )
