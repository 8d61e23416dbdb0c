from collections.abc import Iterator, Sequence

from migration_lint.effects import SetTriggers
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name


class DisabledTriggers(Rule):
    """Triggers are switched off for everyone, and with ALL the foreign keys too.

    While they are off, the application's own writes pass without what the triggers check, copy or count,
    and nothing catches up later. DISABLE TRIGGER ALL switches off the triggers that enforce foreign keys
    as well: rows appear that point nowhere, in a constraint that still counts as valid.

    Switch them off and on again in one transaction: the lock (ShareRowExclusiveLock) keeps other writers
    out until it ends. Writes of the migration itself pass by the triggers in that time.

    Given:

        create table orders (id bigint primary key, total bigint);
        insert into orders select n, n from generate_series(1, 100) n;
        create function touch() returns trigger language plpgsql as 'begin return new; end';
        create trigger touched before update on orders for each row execute function touch();

    Bad:

        set lock_timeout = '2s';
        alter table orders disable trigger all;

    Bad - in between, everybody's writes pass by it:

        set lock_timeout = '2s';
        alter table orders disable trigger touched;  -- here
        update orders set total = 0 where id = 1;
        alter table orders enable trigger touched;

    Good:

        begin;
        set local lock_timeout = '2s';
        alter table orders disable trigger touched;
        update orders set total = 0 where id = 1;
        alter table orders enable trigger touched;
        commit;

    Good - for good, by name:

        set lock_timeout = '2s';
        drop trigger touched on orders;

    Good - the table is new:

        create table refunds (id bigint primary key);
        alter table refunds disable trigger all;
        insert into refunds values (1);
        alter table refunds enable trigger all;
    """

    severity = Severity.ERROR
    aliases = (
        "squawk:ban-disable-trigger",
        "pgfence:enable-disable-trigger",
        "migrationpilot:MP064",
        "pg-migration-lint:PGM020",
        "pgls:avoidEnableDisableTrigger",
    )

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        for number, step in enumerate(steps):
            for change in step.each(SetTriggers):
                if change.enabled or step.is_new(change.relation):
                    continue
                if _comes_back(change, step, steps[number + 1 :]):
                    continue
                table, trigger = sql_name(change.relation), change.trigger
                target = trigger if trigger in ("ALL", "USER") else quoted(trigger)
                what = {
                    "ALL": "no trigger and no foreign key is enforced",
                    "USER": "no trigger fires",
                }.get(trigger, f"trigger {target} does not fire")
                yield self.finding(
                    step,
                    change,
                    why=f"writes of {table} by everyone pass unchecked: {what}",
                    instead="switch it on again in the same transaction\n\n"
                    f"BEGIN;\nSET LOCAL lock_timeout = '2s';\nALTER TABLE {table} DISABLE TRIGGER {target};\n"
                    f"-- writes that pass by it\nALTER TABLE {table} ENABLE TRIGGER {target};\nCOMMIT;",
                )


def _comes_back(change: SetTriggers, step: Step, later: Sequence[Step]) -> bool:
    """Whether the same transaction enables what it disables."""
    transaction = step.session.transaction
    if transaction is None:
        return False
    covering = {change.trigger, "ALL"} if change.trigger != "ALL" else {"ALL"}
    if change.trigger not in ("ALL", "USER"):
        covering.add("USER")
    return any(
        back.enabled and back.relation == change.relation and back.trigger in covering
        for other in later
        if other.session.transaction == transaction
        for back in other.each(SetTriggers)
    )
