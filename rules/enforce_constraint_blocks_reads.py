from collections.abc import Iterator

from migration_lint.effects import AlterConstraint
from migration_lint.findings import Finding, Severity
from migration_lint.linting.pasting import foreign_key
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import guarded, steps, waiting
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name


class EnforceConstraintBlocksReads(Rule):
    """Reads and writes wait while a foreign key that was not enforced is checked.

    ALTER CONSTRAINT … ENFORCED (PostgreSQL 18) looks up every row of the table in the other one under
    AccessExclusiveLock: nobody reads or writes the table meanwhile, and nobody writes the other. To
    drop the foreign key and add it anew, NOT VALID, reads no row; VALIDATE CONSTRAINT then looks
    them up while reads and writes go on.

    Given:

        create table users (id bigint primary key);
        create table orders (id bigint primary key, user_id bigint);
        insert into users select n from generate_series(1, 100) n;
        insert into orders select n, n from generate_series(1, 100) n;
        alter table orders add constraint orders_user_id_fkey foreign key (user_id) references users
            not enforced;

    Bad:

        set lock_timeout = '2s';
        alter table orders alter constraint orders_user_id_fkey enforced;

    Good:

        set lock_timeout = '2s';
        alter table orders drop constraint orders_user_id_fkey,
            add constraint orders_user_id_fkey foreign key (user_id) references users not valid;
        -- next migration
        alter table orders validate constraint orders_user_id_fkey;

    Good - the table is new:

        set lock_timeout = '2s';
        create table refunds (id bigint primary key, user_id bigint);
        alter table refunds add constraint refunds_user_id_fkey foreign key (user_id) references users
            not enforced;
        alter table refunds alter constraint refunds_user_id_fkey enforced;
    """

    severity = Severity.ERROR
    down_severity = Severity.WARNING
    aliases = ("migrationpilot:MP082",)
    on = (AlterConstraint,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(AlterConstraint):
            lock = step.lock_on(change.relation)
            definition = change.definition
            if not change.enforced or not step.work or lock is None or definition is None:
                continue
            references = definition.references or ""
            other = step.lock_on(references)
            table, name = sql_name(change.relation), quoted(change.constraint)
            add = f"ADD CONSTRAINT {name} {foreign_key(definition)} NOT VALID"
            yield self.finding(
                step,
                change,
                why=f"{waiting(lock)} while every row is looked up in {sql_name(references)}",
                instead="drop it and add it anew, NOT VALID, and validate it in the next migration\n\n"
                + steps(
                    guarded(f"ALTER TABLE {table}\n    DROP CONSTRAINT {name},\n    {add};"),
                    f"ALTER TABLE {table} VALIDATE CONSTRAINT {name};",
                ),
                because=(lock, *([other] if other is not None else []), *step.work),
            )
