from collections.abc import Iterator

from migration_lint.effects import (
    AddConstraint,
    AddEnumValue,
    CreateIndex,
    DetachPartition,
    DropIndex,
    LockTable,
    RefreshMaterializedView,
    Reindex,
    UpdateRows,
    UseEnumValue,
)
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import guarded, several, steps
from migration_lint.model import Step, TransactionRule
from migration_lint.names import bare, quoted, sql_name
from migration_lint.schema import ConstraintKind


class RefusedStatement(Rule):
    """The server refuses the statement, so that the migration fails.

    It fails on every database, but first on the one where it is tried, and what ran before it stays,
    unless a transaction takes it back. LOCK TABLE stands only in a transaction; VACUUM, CREATE DATABASE,
    ALTER SYSTEM, REINDEX SCHEMA and their like only outside one; REFRESH MATERIALIZED VIEW CONCURRENTLY
    needs a unique index on plain columns and a view that has been filled; a column is assigned once. ALTER
    TABLE is refused where a column or constraint is there already or is not there at all, where it comes
    from the table above, where a view, policy, trigger or generated column reads a column whose type is to
    change, and where something else needs what is dropped and CASCADE is not given.

    Given:

        create table orders (id bigint primary key, quantity int);
        insert into orders select n, 1 from generate_series(1, 100) n;
        create materialized view totals as select id, quantity from orders;
        create materialized view sums as select id, quantity from orders;
        create unique index sums_id_idx on sums (id);

    Bad [refused]:

        set lock_timeout = '2s';
        lock table orders in share mode;

    Bad [refused]:

        begin;
        vacuum orders;  -- here
        commit;

    Bad [refused, transaction=one] - the tool opens the transaction:

        vacuum orders;

    Bad [refused]:

        update orders set quantity = 1, quantity = 2 where id = 1;

    Bad [refused, alone] - a table has one primary key:

        set lock_timeout = '2s';
        alter table orders add constraint orders_key primary key (quantity);

    Bad [refused, alone] - the view reads it:

        set lock_timeout = '2s';
        alter table orders alter column quantity type bigint;

    Bad [refused] - it has no unique index:

        refresh materialized view concurrently totals;

    Good:

        begin;
        set local lock_timeout = '2s';
        lock table orders in share mode;
        commit;

    Good:

        vacuum orders;

    Good:

        update orders set quantity = 2 where id = 1;

    Good:

        refresh materialized view concurrently sums;

    Given:

        create table orders (id bigint primary key, quantity int, note text);

    Bad [engine=mariadb, refused] - it is there already:

        set lock_wait_timeout = 2;
        alter table orders add column quantity int;

    Bad [engine=mariadb, refused] - such an index takes a lock:

        set lock_wait_timeout = 2;
        alter table orders add fulltext index words (note), algorithm=instant;

    Good [engine=mariadb]:

        set lock_wait_timeout = 2;
        alter table orders add column code text;
    """

    severity = Severity.ERROR
    answered_by = ("the server refuses",)
    of_what_is_read = True
    engines = ("postgres", "mysql", "mariadb")
    aliases = (
        "squawk:ban-duplicate-column-assignments",
        "bytebase:statement_non_transactional",
        "pgfence:refresh-matview-concurrent",
        "pgls:concurrentRefreshMatviewLock",
    )

    def check(self, step: Step) -> Iterator[Finding]:
        if step.refused is None or _elsewhere(step):
            return
        yield self.finding(
            step,
            relation=_relation(step),
            confidence=Confidence.CERTAIN,
            why=f"the migration fails here: {step.refused}",
            instead=_instead(step),
        )


def _elsewhere(step: Step) -> bool:
    """Whether a rule of its own tells it: a concurrent build in a transaction, a new enum value."""
    if any(step.each(UseEnumValue)) or any(step.each(AddEnumValue)):
        return True
    keys = [
        (added.relation, added.constraint.columns)
        for added in step.each(AddConstraint)
        if added.constraint.kind in (ConstraintKind.PRIMARY_KEY, ConstraintKind.UNIQUE)
    ] + [(made.relation, made.index.columns) for made in step.each(CreateIndex) if made.index.unique]
    if any(_leaves_out_partition_key(step, relation, columns) for relation, columns in keys):
        return True
    concurrent = (
        [change.concurrently for change in step.each(CreateIndex)]
        + [change.concurrently for change in step.each(DropIndex)]
        + [change.concurrently for change in step.each(Reindex)]
        + [change.concurrently for change in step.each(DetachPartition)]
    )
    return step.transaction is TransactionRule.FORBIDDEN and any(concurrent)


def _leaves_out_partition_key(step: Step, relation: str, columns: tuple[str | None, ...]) -> bool:
    table = step.before.relation(relation)
    key = table.partition_key if table is not None else None
    return key is not None and not set(key.columns) <= set(columns)


def _relation(step: Step) -> str:
    return next((name for effect in step.effects if (name := getattr(effect, "relation", ""))), "")


def _instead(step: Step) -> str:
    if any(step.each(LockTable)) and step.session.transaction is None:
        sql = f"BEGIN;\nSET LOCAL lock_timeout = '2s';\n{step.sql};\n-- what it is needed for\nCOMMIT;"
        return f"open a transaction around it and the statements that need the lock\n\n{sql}"
    if step.transaction is TransactionRule.FORBIDDEN and step.session.transaction is not None:
        return f"move it into a migration of its own that runs outside a transaction\n\n{step.sql};"
    for update in step.each(UpdateRows):
        if update.repeated:
            names = several([quoted(name) for name in update.repeated])
            return f"assign {names} once"
    for refresh in step.each(RefreshMaterializedView):
        if refresh.concurrently:
            return _refresh(step, refresh)
    return "correct it, and try the migration on a copy of the database"


def _refresh(step: Step, refresh: RefreshMaterializedView) -> str:
    known = step.before.relation(refresh.relation)
    name = sql_name(refresh.relation)
    if known is not None and not known.populated:
        return f"fill it first: nobody can read it before\n\n{guarded(f'REFRESH MATERIALIZED VIEW {name};')}"
    key = quoted(known.columns[0].name) if known is not None and known.columns else "id"
    index = quoted(f"{bare(refresh.relation)}_{key}_idx")
    return "give it a unique index on columns that tell its rows apart, then refresh it\n\n" + steps(
        f"CREATE UNIQUE INDEX CONCURRENTLY {index} ON {name} ({key});",
        f"REFRESH MATERIALIZED VIEW CONCURRENTLY {name};",
    )
