from collections.abc import Iterator

from migration_lint.effects import Lock
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import waiting
from migration_lint.model import Step
from migration_lint.names import sql_name


class HotTableLocked(Rule):
    """A table that the team has named as hot is locked against reads or writes.

    On a table that is busy all the time even a lock of a millisecond makes a queue, because it waits for
    the longest query that is running. The team names such tables in the configuration; each statement that
    locks one is told, a foreign key that points at it too:

    ``[rules.hot-table-locked]``, ``tables = "users, billing.invoices"``

    Run it at a quiet time, by somebody who watches, and say so in a comment. Or put what is new into
    a table of its own. No table is hot by default.

    Given:

        create table users (id bigint primary key);

    Good - no table is hot here:

        set lock_timeout = '2s';
        alter table users add column note text;

    Bad [set.tables=users]:

        set lock_timeout = '2s';
        alter table users add column note text;

    Bad [set.tables=users] - a foreign key locks it too:

        set lock_timeout = '2s';
        create table notes (id bigint primary key, user_id bigint references users);

    Good [set.tables=users]:

        create table user_notes (user_id bigint primary key, note text);
    """

    severity = Severity.ERROR
    aliases = ("posthog:HotTableAlterPolicy", "migrationpilot:MP013", "gitlab:high_traffic_tables")
    on = (Lock,)
    options = {"tables": ""}

    def check(self, step: Step) -> Iterator[Finding]:
        names = {name.strip() for name in str(self.settings["tables"]).split(",")} - {""}
        hot = {name if "." in name else f"public.{name}" for name in names}
        for relation in dict.fromkeys(lock.relation for lock in step.each(Lock) if lock.relation in hot):
            lock = step.lock_on(relation)
            if lock is None or not step.holds_up(lock):
                continue
            yield self.finding(
                step,
                lock,
                why=f"{waiting(lock)}, and it is a hot table",
                instead="run it at a quiet time while somebody watches, and say so; or put what is new into "
                f"a table of its own\n\n-- migration-lint: ignore[{self.id}] "
                f"{sql_name(relation)} is quiet at the time\n{step.sql};",
                because=(lock,),
            )
