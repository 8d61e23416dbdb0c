from collections.abc import Iterator, Sequence

from migration_lint.effects import CreateSchema, RenameSchema
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import stand_in
from migration_lint.model import Step
from migration_lint.names import quoted, split
from migration_lint.schema import RelationKind

_ROWS = (RelationKind.TABLE, RelationKind.PARTITIONED_TABLE, RelationKind.VIEW)
_SHOWN = 20


class RenameSchemaRule(Rule):
    """A schema is renamed, and every name in the running code that begins with it is wrong.

    ALTER SCHEMA … RENAME TO takes no lock on any table, so that no timeout softens it: from one
    moment to the next each query that names the schema, and each search_path that holds it, finds
    nothing. In the same transaction, make a schema with the old name again and in it a view for each
    table; they serve the old code until it is gone.

    Given:

        create schema archive;
        create table archive.orders (id bigint primary key);

    Bad:

        alter schema archive rename to history;

    Good:

        begin;
        alter schema archive rename to history;
        create schema archive;
        create view archive.orders as select * from history.orders;
        commit;

    Good - nobody knows the name yet:

        create schema reports;
        alter schema reports rename to reporting;
    """

    severity = Severity.ERROR
    breaks_code = True
    down_severity = Severity.WARNING
    aliases = (
        "squawk:renaming-object",
        "strong_migrations:rename_schema",
        "online_migrations:rename_schema",
        "pgfence:rename-schema",
        "diesel-guard:RenameSchemaCheck",
    )

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        made: set[str] = set()
        for number, step in enumerate(steps):
            made.update(change.relation for change in step.each(CreateSchema))
            for change in step.each(RenameSchema):
                if change.relation in made or _is_replaced(change.relation, step, steps[number + 1 :]):
                    continue
                old, new = quoted(change.relation), quoted(change.to)
                yield self.finding(
                    step,
                    change,
                    why=f"running code that names {old} or has it in its search_path finds nothing there",
                    instead=f"make {old} again in the same transaction, with views of its tables; drop them "
                    f"when no code uses the old name\n\nBEGIN;\nALTER SCHEMA {old} RENAME TO {new};\n"
                    f"CREATE SCHEMA {old};\n{_views(step, change)}COMMIT;",
                )


def _is_replaced(name: str, step: Step, later: Sequence[Step]) -> bool:
    """Whether the same transaction makes a schema with the old name."""
    transaction = step.session.transaction
    return transaction is not None and any(
        change.relation == name
        for other in later
        if other.session.transaction == transaction
        for change in other.each(CreateSchema)
    )


def _views(step: Step, change: RenameSchema) -> str:
    names = sorted(
        known.name
        for known in step.before.relations.values()
        if known.kind in _ROWS and split(known.name)[0] == change.relation
    )
    return "".join(stand_in(name, f"{change.to}.{split(name)[1]}") + "\n" for name in names[:_SHOWN])
