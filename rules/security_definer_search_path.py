from collections.abc import Iterator

from migration_lint.effects import CreateRoutine
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import sql_name


class SecurityDefinerSearchPath(Rule):
    """A SECURITY DEFINER function without its own search_path runs the caller's code with its owner's rights.

    Names in its body are looked up by the search_path of whoever calls it. A caller who may create
    objects anywhere, a temporary table is enough, puts his own in the way, and the function uses it with
    the rights of its owner. SET search_path on the function closes that.

    Given:

        create table orders (id bigint primary key);

    Bad:

        create function count_orders() returns bigint language sql security definer
            as 'select count(*) from orders';

    Good:

        create function count_orders() returns bigint language sql security definer
            set search_path = public, pg_temp
            as 'select count(*) from orders';

    Good:

        create function count_orders() returns bigint language sql
            as 'select count(*) from orders';
    """

    severity = Severity.WARNING
    pedantic = True
    aliases = ("migrationpilot:MP099",)
    on = (CreateRoutine,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(CreateRoutine):
            if not change.security_definer or "search_path" in change.settings:
                continue
            name = sql_name(change.relation)
            yield self.finding(
                step,
                change,
                why=f"whoever calls {name} decides which tables it uses, with its owner's rights",
                instead=f"give it a search_path of its own\n\n"
                f"ALTER FUNCTION {name} SET search_path = public, pg_temp;",
            )
