from collections.abc import Iterator

from migration_lint.effects import AddColumn, CreateTable
from migration_lint.findings import Finding, Severity
from migration_lint.linting.added import added_columns
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import several
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name

_LIMITED = ("character varying", "character")


class VarcharLimit(Rule):
    """varchar(n) and char(n) have the limit in the type, where it is hard to change.

    text is as fast and as small. A limit in the type that turns out too short makes inserts fail, and
    where views or generated columns use the column, it cannot simply be changed. char(n) also pads with
    blanks. Where a limit is a rule of the business, say it in a CHECK: that can be changed without a lock
    that anyone notices.

    Given:

        create table orders (id bigint primary key);

    Bad:

        create table notes (id bigint primary key, title varchar(50));

    Bad:

        create table notes (id bigint primary key, code char(10));

    Good:

        create table notes (id bigint primary key, title text);

    Good:

        create table notes (id bigint primary key, title text check (length(title) <= 50));

    Good - no limit:

        create table notes (id bigint primary key, title varchar);
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = (
        "squawk:prefer-text-field",
        "squawk:ban-char-field",
        "pgfence:prefer-text-field",
        "migrationpilot:MP037",
        "migrationpilot:MP041",
        "pg-migration-lint:PGM103",
        "pg-migration-lint:PGM108",
        "pgls:preferTextField",
        "pgls:banCharField",
        "diesel-guard:CharTypeCheck",
    )
    on = (CreateTable, AddColumn)

    def check(self, step: Step) -> Iterator[Finding]:
        found = [
            (change, column)
            for change, column in added_columns(step)
            if column.type is not None and column.type.name in _LIMITED and column.type.modifiers
        ]
        if found:
            names = several([quoted(column.name) for _, column in found])
            yield self.finding(
                step,
                found[0][0],
                why=f"an insert into {sql_name(found[0][0].relation)} fails when {names} turns out longer",
                instead=f"make {names} text, with a CHECK where the limit is a rule of the business",
            )
