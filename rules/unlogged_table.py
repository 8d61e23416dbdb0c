from collections.abc import Iterator

from migration_lint.effects import CreateTable
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import sql_name
from migration_lint.schema import Persistence


class UnloggedTable(Rule):
    """An unlogged table is empty after a crash, and on every replica.

    It writes nothing to the WAL, which makes it fast, and leaves it out of replicas, of backups taken
    from them, and of recovery. That suits a cache or a staging table, and nothing else. Making it logged
    later writes the whole table anew while everybody waits.

    Given:

        create table orders (id bigint primary key);

    Bad:

        create unlogged table facts (id bigint primary key);

    Good:

        create table facts (id bigint primary key);

    Good:

        create temporary table picked (id bigint);
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = ("pg-migration-lint:PGM506",)
    on = (CreateTable,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(CreateTable):
            if change.table.persistence is Persistence.UNLOGGED:
                yield self.finding(
                    step,
                    change,
                    why=f"{sql_name(change.relation)} loses its rows in a crash or a failover",
                    instead="leave out UNLOGGED",
                )
