from collections.abc import Iterator

from migration_lint.effects import DropPartitions
from migration_lint.findings import Finding, Severity
from migration_lint.linting.online import ENGINES
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate, guarded, several
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name


class DropPartitionLosesRows(Rule):
    """A partition is dropped or emptied: its rows are gone.

    DROP PARTITION and TRUNCATE PARTITION take a moment, and nothing brings the rows back but a backup.
    EXCHANGE PARTITION moves them into a table of their own first, which can be kept.

    Given:

        create table events (id int not null, primary key (id)) partition by range (id)
            (partition p0 values less than (1000), partition p1 values less than (2000));
        insert into events values (1), (1500);

    Bad:

        set lock_wait_timeout = 2;
        alter table events drop partition p0;

    Bad:

        set lock_wait_timeout = 2;
        alter table events truncate partition p0;

    Good - a decision that was made:

        set lock_wait_timeout = 2;
        -- migration-lint: ignore[drop-partition-loses-rows] older than the law asks for
        alter table events drop partition p0;
    """

    severity = Severity.ERROR
    down_severity = Severity.NOTE
    engines = ENGINES
    aliases = ("bytebase:table_disallow_partition",)
    on = (DropPartitions,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(DropPartitions):
            if step.is_new(change.relation):
                continue
            names = several([quoted(name) for name in change.partitions]) or "every partition"
            yield self.finding(
                step,
                change,
                why=f"the rows of {names} of {sql_name(change.relation)} are gone",
                instead="move them into a table of their own (EXCHANGE PARTITION), or say why they may go\n\n"
                + guarded(deliberate(self.id, "not needed any more; a copy is kept", f"{step.sql};")),
            )
