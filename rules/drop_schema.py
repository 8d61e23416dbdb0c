from collections.abc import Iterator

from migration_lint.effects import DropSchema, DropTable, DropView
from migration_lint.findings import Finding, Severity
from migration_lint.linting.pasting import dropped_by_name
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import abridged, guarded, several, steps
from migration_lint.model import Step
from migration_lint.names import quoted, split, sql_name
from migration_lint.schema import RelationKind

_SHOWN = 3
_TABLES = (RelationKind.TABLE, RelationKind.PARTITIONED_TABLE, RelationKind.FOREIGN_TABLE)
_VIEWS = (RelationKind.VIEW, RelationKind.MATERIALIZED_VIEW)


class DropSchemaRule(Rule):
    """DROP SCHEMA … CASCADE throws away every table in the schema, and what depends on them elsewhere.

    Nothing brings the rows back but a backup. Every table in the schema is locked (AccessExclusiveLock),
    one after the other, and views, foreign keys and functions in other schemas that use something in it
    go along. Drop what is in it by name, each in its own migration, and then the empty schema, without
    CASCADE: so a surprise is an error.

    Given:

        create schema archive;
        create table archive.orders (id bigint primary key);
        create view archive.numbers as select id from archive.orders;
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
    breaks_code = True
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
            shown = abridged(names, _SHOWN)
            yield self.finding(
                step,
                change,
                why=f"everything in {name} is gone, and what depends on it elsewhere"
                + (f": {several(shown)}" if shown else ""),
                instead="drop what is in it by name, when no code uses it, then the empty schema\n\n"
                + steps(*_contents(step, kept), f"DROP SCHEMA {name};"),
                because=(change, *step.work),
            )


def _contents(step: Step, names: list[str]) -> list[str]:
    """A migration for each table and view of the schema that drops it by name."""
    kinds = {name: known.kind for name in names if (known := step.before.relation(name)) is not None}
    views = [
        DropView(relation=name, materialized=kind is RelationKind.MATERIALIZED_VIEW)
        for name, kind in kinds.items()
        if kind in _VIEWS
    ]
    tables = [DropTable(relation=name) for name, kind in kinds.items() if kind in _TABLES]
    return [guarded(dropped_by_name(change)) for change in (*views, *tables)]
