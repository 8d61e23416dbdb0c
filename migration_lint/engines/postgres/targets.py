"""The table that a data-changing statement changes, by whatever name: a view's, a partition's, its own."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from migration_lint.effects import Effect
from migration_lint.engines.postgres.levels import Level, has_rows
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node
from migration_lint.engines.postgres.prediction import lock, scan
from migration_lint.engines.postgres.pruning import remaining
from migration_lint.engines.postgres.queries import behind
from migration_lint.engines.postgres.situation import Situation
from migration_lint.schema import Relation, RelationKind


class Target(Struct, frozen=True):
    """The table that a statement changes. `views` are those it was named through, outermost first.

    `children` are the partitions and heirs that it opens.
    """

    name: str
    views: tuple[str, ...] = ()
    children: tuple[Relation, ...] = ()
    known: Relation | None = None

    def locked(self, at: Situation) -> Iterator[Effect]:
        """ROW EXCLUSIVE on all of it."""
        for name in (*self.views, self.name, *(child.name for child in self.children)):
            yield lock(name, Mode.RowExclusiveLock)
        if self.known is not None and self.known.kind is RelationKind.VIEW:
            for name in behind([self.name], at.catalog):
                yield lock(name, Mode.AccessShareLock)

    def scanned(self, at: Situation, *, certain: bool) -> Iterator[Effect]:
        """All rows of it are read."""
        for name in (self.name, *(child.name for child in self.children)):
            if has_rows(name, at.catalog):
                yield scan(name, certain=certain)


def target_of(node: Node, at: Situation, level: Level | None = None) -> Target:
    """The table behind a RangeVar's fields, with what the conditions of `level` leave of its partitions."""
    name = at.relation_name(node)
    views: list[str] = []
    known = at.relation(name)
    while known is not None and known.kind is RelationKind.VIEW and len(known.reads) == 1:
        if known.triggers:  # INSTEAD OF: the trigger does the work
            break
        views.append(name)
        name = known.reads[0]
        known = at.relation(name)
    children: tuple[Relation, ...] = ()
    if node.get("inh") and level is not None:
        alias = (node.get("alias") or {}).get("aliasname") or node.get("relname", "")
        parts = level.parts if not views else ()
        children = tuple(remaining(name, parts, frozenset([alias]), at.catalog))
    return Target(name, tuple(views), children, known)


def ancestors(target: Target, at: Situation) -> Iterator[Effect]:
    """A row put straight into a partition is checked against its bounds, which opens the tables above."""
    known = target.known
    while known is not None and known.partition_of is not None:
        yield lock(known.partition_of, Mode.AccessShareLock)
        known = at.relation(known.partition_of)
