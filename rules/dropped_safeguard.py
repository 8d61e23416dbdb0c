from collections.abc import Iterator, Sequence

from migration_lint.effects import (
    AddConstraint,
    Change,
    CreatePolicy,
    CreateTrigger,
    DropConstraint,
    DropPolicy,
    DropTrigger,
    SetNotNull,
)
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate, guarded
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name
from migration_lint.schema import ConstraintKind

_KEPT = (ConstraintKind.CHECK, ConstraintKind.FOREIGN_KEY, ConstraintKind.EXCLUSION)


class DroppedSafeguard(Rule):
    """A constraint, trigger or policy is dropped, and nothing keeps what it kept.

    Rows come in that it would have refused or completed, and adding it again later fails on them. Nothing
    is told where the same script puts another in its place, or where a CHECK was the proof for SET NOT
    NULL. Unique constraints and primary keys have rules of their own. An opinion, because a drop is
    seldom a slip.

    Given:

        create table users (id bigint primary key);
        create table orders (id bigint primary key, user_id bigint, note text,
            constraint orders_users foreign key (user_id) references users,
            constraint orders_note_there check (note is not null));

    Bad:

        set lock_timeout = '2s';
        alter table orders drop constraint orders_users;

    Good - it was the proof for SET NOT NULL:

        set lock_timeout = '2s';
        alter table orders alter note set not null;
        alter table orders drop constraint orders_note_there;

    Good - another takes its place:

        set lock_timeout = '2s';
        alter table orders drop constraint orders_users,
            add constraint orders_users foreign key (user_id) references users on delete cascade not valid;
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = (
        "squawk:ban-drop-constraint",
        "squawk:ban-drop-trigger",
        "squawk:ban-drop-policy",
        "pgfence:drop-constraint",
        "pgfence:drop-trigger",
        "pgsafe:drop-constraint",
        "pgls:banDropTrigger",
        "safemigrate-lint:constraint-dropped-warning",
        "atlas:CD101",
    )
    on = (DropConstraint, DropTrigger, DropPolicy)

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        put = {key for step in steps for change in step.each(Change) for key in _put(change)}
        for step in steps:
            for change in step.each(Change):
                name = _dropped(change)
                if name is None:
                    continue
                if step.is_new(change.relation) or step.direction.value == "down":
                    continue
                if (change.relation, *_about(change)) in put:
                    continue
                yield self.finding(
                    step,
                    change,
                    why=f"nothing keeps what {name} of {sql_name(change.relation)} kept",
                    instead="say why it is not needed any more\n\n"
                    + guarded(deliberate(self.id, "not needed any more", f"{step.sql};")),
                )


def _dropped(change: Change) -> str | None:
    """The name of what is dropped."""
    if isinstance(change, DropTrigger):
        return quoted(change.trigger)
    if isinstance(change, DropPolicy):
        return quoted(change.policy)
    if isinstance(change, DropConstraint) and change.clause is not None and change.definition is not None:
        return quoted(change.constraint) if change.definition.kind in _KEPT else None
    return None


def _about(change: Change) -> tuple[object, ...]:
    if isinstance(change, DropConstraint) and change.definition is not None:
        return change.definition.kind, frozenset(change.definition.columns)
    return (type(change),)


def _put(change: Change) -> Iterator[tuple[object, ...]]:
    """What a change puts in the place of a dropped one, as (relation, what it is about)."""
    if isinstance(change, AddConstraint):
        yield change.relation, change.constraint.kind, frozenset(change.constraint.columns)
    elif isinstance(change, SetNotNull):
        yield change.relation, ConstraintKind.CHECK, frozenset({change.column})
    elif isinstance(change, CreateTrigger):
        yield change.relation, DropTrigger
    elif isinstance(change, CreatePolicy):
        yield change.relation, DropPolicy
