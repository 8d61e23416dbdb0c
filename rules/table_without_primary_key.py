from collections.abc import Iterator, Sequence

from migration_lint.effects import AddConstraint, CreateTable
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import sql_name
from migration_lint.schema import ConstraintKind, Persistence, RelationKind

_KINDS = (RelationKind.TABLE, RelationKind.PARTITIONED_TABLE)


class TableWithoutPrimaryKey(Rule):
    """A new table has no primary key.

    One row cannot be told from another. Under logical replication, UPDATE and DELETE on such a table fail as
    soon as it is published; tools that copy a table in batches have nothing to go by.

    Given:

        create table orders (id bigint primary key);

    Bad:

        create table notes (body text);

    Good:

        create table notes (id bigint primary key, body text);

    Good - it comes later:

        create table notes (id bigint, body text);
        alter table notes add primary key (id);

    Good - a temporary table:

        create temporary table picked (body text);
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = (
        "migrationpilot:MP045",
        "pgsafe:require-primary-key",
        "pg-migration-lint:PGM502",
        "pg-migration-lint:PGM503",
        "bytebase:table_require_pk",
        "diesel-guard:CreateTableWithoutPkCheck",
    )

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        keyed = {
            change.relation
            for step in steps
            for change in step.each(AddConstraint)
            if change.constraint.kind is ConstraintKind.PRIMARY_KEY
        }
        for step in steps:
            for change in step.each(CreateTable):
                table = change.table
                if table.persistence is Persistence.TEMPORARY or table.kind not in _KINDS or table.parents:
                    continue
                if table.primary_key is not None or change.relation in keyed or not table.complete:
                    continue
                name = sql_name(change.relation)
                yield self.finding(
                    step,
                    change,
                    why=f"rows of {name} cannot be told apart, and cannot be updated once it is replicated",
                    instead="give it a primary key\n\n"
                    f"{step.sql};\n"
                    f"ALTER TABLE {name} ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;",
                )
