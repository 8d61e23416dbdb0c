from collections.abc import Iterator

from migration_lint.catalog import Catalog
from migration_lint.effects import AddColumn
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import column_sql, guarded, proofs_of_not_null, several, steps
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name
from migration_lint.schema import Column, TypeKind

_BLANK = {
    "text": "''",
    "character varying": "''",
    "boolean": "false",
    "smallint": "0",
    "integer": "0",
    "bigint": "0",
    "numeric": "0",
    "real": "0",
    "double precision": "0",
    "jsonb": "'{}'",
    "date": "current_date",
    "timestamp without time zone": "now()",
    "timestamp with time zone": "now()",
}


class AddRequiredColumn(Rule):
    """A new column takes no NULL and has no default, so the migration fails, or inserts do.

    Where the table has rows, the server has nothing to put into the column and refuses the
    statement. Where it is empty, the statement succeeds, and every INSERT of code that does not
    know the column yet fails from then on.

    Give it a default, and keep the default until all running code writes the column. Where no value
    will do, add it without NOT NULL, deploy code that writes it, fill the old rows, and make it NOT
    NULL then.

    Given:

        create table orders (id bigint primary key, total bigint);
        insert into orders select n, n from generate_series(1, 100) n;

    Bad [refused]:

        set lock_timeout = '2s';
        alter table orders add column sku text not null;

    Bad [refused] - no default but in name:

        set lock_timeout = '2s';
        alter table orders add column sku text not null default null;

    Good:

        set lock_timeout = '2s';
        alter table orders add column sku text not null default '';

    Good - it may be NULL:

        set lock_timeout = '2s';
        alter table orders add column sku text;

    Good - it is computed:

        set lock_timeout = '2s';
        alter table orders add column doubled bigint generated always as (2 * id) virtual;

    Good - the table is new:

        create table refunds (id bigint primary key);
        alter table refunds add column sku text not null;
    """

    severity = Severity.ERROR
    breaks_code = True
    aliases = (
        "squawk:adding-required-field",
        "pgfence:add-column-not-null-no-default",
        "migrationpilot:MP084",
        "pgsafe:add-column-not-null-no-default",
        "pg-migration-lint:PGM008",
        "pgls:addingRequiredField",
        "strong_migrations:add_column",
        "django-migration-linter:NOT_NULL",
        "atlas:MF103",
        "bytebase:statement_disallow_add_not_null",
        "safemigrate-lint:add-non-nullable-without-default",
        "oh-my-pg-linter:adding-not-nullable-field",
        "pg-blast-radius:add-column-not-null",
    )
    on = (AddColumn,)

    def check(self, step: Step) -> Iterator[Finding]:
        found = [
            change
            for change in step.each(AddColumn)
            if _is_required(step.before, change.column)
            and not step.is_new(change.relation)
            and not (change.if_not_exists and _is_there(step.before, change))
        ]
        if not found:
            return
        table = sql_name(found[0].relation)
        names = several([quoted(change.column.name) for change in found])
        yield self.finding(
            step,
            found[0],
            why=f"the migration fails if {table} has a row: {names} has no default; "
            "if it has none, inserts of running code fail",
            instead=_instead(step, found),
        )


def _is_required(catalog: Catalog, column: Column) -> bool:
    if not column.not_null or column.serial or column.identity is not None or column.generated is not None:
        return False
    domain = catalog.types.get(column.type.name) if column.type is not None else None
    has_own = domain is not None and domain.kind is TypeKind.DOMAIN and domain.default is not None
    return column.default is None and not has_own


def _is_there(catalog: Catalog, change: AddColumn) -> bool:
    table = catalog.relation(change.relation)
    return table is not None and table.column(change.column.name) is not None


def _instead(step: Step, found: list[AddColumn]) -> str:
    table = sql_name(found[0].relation)
    blanks = [_BLANK.get(change.column.type.name) if change.column.type else None for change in found]
    dimensions = any(change.column.type is not None and change.column.type.dimensions for change in found)
    if None not in blanks and not dimensions:
        adds = [
            f"ADD COLUMN {column_sql(change.column)} NOT NULL DEFAULT {blank}"
            for change, blank in zip(found, blanks, strict=True)
        ]
        joined = ",\n    ".join(adds)
        return (
            "give it a default, and keep the default until all running code writes the column\n\n"
            + guarded(f"ALTER TABLE {table}\n    {joined};")
        )
    joined = ",\n    ".join(f"ADD COLUMN {column_sql(change.column)}" for change in found)
    proofs = proofs_of_not_null(step, found[0].relation, [change.column.name for change in found])
    return (
        "add it without NOT NULL, deploy code that writes it, fill the old rows, then make it NOT NULL\n\n"
        + steps(guarded(f"ALTER TABLE {table}\n    {joined};"), *proofs)
    )
