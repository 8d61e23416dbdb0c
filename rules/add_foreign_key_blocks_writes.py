import re
from collections.abc import Iterator, Sequence

from migration_lint.effects import AddConstraint, ValidateConstraint
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import clause_sql, guarded, not_valid, several, steps, victims
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name
from migration_lint.schema import ConstraintKind, RelationKind

_NOT_VALID_ON_PARTITIONED_SINCE = 18
_NOT_VALID = re.compile(r"\s+NOT\s+VALID\b", re.IGNORECASE)


class AddForeignKeyBlocksWrites(Rule):
    """Writes to two tables wait while a new foreign key looks up every row.

    ADD CONSTRAINT … FOREIGN KEY holds ShareRowExclusiveLock on both tables, the one that refers and
    the one referred to, while every row of the first is looked up in the second. Reads go on, but
    every INSERT, UPDATE and DELETE of either table waits. With NOT VALID no row is read: the key
    holds for new rows at once. VALIDATE CONSTRAINT looks up the old rows later, and writes go on.

    A partitioned table takes a NOT VALID foreign key only since PostgreSQL 18. Before, its
    partitions get theirs one by one, and the partitioned table then takes them over.

    Given:

        create table users (id bigint primary key);
        create table orders (id bigint primary key, user_id bigint);
        insert into users select n from generate_series(1, 100) n;
        insert into orders select n, n from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        alter table orders add constraint orders_user_id_fkey foreign key (user_id) references users (id);

    Good:

        set lock_timeout = '2s';
        alter table orders add constraint orders_user_id_fkey foreign key (user_id)
            references users not valid;
        -- next migration
        alter table orders validate constraint orders_user_id_fkey;

    Good - the table that refers is new:

        set lock_timeout = '2s';
        create table refunds (id bigint primary key, user_id bigint);
        alter table refunds add constraint refunds_user_id_fkey foreign key (user_id) references users;

    Good - it is not enforced:

        set lock_timeout = '2s';
        alter table orders add foreign key (user_id) references users not enforced;

    Given:

        create table users (id bigint primary key);
        create table events (id bigint, user_id bigint) partition by range (id);
        create table events_1 partition of events for values from (0) to (1000);
        insert into users select n from generate_series(1, 100) n;
        insert into events select n, n from generate_series(1, 100) n;

    Bad [version=17]:

        set lock_timeout = '2s';
        alter table events add constraint events_user_id_fkey foreign key (user_id) references users;

    Bad [version=17, refused, alone] - the server refuses it before 18:

        set lock_timeout = '2s';
        alter table events add constraint events_user_id_fkey foreign key (user_id)
            references users not valid;

    Good - the partitions have theirs already:

        set lock_timeout = '2s';
        alter table events_1 add constraint events_user_id_fkey foreign key (user_id)
            references users not valid;
        -- next migration
        alter table events_1 validate constraint events_user_id_fkey;
        -- next migration
        set lock_timeout = '2s';
        alter table events add constraint events_user_id_fkey foreign key (user_id) references users;
    """

    severity = Severity.ERROR
    down_severity = Severity.WARNING
    aliases = (
        "squawk:adding-foreign-key-constraint",
        "squawk:constraint-missing-not-valid",
        "eugene:E1",
        "pgfence:add-constraint-fk-no-not-valid",
        "migrationpilot:MP005",
        "migrationpilot:MP069",
        "pgsafe:add-fk-without-not-valid",
        "pg-migration-lint:PGM014",
        "pgls:addingForeignKeyConstraint",
        "strong_migrations:add_foreign_key",
        "online_migrations:add_foreign_key",
        "atlas:PG306",
        "bytebase:statement_add_foreign_key_not_valid",
        "safemigrate-lint:constraint-not-valid-required",
        "gitlab:add_concurrent_foreign_key",
        "sqlfluff:PG02",
        "eslint-plugin-postgresql:prefer-fk-not-valid",
    )
    on = (AddConstraint,)

    def check(self, step: Step) -> Iterator[Finding]:
        refused = [change for change in step.each(AddConstraint) if _is_refused(step, change)]
        if refused:
            name = sql_name(refused[0].relation)
            yield self.finding(
                step,
                refused[0],
                why=f"the server refuses it: {name} is partitioned, and takes no NOT VALID foreign key",
                instead=_instead(step, refused),
            )
            return
        validated = {change.constraint for change in step.each(ValidateConstraint)}
        found = [
            change
            for change in step.each(AddConstraint)
            if change.constraint.kind is ConstraintKind.FOREIGN_KEY
            and (change.constraint.validated or change.constraint.name in validated)
            and not change.inline
            and not step.is_new(change.relation)
        ]
        lock = step.lock_on(found[0].relation) if found else None
        if lock is None or not step.work:
            return
        referenced = dict.fromkeys(change.constraint.references or "" for change in found)
        others = [other for name in referenced if (other := step.lock_on(name)) and name != lock.relation]
        tables = several([sql_name(name) for name in dict.fromkeys((lock.relation, *referenced))])
        targets = several([sql_name(name) for name in referenced])
        yield self.finding(
            step,
            found[0],
            why=f"{victims(lock.mode)} of {tables} wait ({lock.mode.name}) "
            f"while every row of {sql_name(lock.relation)} is looked up in {targets}",
            instead=_instead(step, found),
            because=(lock, *others, *step.work),
        )


def _is_refused(step: Step, change: AddConstraint) -> bool:
    constraint = change.constraint
    if constraint.kind is not ConstraintKind.FOREIGN_KEY or constraint.validated or not constraint.enforced:
        return False
    known = step.before.relation(change.relation)
    partitioned = known is not None and known.kind is RelationKind.PARTITIONED_TABLE
    return partitioned and int(step.version) < _NOT_VALID_ON_PARTITIONED_SINCE


def _instead(step: Step, changes: Sequence[AddConstraint]) -> str:
    known = step.before.relation(changes[0].relation)
    partitioned = known is not None and known.kind is RelationKind.PARTITIONED_TABLE
    if not partitioned or int(step.version) >= _NOT_VALID_ON_PARTITIONED_SINCE:
        order = "add it NOT VALID, and validate it in the next migration, while writes go on"
        return f"{order}\n\n{not_valid(step, changes)}"
    partitions = [
        sql_name(child.name)
        for child in step.before.descendants(changes[0].relation)
        if child.kind is RelationKind.TABLE
    ]
    texts = [_NOT_VALID.sub("", clause_sql(step, change)) for change in changes]
    clauses = ",\n    ".join(f"{text} NOT VALID" for text in texts)
    whole = f"ALTER TABLE {sql_name(changes[0].relation)}\n    " + ",\n    ".join(texts) + ";"
    names = ",\n    ".join(f"VALIDATE CONSTRAINT {quoted(c.constraint.name)}" for c in changes)
    adds = "\n".join(f"ALTER TABLE {name}\n    {clauses};" for name in partitions)
    validates = "\n".join(f"ALTER TABLE {name}\n    {names};" for name in partitions)
    return (
        "add it to each partition first, NOT VALID, and validate it there; the partitioned table then "
        f"takes them over\n\n{steps(guarded(adds), validates, guarded(whole))}"
    )
