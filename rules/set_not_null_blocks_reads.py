from collections.abc import Iterator, Sequence

from migration_lint.effects import AddConstraint, DropConstraint, SetNotNull
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import guarded, not_valid, proofs_of_not_null, several, steps, waiting
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name
from migration_lint.schema import Constraint, ConstraintKind


class SetNotNullBlocksReads(Rule):
    """Reads and writes wait while every row is searched for a NULL.

    SET NOT NULL holds AccessExclusiveLock on the table while it reads every row, and fails if one
    of them holds a NULL. It reads none where a CHECK constraint that says so has been validated
    (PostgreSQL 12 and later): the constraint is added NOT VALID, validated in the next migration
    while reads and writes go on, and dropped after SET NOT NULL. Since PostgreSQL 18 the NOT NULL
    constraint itself can be added NOT VALID and validated; SET NOT NULL in place of VALIDATE
    CONSTRAINT would read every row under its lock all the same.

    The proof has to be there when SET NOT NULL runs. One that was never validated proves nothing,
    and one that is dropped in the same ALTER TABLE is dropped first, whatever the order of the
    clauses, and proves nothing either.

    Given:

        create table orders (id bigint primary key, status text, note text);
        insert into orders select n, 'paid', '' from generate_series(1, 100) n;
        alter table orders add constraint orders_note_not_null check (note is not null);

    Bad:

        set lock_timeout = '2s';
        alter table orders alter column status set not null;

    Bad - the proof is dropped before it is used:

        set lock_timeout = '2s';
        alter table orders alter note set not null, drop constraint orders_note_not_null;

    Bad - the proof was never validated:

        set lock_timeout = '2s';
        alter table orders add constraint orders_status_not_null check (status is not null) not valid;
        -- next migration
        set lock_timeout = '2s';
        alter table orders alter status set not null;

    Bad - SET NOT NULL in place of VALIDATE CONSTRAINT:

        set lock_timeout = '2s';
        alter table orders add constraint orders_status_not_null not null status not valid;
        -- next migration
        set lock_timeout = '2s';
        alter table orders alter status set not null;

    Bad - without NOT VALID:

        set lock_timeout = '2s';
        alter table orders add constraint orders_status_not_null not null status;

    Good - the proof stays until it was used:

        set lock_timeout = '2s';
        alter table orders alter note set not null;
        alter table orders drop constraint orders_note_not_null;

    Good:

        set lock_timeout = '2s';
        alter table orders add constraint orders_status_not_null check (status is not null) not valid;
        -- next migration
        alter table orders validate constraint orders_status_not_null;
        -- next migration
        set lock_timeout = '2s';
        alter table orders alter status set not null;
        alter table orders drop constraint orders_status_not_null;

    Good - since PostgreSQL 18:

        set lock_timeout = '2s';
        alter table orders add constraint orders_status_not_null not null status not valid;
        -- next migration
        alter table orders validate constraint orders_status_not_null;

    Good - the table is new:

        create table refunds (id bigint primary key, status text);
        alter table refunds alter status set not null;
    """

    severity = Severity.ERROR
    down_severity = Severity.WARNING
    aliases = (
        "squawk:adding-not-nullable-field",
        "eugene:E2",
        "pgfence:alter-column-set-not-null",
        "migrationpilot:MP002",
        "migrationpilot:MP018",
        "pgsafe:set-not-null",
        "pg-migration-lint:PGM013",
        "pgls:addingNotNullField",
        "strong_migrations:change_column_null",
        "online_migrations:change_column_null",
        "django-migration-linter:NOT_NULL",
        "atlas:PG303",
        "bytebase:statement_disallow_add_not_null",
        "diesel-guard:AddNotNullCheck",
        "safemigrate-lint:nullable-to-non-nullable-may-fail",
        "gitlab:change_column_null",
        "excellent_migrations:not_null_added",
    )
    on = (SetNotNull, AddConstraint)

    def check(self, step: Step) -> Iterator[Finding]:
        columns = [change for change in step.each(SetNotNull) if not change.proven]
        added = [
            change
            for change in step.each(AddConstraint)
            if change.constraint.kind is ConstraintKind.NOT_NULL
            and change.constraint.validated
            and not change.inline
        ]
        first = next(iter((*columns, *added)), None)
        if first is None or step.is_new(first.relation) or not step.work:
            return
        lock = step.lock_on(first.relation)
        if lock is None:
            return
        names = [change.column for change in columns]
        names += [name for change in added for name in change.constraint.columns]
        yield self.finding(
            step,
            first,
            why=f"{waiting(lock)} while every row is searched for a NULL in {several(names)}",
            instead=_of_constraints(step, added) if added else _of_columns(step, first.relation, names),
            because=(lock, *step.work, *columns),
        )


def _of_constraints(step: Step, added: Sequence[AddConstraint]) -> str:
    order = "add it NOT VALID, and validate it in the next migration, while reads and writes go on"
    return f"{order}\n\n{not_valid(step, added)}"


def _of_columns(step: Step, relation: str, columns: Sequence[str]) -> str:
    table = sql_name(relation)
    sets = ", ".join(f"ALTER {quoted(column)} SET NOT NULL" for column in columns)
    dropped = {change.constraint for change in step.each(DropConstraint)}
    known = step.before.relation(relation)
    proofs = [proof for proof in (known.constraints if known else ()) if _proves(proof, columns)]
    lost = [quoted(proof.name) for proof in proofs if proof.name in dropped and proof.validated]
    if lost:
        drops = ", ".join(f"DROP CONSTRAINT {name}" for name in lost)
        return (
            "drop the proof in a statement of its own, after it was used: within one ALTER TABLE it is "
            f"dropped first\n\n{guarded(f'ALTER TABLE {table} {sets};')}\nALTER TABLE {table} {drops};"
        )
    waiting_proofs = [proof for proof in proofs if not proof.validated and proof.enforced]
    if waiting_proofs:
        validates = ", ".join(f"VALIDATE CONSTRAINT {quoted(proof.name)}" for proof in waiting_proofs)
        first = f"ALTER TABLE {table} {validates};"
        if all(proof.kind is ConstraintKind.NOT_NULL for proof in waiting_proofs):
            return f"validate the NOT NULL constraint that is there, while reads and writes go on\n\n{first}"
        last = guarded(f"ALTER TABLE {table} {sets};")
        return f"validate the proof first, while reads and writes go on\n\n{steps(first, last)}"
    order = "prove it first, while reads and writes go on"
    return f"{order}\n\n{steps(*proofs_of_not_null(step, relation, columns))}"


def _proves(constraint: Constraint, columns: Sequence[str]) -> bool:
    """Whether the constraint is there to say that one of the columns holds no NULL."""
    if len(constraint.columns) != 1 or constraint.columns[0] not in columns:
        return False
    if constraint.kind is ConstraintKind.NOT_NULL:
        return True
    text = constraint.expression.text if constraint.expression is not None else ""
    return constraint.kind is ConstraintKind.CHECK and "is not null" in " ".join(text.lower().split())
