from collections.abc import Iterator

from migration_lint.effects import Lock
from migration_lint.findings import Finding, Severity
from migration_lint.linting.online import ENGINES, alteration, how, table, work_on
from migration_lint.linting.online_tools import without_assertions
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import guarded, victims
from migration_lint.model import Step


class HeavierThanNeeded(Rule):
    """ALGORITHM= or LOCK= asks for more than the statement needs.

    On MySQL, ALGORITHM=INPLACE is an order: with ADD COLUMN it rebuilds the table although INSTANT would do
    (on MariaDB it is a limit, and INSTANT is taken). ALGORITHM=COPY copies the table and holds up writes;
    LOCK=SHARED holds up writes, LOCK=EXCLUSIVE reads too, for the whole of the work.

    Assert the lightest that does: then the server refuses the statement where it would be heavier.

    Given:

        create table orders (id bigint primary key auto_increment, quantity int);
        insert into orders (quantity) values (1), (2), (3);

    Bad [engine=mysql] - INSTANT would do:

        set lock_wait_timeout = 2;
        alter table orders add column note text, algorithm=inplace;

    Bad:

        set lock_wait_timeout = 2;
        alter table orders add index quantity (quantity), lock=exclusive;

    Bad:

        set lock_wait_timeout = 2;
        alter table orders add column note text, algorithm=copy;

    Good [engine=mysql]:

        set lock_wait_timeout = 2;
        alter table orders add column note text, algorithm=instant;

    Good:

        set lock_wait_timeout = 2;
        alter table orders add index quantity (quantity), algorithm=nocopy, lock=none;
    """

    severity = Severity.WARNING
    engines = ENGINES
    aliases = ("strong_migrations:add_index",)
    on = (Lock,)

    def check(self, step: Step) -> Iterator[Finding]:
        lock = alteration(step)
        if lock is None or lock.default_algorithm is None:
            return
        work = work_on(step, lock)
        blocks = lock.mode.blocks_writes
        who = f"{victims(lock.mode)} of {table(lock)} wait" if blocks else f"{table(lock)} is rebuilt"
        yield self.finding(
            step,
            lock,
            why=f"{who} ({how(lock)}), although the server can do it by {_lighter(lock)}",
            instead=f"assert what it needs\n\n{guarded(_asserted(step, lock))}",
            because=(lock, *work),
            severity=Severity.ERROR if blocks and work else None,
        )


def _lighter(lock: Lock) -> str:
    if lock.default_lock in (None, "DEFAULT"):
        return f"ALGORITHM={lock.default_algorithm}"
    return f"ALGORITHM={lock.default_algorithm}, LOCK={lock.default_lock}"


def _asserted(step: Step, lock: Lock) -> str:
    return f"{without_assertions(step.sql)}, {_lighter(lock)};"
