"""What running a query reads: the relations it opens, in which mode, and which it reads whole."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.effects import Effect
from migration_lint.engines.postgres.levels import Level, has_rows, levels
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node, body, tag
from migration_lint.engines.postgres.prediction import lock, scan
from migration_lint.engines.postgres.pruning import above, remaining
from migration_lint.engines.postgres.queries import behind, read_query
from migration_lint.engines.postgres.simple_views import base_of, conditions_below, qualifiers
from migration_lint.engines.postgres.situation import Situation
from migration_lint.schema import Relation, RelationKind


def reads(statement: Node, at: Situation, *, runs: bool = True) -> Iterator[Effect]:
    """Locks and scans of what a tagged statement reads; `runs` is false where it is only planned."""
    query = read_query(statement, at)
    if not query.relations:
        return
    found = list(levels(statement, at))
    for name in query.relations:
        known = at.relation(name)
        mode = row_mode(name, found)
        if known is not None and known.kind is RelationKind.VIEW:
            yield from _through_view(name, mode, found, at, runs)
            continue
        yield lock(name, mode)
        below = [] if name in query.only else _opened(name, found, at)
        for child in below:
            yield lock(child.name, mode)
        if known is not None and known.partition_key is not None:
            yield from (lock(table, Mode.AccessShareLock) for table in above(known, at.catalog))
        doubt = _doubt(name, found, at)
        if runs and doubt is not None:
            for relation in (name, *(child.name for child in below)):
                if has_rows(relation, at.catalog):
                    yield scan(relation, certain=not doubt)


def _through_view(name: str, mode: Mode, found: list[Level], at: Situation, runs: bool) -> Iterator[Effect]:
    doubt = _doubt(name, found, at)
    base, kept = _at_the_bottom(name, found, at)
    for relation in behind([name], at.catalog):
        below = kept if relation == base else at.catalog.descendants(relation)
        for opened in (relation, *(child.name for child in below)):
            yield lock(opened, mode)
            known = at.relation(opened)
            view = known is not None and known.kind is RelationKind.VIEW
            if runs and doubt is not None and not view and has_rows(opened, at.catalog):
                yield scan(opened, certain=False)


def _at_the_bottom(name: str, found: list[Level], at: Situation) -> tuple[str | None, list[Relation]]:
    """The relation below a chain of simple views, and what the conditions leave of its partitions."""
    kept: dict[str, Relation] = {}
    base: str | None = None
    for level in found:
        if not any(item.relation == name for item in level.items):
            continue
        parts = list(level.parts) if len(level.items) == 1 else []
        view = at.relation(name)
        while view is not None and view.kind is RelationKind.VIEW and base_of(view) is not None:
            parts = conditions_below(view, parts, at)
            base = base_of(view)
            view = at.relation(base or "")
        if view is None or view.kind is RelationKind.VIEW:
            return None, []
        kept |= {child.name: child for child in remaining(view.name, parts, qualifiers(parts), at.catalog)}
    return base, list(kept.values())


def row_mode(name: str, found: list[Level]) -> Mode:
    """ROW SHARE where FOR UPDATE or the like locks rows of the relation at one of the levels."""
    for level in found:
        for aliases, _ in level.strengths:
            for item in level.items:
                named = item.relation == name or name in item.inside
                if named and (aliases is None or item.alias in aliases):
                    return Mode.RowShareLock
    return Mode.AccessShareLock


def _opened(name: str, found: list[Level], at: Situation) -> list[Relation]:
    """The partitions and heirs that the planner does not rule out at every level."""
    chosen: dict[str, Relation] = {}
    mentioned = False
    for level in found:
        for item in level.items:
            if item.relation == name:
                mentioned = True
                kept = remaining(name, level.parts, frozenset([item.alias]), at.catalog)
                chosen.update((child.name, child) for child in kept)
    return list(chosen.values()) if mentioned else list(at.catalog.descendants(name))


def _doubt(name: str, found: list[Level], at: Situation) -> bool | None:
    """None: few rows are read. False: all are, for certain. True: all may be, as the planner likes."""
    answer: bool | None = None
    for level in found:
        for item in level.items:
            if item.relation == name and not level.limited and item.alias not in level.narrow(at):
                sure = not level.parts and len(level.items) == 1
                answer = not sure if answer is None else answer and not sure
    return answer


def named_relations(statement: Node, at: Situation) -> tuple[str, ...]:
    """The relations that a tagged SELECT names."""
    return read_query(statement, at).relations if tag(statement) and body(statement) else ()
