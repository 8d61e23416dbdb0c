from collections.abc import Iterator

from migration_lint.effects import Change, DropConstraint, DropTable, DropView, Lock
from migration_lint.findings import Finding, Severity
from migration_lint.linting.pasting import dropped_by_name
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate, guarded, several, steps, victims
from migration_lint.linting.work import part_of
from migration_lint.model import Step
from migration_lint.names import MYSQL, quoted, sql_name
from migration_lint.schema import ConstraintKind


class DropTableRule(Rule):
    """A table is dropped: its rows are gone, and code that still uses it fails.

    Nothing brings the rows back but a backup, and every query of the deployed code that names the
    table fails from that moment on. Deploy code that no longer uses it first, look that nobody reads
    it any more (pg_stat_user_tables counts), keep a copy, and drop it in a later migration with a
    comment that says so.

    DROP TABLE takes AccessExclusiveLock on the table, and on every table that its foreign keys
    point at: reads and writes of those wait too. Where there are several, drop the foreign keys one
    by one first. CASCADE takes along whatever hangs on the table: views, and foreign keys of other
    tables, which from then on take any value. Drop those by name, so that a surprise is an error.

    DROP TABLE IF EXISTS before CREATE TABLE is the same: run on a database that has the table, it
    empties it.

    A table that this migration made, and a temporary one, may go. A down script may take back what
    its up script made; what was there before is told in a note. A partition that is dropped from its
    table is another matter.

    Given:

        create table teams (id bigint primary key);
        create table users (id bigint primary key, name text);
        create table orders (id bigint primary key, user_id bigint references users);
        create table members (team_id bigint references teams, user_id bigint references users);
        create view names as select name from users;

    Bad:

        set lock_timeout = '2s';
        drop table orders;

    Bad - the tables that it points at are locked too:

        set lock_timeout = '2s';
        drop table members;

    Bad - the foreign key of orders, that of members and a view go with it:

        set lock_timeout = '2s';
        drop table users cascade;

    Bad - a database that has the table loses its rows:

        set lock_timeout = '2s';
        drop table if exists orders;  -- here
        create table orders (id bigint primary key, total bigint);

    Good - a decision that was made:

        set lock_timeout = '2s';
        -- migration-lint: ignore[drop-table] no code uses it since v42; a copy is kept
        drop table orders;

    Good - the way back:

        create table refunds (id bigint primary key);
        -- down
        drop table refunds;

    Good - it was made here:

        create table staging (id bigint primary key);
        drop table staging;

    Good - a temporary table:

        create temporary table picked (id bigint);
        drop table picked;

    Good - it was never there:

        drop table if exists purchases;

    Given:

        create table `order` (id bigint primary key);

    Bad [engine=mariadb]:

        set lock_wait_timeout = 2;
        drop table `order`;
    """

    severity = Severity.ERROR
    engines = ("postgres", "mysql", "mariadb")
    breaks_code = True
    down_severity = Severity.NOTE
    aliases = (
        "squawk:ban-drop-table",
        "strong_migrations:create_table",
        "online_migrations:drop_table_multiple_foreign_keys",
        "pgfence:drop-table",
        "migrationpilot:MP026",
        "migrationpilot:MP022",
        "pgsafe:drop-table",
        "pg-migration-lint:PGM201",
        "pg-migration-lint:PGM202",
        "pgls:banDropTable",
        "django-migration-linter:DROP_TABLE",
        "atlas:DS102",
        "diesel-guard:DropTableCheck",
        "safemigrate-lint:drop-table",
        "bytebase:statement_disallow_rm_tbl_cascade",
    )
    on = (DropTable,)

    def check(self, step: Step) -> Iterator[Finding]:
        dropped = {drop.relation: drop for drop in step.each(DropTable)}
        used = [
            drop
            for name, drop in dropped.items()
            if not step.is_new(name) and not step.takes_back(name) and not _partition(step, name)
        ]
        if not used:
            return
        tables = [sql_name(drop.relation) for drop in used]
        cascade = any(drop.cascade for drop in used)
        why = f"the rows of {several(tables)} are gone, and code that still uses it fails"
        gone = {*dropped, *(part.name for name in dropped for part in step.before.descendants(name))}
        others = [
            lock
            for lock in step.each(Lock)
            if lock.mode.blocks_writes
            and not {lock.relation, part_of(step, lock.relation)} & gone
            and not step.is_new(lock.relation)
        ]
        lost = _taken_along(step) if cascade else []
        if lost:
            why += f"; CASCADE takes {several(lost)} along"
        elif others:
            names = several([sql_name(lock.relation) for lock in others])
            why += f"; {victims(others[0].mode)} of {names} wait too ({others[0].mode.name})"
        drop = f"DROP TABLE {', '.join(tables)};"
        reason = "no code uses it any more; a copy is kept"
        last = guarded(deliberate(self.id, reason, drop))
        yield self.finding(
            step,
            used[0],
            why=why,
            instead="deploy code that no longer uses it first, keep a copy of the rows, then drop it"
            + (" without CASCADE" if cascade else "")
            + f"\n\n{steps(*_before(step, dropped), last)}",
            because=(*used, *others),
        )


def _partition(step: Step, name: str) -> bool:
    known = step.before.relation(name)
    return known is not None and known.partition_of is not None


def _taken_along(step: Step) -> list[str]:
    """What CASCADE drops beside the tables."""
    found: list[str] = []
    changes: list[Change] = [*step.each(DropView), *step.each(DropConstraint)]
    for change in changes:
        if isinstance(change, DropConstraint):
            found.append(f"constraint {quoted(change.constraint)} of {sql_name(change.relation)}")
        else:
            found.append(f"view {sql_name(change.relation)}")
    return found


def _before(step: Step, dropped: dict[str, DropTable]) -> list[str]:
    """The migrations that drop by name what CASCADE takes along, and foreign keys at several tables."""
    found = []
    parents = set()
    for name in dropped:
        known = step.before.relation(name)
        for key in known.constraints if known is not None else ():
            if key.kind is ConstraintKind.FOREIGN_KEY and key.references not in dropped:
                parents.add(key.references)
                kind = "FOREIGN KEY" if step.engine in MYSQL else "CONSTRAINT"
                found.append(guarded(f"ALTER TABLE {sql_name(name)} DROP {kind} {quoted(key.name)};"))
    along: list[Change] = [*step.each(DropView), *step.each(DropConstraint)]
    return [guarded(dropped_by_name(change)) for change in along] + (found if len(parents) > 1 else [])
