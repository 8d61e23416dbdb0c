import re
from collections.abc import Iterator

from migration_lint.effects import AddConstraint
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import clause_sql, waiting
from migration_lint.model import Step
from migration_lint.names import bare, quoted, shortened, split, sql_name
from migration_lint.schema import ConstraintKind

_TEMPORAL = re.compile(r"\bWITHOUT\s+OVERLAPS\b", re.IGNORECASE)
_INDEXED = (ConstraintKind.PRIMARY_KEY, ConstraintKind.UNIQUE)


class AddExclusionBlocksReads(Rule):
    """Reads and writes wait while the index of a new exclusion constraint is built.

    ADD CONSTRAINT … EXCLUDE builds an index and compares every row with the others, and holds
    AccessExclusiveLock on the table until that is done. There is no way around it on a table in
    use: NOT VALID is refused, and no existing index can be taken over. The same goes for keys
    WITHOUT OVERLAPS (PostgreSQL 18). A new table gets the constraint while it is empty, a trigger
    keeps it up to date, the old rows are copied in batches, and the two change names at the end.

    Given:

        create table bookings (id bigint primary key, during tsrange);
        insert into bookings select n, tsrange(timestamp '2026-01-01' + n * interval '1 day',
            timestamp '2026-01-01' + (n + 1) * interval '1 day') from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        alter table bookings add constraint bookings_during_excl exclude using gist (during with &&);

    Good - a new table gets it while it is empty:

        create table bookings_new (like bookings including all);
        alter table bookings_new add constraint bookings_during_excl exclude using gist (during with &&);

    Good:

        create table rooms (id bigint primary key, during tsrange, exclude using gist (during with &&));
    """

    severity = Severity.ERROR
    down_severity = Severity.WARNING
    aliases = (
        "squawk:constraint-missing-not-valid",
        "eugene:E8",
        "pgfence:add-constraint-exclude",
        "migrationpilot:MP031",
        "pg-migration-lint:PGM019",
        "pgls:avoidAddingExclusionConstraint",
        "strong_migrations:add_exclusion_constraint",
        "online_migrations:add_exclusion_constraint",
    )
    on = (AddConstraint,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(AddConstraint):
            lock = step.lock_on(change.relation)
            if step.is_new(change.relation) or not step.work or not lock or not _excludes(step, change):
                continue
            schema, name = split(change.relation)
            new = sql_name(f"{schema}.{shortened(f'{name}_new')}")
            yield self.finding(
                step,
                change,
                why=f"{waiting(lock)} until its index is built and every row compared",
                instead="put it on a new table while that is empty; let a trigger copy new rows there, copy "
                f"the old ones in batches, then let {quoted(bare(change.relation))} and the new table "
                f"change names in one transaction\n\n"
                f"CREATE TABLE {new} (LIKE {sql_name(change.relation)} INCLUDING ALL);\n"
                f"ALTER TABLE {new}\n    {clause_sql(step, change)};",
                because=(lock, *step.work),
            )


def _excludes(step: Step, change: AddConstraint) -> bool:
    kind = change.constraint.kind
    if kind in _INDEXED and not change.inline:
        return bool(_TEMPORAL.search(step.text_of(change)))
    return kind is ConstraintKind.EXCLUSION
