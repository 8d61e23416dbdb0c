from collections.abc import Iterator, Sequence

from migration_lint.effects import Change, DeleteRows, UpdateRows, ValidateConstraint
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import sql_name


class MissingStatementTimeout(Rule):
    """Nothing ends a statement that reads or writes many rows, however long it takes.

    A statement_timeout takes it back before it has held its locks for too long. Concurrent builds and
    VALIDATE CONSTRAINT are left out: they hold up nobody, and a timeout does harm there. An opinion; the
    finding comes once per migration.

    Given:

        create table orders (id bigint primary key, quantity int);
        insert into orders select n, 1 from generate_series(1, 100) n;

    Bad:

        update orders set quantity = 0 where id between 1 and 20;

    Good:

        set statement_timeout = '60s';
        update orders set quantity = 0 where id between 1 and 20;

    Good - it holds up nobody:

        create index concurrently orders_quantity_idx on orders (quantity);
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = (
        "squawk:require-statement-timeout",
        "squawk:require-timeout-settings",
        "pgfence:missing-statement-timeout",
        "migrationpilot:MP020",
        "pgls:requireStatementTimeout",
        "safemigrate-lint:timeout-settings-required",
    )

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        for step in steps:
            writes = [change for kind in (UpdateRows, DeleteRows) for change in step.each(kind)]
            used = [change for change in writes if not step.is_new(change.relation)]
            if step.session.statement_timeout or not (used or step.stalls()) or _is_left_out(step):
                continue
            relation = used[0].relation if used else step.work[0].relation
            scope = "LOCAL " if step.session.transaction is not None else ""
            yield self.finding(
                step,
                relation=relation,
                why=f"nothing ends this statement, nor its locks on {sql_name(relation)}, if it takes hours",
                instead="set a statement_timeout that is longer than it should take\n\n"
                f"SET {scope}statement_timeout = '60s';\n{step.sql};",
            )
            return


def _is_left_out(step: Step) -> bool:
    concurrent = any(getattr(change, "concurrently", False) for change in step.each(Change))
    return concurrent or any(step.each(ValidateConstraint))
