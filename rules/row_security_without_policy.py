from collections.abc import Iterator, Sequence

from migration_lint.effects import CreatePolicy, DropPolicy, SetRowSecurity
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import bare, quoted, sql_name


class RowSecurityWithoutPolicy(Rule):
    """Row-level security is on and no policy lets anyone in: the application sees no rows.

    From the moment on which it is enabled, every role but the table's owner, superusers and roles with
    BYPASSRLS reads an empty table and fails to insert, without an error that says why. The same happens
    when the last policy is dropped. Create the policies first, or in the same transaction.

    Given:

        create table orders (id bigint primary key, tenant text);
        create table invoices (id bigint primary key, tenant text);
        create policy own_invoices on invoices using (tenant = current_user);
        alter table invoices enable row level security;

    Bad:

        set lock_timeout = '2s';
        alter table orders enable row level security;

    Bad - for a moment there is none:

        set lock_timeout = '2s';
        alter table orders enable row level security;  -- here
        create policy own_orders on orders using (tenant = current_user);

    Bad - the last one goes:

        set lock_timeout = '2s';
        drop policy own_invoices on invoices;

    Good:

        begin;
        set local lock_timeout = '2s';
        create policy own_orders on orders using (tenant = current_user);
        alter table orders enable row level security;
        commit;

    Good - the last one is replaced:

        begin;
        set local lock_timeout = '2s';
        drop policy own_invoices on invoices;
        create policy own_invoices on invoices using (tenant = session_user);
        commit;

    Good - the table is new:

        create table refunds (id bigint primary key);
        alter table refunds enable row level security;
    """

    severity = Severity.ERROR
    breaks_code = True
    confidence = Confidence.LIKELY
    aliases = (
        "squawk:ban-alter-row-level-security",
        "migrationpilot:MP057",
        "migrationpilot:MP079",
    )

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        for number, step in enumerate(steps):
            changes: list[SetRowSecurity | DropPolicy] = [
                *(change for change in step.each(SetRowSecurity) if change.enabled),
                *step.each(DropPolicy),
            ]
            for change in changes[:1]:
                if step.is_new(change.relation) or not _closes(change, step):
                    continue
                if _opens(change.relation, step, steps[number:]):
                    continue
                table = sql_name(change.relation)
                policy = quoted(f"{bare(change.relation)}_policy")
                yield self.finding(
                    step,
                    change,
                    why=f"roles that do not own {table} read and write none of its rows: it has no policy",
                    instead="create its policies in the same transaction, before it\n\n"
                    f"BEGIN;\nSET LOCAL lock_timeout = '2s';\n"
                    f"CREATE POLICY {policy} ON {table} USING (true);  -- who may see which rows\n"
                    f"{step.sql};\nCOMMIT;",
                    confidence=None if _is_known(step, change.relation) else Confidence.POSSIBLE,
                )


def _is_known(step: Step, relation: str) -> bool:
    known = step.before.relation(relation)
    return known is not None and known.complete


def _closes(change: SetRowSecurity | DropPolicy, step: Step) -> bool:
    """Whether after it row security is on and there is no policy."""
    known = step.before.relation(change.relation)
    policies = {policy.name for policy in known.policies} if known is not None else set()
    if isinstance(change, SetRowSecurity):
        return not policies
    return known is not None and known.row_security and policies == {change.policy}


def _opens(relation: str, step: Step, later: Sequence[Step]) -> bool:
    """Whether the same transaction makes a policy."""
    transaction = step.session.transaction
    return transaction is not None and any(
        policy.relation == relation
        for other in later
        if other.session.transaction == transaction
        for policy in other.each(CreatePolicy)
    )
