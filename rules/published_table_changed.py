from collections.abc import Iterator

from migration_lint.effects import AddColumn, Change, ChangeColumnType, RenameColumn, SetReplicaIdentity
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate, several
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name


class PublishedTableChanged(Rule):
    """A published table changes, and logical replication does not tell the subscribers.

    Logical replication copies rows, not the schema. A row with a column that a subscriber does not have
    stops its replication, the publisher keeps the WAL for it, and its disk fills up. Change the
    subscribers first: a column that only they have does no harm.

    With REPLICA IDENTITY NOTHING, every UPDATE and DELETE of the published table fails at once.

    The rule knows the publications that migrations make, with the tables that they name.

    Given:

        create table orders (id bigint primary key, total bigint);
        create table logs (id bigint primary key);
        create publication sales for table orders;

    Bad:

        set lock_timeout = '2s';
        alter table orders add column note text;

    Bad:

        set lock_timeout = '2s';
        alter table orders replica identity nothing;

    Good - it is not published:

        set lock_timeout = '2s';
        alter table logs add column note text;

    Good - a decision that was made:

        set lock_timeout = '2s';
        -- migration-lint: ignore[published-table-changed] the subscribers have the column
        alter table orders add column note text;
    """

    severity = Severity.WARNING
    aliases = ("squawk:ban-replica-identity", "migrationpilot:MP055")
    on = (AddColumn, RenameColumn, ChangeColumnType, SetReplicaIdentity)

    def check(self, step: Step) -> Iterator[Finding]:
        for relation, changes in _by_relation(step).items():
            names = [name for name, tables in step.before.publications.items() if relation in tables]
            if not names or step.is_new(relation):
                continue
            table, listed = sql_name(relation), several([quoted(name) for name in sorted(names)])
            if any(isinstance(change, SetReplicaIdentity) for change in changes):
                why = f"updates and deletes of {table} fail: {listed} publishes them, and no row can be told"
                instead = "leave it at the primary key (REPLICA IDENTITY DEFAULT), or use FULL"
            else:
                why = f"replication of {table} stops at the first new row: subscribers of {listed} lack this"
                instead = "change the subscribers first, then say so\n\n"
                instead += deliberate(self.id, "the subscribers have it", f"{step.sql};")
            yield self.finding(step, changes[0], why=why, instead=instead)


def _by_relation(step: Step) -> dict[str, list[Change]]:
    """The changes that a subscriber has to know of, or that no published table bears, by table."""
    found: dict[str, list[Change]] = {}
    changes: list[Change] = [*step.each(AddColumn), *step.each(RenameColumn), *step.each(ChangeColumnType)]
    changes += [change for change in step.each(SetReplicaIdentity) if change.identity == "nothing"]
    for change in changes:
        found.setdefault(change.relation, []).append(change)
    return found
