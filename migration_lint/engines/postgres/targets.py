"""The table that a data-changing statement changes, by whatever name: a view's, a partition's, its own."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from migration_lint.effects import Effect
from migration_lint.engines.postgres.code import run_code
from migration_lint.engines.postgres.levels import Level, has_rows
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node
from migration_lint.engines.postgres.prediction import lock, scan
from migration_lint.engines.postgres.pruning import above, remaining
from migration_lint.engines.postgres.queries import behind
from migration_lint.engines.postgres.simple_views import base_of, conditions_below, qualifiers
from migration_lint.engines.postgres.situation import Situation
from migration_lint.schema import Relation, RelationKind


class Target(Struct, frozen=True):
    """The table that a statement changes. `views` are those it was named through, outermost first.

    `children` are the partitions and heirs that it opens. `expanded`: the rows to change come from
    the query of a view that is not changed itself.
    """

    name: str
    views: tuple[str, ...] = ()
    children: tuple[Relation, ...] = ()
    known: Relation | None = None
    expanded: bool = False

    def locked(self, at: Situation) -> Iterator[Effect]:
        """ROW EXCLUSIVE on all of it."""
        for name in (*self.views, self.name, *(child.name for child in self.children)):
            yield lock(name, Mode.RowExclusiveLock)
        for view in self.views:
            known = at.relation(view)
            for name in behind(known.reads[1:] if known is not None else (), at.catalog):
                yield lock(name, Mode.AccessShareLock)
        if self.known is not None and self.known.partition_key is not None:  # pruning
            for name in above(self.known, at.catalog):
                yield lock(name, Mode.AccessShareLock)
        if self.expanded:
            for name in behind([self.name], at.catalog):
                yield lock(name, Mode.AccessShareLock)

    def scanned(self, at: Situation, *, certain: bool) -> Iterator[Effect]:
        """All rows of it are read."""
        for name in (self.name, *(child.name for child in self.children)):
            if has_rows(name, at.catalog):
                yield scan(name, certain=certain)


def target_of(node: Node, at: Situation, event: str, level: Level | None = None) -> Target:
    """The table behind a RangeVar's fields, with what the conditions of `level` leave of its partitions.

    `event` is ``insert``, ``update`` or ``delete``.
    """
    name = at.relation_name(node)
    views: list[str] = []
    parts = list(level.parts) if level is not None else []
    aliases = frozenset([(node.get("alias") or {}).get("aliasname") or node.get("relname", "")])
    known = at.relation(name)
    while known is not None and known.kind is RelationKind.VIEW:
        base = base_of(known)
        if base is None or replaces(known, event):
            break
        views.append(name)
        parts = conditions_below(known, parts, at)
        aliases = qualifiers(parts)
        name = base
        known = at.relation(name)
    children: tuple[Relation, ...] = ()
    if level is not None and (node.get("inh") or views):
        children = tuple(remaining(name, parts, aliases, at.catalog))
    view = known is not None and known.kind is RelationKind.VIEW
    return Target(name, tuple(views), children, known, view and event != "insert")


def replaces(view: Relation, event: str) -> bool:
    """Whether a view's trigger does the work instead."""
    return any(trigger.timing == "instead of" and event in trigger.events for trigger in view.triggers)


def unchangeable(target: Target, event: str) -> str | None:
    """Why the server refuses to change the relation, where that is certain."""
    known = target.known
    if known is None or not known.complete:
        return None
    if known.kind is RelationKind.MATERIALIZED_VIEW:
        return f"{known.name} is a materialized view, whose rows only REFRESH changes"
    if known.kind is not RelationKind.VIEW or replaces(known, event):
        return None
    if any(rule.event == event and rule.instead for rule in known.rules):
        return None
    return f"{known.name} is a view that is not simple enough to change rows through"


def fired(target: Target, event: str, at: Situation) -> Iterator[Effect]:
    """The functions that triggers run, apart from those that have no SQL statement in them."""
    found: dict[str, None] = {}
    for relation in (target.known, *target.children):
        for trigger in relation.triggers if relation is not None else ():
            routine = at.catalog.routines.get(trigger.function)
            if event in trigger.events and (routine is None or routine.runs_statements):
                found[trigger.function] = None
    for function in found:
        yield run_code("trigger", function, certain=False)


def ancestors(known: Relation | None, at: Situation) -> Iterator[Effect]:
    """The tables above a partition, which are opened to learn its bounds."""
    for name in above(known, at.catalog):
        yield lock(name, Mode.AccessShareLock)
