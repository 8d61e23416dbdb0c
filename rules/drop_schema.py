from collections.abc import Iterator

from migration_lint.effects import DropSchema
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import several
from migration_lint.model import Finding, Severity, Step
from migration_lint.names import quoted, split, sql_name

_SHOWN = 3


class DropSchemaRule(Rule):
    """DROP SCHEMA … CASCADE throws away every table in the schema, and what depends on them elsewhere.

    Nothing brings the rows back but a backup. Every table in the schema is locked (AccessExclusiveLock),
    one after the other, and views, foreign keys and functions in other schemas that use something in it
    go along. Drop what is in it by name, each in its own migration, and then the empty schema, without
    CASCADE: so a surprise is an error.

    Given:

        create schema archive;
        create table archive.orders (id bigint primary key);
        create schema empty;

    Bad:

        set lock_timeout = '2s';
        drop schema archive cascade;

    Good - it is empty:

        drop schema empty;

    Good - the schema is new:

        create schema scratch;
        create table scratch.numbers (id bigint primary key);
        drop schema scratch cascade;
    """

    severity = Severity.ERROR
    down_severity = Severity.NOTE
    aliases = (
        "squawk:ban-drop-schema",
        "pgfence:drop-schema",
        "pgfence:drop-schema-cascade",
        "migrationpilot:MP035",
        "pg-migration-lint:PGM205",
        "pgls:banDropSchema",
        "atlas:DS101",
    )
    on = (DropSchema,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(DropSchema):
            inside = sorted(name for name in step.before.relations if split(name)[0] == change.relation)
            kept = [name for name in inside if not step.is_new(name)]
            if not change.cascade or (not kept and (inside or step.before.complete)):
                continue
            name = quoted(change.relation)
            names = [sql_name(relation) for relation in kept]
            shown = names[:_SHOWN] + ([f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else [])
            yield self.finding(
                step,
                change,
                why=f"everything in {name} is gone, and what depends on it elsewhere"
                + (f": {several(shown)}" if shown else ""),
                instead="drop what is in it by name, when no code uses it, then the empty schema\n\n"
                f"DROP SCHEMA {name};",
                because=(change, *step.work),
            )
