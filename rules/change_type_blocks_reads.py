from collections.abc import Iterator, Sequence

from migration_lint.effects import ChangeColumnType, IndexBuild, Lock, Rewrite
from migration_lint.findings import Finding, Severity
from migration_lint.linting.domains import plain
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import batch, guarded, several, sql_type, steps, victims
from migration_lint.model import Step
from migration_lint.names import bare, quoted, shortened, sql_name
from migration_lint.schema import Constraint, ConstraintKind, RelationKind

_TABLES = (RelationKind.TABLE, RelationKind.PARTITIONED_TABLE)
_ZONES = {"timestamp without time zone", "timestamp with time zone"}
_FULL_PRECISION = 6


class ChangeTypeBlocksReads(Rule):
    """Reads and writes wait while a column of another type is written into every row.

    ALTER COLUMN … TYPE holds AccessExclusiveLock on the table. Where old and new values are stored
    differently (integer and bigint, text and an enum, json and jsonb) every row is written anew and
    every index built again: nobody reads or writes the table for minutes or hours if it is big, and
    it needs the disk space twice. A foreign key locks the table on its other side the same way, and is
    checked again.

    Where they are stored alike the change takes a moment: varchar(50) to varchar(255) or text, text
    to varchar, numeric(10,2) to numeric(12,2), cidr to inet, and (PostgreSQL 12 and later) timestamp
    to timestamptz in a session whose time zone is UTC. But even then an index is built again if it has
    an expression or a WHERE condition with the column, or if the collation changes, and a CHECK
    constraint with the column is checked again for every row.

    The way around it is a new column beside the old one.

    Given:

        create table teams (id integer primary key);
        create table orders (id integer primary key, code varchar(50), label varchar(50), total numeric(10,2),
            created timestamp, note varchar(50) check (note <> ''), team_id integer references teams);
        create index orders_label_idx on orders (lower(label));
        create index orders_code_idx on orders (code);
        insert into teams select n from generate_series(1, 100) n;
        insert into orders select n, n, n, n, '2026-01-01', n, n from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        alter table orders alter column total type numeric(12,4);

    Bad - the other table of the foreign key is locked and read too:

        set lock_timeout = '2s';
        alter table orders alter column team_id type bigint;

    Bad - an index on an expression is built again:

        set lock_timeout = '2s';
        alter table orders alter column label type varchar(255);

    Bad - another collation, another order in the index:

        set lock_timeout = '2s';
        alter table orders alter column code type varchar(50) collate "C";

    Bad - a CHECK constraint is checked again:

        set lock_timeout = '2s';
        alter table orders alter column note type text;

    Bad - not in UTC:

        set lock_timeout = '2s';
        set timezone = 'Europe/Berlin';
        alter table orders alter column created type timestamptz;

    Good - stored alike:

        set lock_timeout = '2s';
        alter table orders alter column code type varchar(255), alter column total type numeric(12,2);

    Good - stored alike, if the values are in UTC:

        set lock_timeout = '2s';
        set timezone = 'UTC';
        alter table orders alter column created type timestamptz;

    Good - the CHECK constraint is added anew:

        set lock_timeout = '2s';
        alter table orders drop constraint orders_note_check, alter column note type text,
            add constraint orders_note_check check (note <> '') not valid;
        -- next migration
        alter table orders validate constraint orders_note_check;

    Good - a new column:

        set lock_timeout = '2s';
        alter table orders add column team_id_new bigint;
        -- next migration
        update orders set team_id_new = team_id where id between 1 and 20 and team_id_new is null;

    Good - the table is new:

        create table refunds (id bigint primary key, total integer);
        alter table refunds alter column total type bigint;
    """

    severity = Severity.ERROR
    down_severity = Severity.WARNING
    aliases = (
        "squawk:changing-column-type",
        "eugene:E5",
        "pgfence:alter-column-type",
        "migrationpilot:MP007",
        "migrationpilot:MP024",
        "migrationpilot:MP089",
        "pgsafe:alter-column-type",
        "pg-migration-lint:PGM007",
        "pgls:changingColumnType",
        "strong_migrations:change_column",
        "online_migrations:change_column",
        "django-migration-linter:ALTER_COLUMN",
        "atlas:PG301",
        "bytebase:column_disallow_change_type",
        "diesel-guard:AlterColumnTypeCheck",
        "safemigrate-lint:column-type-change-rewrites-table",
        "excellent_migrations:column_type_changed",
    )
    on = (ChangeColumnType,)

    def check(self, step: Step) -> Iterator[Finding]:
        every = list(step.each(ChangeColumnType))
        clauses = {change.clause for change in every}
        work = [impact for impact in step.work if impact.clause in clauses]
        if not work or step.is_new(every[0].relation):
            return
        changes = [change for change in every if change.clause in {w.clause for w in work}] or every
        locks = _locks(step, changes[0].relation)
        rewritten = any(isinstance(impact, Rewrite) for impact in work)
        indexes = [sql_name(impact.index) for impact in work if isinstance(impact, IndexBuild)]
        if rewritten:
            why = f"every row of {sql_name(changes[0].relation)} is written anew"
        elif indexes:
            why = f"{several(sorted(set(indexes)))} {'is' if len(set(indexes)) == 1 else 'are'} built again"
        else:
            why = "every row is checked again"
        tables = several([sql_name(lock.relation) for lock in locks])
        yield self.finding(
            step,
            changes[0],
            why=f"{victims(locks[0].mode)} of {tables} wait ({locks[0].mode.name}) while {why}",
            instead=_instead(step, every, rewritten=rewritten, rebuilt=bool(indexes)),
            because=(*locks, *work),
        )


def _locks(step: Step, relation: str) -> list[Lock]:
    """The locks that stop reads: of the table first, then of those that foreign keys bring in."""
    below = {child.name for child in step.before.descendants(relation)}
    found = []
    for lock in step.each(Lock):
        known = step.before.relation(lock.relation)
        is_table = known is None or known.kind in _TABLES
        counts = lock.relation == relation or (lock.relation not in below and is_table)
        if counts and lock.mode.blocks_reads and step.before.index(lock.relation) is None:
            found.append(lock)
    return sorted(found, key=lambda lock: lock.relation != relation)


def _instead(step: Step, changes: Sequence[ChangeColumnType], *, rewritten: bool, rebuilt: bool) -> str:
    first = changes[0]
    checks = _checks(step, first)
    if not rewritten and not rebuilt and len(changes) == 1 and checks:
        return _without_checks(step, first, checks)
    if rewritten and len(changes) == 1 and _is_utc_enough(step, first):
        return (
            "if the values are in UTC, say so, and no row is written; else add a new column and copy them\n\n"
            + guarded(f"SET timezone = 'UTC';\n{step.sql};")
        )
    table = sql_name(first.relation)
    adds, sets, unset = [], [], []
    for change in changes:
        new = quoted(shortened(f"{change.column}_new"))
        collation = f' COLLATE "{change.collation}"' if change.collation else ""
        adds.append(f"ADD COLUMN {new} {sql_type(plain(step.before, change.new))}{collation}")
        sets.append(f"{new} = {change.using.text if change.using is not None else quoted(change.column)}")
        unset.append(f"{new} IS NULL")
    return (
        "add a column of the new type; deploy code that writes both; copy the old rows in batches; deploy "
        "code that reads the new one only, then drop the old one\n\n"
        + steps(
            guarded(f"ALTER TABLE {table} {', '.join(adds)};"),
            batch(step, first.relation, ", ".join(sets), unset[0]),
        )
    )


def _is_utc_enough(step: Step, change: ChangeColumnType) -> bool:
    """Whether the change is free in a session whose time zone is UTC."""
    if change.old is None or change.new is None or change.using is not None or int(step.version) < 12:
        return False
    kept = not change.new.modifiers or change.new.modifiers[0] >= _FULL_PRECISION
    indexed = any(change.column in index.columns for index in step.before.indexes_on(change.relation))
    unsaid = step.session.time_zone is None
    return {change.old.name, change.new.name} == _ZONES and unsaid and kept and not indexed


def _checks(step: Step, change: ChangeColumnType) -> list[Constraint]:
    known = step.before.relation(change.relation)
    return [
        constraint
        for constraint in (known.constraints if known is not None else ())
        if constraint.kind is ConstraintKind.CHECK
        and constraint.validated
        and constraint.expression is not None
        and change.column in constraint.columns
    ]


def _without_checks(step: Step, change: ChangeColumnType, checks: Sequence[Constraint]) -> str:
    table = sql_name(change.relation)
    names = [quoted(check.name) for check in checks]
    texts = [check.expression.text for check in checks if check.expression is not None]
    clauses = [f"DROP CONSTRAINT {name}" for name in names]
    clauses.append(step.text_of(change))
    clauses += [
        f"ADD CONSTRAINT {name} CHECK ({text}) NOT VALID" for name, text in zip(names, texts, strict=True)
    ]
    validates = ", ".join(f"VALIDATE CONSTRAINT {name}" for name in names)
    body = ",\n    ".join(clauses)
    return (
        f"drop {several([bare(name) for name in names])} and add it anew, NOT VALID, in the same statement; "
        "validate it in the next migration\n\n"
        + steps(guarded(f"ALTER TABLE {table}\n    {body};"), f"ALTER TABLE {table} {validates};")
    )
