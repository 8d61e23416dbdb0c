from collections.abc import Iterator

from migration_lint.effects import Change, Rewrite, SetAccessMethod, SetPersistence, SetTablespace
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import waiting
from migration_lint.model import Step
from migration_lint.names import quoted, shortened, split, sql_name


class TableStorageRewrite(Rule):
    """A table is moved or written anew in another form, and reads and writes wait for all of it.

    SET LOGGED, SET UNLOGGED, SET ACCESS METHOD and SET TABLESPACE copy the whole table, and most of
    them its indexes, under AccessExclusiveLock: minutes or hours on a big one, with as much disk again.
    SET LOGGED sends all of it to the WAL and the replicas. An unlogged table is emptied by a crash, is
    empty on every replica, and is missing from what is restored from a backup of one.

    There is no way to do it in place while others work. Make a new table of the wanted kind, keep it
    up to date with a trigger, copy the rows in batches, and swap the names; or run pg_repack or
    pg_squeeze outside the migration.

    Given:

        create table orders (id bigint primary key, total bigint);
        insert into orders select n, n from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        alter table orders set unlogged;

    Good - it is that way from the start:

        create unlogged table scratch (id bigint primary key);

    Good - it is that way already:

        set lock_timeout = '2s';
        alter table orders set logged;

    Good - the table is new:

        create table staging (id bigint primary key);
        alter table staging set unlogged;
    """

    severity = Severity.ERROR
    aliases = (
        "pgfence:set-logged-unlogged",
        "migrationpilot:MP047",
        "migrationpilot:MP095",
        "pgsafe:set-logged-unlogged",
        "pgsafe:set-access-method",
        "safemigrate-lint:table-logging-mode-rewrites",
        "safemigrate-lint:access-method-change-rewrites",
    )
    on = (SetPersistence, SetAccessMethod, SetTablespace)

    def check(self, step: Step) -> Iterator[Finding]:
        changes: list[Change] = [
            *step.each(SetPersistence),
            *step.each(SetAccessMethod),
            *step.each(SetTablespace),
        ]
        for change in changes:
            rewrites = [rewrite for rewrite in step.each(Rewrite) if rewrite.clause == change.clause]
            lock = step.lock_on(change.relation)
            if step.is_new(change.relation) or not rewrites or lock is None:
                continue
            why = f"{waiting(lock)} while every row is copied"
            if isinstance(change, SetPersistence) and not change.logged:
                why += "; from then on a crash empties it"
            yield self.finding(
                step,
                change,
                why=why,
                instead="make a new table of that kind, copy the rows in batches while a trigger keeps it up "
                f"to date, then swap the names\n\n{_copy(change)}",
                because=(lock, *step.work),
            )


def _copy(change: Change) -> str:
    schema, name = split(change.relation)
    new = sql_name(f"{schema}.{shortened(f'{name}_new')}")
    unlogged, clause = "", ""
    if isinstance(change, SetPersistence):
        unlogged = "" if change.logged else "UNLOGGED "
    elif isinstance(change, SetAccessMethod):
        clause = f" USING {quoted(change.method)}"
    elif isinstance(change, SetTablespace):
        clause = f" TABLESPACE {quoted(change.tablespace)}"
    return f"CREATE {unlogged}TABLE {new} (LIKE {sql_name(change.relation)} INCLUDING ALL){clause};"
