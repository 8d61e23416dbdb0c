import re
from collections.abc import Iterator

from migration_lint.effects import AddConstraint, Scan
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import (
    guarded,
    key_migrations,
    outside_transaction,
    proofs_of_not_null,
    steps,
    waiting,
)
from migration_lint.model import Step
from migration_lint.schema import ConstraintKind

_TEMPORAL = re.compile(r"\bWITHOUT\s+OVERLAPS\b", re.IGNORECASE)


class AddPrimaryKeyBlocksReads(Rule):
    """Reads and writes wait while a primary key is built, or its columns are searched for NULLs.

    ADD PRIMARY KEY builds an index, and holds AccessExclusiveLock on the table until it is complete:
    nobody reads or writes the table meanwhile. An index that is built CONCURRENTLY and taken over
    with USING INDEX spares that. But a primary key also makes its columns NOT NULL, and where one
    is not so yet, every row is read under the same lock even with USING INDEX. So the columns
    become NOT NULL first, in a way that lets reads and writes go on.

    Given:

        create table orders (id bigint not null, code text);
        insert into orders select n, n from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        alter table orders add primary key (id);

    Bad - the column takes NULL:

        create unique index concurrently orders_code_idx on orders (code);
        -- next migration
        set lock_timeout = '2s';
        alter table orders add constraint orders_pkey primary key using index orders_code_idx;

    Good:

        create unique index concurrently orders_pkey on orders (id);
        -- next migration
        set lock_timeout = '2s';
        alter table orders add constraint orders_pkey primary key using index orders_pkey;

    Good - the column takes NULL, and a constraint proves that there is none:

        create unique index concurrently orders_pkey on orders (code);
        -- next migration
        set lock_timeout = '2s';
        alter table orders add constraint orders_code_not_null check (code is not null) not valid;
        -- next migration
        alter table orders validate constraint orders_code_not_null;
        -- next migration
        set lock_timeout = '2s';
        alter table orders add constraint orders_pkey primary key using index orders_pkey;

    Good - the table is new:

        create table refunds (id bigint not null);
        alter table refunds add primary key (id);
    """

    severity = Severity.ERROR
    down_severity = Severity.WARNING
    aliases = (
        "squawk:adding-serial-primary-key-field",
        "eugene:E7",
        "eugene:W14",
        "pgfence:add-pk-without-using-index",
        "pg-migration-lint:PGM016",
        "pgls:addingPrimaryKeyConstraint",
        "atlas:PG104",
        "atlas:PG304",
        "diesel-guard:AddPrimaryKeyCheck",
        "safemigrate-lint:pk-constraint-exclusive-lock",
    )
    on = (AddConstraint,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(AddConstraint):
            if change.constraint.kind is not ConstraintKind.PRIMARY_KEY or change.inline:
                continue
            lock = step.lock_on(change.relation)
            if step.is_new(change.relation) or not step.work or not lock:
                continue
            if _TEMPORAL.search(step.text_of(change)):
                continue  # an exclusion constraint by another name, which no index can be made for
            nullable = _nullable(step, change)
            if change.using_index is None:
                build, *rest = key_migrations(step, change)
                proofs = proofs_of_not_null(step, change.relation, nullable) if nullable else []
                why = "until its index is built"
                order = (
                    "build the index concurrently, in a migration of its own "
                    f"{outside_transaction(step.tool)}, and make the primary key from it"
                )
                sql = steps(build, *proofs, *rest)
            elif nullable and any(isinstance(work, Scan) for work in step.work):
                why = f"while every row is searched for a NULL in {', '.join(nullable)}"
                order = "make the columns NOT NULL first, while reads and writes go on"
                proofs = proofs_of_not_null(step, change.relation, nullable)
                sql = steps(*proofs, guarded(f"{step.sql};"))
            else:
                continue
            yield self.finding(
                step,
                change,
                why=f"{waiting(lock)} {why}",
                instead=f"{order}\n\n{sql}",
                because=(lock, *step.work),
            )


def _nullable(step: Step, change: AddConstraint) -> list[str]:
    """The columns of the key that are not known to be NOT NULL."""
    table = step.before.relation(change.relation)
    found = []
    for name in change.constraint.columns:
        column = table.column(name) if table is not None else None
        if column is None or not column.not_null:
            found.append(name)
    return found
