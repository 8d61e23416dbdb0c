from collections.abc import Iterator, Sequence

from migration_lint.effects import AddConstraint, DropConstraint
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import guarded, steps
from migration_lint.model import Step
from migration_lint.names import bare, quoted, shortened, sql_name, sql_names
from migration_lint.schema import ConstraintKind


class DropPrimaryKey(Rule):
    """A table loses its primary key: duplicates come in, and updates of a published table fail.

    Without the key the table takes rows with the same id, upserts that rely on it (ON CONFLICT) fail,
    and queries by id read the whole table, because its index is gone as well. In logical
    replication, UPDATE and DELETE of a published table fail at once: it has no replica identity any
    more. CASCADE drops the foreign keys that point at it.

    To replace it, build the index of the new key concurrently, and drop the old and add the new one in
    one statement.

    Given:

        create table orders (id bigint primary key, number bigint not null);
        create table items (order_id bigint references orders, number int);
        insert into orders select n, n from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        alter table orders drop constraint orders_pkey cascade;

    Good - another one takes its place:

        create unique index concurrently orders_number_pkey on orders (number);
        -- next migration
        set lock_timeout = '2s';
        alter table orders drop constraint orders_pkey cascade,
            add primary key using index orders_number_pkey;

    Good - the table is new:

        create table refunds (id bigint primary key);
        alter table refunds drop constraint refunds_pkey;
    """

    severity = Severity.ERROR
    breaks_code = True
    down_severity = Severity.WARNING
    aliases = (
        "diesel-guard:DropPrimaryKeyCheck",
        "migrationpilot:MP055",
        "migrationpilot:MP097",
        "pg-migration-lint:PGM011",
        "squawk:ban-drop-constraint",
    )
    on = (DropConstraint,)

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        for number, step in enumerate(steps):
            for change in step.each(DropConstraint):
                if step.is_new(change.relation) or _replaced(steps[number:], change.relation):
                    continue
                if not _is_primary_key(change):
                    continue
                lock = step.lock_on(change.relation)
                table = sql_name(change.relation)
                cascaded = _pointing(step, change.relation) if change.cascade else []
                taken = f", and {', '.join(cascaded)} lose their foreign keys" if cascaded else ""
                yield self.finding(
                    step,
                    change,
                    confidence=None if change.definition is not None else Confidence.LIKELY,
                    why=f"{table} takes duplicates, upserts on its key fail, and so do updates where it is "
                    f"published{taken}",
                    instead=_instead(change),
                    because=(change, *([lock] if lock is not None else [])),
                )


def _is_primary_key(change: DropConstraint) -> bool:
    if change.definition is not None:
        return change.definition.kind is ConstraintKind.PRIMARY_KEY
    return change.constraint == f"{bare(change.relation)}_pkey"


def _replaced(steps: Sequence[Step], relation: str) -> bool:
    """Whether the statement, or a later one of its transaction, adds a primary key."""
    transaction = steps[0].session.transaction
    together = [
        step
        for step in steps
        if step is steps[0] or (transaction is not None and step.session.transaction == transaction)
    ]
    return any(
        change.relation == relation and change.constraint.kind is ConstraintKind.PRIMARY_KEY
        for step in together
        for change in step.each(AddConstraint)
    )


def _pointing(step: Step, relation: str) -> list[str]:
    return sorted({sql_name(table.name) for table, _ in step.before.foreign_keys_to(relation)})


def _instead(change: DropConstraint) -> str:
    table = sql_name(change.relation)
    columns = sql_names(change.definition.columns) if change.definition is not None else "id"
    name = quoted(change.constraint)
    of = "_".join(change.definition.columns) if change.definition is not None else "new"
    index = quoted(shortened(f"{bare(change.relation)}_{of}_pkey"))
    cascade = " CASCADE" if change.cascade else ""
    return (
        "keep it until another one takes its place, in one statement; build that one's index first, on the "
        "columns that are to be the key\n\n"
        + steps(
            f"CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} ({columns});",
            guarded(
                f"ALTER TABLE {table}\n    DROP CONSTRAINT {name}{cascade},\n"
                f"    ADD PRIMARY KEY USING INDEX {index};"
            ),
        )
    )
