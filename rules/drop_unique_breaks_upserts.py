from collections.abc import Iterator, Sequence

from migration_lint.effects import AddConstraint, DropConstraint
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate, guarded
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name
from migration_lint.schema import Constraint, ConstraintKind


class DropUniqueBreaksUpserts(Rule):
    """Upserts fail, and duplicates come in, once a unique constraint is dropped.

    INSERT … ON CONFLICT (email) needs a unique constraint or index on exactly those columns. Without
    it every such INSERT of the deployed code fails with "there is no unique or exclusion constraint
    matching the ON CONFLICT specification". The index of the constraint goes too, and queries that
    used it read the whole table.

    Where another unique index on the same columns stays, upserts go on, and nothing is told.

    Given:

        create table users (id bigint primary key, email text, constraint users_email_key unique (email));
        insert into users select n, n || '@example.com' from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        alter table users drop constraint users_email_key;

    Good - another index on the same columns stays:

        create unique index concurrently users_email_idx on users (email);
        -- next migration
        set lock_timeout = '2s';
        alter table users drop constraint users_email_key;

    Good - a decision that was made:

        set lock_timeout = '2s';
        -- migration-lint: ignore[drop-unique-breaks-upserts] no code has upserts on it
        alter table users drop constraint users_email_key;

    Good - the table is new:

        create table teams (id bigint primary key, name text constraint teams_name_key unique);
        alter table teams drop constraint teams_name_key;
    """

    severity = Severity.WARNING
    breaks_code = True
    down_severity = Severity.NOTE
    confidence = Confidence.POSSIBLE
    aliases = (
        "squawk:ban-drop-constraint",
        "pgfence:drop-constraint",
        "pgsafe:drop-constraint",
        "pg-migration-lint:PGM010",
        "safemigrate-lint:constraint-dropped-warning",
        "atlas:CD101",
    )
    on = (DropConstraint,)

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        for number, step in enumerate(steps):
            for change in step.each(DropConstraint):
                constraint = change.definition
                if constraint is None or constraint.kind is not ConstraintKind.UNIQUE:
                    continue
                if step.is_new(change.relation) or _stays(step, change.relation, constraint):
                    continue
                if _replaced(steps[number:], change.relation, constraint):
                    continue
                table, columns = sql_name(change.relation), ", ".join(map(quoted, constraint.columns))
                drop = f"ALTER TABLE {table} DROP CONSTRAINT {quoted(change.constraint)};"
                yield self.finding(
                    step,
                    change,
                    why=f"upserts of running code on {table} ({columns}) fail, and duplicates come in",
                    instead="deploy code without ON CONFLICT on it first, then drop it\n\n"
                    + guarded(deliberate(self.id, "no code has upserts on it", drop)),
                )


def _stays(step: Step, relation: str, constraint: Constraint) -> bool:
    """Whether another unique index on the same columns serves the upserts."""
    return any(
        index.unique
        and index.valid
        and index.predicate is None
        and index.name != constraint.index
        and set(index.columns) == set(constraint.columns)
        for index in step.before.indexes_on(relation)
    )


def _replaced(steps: Sequence[Step], relation: str, constraint: Constraint) -> bool:
    """Whether the statement, or a later one of its transaction, adds it again."""
    transaction = steps[0].session.transaction
    return any(
        change.relation == relation and set(change.constraint.columns) == set(constraint.columns)
        for step in steps
        if step is steps[0] or (transaction is not None and step.session.transaction == transaction)
        for change in step.each(AddConstraint)
    )
