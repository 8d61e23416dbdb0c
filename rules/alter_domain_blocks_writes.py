import re
from collections.abc import Iterator

from migration_lint.effects import AlterDomain, Scan
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import (
    clause_sql,
    guarded,
    proofs_of_not_null,
    several,
    steps,
    victims,
)
from migration_lint.model import Step
from migration_lint.names import bare, quoted, shortened, sql_name
from migration_lint.schema import Constraint

_VALUE = re.compile(r"\bvalue\b", re.IGNORECASE)


class AlterDomainBlocksWrites(Rule):
    """Writes wait while every table with a column of a domain is checked.

    ALTER DOMAIN … ADD CONSTRAINT, VALIDATE CONSTRAINT and SET NOT NULL read every row of every table
    that has a column of the domain, and hold ShareLock on all of them: reads go on, but every INSERT,
    UPDATE and DELETE of any of them waits. ADD CONSTRAINT … NOT VALID reads nothing and locks no
    table; it holds for new values. Unlike that of a table, VALIDATE CONSTRAINT of a domain blocks
    writes too, so that the old rows are better checked by a CHECK constraint of each table.

    Given:

        create domain amount as integer;
        create table orders (id bigint primary key, total amount);
        insert into orders select n, n from generate_series(1, 100) n;

    Bad:

        set lock_timeout = '2s';
        alter domain amount add constraint amount_positive check (value > 0);

    Bad - VALIDATE CONSTRAINT of a domain blocks writes too:

        set lock_timeout = '2s';
        alter domain amount add constraint amount_positive check (value > 0) not valid;
        alter domain amount validate constraint amount_positive;

    Bad:

        set lock_timeout = '2s';
        alter domain amount set not null;

    Good - new values are checked by the domain, old ones by the table:

        alter domain amount add constraint amount_positive check (value > 0) not valid;
        -- next migration
        set lock_timeout = '2s';
        alter table orders add constraint orders_total_positive check (total > 0) not valid;
        -- next migration
        alter table orders validate constraint orders_total_positive;

    Good - no table in use has a column of it:

        create domain email as text;
        create table users (id bigint primary key, email email);
        alter domain email add constraint email_at check (value like '%@%');
    """

    severity = Severity.ERROR
    down_severity = Severity.WARNING
    aliases = (
        "squawk:ban-alter-domain-with-add-constraint",
        "squawk:ban-create-domain-with-constraint",
        "pgfence:ban-alter-domain-with-add-constraint",
        "migrationpilot:MP043",
        "pgsafe:add-domain-constraint-without-not-valid",
        "pgsafe:add-domain-not-null",
    )
    on = (AlterDomain,)

    def check(self, step: Step) -> Iterator[Finding]:
        tables = [work.relation for work in step.work if isinstance(work, Scan)]
        locks = [lock for table in tables if (lock := step.lock_on(table))]
        for change in step.each(AlterDomain):
            if not locks:
                return
            yield self.finding(
                step,
                change,
                relation=tables[0],
                why=f"{victims(locks[0].mode)} of {several([sql_name(table) for table in tables])} wait "
                f"({locks[0].mode.name}) while every row is checked",
                instead=_instead(step, change, tables),
                because=(*locks, *step.work),
            )


def _instead(step: Step, change: AlterDomain, tables: list[str]) -> str:
    if change.action == "set not null":
        proofs = [
            migration
            for table in tables
            for migration in proofs_of_not_null(step, table, _columns(step, table, change.relation))
        ]
        return f"make the columns NOT NULL instead, while reads and writes go on\n\n{steps(*proofs)}"
    checks = [] if change.constraint is None else _checks(step, change.relation, change.constraint, tables)
    if change.action == "validate constraint":
        return f"leave it NOT VALID, and check the old rows by the tables\n\n{steps(*checks)}"
    first = f"{clause_sql(step, change)} NOT VALID;"
    return f"add it NOT VALID, and check the old rows by the tables\n\n{steps(first, *checks)}"


def _checks(step: Step, domain: str, constraint: Constraint, tables: list[str]) -> list[str]:
    """The constraint of the domain as one of each table."""
    text = constraint.expression.text if constraint.expression is not None else "VALUE IS NOT NULL"
    adds, validates = [], []
    for table in tables:
        for column in _columns(step, table, domain):
            name = quoted(shortened(f"{bare(table)}_{column}_{constraint.name}"))
            condition = quoted(column).join(_VALUE.split(text))
            adds.append(f"ALTER TABLE {sql_name(table)} ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID;")
            validates.append(f"ALTER TABLE {sql_name(table)} VALIDATE CONSTRAINT {name};")
    return [guarded("\n".join(adds)), "\n".join(validates)]


def _columns(step: Step, table: str, domain: str) -> list[str]:
    """The columns of a table that have the domain as their type."""
    known = step.before.relation(table)
    return [
        column.name
        for column in (known.columns if known is not None else ())
        if column.type is not None and column.type.name == domain
    ]
