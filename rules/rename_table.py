from collections.abc import Iterator, Sequence

from migration_lint.effects import CreateView, RenameTable, SetSchema
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import guarded, stand_in
from migration_lint.model import Step
from migration_lint.names import MYSQL, quoted, split, sql_name
from migration_lint.schema import RelationKind

_NOT_ROWS = (RelationKind.SEQUENCE, RelationKind.COMPOSITE_TYPE)


class RenameTableRule(Rule):
    """A table or view is renamed, and the code that is running knows only the old name.

    RENAME TO and SET SCHEMA are done in an instant, under AccessExclusiveLock. But the old code runs
    on until the last instance is replaced, and from that moment every query of it fails; the new
    code fails until the migration is done. No order of deployment avoids both.

    A view with the old name, made in the same transaction, serves the old code until it is gone: a
    view on one table takes INSERT, UPDATE and DELETE as well. Foreign keys, indexes and views follow
    the new name by themselves; functions with the old name in their text do not.

    Given:

        create table orders (id bigint primary key, total bigint);
        create view totals as select total from orders;
        create schema archive;

    Bad:

        set lock_timeout = '2s';
        alter table orders rename to purchases;

    Bad - to another schema:

        set lock_timeout = '2s';
        alter table orders set schema archive;

    Bad - a view:

        set lock_timeout = '2s';
        alter view totals rename to sums;

    Bad - between the two statements the old code fails:

        set lock_timeout = '2s';
        alter table orders rename to purchases;  -- here
        create view orders as select * from purchases;

    Good:

        begin;
        set local lock_timeout = '2s';
        alter table orders rename to purchases;
        create view orders as select * from purchases;
        commit;

    Good:

        begin;
        set local lock_timeout = '2s';
        alter table orders set schema archive;
        create view orders as select * from archive.orders;
        commit;

    Good - the table is new:

        create table refund (id bigint primary key);
        alter table refund rename to refunds;

    Good - another takes its place:

        create table orders_new (id bigint primary key, total bigint, note text);
        begin;
        set local lock_timeout = '2s';
        alter table orders rename to orders_old;
        alter table orders_new rename to orders;
        commit;

    Given:

        create table users (id bigint primary key);
        create table people (id bigint primary key);

    Bad [engine=mariadb]:

        set lock_wait_timeout = 2;
        alter table users rename to customers;

    Good [engine=mariadb] - one takes the place of the other at once:

        set lock_wait_timeout = 2;
        rename table users to users_old, people to users;
    """

    severity = Severity.ERROR
    engines = ("postgres", "mysql", "mariadb")
    breaks_code = True
    down_severity = Severity.WARNING
    aliases = (
        "squawk:renaming-table",
        "squawk:ban-set-schema",
        "strong_migrations:rename_table",
        "online_migrations:rename_table",
        "pgfence:rename-table",
        "migrationpilot:MP028",
        "migrationpilot:MP098",
        "pgsafe:rename",
        "pg-migration-lint:PGM504",
        "pgls:renamingTable",
        "django-migration-linter:RENAME_TABLE",
        "atlas:BC101",
        "diesel-guard:RenameTableCheck",
        "excellent_migrations:table_renamed",
    )

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        for number, step in enumerate(steps):
            changes: list[RenameTable | SetSchema] = [*step.each(RenameTable), *step.each(SetSchema)]
            for change in changes[:1]:
                known = step.before.relation(change.relation)
                if step.is_new(change.relation) or (known is not None and known.kind in _NOT_ROWS):
                    continue
                if _is_replaced(change.relation, step, steps[number + 1 :]):
                    continue
                if step.engine in MYSQL and _is_swapped(change.relation, steps[number:]):
                    continue
                lock = step.lock_on(change.relation)
                old, new = sql_name(change.relation), sql_name(change.to)
                yield self.finding(
                    step,
                    change,
                    why=f"running code that reads or writes {old} fails: it is called {new} from now on",
                    instead=f"make a view with the old name {_at_once(step)}; deploy code that uses "
                    f"the new name, then drop the view\n\n{_with_view(step, change)}",
                    because=(change,) if lock is None else (change, lock),
                )


def _at_once(step: Step) -> str:
    return "right after it" if step.engine in MYSQL else "in the same transaction"


def _with_view(step: Step, change: RenameTable | SetSchema) -> str:
    both = f"{_statement(change)}\n{stand_in(change.relation, change.to)}"
    if step.engine in MYSQL:
        return guarded(both)
    return f"BEGIN;\nSET LOCAL lock_timeout = '2s';\n{both}\nCOMMIT;"


def _is_swapped(name: str, steps: Sequence[Step]) -> bool:
    """Whether the same statement, or a view after it, puts another relation in its place."""
    if any(change.to == name for change in steps[0].each(RenameTable)):
        return True
    return any(change.relation == name for step in steps for change in step.each(CreateView))


def _statement(change: RenameTable | SetSchema) -> str:
    target = f"ALTER TABLE {sql_name(change.relation)}"
    if isinstance(change, SetSchema):
        return f"{target} SET SCHEMA {quoted(split(change.to)[0])};"
    return f"{target} RENAME TO {quoted(split(change.to)[1])};"


def _is_replaced(name: str, step: Step, later: Sequence[Step]) -> bool:
    """Whether the same transaction puts another relation in its place."""
    if step.session.transaction is None:
        return False
    for other in later:
        if other.session.transaction != step.session.transaction:
            return False
        if any(change.relation == name for change in other.each(CreateView)):
            return True
        if any(change.to == name for change in other.each(RenameTable)):
            return True
    return False
