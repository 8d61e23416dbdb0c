"""Up and then down gives the schema that was there before, object by object.

It is read off the catalog that the engine folds, without a server. What the catalog does not hold (the
body of a function, rights, code) is not to be told in this way: then a rehearsal has to say it.
"""

from __future__ import annotations

from migration_lint.checklist.check import Answer, Check, failed, passed, unknown, worst
from migration_lint.checklist.difference import difference
from migration_lint.checklist.irreversible import annotation
from migration_lint.checklist.rehearsed import rehearsed
from migration_lint.checklist.rollback_present import does_something
from migration_lint.checklist.subject import Subject, before, limit
from migration_lint.effects import (
    AlterRoutine,
    CreateExtension,
    CreateRoutine,
    CreateView,
    Effect,
    Grant,
    OtherChange,
    RunCode,
)
from migration_lint.effects import Unknown as NotUnderstood
from migration_lint.linting.decide import counted
from migration_lint.linting.walk import Walked
from migration_lint.model import Step

_MOST = 5


def _asks(subject: Subject) -> str:
    if subject.target.rollback.policy == "forward-fix":
        return "nobody: this target rolls forward (rollback.policy)"
    return "the schema after up and then down, against the one before"


def _answer(subject: Subject) -> Answer:
    if subject.target.rollback.policy == "forward-fix":
        return passed("not needed: this target rolls forward (rollback.policy)")
    answers = [(walked.migration.id, _of(walked, subject)) for walked in subject.pending]
    return worst(answers, f"{counted(len(answers), 'migration')}: up and down gives the schema before")


def _of(walked: Walked, subject: Subject) -> Answer:
    up, *downs = walked.runs
    reason = annotation(walked.migration.up)
    if reason:
        return passed(f"irreversible: {reason}")
    if not downs:
        if does_something(up):
            return failed("there is no down script")
        return passed("there is nothing to undo")
    (down,) = downs
    for run in walked.runs:
        if run.outcome.errors:
            error = run.outcome.errors[0]
            return unknown(f"{error.path}:{error.line}: {error.message}")
    for step in down.outcome.steps:
        if step.refused is not None:
            return failed(f"{_place(step)}: the server refuses the statement after up: {step.refused}")
    found = difference(before(walked), down.outcome.after)
    if found:
        more = f", and {len(found) - _MOST} more" if len(found) > _MOST else ""
        return failed(f"after down, {'; '.join(found[:_MOST])}{more}", difference=found)
    hidden = _hidden(walked)
    if hidden is None:
        return passed("down undoes up")
    if rehearsed(walked.migration, subject).undone:
        return passed("down undoes up, as a rehearsal showed")
    return unknown(
        f"{_place(hidden)}: what this does is not in the schema; rehearse it (migration-lint rehearse)"
    )


def _hidden(walked: Walked) -> Step | None:
    """The first statement whose work the catalog does not hold."""
    return next(
        (
            step
            for run in walked.runs
            for step in run.outcome.steps
            if any(_is_hidden(effect, step) for effect in step.effects)
        ),
        None,
    )


def _is_hidden(effect: Effect, step: Step) -> bool:
    if isinstance(effect, (CreateView, CreateRoutine)):
        there = step.before.relation(effect.relation) or step.before.routines.get(effect.relation)
        return effect.replace and there is not None
    if isinstance(effect, CreateExtension):
        return effect.update
    if isinstance(effect, OtherChange):
        return effect.what != "select"
    return isinstance(effect, (NotUnderstood, RunCode, AlterRoutine, Grant))


def _place(step: Step) -> str:
    return f"{step.span.path}:{step.span.line}"


CHECK = Check("rollback-inverse", "Rollback undoes the migration", _asks, _answer, limit)
