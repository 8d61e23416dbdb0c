from collections.abc import Iterator

from migration_lint.effects import (
    Change,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropExtension,
    DropIndex,
    DropPolicy,
    DropRoutine,
    DropRule,
    DropSequence,
    DropTable,
    DropTrigger,
    DropType,
    DropView,
)
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.pasting import dropped_by_name
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import abridged, guarded, several
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name

_NAMED = (DropType, DropRoutine, DropExtension, DropSequence)
_SHOWN = 4


class DropCascade(Rule):
    """CASCADE takes along whatever depends on what is dropped, and says so only in a notice.

    Dropping a type takes the columns of that type, with their values; dropping a function takes
    triggers, defaults, indexes and views; dropping a sequence takes the defaults that count with it;
    dropping an extension takes all that was made of its types and functions. Each table that loses
    something is locked (AccessExclusiveLock). What depends is what is there on the day, in production:
    not what the author had in mind.

    Drop the dependents by name first, then the object without CASCADE: so a surprise is an error.

    Given:

        create table orders (id bigint primary key, total bigint);
        create function touch() returns trigger language plpgsql as 'begin return new; end';
        create trigger touched before update on orders for each row execute function touch();
        create type mood as enum ('sad', 'ok');
        create table users (id bigint primary key, mood mood);
        create function unused() returns int language sql as 'select 1';

    Bad:

        set lock_timeout = '2s';
        drop function touch() cascade;

    Bad - the column goes with the type:

        set lock_timeout = '2s';
        drop type mood cascade;

    Good:

        set lock_timeout = '2s';
        drop trigger touched on orders;
        drop function touch();

    Good - nothing depends on it:

        drop function unused() cascade;

    Good - the type is new:

        create type size as enum ('small');
        drop type size cascade;
    """

    severity = Severity.ERROR
    breaks_code = True
    down_severity = Severity.WARNING
    aliases = (
        "squawk:ban-drop-type",
        "squawk:ban-drop-function",
        "squawk:ban-drop-domain",
        "squawk:ban-drop-extension",
        "migrationpilot:MP022",
    )
    on = _NAMED

    def check(self, step: Step) -> Iterator[Finding]:
        if " cascade" not in step.sql.lower():
            return
        roots: list[Change] = []
        dependents: list[Change] = []
        for effect in step.effects:
            if isinstance(effect, _NAMED) and not dependents and _is_named(step, effect):
                roots.append(effect)
            elif isinstance(effect, Change) and effect.relation != "" and not step.is_new(effect.relation):
                dependents.append(effect)
        lost = [text for change in dependents if (text := _described(change))]
        if not roots or (not lost and step.before.complete):
            return
        drop = step.sql[: step.sql.lower().rindex(" cascade")].rstrip()
        yield self.finding(
            step,
            roots[0],
            why=f"CASCADE takes {several(abridged(lost, _SHOWN)) or 'whatever depends on it'} along",
            instead="drop what depends on it by name, when no code uses it, then drop it without CASCADE\n\n"
            + guarded("\n".join([*filter(None, map(dropped_by_name, dependents)), f"{drop};"])),
            confidence=None if lost else Confidence.POSSIBLE,
            because=(*dependents, *step.work),
        )


def _is_named(step: Step, change: Change) -> bool:
    return getattr(change, "cascade", False) is True


def _described(change: Change) -> str:
    table = sql_name(change.relation)
    if isinstance(change, DropColumn):
        return f"column {quoted(change.column)} of {table}"
    if isinstance(change, DropDefault):
        return f"the default of {table}.{quoted(change.column)}"
    if isinstance(change, DropConstraint):
        return f"constraint {quoted(change.constraint)} of {table}"
    if isinstance(change, DropTrigger):
        return f"trigger {quoted(change.trigger)} of {table}"
    if isinstance(change, DropPolicy):
        return f"policy {quoted(change.policy)} of {table}"
    if isinstance(change, DropRule):
        return f"rule {quoted(change.rule)} of {table}"
    if isinstance(change, DropIndex):
        return f"index {sql_name(change.index)}"
    if isinstance(change, DropView):
        return f"view {table}"
    if isinstance(change, DropTable):
        return f"table {table}"
    if isinstance(change, DropType):
        return f"type {table}"
    return f"function {table}" if isinstance(change, DropRoutine) else ""
