from collections.abc import Iterator

from migration_lint.effects import BeginTransaction, LockTable
from migration_lint.findings import Finding, Severity
from migration_lint.linting.online import ENGINES
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import steps
from migration_lint.model import Step, TransactionRule


class ImplicitCommit(Rule):
    """DDL commits the open transaction: what ran before it cannot be taken back.

    Every CREATE, ALTER, DROP, RENAME and TRUNCATE, also ANALYZE, OPTIMIZE, LOCK TABLES and GRANT, commits
    what is open before it starts, even where it then fails, and again when it is done. BEGIN and ROLLBACK
    around them do nothing, nor does the transaction that a migration tool opens: a migration that fails
    half-way is half applied, and is not undone.

    Put rows and schema into migrations of their own, so that each can be run again. CREATE and DROP
    TEMPORARY TABLE do not commit.

    Given:

        create table orders (id bigint primary key auto_increment, quantity int);

    Bad - the row stays, whatever happens:

        set lock_wait_timeout = 2;
        begin;
        insert into orders (quantity) values (1);
        alter table orders add column note text;  -- here
        rollback;

    Bad [transaction=one] - the tool's own transaction:

        set lock_wait_timeout = 2;
        insert into orders (quantity) values (1);
        alter table orders add column note text;

    Good:

        set lock_wait_timeout = 2;
        alter table orders add column note text;
        -- next migration
        insert into orders (quantity) values (1);

    Good - a temporary table does not commit:

        begin;
        insert into orders (quantity) values (1);
        create temporary table picked (id bigint);
        commit;
    """

    severity = Severity.WARNING
    engines = ENGINES
    aliases = ("bytebase:statement_disallow_commit",)

    def check(self, step: Step) -> Iterator[Finding]:
        session = step.session
        opened = session.transaction is not None and (step.held or not session.wrapped)
        if not opened or step.transaction is not TransactionRule.IMPLICIT_COMMIT or any(step.each(LockTable)):
            return
        if any(step.each(BeginTransaction)):
            return
        yield self.finding(
            step,
            why="it commits the open transaction: if a later statement fails, what ran before stays",
            instead="move it into a migration of its own\n\n"
            + steps("-- what is there without it", f"{step.sql};"),
        )
