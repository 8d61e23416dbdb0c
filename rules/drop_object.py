from collections.abc import Iterator, Sequence

from migration_lint.effects import (
    Change,
    CreateRoutine,
    CreateSequence,
    CreateType,
    DropRoutine,
    DropSequence,
    DropTrigger,
    DropType,
)
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate, guarded, several
from migration_lint.model import Step, unit
from migration_lint.names import sql_name

_DROPS = (DropRoutine, DropSequence, DropType)


class DropObject(Rule):
    """A function, sequence or type is dropped, and code that uses it fails.

    The server knows what else in the database depends on it, and refuses the drop without CASCADE. It
    does not know the deployed code: calls of the function, nextval() on the sequence, casts to the type.
    Deploy code that no longer uses it first, and drop it in a later migration with a comment that says so.

    What the same script makes again counts as changed.

    Given:

        create function rate(total bigint) returns bigint language sql as 'select total / 10';
        create sequence invoice_numbers;
        create type mood as enum ('sad', 'ok');

    Bad:

        drop function rate(bigint);

    Bad:

        set lock_timeout = '2s';
        drop sequence invoice_numbers;

    Good - it is made again:

        drop function rate(bigint);
        create function rate(total bigint) returns numeric language sql as 'select total / 10.0';

    Good - a decision that was made:

        -- migration-lint: ignore[drop-object] no code calls it since v42
        drop function rate(bigint);

    Good - it was made here:

        create type size as enum ('small');
        drop type size;
    """

    severity = Severity.WARNING
    breaks_code = True
    down_severity = Severity.NOTE
    confidence = Confidence.POSSIBLE
    aliases = (
        "squawk:ban-drop-function",
        "squawk:ban-drop-sequence",
        "squawk:ban-drop-type",
        "squawk:ban-drop-domain",
    )
    on = _DROPS

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        made: set[str] = set()  # and the functions of triggers that go: no code calls those
        for number, step in enumerate(steps):
            made.update(change.relation for change in _made(step))
            made.update(_of_triggers(step))
            dropped = [
                change
                for change in step.each(Change)
                if isinstance(change, _DROPS) and change.clause is not None and change.relation not in made
            ]
            dropped = [
                change for change in dropped if _is_there(step, change) and not _again(change, steps[number:])
            ]
            if not dropped or getattr(dropped[0], "cascade", False) or step.refused is not None:
                continue  # drop-cascade, refused-statement
            names = several(list(dict.fromkeys(sql_name(change.relation) for change in dropped)))
            drop = deliberate(self.id, "no code uses it any more", f"{step.sql};")
            locked = isinstance(dropped[0], DropSequence)
            yield self.finding(
                step,
                dropped[0],
                why=f"code that uses {names} fails from now on",
                instead="deploy code that no longer uses it first, then drop it\n\n"
                + (guarded(drop) if locked else drop),
            )


def _made(step: Step) -> Iterator[Change]:
    yield from step.each(CreateRoutine)
    yield from step.each(CreateSequence)
    yield from step.each(CreateType)


def _of_triggers(step: Step) -> Iterator[str]:
    for change in step.each(DropTrigger):
        known = step.before.relation(change.relation)
        trigger = known.trigger(change.trigger) if known is not None else None
        if trigger is not None:
            yield trigger.function


def _is_there(step: Step, change: Change) -> bool:
    """Whether deployed code may know it: it is not of this migration, up or down, nor known to be absent."""
    catalog, name = step.before, change.relation
    own = unit(step.migration, step.direction)
    known = catalog.routines.get(name) or catalog.types.get(name) or catalog.relations.get(name)
    if known is None:
        return not getattr(change, "if_exists", False)
    return known.origin is None or known.origin.migration not in (own, step.migration)


def _again(change: Change, later: Sequence[Step]) -> bool:
    """Whether the script makes it again: it is missing for a moment at most."""
    return any(made.relation == change.relation for step in later for made in _made(step))
