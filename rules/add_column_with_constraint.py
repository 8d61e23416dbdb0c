from collections.abc import Iterator

from migration_lint.effects import AddColumn, AddConstraint, Scan
from migration_lint.findings import Finding, Severity
from migration_lint.linting.pasting import foreign_key
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import column_sql, guarded, proofs_of_not_null, steps, waiting
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name, sql_names
from migration_lint.schema import Constraint, ConstraintKind, Generated

_WORK = {
    ConstraintKind.CHECK: "every row is checked",
    ConstraintKind.FOREIGN_KEY: "every row is checked",
    ConstraintKind.NOT_NULL: "every row is checked",
    ConstraintKind.UNIQUE: "a unique index is built",
    ConstraintKind.PRIMARY_KEY: "a unique index is built",
}


class AddColumnWithConstraint(Rule):
    """Reads and writes wait while a new column's own constraint is checked against every row.

    A constraint that is written beside a new column is checked like any other, under the
    AccessExclusiveLock that ADD COLUMN takes: CHECK reads every row, although the column is NULL in
    all of them; UNIQUE and PRIMARY KEY build an index; REFERENCES reads every row where the column has
    a default, and then writes of the table that it points at wait too. Without a default REFERENCES
    checks nothing.

    Add the column alone. Add CHECK and REFERENCES as NOT VALID and validate them in the next migration,
    build the index of UNIQUE concurrently.

    Given:

        create table teams (id bigint primary key);
        insert into teams values (1);
        create table orders (id bigint primary key, total bigint);
        insert into orders select n, n from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        alter table orders add column rate int check (rate > 0);

    Bad:

        set lock_timeout = '2s';
        alter table orders add column code text unique;

    Bad - teams is locked too:

        set lock_timeout = '2s';
        alter table orders add column team_id bigint default 1 references teams;

    Bad - so it is with a default of NULL:

        set lock_timeout = '2s';
        alter table orders add column team_id bigint default null references teams;

    Bad - NOT NULL of a virtual column is checked too:

        set lock_timeout = '2s';
        alter table orders add column doubled bigint not null generated always as (2 * id) virtual;

    Good:

        set lock_timeout = '2s';
        alter table orders add column rate int;
        alter table orders add constraint orders_rate_check check (rate > 0) not valid;
        -- next migration
        alter table orders validate constraint orders_rate_check;

    Good:

        set lock_timeout = '2s';
        alter table orders add column code text;
        -- next migration
        create unique index concurrently orders_code_key on orders (code);
        -- next migration
        set lock_timeout = '2s';
        alter table orders add constraint orders_code_key unique using index orders_code_key;

    Good - REFERENCES without a default:

        set lock_timeout = '2s';
        alter table orders add column team_id bigint references teams;

    Good - the table is new:

        create table refunds (id bigint primary key);
        alter table refunds add column rate int check (rate > 0);
    """

    severity = Severity.ERROR
    aliases = (
        "squawk:constraint-missing-not-valid",
        "squawk:disallowed-unique-constraint",
        "squawk:adding-foreign-key-constraint",
        "pgsafe:add-check-without-not-valid",
        "pgsafe:add-unique-constraint",
        "pgsafe:add-fk-without-not-valid",
        "pgfence:add-column-inline-foreign-key",
        "pgls:addingPrimaryKeyConstraint",
        "strong_migrations:add_reference",
        "online_migrations:add_reference",
        "django-migration-linter:ADD_UNIQUE",
        "atlas:PG104",
        "atlas:PG305",
        "atlas:PG306",
        "excellent_migrations:column_reference_added",
    )
    on = (AddConstraint, AddColumn)

    def check(self, step: Step) -> Iterator[Finding]:
        yield from self._of_constraints(step)
        yield from self._of_virtual_columns(step)

    def _of_virtual_columns(self, step: Step) -> Iterator[Finding]:
        for change in step.each(AddColumn):
            column = change.column
            lock = step.lock_on(change.relation)
            if column.generated is not Generated.VIRTUAL or not column.not_null or lock is None:
                continue
            if not step.work:
                continue
            table = sql_name(change.relation)
            expression = column.default.text if column.default is not None else "NULL"
            add = f"ALTER TABLE {table} ADD COLUMN {column_sql(column)}"
            add += f" GENERATED ALWAYS AS ({expression}) VIRTUAL;"
            yield self.finding(
                step,
                change,
                why=f"{waiting(lock)} while every row is checked for a NULL in {quoted(column.name)}",
                instead="add the column alone, and NOT NULL as a constraint that is checked later\n\n"
                + steps(guarded(add), *proofs_of_not_null(step, change.relation, [column.name])),
                because=(lock, *step.work),
            )

    def _of_constraints(self, step: Step) -> Iterator[Finding]:
        columns = {change.column.name: change for change in step.each(AddColumn)}
        found = [
            change
            for change in step.each(AddConstraint)
            if change.inline and change.constraint.kind in _WORK and not step.is_new(change.relation)
        ]
        found = [change for change in found if _works(step, change)]
        lock = step.lock_on(found[0].relation) if found else None
        if lock is None or not step.work:
            return
        work = " and ".join(dict.fromkeys(_WORK[change.constraint.kind] for change in found))
        targets = [
            other
            for change in found
            if change.constraint.references is not None
            and (other := step.lock_on(change.constraint.references)) is not None
            and other.relation != lock.relation
        ]
        also = f", and {waiting(targets[0])}" if targets else ""
        yield self.finding(
            step,
            found[0],
            why=f"{waiting(lock)}{also} while {work}",
            instead=f"add the column alone, and then its constraint, which is checked later\n\n"
            f"{_sql(step, found, columns)}",
            because=(lock, *targets, *step.work),
        )


def _works(step: Step, change: AddConstraint) -> bool:
    """Whether the constraint reads rows or builds an index."""
    if change.constraint.kind is not ConstraintKind.FOREIGN_KEY:
        return change.constraint.validated
    return any(isinstance(effect, Scan) and effect.clause == change.clause for effect in step.work)


def _sql(step: Step, found: list[AddConstraint], columns: dict[str, AddColumn]) -> str:
    table = sql_name(found[0].relation)
    names = dict.fromkeys(name for change in found for name in _columns(change, columns))
    adds = [_added(columns[name]) for name in names]
    late = [change.constraint for change in found if change.index is None]
    keys = [change.constraint for change in found if change.index is not None]
    adds += [f"ADD CONSTRAINT {quoted(one.name)} {_body(one)} NOT VALID" for one in late]
    parts = [guarded(f"ALTER TABLE {table}\n    " + ",\n    ".join(adds) + ";")]
    if late:
        valid = ",\n    ".join(f"VALIDATE CONSTRAINT {quoted(one.name)}" for one in late)
        parts.append(f"ALTER TABLE {table}\n    {valid};")
    for key in keys:
        name, listed = quoted(key.name), sql_names(key.columns)
        kind = "PRIMARY KEY" if key.kind is ConstraintKind.PRIMARY_KEY else "UNIQUE"
        if key.kind is ConstraintKind.PRIMARY_KEY:
            parts += proofs_of_not_null(step, found[0].relation, key.columns)
        parts.append(f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({listed});")
        parts.append(guarded(f"ALTER TABLE {table} ADD CONSTRAINT {name} {kind} USING INDEX {name};"))
    return steps(*parts)


def _columns(change: AddConstraint, columns: dict[str, AddColumn]) -> list[str]:
    """The new columns that a constraint is about; the one of its clause, where it names none."""
    named = [name for name in change.constraint.columns if name in columns]
    return named or [name for name, added in columns.items() if added.clause == change.clause]


def _added(change: AddColumn) -> str:
    column = change.column
    text = f"ADD COLUMN {column_sql(column)}"
    if column.default is not None and column.default.volatile is False and column.generated is None:
        text += f" DEFAULT {column.default.text}"
        text += " NOT NULL" if column.not_null else ""
    return text


def _body(constraint: Constraint) -> str:
    if constraint.kind is ConstraintKind.CHECK:
        return f"CHECK ({constraint.expression.text if constraint.expression is not None else 'true'})"
    if constraint.kind is ConstraintKind.NOT_NULL:
        return f"NOT NULL {sql_names(constraint.columns)}"
    return foreign_key(constraint)
