from collections.abc import Iterator

from migration_lint.effects import Grant
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate, several
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name

_RELATIONS = ("table", "sequence")


class RevokedPrivilege(Rule):
    """A role loses a privilege on a table in use, and code that runs as that role fails.

    REVOKE works at once, for sessions that are connected too. Deploy code that does without the privilege
    first. Taking a privilege from PUBLIC is not told here.

    Given:

        create table orders (id bigint primary key, total bigint);
        grant select on orders to pg_monitor;

    Bad:

        revoke select on orders from pg_monitor;

    Good:

        grant select on orders to pg_monitor;

    Good:

        revoke all on orders from public;

    Good - a decision that was made:

        -- migration-lint: ignore[revoked-privilege] the reports read the replica since v42
        revoke select on orders from pg_monitor;
    """

    severity = Severity.WARNING
    breaks_code = True
    down_severity = Severity.NOTE
    confidence = Confidence.POSSIBLE
    aliases = ("squawk:ban-revoke",)
    on = (Grant,)

    def check(self, step: Step) -> Iterator[Finding]:
        lost = [
            grant
            for grant in step.each(Grant)
            if grant.revoke
            and grant.objects in _RELATIONS
            and not step.is_new(grant.relation)
            and set(grant.to) - {"public"}
        ]
        if not lost:
            return
        roles = [quoted(role) for role in dict.fromkeys(lost[0].to) if role != "public"]
        tables = [sql_name(grant.relation) for grant in lost]
        yield self.finding(
            step,
            lost[0],
            why=f"code that runs as {several(roles)} and uses {several(tables)} fails from now on",
            instead="deploy code that does without it first, then say so\n\n"
            + deliberate(self.id, "no code needs it any more", f"{step.sql};"),
            because=lost,
        )
