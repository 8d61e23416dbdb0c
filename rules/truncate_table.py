from collections.abc import Iterator

from migration_lint.effects import Truncate
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate, guarded, several, victims
from migration_lint.model import Step
from migration_lint.names import MYSQL, sql_name


class TruncateTable(Rule):
    """TRUNCATE throws every row away, and with CASCADE those of other tables.

    Nothing brings the rows back but a backup. TRUNCATE takes AccessExclusiveLock, fires no DELETE
    trigger, and a transaction that began before it sees an empty table. With CASCADE it empties every
    table with a foreign key to this one, and those that point at them, named or not.

    Rows that have to go are deleted in batches by a condition that says which. Where all have to go,
    keep a copy and say so in a comment.

    Given:

        create table users (id bigint primary key);
        create table orders (id bigint primary key, user_id bigint references users, total bigint);
        insert into users select n from generate_series(1, 100) n;
        insert into orders select n, n, n from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        truncate orders;

    Bad - orders lose their rows too:

        set lock_timeout = '2s';
        truncate users cascade;

    Good:

        delete from orders where id between 1 and 20;

    Good - a decision that was made:

        set lock_timeout = '2s';
        -- migration-lint: ignore[truncate-table] a cache, filled again by the nightly job
        truncate orders;

    Good - the table is new:

        create table staging (id bigint primary key);
        insert into staging values (1);
        truncate staging;

    Given:

        create table events (id bigint primary key);
        insert into events values (1), (2);

    Bad [engine=mariadb]:

        set lock_wait_timeout = 2;
        truncate table events;
    """

    severity = Severity.ERROR
    engines = ("postgres", "mysql", "mariadb")
    down_severity = Severity.WARNING
    aliases = (
        "squawk:ban-truncate-cascade",
        "pgfence:truncate",
        "pgfence:truncate-cascade",
        "migrationpilot:MP036",
        "pgsafe:truncate",
        "pg-migration-lint:PGM203",
        "pg-migration-lint:PGM204",
        "pgls:banTruncate",
        "pgls:banTruncateCascade",
        "bytebase:statement_disallow_truncate",
        "diesel-guard:TruncateTableCheck",
        "safemigrate-lint:truncate-cascade-banned",
    )
    on = (Truncate,)

    def check(self, step: Step) -> Iterator[Finding]:
        used = [change for change in step.each(Truncate) if not step.is_new(change.relation)]
        if not used:
            return
        whole = {change.relation for change in used}
        roots = [change for change in used if not _is_part(step, change.relation, whole)]
        named = [sql_name(change.relation) for change in roots if not change.cascaded]
        along = [sql_name(change.relation) for change in roots if change.cascaded]
        why = f"every row of {several(named or along)} is gone"
        if along and named:
            why += f", and with CASCADE every row of {several(along)}"
        locks = [lock for change in used if (lock := step.lock_on(change.relation)) is not None]
        if locks:
            why += f"; {victims(locks[0].mode)} wait{_until(step)} ({locks[0].mode.name})"
        tables = ", ".join(named + along)
        yield self.finding(
            step,
            used[0],
            why=why,
            instead="keep a copy, name every table that is to be emptied, and say why\n\n"
            + guarded(
                deliberate(self.id, "the rows are not needed any more; a copy is kept", f"TRUNCATE {tables};")
            ),
            because=(*used, *locks),
        )


def _until(step: Step) -> str:
    return "" if step.engine in MYSQL else " until commit"


def _is_part(step: Step, relation: str, truncated: set[str]) -> bool:
    """Whether it is a partition or an heir of a table that is emptied too."""
    known = step.before.relation(relation)
    return known is not None and any(parent in truncated for parent in known.parents)
