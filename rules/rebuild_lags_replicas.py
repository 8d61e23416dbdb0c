from collections.abc import Iterator

from migration_lint.effects import AddColumn, DropColumn, Rewrite
from migration_lint.findings import Finding, Severity
from migration_lint.linting.online import ENGINES, TOOLS, alteration, by_tool, how, reason, table, work_on
from migration_lint.linting.rule import Rule
from migration_lint.model import Step


class RebuildLagsReplicas(Rule):
    """The table is rebuilt: writes go on, but replicas fall behind for as long as it takes.

    A rebuild in place, and a copy since MariaDB 11.2, let reads and writes go on. But all rows are written
    again, the disk holds the table twice, and a replica starts the same work only when the primary is done,
    and does nothing else meanwhile: whoever reads from it sees data as old as the rebuild is long. If
    writes come too fast the statement fails with 1799 at innodb_online_alter_log_max_size.

    One clause decides for all: on MySQL, ADD COLUMN is INSTANT alone, and a rebuild beside ADD INDEX, DROP
    INDEX, a table's COMMENT or a longer VARCHAR. Give each a statement of its own. For the rest, take a
    tool that watches the replicas, or a quiet hour.

    Given:

        create table orders (id bigint primary key auto_increment, quantity int, key (quantity));
        insert into orders (quantity) values (1), (2), (3);

    Bad:

        set lock_wait_timeout = 2;
        alter table orders modify quantity int not null;

    Bad - together they are a rebuild:

        set lock_wait_timeout = 2;
        alter table orders add column note text, add index quantity_id (quantity, id);

    Bad:

        set lock_wait_timeout = 2;
        optimize table orders;

    Bad [engine=mariadb, version=11.4] - the copy that lets writes go on:

        set lock_wait_timeout = 2;
        alter table orders modify quantity bigint;

    Bad [engine=mysql] - on MySQL, even beside a comment:

        set lock_wait_timeout = 2;
        alter table orders add column note text, comment = 'all of them';

    Good:

        set lock_wait_timeout = 2;
        alter table orders add column note text;
        alter table orders add index quantity_id (quantity, id);

    Good - the table is new:

        create table refunds (id bigint primary key, quantity int);
        alter table refunds modify quantity int not null;
    """

    severity = Severity.WARNING
    engines = ENGINES
    aliases = ("strong_migrations:change_column_null",)
    on = (Rewrite,)
    options = {"large_table_tool": TOOLS}

    def check(self, step: Step) -> Iterator[Finding]:
        lock = alteration(step)
        if lock is None or lock.mode.blocks_writes or lock.default_algorithm:
            return
        work = work_on(step, lock)
        if not any(isinstance(impact, Rewrite) for impact in work):
            return
        yield self.finding(
            step,
            lock,
            why=f"replicas fall behind while {table(lock)} is rebuilt ({how(lock)}){reason(work)}",
            instead=by_tool(step, lock, self.id, str(self.settings["large_table_tool"]), _order(step)),
            because=(lock, *work),
        )


def _order(step: Step) -> str:
    column = any(step.each(AddColumn)) or any(step.each(DropColumn))
    if column and "," in step.sql:
        return "give the column a statement of its own, where it may be INSTANT; or let a tool do it"
    return "let a tool do it that watches the replicas, or do it in a quiet hour"
