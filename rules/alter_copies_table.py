from collections.abc import Iterator

from migration_lint.effects import Lock
from migration_lint.findings import Finding, Severity
from migration_lint.linting.online import ENGINES, TOOLS, alteration, by_tool, how, reason, table, work_on
from migration_lint.linting.rule import Rule
from migration_lint.model import Step


class AlterCopiesTable(Rule):
    """Writes wait while the whole table is copied.

    What InnoDB cannot change in place is done by ALGORITHM=COPY: the server makes a second table, copies
    every row, and lets nobody write to the first until that is done. Reads go on. So it is with nearly
    every change of a column's type, also of INT to BIGINT and of a VARCHAR past 255 bytes, with character
    sets, with a CHECK, a STORED column, a foreign key while foreign_key_checks is on, DROP PRIMARY KEY,
    PARTITION BY, and, on MySQL, with any rebuild of a table that has a FULLTEXT index. One such clause is
    enough for all of the statement. Since MariaDB 11.2 a copy lets writes go on
    (`rebuild-lags-replicas` tells it).

    A big table is changed by a tool that copies it beside the traffic, throttled, and swaps it at the end:
    gh-ost, pt-online-schema-change or spirit. The finding has their command lines, or says why one of them
    would refuse. `large_table_tool` picks one, or `none`.

    Given:

        create table orders (id bigint primary key auto_increment, quantity int, code varchar(50));
        insert into orders (quantity) values (1), (2), (3);

    Bad:

        set lock_wait_timeout = 2;
        alter table orders modify quantity bigint;

    Bad - 64 characters of utf8mb4 are more than 255 bytes:

        set lock_wait_timeout = 2;
        alter table orders modify code varchar(64);

    Bad:

        set lock_wait_timeout = 2;
        alter table orders add constraint positive check (quantity > 0);

    Bad - one clause is enough:

        set lock_wait_timeout = 2;
        alter table orders add column note text, modify quantity bigint;

    Bad [engine=mysql]:

        set lock_wait_timeout = 2;
        alter table orders modify quantity bigint;

    Good - within 255 bytes:

        set lock_wait_timeout = 2;
        alter table orders modify code varchar(63);

    Good - the table is new:

        create table refunds (id bigint primary key, quantity int);
        alter table refunds modify quantity bigint;

    Good - a decision that was made:

        set lock_wait_timeout = 2;
        -- migration-lint: ignore[alter-copies-table] some hundred rows
        alter table orders modify quantity bigint;
    """

    severity = Severity.ERROR
    engines = ENGINES
    aliases = (
        "strong_migrations:change_column",
        "strong_migrations:add_check_constraint",
        "bytebase:column_disallow_change_type",
        "bytebase:table_disallow_set_charset",
    )
    on = (Lock,)
    options = {"large_table_tool": TOOLS}

    def check(self, step: Step) -> Iterator[Finding]:
        lock = alteration(step)
        if lock is None or lock.algorithm != "COPY" or not lock.mode.blocks_writes or lock.default_algorithm:
            return
        work = work_on(step, lock)
        if not work:
            return
        yield self.finding(
            step,
            lock,
            why=f"writes of {table(lock)} wait while all of it is copied ({how(lock)}){reason(work)}",
            instead=by_tool(
                step,
                lock,
                self.id,
                str(self.settings["large_table_tool"]),
                "let a tool copy it beside the traffic; run it as it is on a small table alone",
            ),
            because=(lock, *work),
        )
