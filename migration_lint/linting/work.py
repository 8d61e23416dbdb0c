"""What a statement works at and locks, its partitions and heirs included."""

from __future__ import annotations

from collections.abc import Iterable

from migration_lint.effects import Lock, Rewrite
from migration_lint.model import Step


def rewrites(step: Step, relation: str) -> bool:
    """Whether the statement writes the relation, or one of its partitions or heirs, anew."""
    names = {relation, *(child.name for child in step.before.descendants(relation))}
    return any(isinstance(effect, Rewrite) and effect.relation in names for effect in step.work)


def part_of(step: Step, relation: str) -> str | None:
    """The table of an index, or of a column's sequence: who waits for the part waits for the table."""
    index = step.before.index(relation)
    if index is not None:
        return index.relation
    known = step.before.relation(relation)
    return known.owned_by[0] if known is not None and known.owned_by is not None else None


def whole(step: Step, locks: Iterable[Lock]) -> list[Lock]:
    """The locks, but for those on parts of a table that is locked too."""
    found = list(locks)
    names = {lock.relation for lock in found}
    return [lock for lock in found if part_of(step, lock.relation) not in names]
