from collections.abc import Iterator

from migration_lint.effects import SetSetting
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step

_WORDS = {"timezone": "time zone"}


class IneffectiveSetLocal(Rule):
    """SET LOCAL outside a transaction does nothing.

    It lasts until the end of the transaction, and each statement is one of its own here: the server
    warns, and goes on with the old value. A search_path that is not set puts tables into the wrong
    schema; a timeout that is not set limits nothing. (For lock_timeout there is missing-lock-timeout,
    which looks at what is in force when a lock is asked for.)

    Given:

        create table orders (id bigint primary key);
        create schema shop;

    Bad:

        set local search_path = shop;  -- here
        create table items (id bigint primary key);

    Good:

        set search_path = shop;
        create table items (id bigint primary key);
        reset search_path;

    Good:

        begin;
        set local search_path = shop;
        create table items (id bigint primary key);
        commit;

    Good [transaction=one] - the tool opens the transaction:

        set local search_path = shop;
        create table items (id bigint primary key);
    """

    severity = Severity.WARNING
    aliases = ("pgsafe:require-timeout",)
    on = (SetSetting,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(SetSetting):
            if change.effective or not change.local or change.relation == "lock_timeout":
                continue
            name = _WORDS.get(change.relation, change.relation)
            sql = step.sql.strip()
            instead = "set it for the session, and reset it at the end; or open a transaction"
            if change.relation.startswith("transaction_"):
                name, instead = "the mode of the transaction", "open the transaction with that mode"
            elif sql[:10].upper() == "SET LOCAL ":
                instead += f"\n\nSET {sql[10:]};"
            yield self.finding(
                step,
                change,
                why=f"{name} stays as it was: SET LOCAL lasts for one transaction, and none is open",
                instead=instead,
            )
