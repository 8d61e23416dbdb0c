"""Every pending migration has a way back that does something, or owns up to having none."""

from __future__ import annotations

from migration_lint.checklist.check import Answer, Check, failed, passed, unknown, worst
from migration_lint.checklist.irreversible import annotation, losses
from migration_lint.checklist.subject import Subject, limit
from migration_lint.effects import (
    BeginTransaction,
    Change,
    Comment,
    Effect,
    EndTransaction,
    OtherChange,
    ReadRows,
    Savepoint,
    SetSetting,
)
from migration_lint.effects import Unknown as NotUnderstood
from migration_lint.linting.decide import counted
from migration_lint.linting.walk import Run, Walked

_IDLE = (ReadRows, SetSetting, BeginTransaction, EndTransaction, Savepoint, Comment)
_ANNOTATE = "write into the up script: -- migration-lint: irreversible REASON"


def _asks(subject: Subject) -> str:
    if subject.target.rollback.policy == "forward-fix":
        return "nobody: this target rolls forward (rollback.policy)"
    return "the down script of every pending migration"


def _answer(subject: Subject) -> Answer:
    policy = subject.target.rollback.policy
    if policy == "forward-fix":
        return passed("not needed: this target rolls forward (rollback.policy)")
    answers = [(walked.migration.id, _of(walked, policy)) for walked in subject.pending]
    return worst(answers, _good(answers))


def _good(answers: list[tuple[str, Answer]]) -> str:
    """How many scripts there are, and who owns up to having none."""
    owned = [f"{name}: {answer.why}" for name, answer in answers if "reason" in answer.evidence]
    scripts = sum("script" in answer.evidence for _, answer in answers)
    return "; ".join([counted(scripts, "down script"), *owned])


def _of(walked: Walked, policy: str) -> Answer:
    up, *downs = walked.runs
    reason = annotation(walked.migration.up)
    if reason == "":
        return failed(f"the annotation gives no reason: {_ANNOTATE}")
    if reason is not None:
        return passed(f"irreversible: {reason}", reason=reason)
    if not does_something(up):
        return passed("there is nothing to undo")
    lost = losses(walked)
    if lost and policy == "required":
        step, what = lost[0]
        return failed(f"{step.span.path}:{step.span.line}: no down script undoes it: {what}; {_ANNOTATE}")
    if not downs:
        return failed(f"it has no down script; write one, or {_ANNOTATE}")
    (down,) = downs
    if down.outcome.errors:
        error = down.outcome.errors[0]
        return unknown(f"the down script could not be read: {error.path}:{error.line}: {error.message}")
    if not does_something(down):
        return failed("the down script does nothing")
    return passed("a down script", script=down.script.document.path)


def does_something(run: Run) -> bool:
    """Whether a script changes anything, as far as it was understood; what was not may."""
    return bool(run.outcome.errors) or any(
        _is_work(effect) for step in run.outcome.steps for effect in step.effects
    )


def _is_work(effect: Effect) -> bool:
    if isinstance(effect, OtherChange):
        return effect.what != "select"
    return isinstance(effect, NotUnderstood) or (isinstance(effect, Change) and not isinstance(effect, _IDLE))


CHECK = Check("rollback-present", "Rollback script exists", _asks, _answer, limit)
