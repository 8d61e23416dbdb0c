"""What the migrations so far have made of the schema.

A `Catalog` is immutable: `migration_lint.folding` makes the next one from each `Change`. It
answers None for what it never saw; `complete` says whether it saw everything (a snapshot, a
schema dump, or a history from the first migration on), so that "not there" can be told from
"not known".
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from msgspec import Struct
from msgspec.structs import replace
from rpds import HashTrieMap, HashTrieSet

from migration_lint.names import bare
from migration_lint.schema import (
    Constraint,
    ConstraintKind,
    Index,
    Relation,
    RelationKind,
    Routine,
    UserType,
)

_Names = frozenset[str]
_NONE: _Names = frozenset()


def _empty() -> HashTrieMap:  # type: ignore[type-arg]
    return HashTrieMap()


class Catalog(Struct, frozen=True):
    """Relations, indexes, types, routines and schemas by qualified name.

    The last six maps are the same facts read backwards, so that no question walks the whole schema.
    """

    complete: bool = False
    altered_unseen: bool = False
    """Whether code that only the server sees altered something: the catalog may be behind."""
    schemas: frozenset[str] = frozenset({"public"})
    extensions: frozenset[str] = frozenset()
    relations: HashTrieMap[str, Relation] = _empty()
    indexes: HashTrieMap[str, Index] = _empty()
    types: HashTrieMap[str, UserType] = _empty()
    routines: HashTrieMap[str, Routine] = _empty()
    publications: HashTrieMap[str, tuple[str, ...]] = _empty()
    servers: HashTrieMap[str, str] = _empty()
    """The foreign data wrapper of each foreign server."""
    indexes_of: HashTrieMap[str, _Names] = _empty()
    referencing: HashTrieMap[str, _Names] = _empty()
    heirs: HashTrieMap[str, _Names] = _empty()
    readers: HashTrieMap[str, _Names] = _empty()
    owned: HashTrieMap[str, _Names] = _empty()
    mentions: HashTrieMap[str, HashTrieSet[str]] = _empty()

    @property
    def certain(self) -> bool:
        """Whether it is enough to say that the server refuses something."""
        return self.complete and not self.altered_unseen

    def relation(self, name: str) -> Relation | None:
        """The table, view, sequence or composite type of that qualified name."""
        return self.relations.get(name)

    def index(self, name: str) -> Index | None:
        """The index of that qualified name."""
        return self.indexes.get(name)

    def indexes_on(self, relation: str) -> list[Index]:
        """The indexes of a relation, by name."""
        return [self.indexes[name] for name in sorted(self.indexes_of.get(relation, _NONE))]

    def children(self, relation: str) -> list[Relation]:
        """Partitions or inheriting tables, one level down, by name."""
        return [self.relations[name] for name in sorted(self.heirs.get(relation, _NONE))]

    def descendants(self, relation: str) -> Iterator[Relation]:
        """Partitions or inheriting tables, all levels down."""
        for child in self.children(relation):
            yield child
            yield from self.descendants(child.name)

    def default_partition(self, relation: str) -> Relation | None:
        """The DEFAULT partition of a partitioned table."""
        for child in self.children(relation):
            if child.bound is not None and child.bound.default:
                return child
        return None

    def foreign_keys_to(self, relation: str) -> list[tuple[Relation, Constraint]]:
        """(referencing table, foreign key) of every foreign key that points at the relation."""
        found = []
        for name in sorted(self.referencing.get(relation, _NONE)):
            table = self.relations[name]
            for constraint in table.constraints:
                if constraint.kind is ConstraintKind.FOREIGN_KEY and constraint.references == relation:
                    found.append((table, constraint))
        return found

    def own_foreign_keys_to(self, relation: str) -> list[tuple[Relation, Constraint]]:
        """The same without the keys that partitions have as parts of the partitioned table's."""
        return [(table, key) for table, key in self.foreign_keys_to(relation) if not _is_part(table, key)]

    def views_of(self, relation: str) -> list[Relation]:
        """Views and materialized views that read the relation directly, by name."""
        return [self.relations[name] for name in sorted(self.readers.get(relation, _NONE))]

    def sequences_of(self, relation: str, column: str | None = None) -> list[Relation]:
        """The sequences that belong to a table, or to one of its columns, by name."""
        found = [self.relations[name] for name in sorted(self.owned.get(relation, _NONE))]
        return [one for one in found if column is None or one.owned_by == (relation, column)]

    def mentioning(self, name: str) -> list[str]:
        """The relations and indexes that name something so (whatever its schema), sorted.

        A type of a column, a function of a trigger, what a policy or rule reads, and every name in an
        expression: to be looked at closely, for another thing may have the same name.
        """
        return sorted(self.mentions.get(bare(name), ()))

    def foreign_tables(self, servers: Container[str]) -> list[Relation]:
        """The foreign tables of any of the servers, by name."""
        found = [known for known in self.relations.values() if known.server and known.server in servers]
        return sorted(found, key=lambda known: known.name)

    def using_type(self, name: str) -> list[Relation]:
        """Relations with a column of that type, arrays and domains over it included."""
        names = {name}
        for user_type in self.types.values():
            if user_type.base is not None and user_type.base.name in names:
                names.add(user_type.name)
        candidates = {user for name in names for user in self.mentioning(name)}
        return [
            relation
            for user in sorted(candidates)
            if (relation := self.relations.get(user)) is not None
            and any(column.type is not None and column.type.name in names for column in relation.columns)
        ]

    # --- the next catalog ----------------------------------------------------------------------

    def with_relation(self, relation: Relation) -> Catalog:
        """With the relation added, or put in place of the one of its name."""
        old = self.relations.get(relation.name)
        return replace(
            self,
            relations=self.relations.insert(relation.name, relation),
            referencing=_moved(self.referencing, relation.name, _targets(old), _targets(relation)),
            heirs=_moved(self.heirs, relation.name, old.parents if old else (), relation.parents),
            readers=_moved(self.readers, relation.name, old.reads if old else (), relation.reads),
            owned=_moved(self.owned, relation.name, _owner(old), _owner(relation)),
            mentions=self._mentions_with(relation, old),
        )

    def _mentions_with(self, relation: Relation, old: Relation | None) -> HashTrieMap[str, HashTrieSet[str]]:
        if old is not None and old.columns is relation.columns and old.constraints is relation.constraints:
            kept = ("of_type", "triggers", "policies", "rules")
            if all(getattr(old, part) is getattr(relation, part) for part in kept):
                return self.mentions
        return _told(self.mentions, relation.name, _mentions(old), _mentions(relation))

    def without_relation(self, name: str) -> Catalog:
        """Without the relation and its indexes. What refers to it is left to the caller."""
        old = self.relations.get(name)
        if old is None:
            return self
        after = self
        for index in self.indexes_of.get(name, _NONE):
            after = after.without_index(index)
        return replace(
            after,
            relations=after.relations.remove(name),
            referencing=_moved(after.referencing, name, _targets(old), ()),
            heirs=_moved(after.heirs, name, old.parents, ()),
            readers=_moved(after.readers, name, old.reads, ()),
            owned=_moved(after.owned, name, _owner(old), ()),
            mentions=_told(after.mentions, name, _mentions(old), frozenset()),
        )

    def with_index(self, index: Index) -> Catalog:
        """With the index added, or put in place of the one of its name."""
        old = self.indexes.get(index.name)
        return replace(
            self,
            indexes=self.indexes.insert(index.name, index),
            indexes_of=_moved(self.indexes_of, index.name, (old.relation,) if old else (), (index.relation,)),
            mentions=_told(self.mentions, index.name, _mentions_of(old), _mentions_of(index)),
        )

    def without_index(self, name: str) -> Catalog:
        """Without the index."""
        old = self.indexes.get(name)
        if old is None:
            return self
        return replace(
            self,
            indexes=self.indexes.remove(name),
            indexes_of=_moved(self.indexes_of, name, (old.relation,), ()),
            mentions=_told(self.mentions, name, _mentions_of(old), frozenset()),
        )

    def with_type(self, user_type: UserType) -> Catalog:
        """With the type added or replaced."""
        return replace(self, types=self.types.insert(user_type.name, user_type))

    def without_type(self, name: str) -> Catalog:
        """Without the type."""
        return replace(self, types=self.types.discard(name))

    def with_routine(self, routine: Routine) -> Catalog:
        """With the routine added or replaced (overloads share one entry)."""
        return replace(self, routines=self.routines.insert(routine.name, routine))

    def without_routine(self, name: str) -> Catalog:
        """Without the routine."""
        return replace(self, routines=self.routines.discard(name))

    def with_publication(self, name: str, tables: tuple[str, ...]) -> Catalog:
        """With the tables that a publication names, in place of those it named."""
        return replace(self, publications=self.publications.insert(name, tables))

    def without_publication(self, name: str) -> Catalog:
        """Without the publication."""
        return replace(self, publications=self.publications.discard(name))


def _is_part(table: Relation, key: Constraint) -> bool:
    return key.inherited and table.bound is not None


def _targets(relation: Relation | None) -> tuple[str, ...]:
    if relation is None:
        return ()
    return tuple(c.references for c in relation.constraints if c.references is not None)


def _owner(relation: Relation | None) -> tuple[str, ...]:
    return relation.owned_by[:1] if relation is not None and relation.owned_by is not None else ()


def _moved(
    backwards: HashTrieMap[str, _Names], name: str, old: tuple[str, ...], new: tuple[str, ...]
) -> HashTrieMap[str, _Names]:
    if old == new:
        return backwards
    for target in set(old) - set(new):
        backwards = backwards.insert(target, backwards.get(target, _NONE) - {name})
    for target in set(new) - set(old):
        backwards = backwards.insert(target, backwards.get(target, _NONE) | {name})
    return backwards


def _told(
    mentions: HashTrieMap[str, HashTrieSet[str]], user: str, old: _Names, new: _Names
) -> HashTrieMap[str, HashTrieSet[str]]:
    for name in old - new:
        mentions = mentions.insert(name, mentions[name].discard(user))
    for name in new - old:
        mentions = mentions.insert(name, mentions.get(name, HashTrieSet()).insert(user))
    return mentions


def _mentions(relation: Relation | None) -> _Names:
    if relation is None or relation.kind is RelationKind.SEQUENCE:
        return _NONE
    found: set[str] = set()
    for column in relation.columns:
        if column.type is not None and "." in column.type.name:
            found.add(bare(column.type.name))
        if column.default is not None:
            found |= column.default.mentions
    for constraint in relation.constraints:
        if constraint.expression is not None:
            found |= constraint.expression.mentions
    if relation.of_type is not None:
        found.add(bare(relation.of_type))
    found.update(bare(trigger.function) for trigger in relation.triggers)
    reads = [policy.reads for policy in relation.policies] + [rule.reads for rule in relation.rules]
    found.update(bare(name) for names in reads for name in names)
    return frozenset(found)


def _mentions_of(index: Index | None) -> _Names:
    if index is None or not (index.expressions or index.predicate):
        return _NONE
    predicate = [index.predicate] if index.predicate is not None else []
    return _NONE.union(*(part.mentions for part in (*index.expressions, *predicate)))
