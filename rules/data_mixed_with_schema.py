from collections.abc import Iterator, Sequence

from migration_lint.effects import (
    AddColumn,
    AddConstraint,
    ChangeColumnType,
    CreateTable,
    DeleteRows,
    DropColumn,
    DropTable,
    InsertRows,
    SetNotNull,
    UpdateRows,
)
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import steps as migrations
from migration_lint.model import Step
from migration_lint.names import sql_name

_SCHEMA = (AddColumn, AddConstraint, ChangeColumnType, CreateTable, DropColumn, DropTable, SetNotNull)
_DATA = (UpdateRows, DeleteRows, InsertRows)


class DataMixedWithSchema(Rule):
    """One migration changes the schema and the rows of a table in use.

    Changes of rows take their time, may fail on what is there, and are tried again in parts; changes of the
    schema are short and take locks. Apart, each can be repeated, watched and taken back by itself.

    Given:

        create table orders (id bigint primary key, status text);
        insert into orders select n, 'new' from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        alter table orders add column note text;
        update orders set note = status where id = 1;

    Good:

        set lock_timeout = '2s';
        alter table orders add column note text;
        -- next migration
        update orders set note = status where id = 1;

    Good - the table is new:

        create table countries (id bigint primary key, name text);
        insert into countries values (1, 'Iceland');
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = (
        "pg-migration-lint:PGM301",
        "migrationpilot:MP080",
        "bytebase:statement_disallow_mix_in_ddl",
        "bytebase:statement_disallow_mix_in_dml",
    )

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        if not any(isinstance(effect, _SCHEMA) for step in steps for effect in step.effects):
            return
        for step in steps:
            for effect in step.effects:
                if isinstance(effect, _DATA) and not step.is_new(effect.relation):
                    yield self.finding(
                        step,
                        effect,
                        why=f"the rows of {sql_name(effect.relation)} change in a migration of the schema",
                        instead="move it into a migration of its own\n\n"
                        + migrations("-- the changes of the schema", f"{step.sql};"),
                    )
                    return
