import re
from collections.abc import Iterator

from migration_lint.effects import AddConstraint
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import key_migrations, outside_transaction, steps, waiting
from migration_lint.model import Step
from migration_lint.schema import ConstraintKind

_TEMPORAL = re.compile(r"\bWITHOUT\s+OVERLAPS\b", re.IGNORECASE)


class AddUniqueBlocksReads(Rule):
    """Reads and writes wait while the index of a new unique constraint is built.

    ADD CONSTRAINT … UNIQUE builds an index, and holds AccessExclusiveLock on the table until it is
    complete: nobody reads or writes the table for minutes or hours if it is big. A unique index
    that is built CONCURRENTLY lets reads and writes go on, and a constraint that is made USING
    INDEX takes it over in a moment. The index is unique from the start: where old rows are not, the
    build fails and leaves an invalid index behind, to be dropped before the next try.

    On a partitioned table every partition gets its constraint that way first. The constraint of the
    partitioned table then finds them there and takes them over.

    Given:

        create table users (id bigint primary key, email text, team_id bigint);
        insert into users select n, n || '@example.com', n from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        alter table users add constraint users_email_key unique (email);

    Good:

        create unique index concurrently users_email_key on users (email);
        -- next migration
        set lock_timeout = '2s';
        alter table users add constraint users_email_key unique using index users_email_key;

    Good - the table is new:

        create table teams (id bigint primary key, name text);
        alter table teams add constraint teams_name_key unique (name);

    Given:

        create table events (id bigint, at date) partition by range (id);
        create table events_1 partition of events for values from (0) to (1000);
        insert into events select n, '2026-01-01' from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        alter table events add constraint events_id_key unique (id);

    Good - the partitions have theirs already:

        create unique index concurrently events_1_id_key on events_1 (id);
        -- next migration
        set lock_timeout = '2s';
        alter table events_1 add constraint events_1_id_key unique using index events_1_id_key;
        alter table events add constraint events_id_key unique (id);
    """

    severity = Severity.ERROR
    down_severity = Severity.WARNING
    aliases = (
        "squawk:disallowed-unique-constraint",
        "eugene:E7",
        "pgfence:add-constraint-unique",
        "migrationpilot:MP027",
        "pg-migration-lint:PGM017",
        "pgls:disallowUniqueConstraint",
        "strong_migrations:add_unique_constraint",
        "online_migrations:add_unique_constraint",
        "django-migration-linter:ADD_UNIQUE",
        "atlas:PG104",
        "safemigrate-lint:unique-constraint-exclusive-lock",
        "eslint-plugin-postgresql:no-add-unique-constraint-directly",
    )
    on = (AddConstraint,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(AddConstraint):
            if change.constraint.kind is not ConstraintKind.UNIQUE or change.inline:
                continue
            lock = step.lock_on(change.relation)
            if change.using_index is not None or step.is_new(change.relation) or not step.work or not lock:
                continue
            if _TEMPORAL.search(step.text_of(change)):
                continue  # an exclusion constraint by another name, which no index can be made for
            yield self.finding(
                step,
                change,
                why=f"{waiting(lock)} until the index of the constraint is built",
                instead="build a unique index concurrently, in a migration of its own "
                f"{outside_transaction(step.tool)}, and make the constraint from it\n\n"
                + steps(*key_migrations(step, change)),
                because=(lock, *step.work),
            )
