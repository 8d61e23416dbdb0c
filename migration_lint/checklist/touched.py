"""Which relations the pending migrations touch, and how strongly."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.checklist.subject import Subject
from migration_lint.effects import CreateIndex, DropIndex, Lock, LockMode, Reindex, Rewrite
from migration_lint.model import Step


def steps(subject: Subject) -> Iterator[Step]:
    """The statements of the up scripts, in order."""
    for walked in subject.pending:
        yield from walked.runs[0].outcome.steps


def locks(subject: Subject) -> dict[str, LockMode]:
    """The strongest lock on each relation that was there before, by qualified name."""
    found: dict[str, LockMode] = {}
    for step in steps(subject):
        for lock in step.each(Lock):
            if step.is_new(lock.relation):
                continue
            known = found.get(lock.relation)
            if known is None or lock.mode.rank > known.rank:
                found[lock.relation] = lock.mode
    return found


def rewritten(subject: Subject) -> set[str]:
    """The relations that are written anew."""
    return {
        rewrite.relation
        for step in steps(subject)
        for rewrite in step.each(Rewrite)
        if not step.is_new(rewrite.relation)
    }


def waits_for_all(subject: Subject) -> Step | None:
    """The first statement that waits for every older transaction of the database, whatever it touches.

    https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
    """
    for step in steps(subject):
        for effect in step.effects:
            if isinstance(effect, (CreateIndex, DropIndex, Reindex)) and effect.concurrently:
                return step
    return None
