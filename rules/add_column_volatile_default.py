from collections.abc import Iterator

from migration_lint.effects import AddColumn
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import (
    batch,
    column_sql,
    guarded,
    proofs_of_not_null,
    several,
    steps,
    waiting,
)
from migration_lint.linting.work import rewrites
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name
from migration_lint.schema import Expression, TypeKind

_SHOWN = 60
"""Characters of a default that the message has."""


class AddColumnVolatileDefault(Rule):
    """Reads and writes wait while a table is rewritten to give every row its own default.

    A default that is the same for all rows is kept once, beside the table, whatever the table's size:
    constants, now(), current_user, and everything else that is stable or immutable. A volatile one,
    like gen_random_uuid(), random(), clock_timestamp() or nextval(), differs from row to row, so
    the server writes the whole table and all its indexes anew, and holds AccessExclusiveLock until
    it is done. A function that the server does not know to be stable counts as volatile.

    Add the column without a default, then set the default: from then on it is for new rows only.
    Fill the old rows in batches.

    Given:

        create table orders (id bigint primary key, total bigint);
        insert into orders select n, n from generate_series(1, 100) n;
        create table events (id bigint primary key, kind int) partition by range (id);
        create table events_1 partition of events for values from (0) to (1000);
        insert into events select n, n from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        alter table orders add column token uuid default gen_random_uuid();

    Bad:

        set lock_timeout = '2s';
        alter table orders add column seen_at timestamptz not null default clock_timestamp();

    Bad - every partition is rewritten:

        set lock_timeout = '2s';
        alter table events add column token uuid default gen_random_uuid();

    Good - the default is for new rows:

        set lock_timeout = '2s';
        alter table orders add column token uuid, alter column token set default gen_random_uuid();
        -- next migration
        update orders set token = gen_random_uuid() where id between 1 and 20 and token is null;

    Good - now() is the same for all rows:

        set lock_timeout = '2s';
        alter table orders add column seen_at timestamptz not null default now();

    Bad - the default of its domain:

        create domain token as uuid default gen_random_uuid();
        set lock_timeout = '2s';
        alter table orders add column token token;  -- here

    Good:

        set lock_timeout = '2s';
        alter table orders add column valid_until timestamptz default current_timestamp + interval '1 day';

    Good - the function is immutable:

        create function answer() returns int language plpgsql immutable as 'begin return 42; end';
        -- next migration
        set lock_timeout = '2s';
        alter table orders add column answer int default answer();

    Good - the table is new:

        create table refunds (id bigint primary key);
        alter table refunds add column token uuid default gen_random_uuid();
    """

    severity = Severity.ERROR
    aliases = (
        "squawk:adding-field-with-default",
        "eugene:E10",
        "pgfence:add-column-non-constant-default",
        "migrationpilot:MP003",
        "pgsafe:add-column-volatile-default",
        "pg-migration-lint:PGM006",
        "pgls:addingFieldWithDefault",
        "strong_migrations:add_column",
        "online_migrations:add_column_with_default",
        "atlas:PG302",
        "bytebase:column_default_disallow_volatile",
        "diesel-guard:AddColumnCheck",
        "safemigrate-lint:volatile-default-rewrites-table",
        "excellent_migrations:column_added_with_default",
        "pg-blast-radius:add-column-volatile-default",
        "eslint-plugin-postgresql:no-volatile-default-on-add-column",
    )
    on = (AddColumn,)

    def check(self, step: Step) -> Iterator[Finding]:
        found = [
            change
            for change in step.each(AddColumn)
            if rewrites(step, change.relation) and _volatile(step, change)
        ]
        if not found:
            return
        relation = found[0].relation
        lock = step.lock_on(relation)
        defaults = [default.text for change in found if (default := _default(step, change)) is not None]
        if lock is None:
            return
        yield self.finding(
            step,
            found[0],
            why=f"{waiting(lock)} while every row is rewritten to get its own {_short(several(defaults))}",
            instead="add the column, then its default, which is for new rows; fill the old ones in batches"
            f"\n\n{_sql(step, found)}",
            because=(lock, *step.work),
        )


def _volatile(step: Step, change: AddColumn) -> bool:
    column = change.column
    if column.identity is not None or column.serial or column.generated is not None:
        return False
    domain = step.before.types.get(column.type.name) if column.type is not None else None
    if domain is not None and domain.kind is TypeKind.DOMAIN and (domain.not_null or domain.constraints):
        return False
    default = _default(step, change)
    return default is not None and default.volatile is not False


def _default(step: Step, change: AddColumn) -> Expression | None:
    """The column's own default, else that of its domain, or of the domain which that one is made of."""
    if change.column.default is not None:
        return change.column.default
    kind = change.column.type
    while kind is not None and (domain := step.before.types.get(kind.name)) is not None:
        if domain.default is not None:
            return domain.default
        kind = domain.base
    return None


def _sql(step: Step, found: list[AddColumn]) -> str:
    table = sql_name(found[0].relation)
    clauses, assignments, empty = [], [], []
    for change in found:
        column, default = change.column, _default(step, change)
        name, text = quoted(column.name), default.text if default is not None else "NULL"
        clauses += [
            f"ADD COLUMN {column_sql(column)}{'' if column.default else ' DEFAULT NULL'}",
            f"ALTER COLUMN {name} SET DEFAULT {text}",
        ]
        assignments.append(f"{name} = {text}")
        empty.append(f"{name} IS NULL")
    joined = ",\n    ".join(clauses)
    add = guarded(f"ALTER TABLE {table}\n    {joined};")
    required = [change.column.name for change in found if change.column.not_null]
    fill = batch(step, found[0].relation, ", ".join(assignments), " AND ".join(empty))
    proofs = proofs_of_not_null(step, found[0].relation, required) if required else []
    return steps(add, fill, *proofs)


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"
