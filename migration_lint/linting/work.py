"""What a statement works at, its partitions and heirs included."""

from __future__ import annotations

from migration_lint.effects import Rewrite
from migration_lint.model import Step


def rewrites(step: Step, relation: str) -> bool:
    """Whether the statement writes the relation, or one of its partitions or heirs, anew."""
    names = {relation, *(child.name for child in step.before.descendants(relation))}
    return any(isinstance(effect, Rewrite) and effect.relation in names for effect in step.work)
