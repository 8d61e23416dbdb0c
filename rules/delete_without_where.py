from collections.abc import Iterator

from migration_lint.effects import DeleteRows
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate
from migration_lint.model import Step
from migration_lint.names import sql_name


class DeleteWithoutWhere(Rule):
    """DELETE without a condition throws every row away.

    Nothing brings them back but a backup. A condition that is always true (``WHERE true``, ``1 = 1``) is
    none. On a big table every row is locked for as long as it takes, and foreign keys with ON DELETE
    CASCADE empty other tables too.

    Given:

        create table orders (id bigint primary key, total bigint);
        insert into orders select n, n from generate_series(1, 100) n;

    Bad:

        delete from orders;

    Bad:

        delete from orders where 1 = 1;

    Good:

        delete from orders where id between 1 and 20;

    Good - a decision that was made:

        -- migration-lint: ignore[delete-without-where] a cache, filled again by the nightly job
        delete from orders;

    Good - the table is new:

        create table staging (id bigint primary key);
        insert into staging values (1);
        delete from staging;

    Given:

        create table orders (id bigint primary key, total bigint);

    Bad [engine=mariadb]:

        delete from orders;

    Good [engine=mariadb]:

        delete from orders where id between 1 and 20;
    """

    severity = Severity.ERROR
    engines = ("postgres", "mysql", "mariadb")
    down_severity = Severity.WARNING
    aliases = (
        "pgfence:delete-without-where",
        "pgls:banDeleteWithoutWhere",
        "pg-migration-lint:PGM303",
        "bytebase:where_require_update_delete",
        "diesel-guard:MutationWithoutWhereCheck",
        "safemigrate-lint:update-delete-row-scope",
        "migrationpilot:MP080",
    )
    on = (DeleteRows,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(DeleteRows):
            if change.where is not None or change.narrow or step.is_new(change.relation):
                continue
            yield self.finding(
                step,
                change,
                why=f"every row of {sql_name(change.relation)} is gone",
                instead="say in a condition which rows have to go; if all, keep a copy and say why\n\n"
                + deliberate(self.id, "not needed any more; a copy is kept", f"{step.sql};"),
            )
