from collections.abc import Iterator, Sequence

from migration_lint.effects import DropColumn, Lock
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate, guarded, several, sql_type, steps
from migration_lint.model import Step
from migration_lint.names import MYSQL, bare, quoted, sql_name
from migration_lint.schema import Column, Constraint, ConstraintKind, Index, Relation, RelationKind

_VIEWS = (RelationKind.VIEW, RelationKind.MATERIALIZED_VIEW)


class DropColumnRule(Rule):
    """A column is dropped: its values are gone, and code that still uses it fails.

    DROP COLUMN takes a moment, but nothing brings the values back except a backup, and during the
    deployment the old code still names the column: its queries fail from that moment on, and so do
    those of an object mapper that lists every column it knew when it started. Deploy code that no
    longer uses the column first, then drop it in a later migration with a comment that says so. Code
    that no longer writes a NOT NULL column without a default needs it to take NULL before.

    What uses the column goes with it, without being named: indexes, also those over other columns
    as well, unique constraints, foreign keys, the primary key. Queries are slow, and duplicates come
    in, from then on. CASCADE takes foreign keys of other tables and views along.

    A column that this migration added may go. A down script may take back what its up script
    added; what was there before is told in a note.

    Given:

        create table teams (id bigint primary key, name text);
        create table members (id bigint primary key, team_id bigint references teams, note text,
            email text not null, unique (team_id, email));
        create view notes as select note from members;

    Bad:

        set lock_timeout = '2s';
        alter table teams drop column name;

    Bad - a foreign key and a unique constraint go with it:

        set lock_timeout = '2s';
        alter table members drop column team_id;

    Bad - a view goes with it:

        set lock_timeout = '2s';
        alter table members drop column note cascade;

    Bad - code that no longer writes it would fail before:

        set lock_timeout = '2s';
        alter table members drop column email, drop column team_id;

    Good - a decision that was made:

        set lock_timeout = '2s';
        -- migration-lint: ignore[drop-column] no code uses it since v42
        alter table teams drop column name;

    Good - code may leave it out from now on:

        set lock_timeout = '2s';
        alter table members alter column email drop not null;

    Good - it was added here:

        set lock_timeout = '2s';
        alter table members add column draft text;
        alter table members drop column draft;

    Good - the table is new:

        create table refunds (id bigint primary key, draft text);
        alter table refunds drop column draft;

    Given:

        create table members (id bigint primary key, team_id bigint, note text, email varchar(50) not null);

    Bad [engine=mariadb]:

        set lock_wait_timeout = 2;
        alter table members drop column note;

    Bad [engine=mariadb]:

        set lock_wait_timeout = 2;
        alter table members drop column email;
    """

    severity = Severity.ERROR
    engines = ("postgres", "mysql", "mariadb")
    breaks_code = True
    down_severity = Severity.NOTE
    aliases = (
        "squawk:ban-drop-column",
        "strong_migrations:remove_column",
        "online_migrations:remove_column",
        "pgfence:drop-column",
        "migrationpilot:MP017",
        "pgsafe:drop-column",
        "pg-migration-lint:PGM009",
        "pg-migration-lint:PGM010",
        "pg-migration-lint:PGM011",
        "pg-migration-lint:PGM012",
        "pgls:banDropColumn",
        "django-migration-linter:DROP_COLUMN",
        "atlas:DS103",
        "atlas:CD101",
        "bytebase:schema_backward_compatibility",
        "diesel-guard:DropColumnCheck",
        "safemigrate-lint:drop-column-restricted",
        "excellent_migrations:column_removed",
        "pg-safe-migrate:PGSM001",
    )
    on = (DropColumn,)

    def check(self, step: Step) -> Iterator[Finding]:
        found = [
            change
            for change in step.each(DropColumn)
            if change.clause is not None  # else drop-cascade tells it
            and not step.is_new_column(change.relation, change.column)
            and not step.takes_back(change.relation)
            and not step.takes_back(change.relation, change.column)
        ]
        if not found:
            return
        relation = found[0].relation
        lock = step.lock_on(relation)
        names = [change.column for change in found]
        columns = several([f"{sql_name(relation)}.{quoted(name)}" for name in names])
        why = f"the values of {columns} are gone, and code that still uses {_them(found)} fails"
        lost = [*_lost(step, relation, names), *_views(step)]
        if lost:
            why += f"; {several(lost)} {'goes' if len(lost) == 1 else 'go'} with {_them(found)}"
        yield self.finding(
            step,
            found[0],
            why=why,
            instead=_instead(step, relation, found, self.id),
            because=(*found, *([lock] if lock is not None else [])),
        )


def _them(columns: Sequence[object]) -> str:
    return "it" if len(columns) == 1 else "them"


def _instead(step: Step, relation: str, found: Sequence[DropColumn], rule: str) -> str:
    table = sql_name(relation)
    cascade = " CASCADE" if any(change.cascade for change in found) else ""
    drops = ", ".join(f"DROP COLUMN {quoted(change.column)}{cascade}" for change in found)
    last = guarded(deliberate(rule, "no code uses it any more", f"ALTER TABLE {table} {drops};"))
    known = step.before.relation(relation)
    columns = [c for c in _columns(known, [f.column for f in found]) if _is_required(known, c)]
    required = [quoted(column.name) for column in columns]
    if not required:
        return f"deploy code that no longer uses {_them(found)} first, then drop it\n\n{last}"
    first = ", ".join(_nullable(step, column) for column in columns)
    return (
        f"let {several(required)} take NULL first, deploy code that no longer uses "
        f"{_them(found)}, then drop it\n\n" + steps(guarded(f"ALTER TABLE {table} {first};"), last)
    )


def _nullable(step: Step, column: Column) -> str:
    if step.engine in MYSQL:
        return f"MODIFY {quoted(column.name)} {sql_type(column.type)} NULL"
    return f"ALTER COLUMN {quoted(column.name)} DROP NOT NULL"


def _columns(table: Relation | None, names: Sequence[str]) -> list[Column]:
    return [column for column in (table.columns if table is not None else ()) if column.name in names]


def _is_required(table: Relation | None, column: Column) -> bool:
    """Whether an INSERT has to give a value, and the column may be told not to ask for one."""
    key = table.primary_key if table is not None else None
    in_key = key is not None and column.name in key.columns
    return (
        column.not_null
        and column.default is None
        and column.identity is None
        and not (in_key or column.auto_increment)
    )


def _lost(step: Step, relation: str, names: Sequence[str]) -> list[str]:
    """What goes with the columns and is more than theirs, or protects others."""
    table = step.before.relation(relation)
    constraints = [c for c in (table.constraints if table is not None else ()) if set(names) & set(c.columns)]
    lost = [_named(c) for c in constraints if _protects(c, names)]
    taken = {constraint.index for constraint in constraints}
    indexes = [i for i in step.before.indexes_on(relation) if i.name not in taken and _reads(i, names)]
    return [*lost, *(f"the index {quoted(bare(index.name))}" for index in indexes if _is_more(index, names))]


def _views(step: Step) -> list[str]:
    """The views that go along with CASCADE."""
    known = (step.before.relation(lock.relation) for lock in step.each(Lock))
    return [f"view {sql_name(view.name)}" for view in known if view is not None and view.kind in _VIEWS]


def _protects(constraint: Constraint, names: Sequence[str]) -> bool:
    checks = constraint.kind in (ConstraintKind.CHECK, ConstraintKind.NOT_NULL)
    return not checks or not set(constraint.columns) <= set(names)


def _named(constraint: Constraint) -> str:
    return f"the {constraint.kind.value} {quoted(constraint.name)}"


def _reads(index: Index, names: Sequence[str]) -> bool:
    parts = [*index.expressions, *([index.predicate] if index.predicate is not None else [])]
    inside = {column for part in parts for column in part.columns}
    return bool(set(names) & ({*index.columns, *index.include} | inside))


def _is_more(index: Index, names: Sequence[str]) -> bool:
    return index.unique or not {name for name in index.columns if name is not None} <= set(names)
