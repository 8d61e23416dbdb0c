from collections.abc import Iterator, Sequence

from migration_lint.effects import EndTransaction, SetSetting
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step

_HARM = {
    "session_replication_role": "foreign keys and triggers are not enforced",
    "row_security": "row-security policies are switched off or fail",
    "search_path": "names are looked up in other schemas",
    "role": "statements run as another role",
    "session_authorization": "statements run as another user",
    "default_transaction_read_only": "writes fail",
    "check_function_bodies": "functions are not checked",
}
_DEFAULTS = {
    "session_replication_role": ("origin", "local", "default"),
    "row_security": ("on", "true", "1"),
    "role": ("none",),
    "default_transaction_read_only": ("off", "false", "0"),
    "check_function_bodies": ("on", "true", "1"),
}


class LeakedSessionSetting(Rule):
    """A setting of the session outlives the migration, for whatever runs on the connection next.

    Most tools run all migrations on one connection, and a pool hands it to the application later. With
    session_replication_role = replica no foreign key and no trigger is enforced, until rows appear that
    should not exist; with another search_path or role, tables end up in the wrong place or with the
    wrong owner.

    SET LOCAL ends with the transaction by itself. Otherwise RESET the setting at the end.

    Given:

        create table orders (id bigint primary key, total bigint);
        create schema shop;

    Bad:

        set session_replication_role = replica;  -- here
        update orders set total = 2 where id = 1;

    Bad:

        set search_path = shop;  -- here
        create table items (id bigint primary key);

    Good:

        begin;
        set local search_path = shop;
        create table items (id bigint primary key);
        commit;

    Good:

        set search_path = shop;
        create table items (id bigint primary key);
        reset search_path;

    Good - taken back with the transaction:

        begin;
        set search_path = shop;
        rollback;
    """

    severity = Severity.WARNING
    confidence = Confidence.POSSIBLE
    aliases = ("bytebase:statement_check_set_role_variable",)

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        if not steps:
            return
        setting: dict[str, Step] = {}
        undo: dict[str, Step] = {}
        for step in steps:
            for effect in step.effects:
                if isinstance(effect, EndTransaction):
                    setting = setting if effect.commit else dict(undo)
                    undo = dict(setting)
                elif isinstance(effect, SetSetting) and not effect.local:
                    _follow(setting, effect, step)
            if step.session.transaction is None:
                undo = dict(setting)
        for name, step in setting.items():
            yield self.finding(
                step,
                why=f"{_HARM[name]} in whatever runs on this connection next: {name} stays set",
                instead=f"use SET LOCAL in a transaction, or reset it at the end\n\nRESET {name};",
            )


def _follow(setting: dict[str, Step], change: SetSetting, step: Step) -> None:
    if change.relation == "all":
        setting.clear()
    elif change.relation in _HARM:
        setting.pop(change.relation, None)
        if change.value is not None and change.value.lower() not in _DEFAULTS.get(change.relation, ()):
            setting[change.relation] = step
