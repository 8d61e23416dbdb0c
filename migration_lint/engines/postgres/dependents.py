"""What goes with an object that is dropped, as ``findDependentObjects`` of ``catalog/dependency.c`` finds it.

An object's own parts go silently: partitions, owned sequences, the constraints and indexes of a
table. What stands on its own but needs it (views, foreign keys, heirs, columns of its type, …) makes
the server refuse, unless CASCADE takes it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from msgspec import Struct

from migration_lint.catalog import Catalog
from migration_lint.engines.postgres.expressions import sequences_of
from migration_lint.engines.postgres.nodes import names, walk
from migration_lint.engines.postgres.situation import Situation
from migration_lint.names import bare, split
from migration_lint.schema import ConstraintKind, Expression, Index, Relation, RelationKind


class Thing(Struct, frozen=True):
    """An object: `kind` is ``relation``, ``index``, ``type``, ``routine``, or a part of the relation

    `name`: ``column``, ``default``, ``constraint``, ``trigger``, ``policy``, ``rule``, called `part`.
    """

    kind: str
    name: str
    part: str = ""

    def __str__(self) -> str:
        return (
            f"{self.kind} {self.part} on {bare(self.name)}" if self.part else f"{self.kind} {bare(self.name)}"
        )


class Removal(Struct, frozen=True):
    """All that goes, in the order it is found; `silent` goes with its owner, `others` need CASCADE."""

    silent: tuple[Thing, ...]
    others: tuple[Thing, ...]


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_N = TypeVar("_N", bound=_Named)


def _sorted(things: Iterable[_N]) -> list[_N]:
    """In an order that does not change from run to run."""
    return sorted(things, key=lambda thing: thing.name)


_Found = Iterator[tuple[Thing, bool]]


def removal(roots: Iterable[Thing], at: Situation) -> Removal:
    """What goes when the roots are dropped together; the roots are among the `silent`."""
    roots = list(roots)
    silent = _closure(roots, at, whole=False)
    parts: list[Thing] = []
    everything = _closure(silent, at, whole=True)
    others: list[Thing] = []
    for thing in everything:
        if thing not in silent:
            carried = any(owner in everything for owner in _owners(thing, at))
            (parts if carried else others).append(thing)
    return Removal((*silent, *parts), tuple(others))


def _users(name: str, at: Situation) -> Iterator[Thing]:
    """What needs the user's type, row type, relation, sequence or function of that name."""
    for user_type in _sorted(at.catalog.types.values()):
        if user_type.base is not None and user_type.base.name == name:
            yield Thing("type", user_type.name)
    for candidate in at.catalog.mentioning(name):
        relation = at.catalog.relation(candidate)
        if relation is not None:
            yield from (thing for needed, thing in _needs(relation, at) if needed == name)


def _needs(relation: Relation, at: Situation) -> Iterator[tuple[str, Thing]]:
    """(name of something, what of the relation needs it)."""
    name = relation.name
    stored = relation.kind not in (RelationKind.VIEW, RelationKind.MATERIALIZED_VIEW)
    for column in relation.columns:
        if column.type is not None and "." in column.type.name and not relation.partition_of:
            whole = Thing("relation", name)
            yield column.type.name, Thing("column", name, column.name) if stored else whole
        if column.default is not None:
            for parts in sequences_of(column.default.text):
                yield at.qualified(parts), Thing("default", name, column.name)
    if relation.of_type is not None:
        yield relation.of_type, Thing("relation", name)
    for trigger in relation.triggers:
        yield trigger.function, Thing("trigger", name, trigger.name)
    for policy in relation.policies:
        for read in policy.reads:
            yield read, Thing("policy", name, policy.name)
    for rule in relation.rules:
        for read in rule.reads:
            yield read, Thing("rule", name, rule.name)


def _owners(thing: Thing, at: Situation) -> list[Thing]:
    """What takes a part along when it goes itself."""
    if thing.kind == "index":
        index = at.index(thing.name)
        return [Thing("relation", index.relation)] if index is not None else []
    if thing.kind == "default":
        return [Thing("relation", thing.name), Thing("column", thing.name, thing.part)]
    return [Thing("relation", thing.name)] if thing.part else []


def _closure(roots: Iterable[Thing], at: Situation, *, whole: bool) -> dict[Thing, None]:
    found: dict[Thing, None] = {}
    queue = list(roots)
    while queue:
        thing = queue.pop(0)
        if thing in found:
            continue
        found[thing] = None
        queue += [other for other, own in _dependents(thing, at) if own or whole]
        if whole and not thing.part:
            queue += _users(thing.name, at)
    return found


def _dependents(thing: Thing, at: Situation) -> _Found:
    """(object, whether it is a part of the thing) of what depends on it directly, beside its `_users`."""
    catalog = at.catalog
    if thing.kind == "relation":
        relation = catalog.relation(thing.name)
        if relation is not None:
            yield from _of_relation(relation, catalog)
    elif thing.kind == "index":
        yield from _of_index(catalog.index(thing.name), catalog)
    elif thing.kind == "type":
        yield from _in_expressions(thing.name, catalog, _casts)
    elif thing.kind == "routine":
        yield from _in_expressions(thing.name, catalog, _calls)
    elif thing.kind == "column":
        relation = catalog.relation(thing.name)
        if relation is not None:
            yield from _of_column(relation, thing.part, at)
    elif thing.kind == "constraint":
        yield from _of_constraint(catalog.relation(thing.name), thing.part, catalog)


def _of_relation(relation: Relation, catalog: Catalog) -> _Found:
    name = relation.name
    for child in catalog.children(name):
        yield Thing("relation", child.name), child.bound is not None
    for sequence in catalog.sequences_of(name):
        yield Thing("relation", sequence.name), True
    for constraint in relation.constraints:
        if constraint.kind is ConstraintKind.FOREIGN_KEY:
            yield Thing("constraint", name, constraint.name), True
    for target in (name, *_ancestors(relation, catalog)):
        for table, key in catalog.foreign_keys_to(target):
            if table.name != name:
                yield Thing("constraint", table.name, key.name), False
    for view in catalog.views_of(name):
        yield Thing("relation", view.name), False


def _ancestors(relation: Relation, catalog: Catalog) -> list[str]:
    """The partitioned tables above a partition: their foreign keys have a part for it."""
    found = []
    above = relation.partition_of
    while above is not None:
        found.append(above)
        parent = catalog.relation(above)
        above = parent.partition_of if parent is not None else None
    return found


def _of_index(index: Index | None, catalog: Catalog) -> _Found:
    if index is None:
        return
    table = catalog.relation(index.relation)
    for child in catalog.children(index.relation) if table is not None else ():
        for own in catalog.indexes_on(child.name):
            if own.parent == index.name:
                yield Thing("index", own.name), True
    if index.unique and index.constraint is None:
        keys = {column for column in index.columns if column is not None}
        rivals = [
            other
            for other in catalog.indexes_on(index.relation)
            if other.unique and other.name != index.name and set(other.columns) == keys
        ]
        for other_table, key in catalog.foreign_keys_to(index.relation):
            if not rivals and key.referenced_columns and set(key.referenced_columns) == keys:
                yield Thing("constraint", other_table.name, key.name), False


def _in_expressions(name: str, catalog: Catalog, uses: Callable[[Expression, str], bool]) -> _Found:
    """The defaults, generated columns, constraints and indexes with an expression that uses something."""
    for candidate in catalog.mentioning(name):
        relation, index = catalog.relation(candidate), catalog.index(candidate)
        for column in relation.columns if relation is not None else ():
            if column.default is not None and uses(column.default, name):
                yield (
                    Thing("default" if column.generated is None else "column", candidate, column.name),
                    False,
                )
        for constraint in relation.constraints if relation is not None else ():
            if constraint.expression is not None and uses(constraint.expression, name):
                yield Thing("constraint", candidate, constraint.name), False
        if index is None:
            continue
        parts = (*index.expressions, *([index.predicate] if index.predicate is not None else []))
        if any(uses(part, name) for part in parts):
            yield Thing("index", candidate), False


def _calls(expression: Expression, routine: str) -> bool:
    schema, own = split(routine)
    for kind, fields in walk(expression.tree):
        called = names(fields.get("funcname")) if kind == "FuncCall" else []
        if called and called[-1] == own and (len(called) == 1 or called[-2] == schema):
            return True
    return False


def _casts(expression: Expression, type_name: str) -> bool:
    schema, own = split(type_name)
    for kind, fields in walk(expression.tree):
        parts = names((fields.get("typeName") or {}).get("names")) if kind == "TypeCast" else []
        if parts and parts[-1] == own and (len(parts) == 1 or parts[-2] == schema):
            return True
    return False


def _of_column(relation: Relation, column: str, at: Situation) -> _Found:
    catalog, name = at.catalog, relation.name
    for sequence in catalog.sequences_of(name, column):
        yield Thing("relation", sequence.name), True
    for constraint in relation.constraints:
        if column in constraint.columns:
            yield Thing("constraint", name, constraint.name), True
    for view in catalog.views_of(name):
        if view.reads_columns is not None and (name, column) in view.reads_columns:
            yield Thing("relation", view.name), False
    for table, key in catalog.foreign_keys_to(name):
        if column in key.referenced_columns:
            yield Thing("constraint", table.name, key.name), False
    for trigger in relation.triggers:
        if column in trigger.columns:
            yield Thing("trigger", name, trigger.name), False
    for policy in relation.policies:
        if policy.columns is not None and (name, column) in policy.columns:
            yield Thing("policy", name, policy.name), False
    for other in relation.columns:
        reads = other.default is not None and other.generated is not None and column in other.default.columns
        if reads and other.name != column:
            yield Thing("column", name, other.name), at.version < 15


def _of_constraint(relation: Relation | None, name: str, catalog: Catalog) -> _Found:
    constraint = relation.constraint(name) if relation is not None else None
    if relation is None or constraint is None:
        return
    if constraint.kind in (ConstraintKind.PRIMARY_KEY, ConstraintKind.UNIQUE):
        for table, key in catalog.foreign_keys_to(relation.name):
            if key.referenced_columns and set(key.referenced_columns) == set(constraint.columns):
                yield Thing("constraint", table.name, key.name), False
