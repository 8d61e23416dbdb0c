from collections.abc import Iterator

from migration_lint.effects import AlterRole, AlterSystem, CreateExtension, Grant
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import quoted

_POWERS = ("superuser", "createrole", "createdb", "replication", "bypassrls")


class PrivilegedStatement(Rule):
    """The migration needs, or gives away, more rights than a change of the schema should.

    Extensions, roles and settings of the server belong to whoever runs the server: the role of a
    migration should not be able to change them, hosting providers often forbid it, and a restored or
    copied database does not have them. What is granted to PUBLIC is granted to every role, those of
    tomorrow included.

    Given:

        create table orders (id bigint primary key, total bigint);

    Bad:

        grant all on orders to public;

    Bad [version=17]:

        create role reporter superuser;

    Bad [version=17]:

        alter system set work_mem = '64MB';

    Bad:

        create extension citext;

    Good:

        grant select on orders to pg_monitor;

    Good [version=17]:

        alter role reporter set work_mem = '64MB';
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = (
        "squawk:ban-alter-extension",
        "squawk:ban-alter-database-options",
        "squawk:ban-alter-role-options",
        "squawk:ban-alter-system-options",
        "migrationpilot:MP073",
        "migrationpilot:MP078",
        "migrationpilot:MP085",
        "migrationpilot:MP091",
        "diesel-guard:CreateExtensionCheck",
    )
    on = (AlterRole, AlterSystem, CreateExtension, Grant)

    def check(self, step: Step) -> Iterator[Finding]:
        why = next(_reasons(step), None)
        if why is not None:
            yield self.finding(
                step,
                why=why,
                instead="leave it to whoever runs the server, or grant it to the roles that need it",
            )


def _reasons(step: Step) -> Iterator[str]:
    for grant in step.each(Grant):
        if not grant.revoke and "public" in grant.to:
            yield "every role may do it from now on, those of tomorrow included: it is granted to PUBLIC"
    for role in step.each(AlterRole):
        powers = [option for option in role.options if option in _POWERS]
        if powers:
            yield f"role {quoted(role.relation)} gets the power of {powers[0]}"
    for system in step.each(AlterSystem):
        yield f"{system.setting} changes for everyone, not for this database's schema alone"
    for extension in step.each(CreateExtension):
        yield f"the migration's role needs the right to install {quoted(extension.relation)}"
