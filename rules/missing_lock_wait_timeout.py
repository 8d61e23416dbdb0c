import re
from collections.abc import Iterator, Sequence

from migration_lint.effects import Lock
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.online import ENGINES
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import sql_name

_OWN = re.compile(r"\bnowait\b|\bwait\s+\d+", re.IGNORECASE)


class MissingLockWaitTimeout(Rule):
    """A statement waits for its metadata lock without limit, and everyone else queues behind it.

    Every ALTER, DROP, RENAME, TRUNCATE and CREATE TRIGGER needs the table for itself for a moment, INSTANT
    ones too. It waits for each transaction that has so much as read the table, and every later query
    waits behind it. lock_wait_timeout bounds that, but is a year on MySQL and a day on MariaDB of itself;
    innodb_lock_wait_timeout is about row locks and does not. With 2 seconds the statement fails, the queue is
    gone, and the migration is run again. MariaDB's WAIT n and NOWAIT do the same for one statement.

    On MySQL 8.0 and later, tables that foreign keys tie to this one are waited for and held up too.

    The finding comes once per migration. Where the tool sets the timeout for every migration, switch the
    rule off in the configuration.

    Given:

        create table orders (id bigint primary key, quantity int);

    Bad:

        alter table orders add column note text;

    Bad - that is for row locks:

        set innodb_lock_wait_timeout = 2;
        alter table orders add column note text;

    Bad - too long:

        set lock_wait_timeout = 600;
        alter table orders add column note text;

    Good:

        set session lock_wait_timeout = 2;
        alter table orders add column note text;

    Good - for this statement alone:

        alter table orders wait 2 add column note text;

    Good - the table is new:

        create table refunds (id bigint primary key);
        alter table refunds add column note text;
    """

    severity = Severity.WARNING
    engines = ENGINES
    aliases = ("strong_migrations:check_lock_timeout",)
    options = {"longest": 10_000}

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        longest = int(self.settings["longest"])
        for step in steps:
            limit = step.session.lock_timeout
            lock = _awaited(step)
            if lock is None or (limit is not None and limit <= longest):
                continue
            duration = "without limit" if limit is None else f"for up to {limit // 1000} s"
            yield self.finding(
                step,
                relation=lock.relation,
                confidence=Confidence.CERTAIN,
                why=f"reads and writes of {sql_name(lock.relation)} wait behind this statement while it "
                f"waits {duration} for its metadata lock",
                instead="set a short lock_wait_timeout before it, and run it again when it fails\n\n"
                f"SET SESSION lock_wait_timeout = 2;\n{step.sql};",
            )
            return


def _awaited(step: Step) -> Lock | None:
    """The exclusive metadata lock on a table in use, where the statement does not bound its own wait."""
    if step.refused is not None or (step.engine == "mariadb" and _OWN.search(step.sql)):
        return None
    for lock in step.each(Lock):
        if lock.metadata_lock == "EXCLUSIVE" and not step.is_new(lock.relation):
            return lock
    return None
