"""Where the values of a domain are stored: the tables that ALTER DOMAIN reads to check them.

``get_rels_with_domain`` in ``commands/typecmds.c``: tables and materialized views with a column of
the domain, or of a domain over it. A partitioned table has no rows, so its partitions are read.
"""

from __future__ import annotations

from msgspec import Struct

from migration_lint.catalog import Catalog
from migration_lint.schema import Relation, RelationKind, TypeKind

_READ = (RelationKind.TABLE, RelationKind.MATERIALIZED_VIEW)
_STORED = (*_READ, RelationKind.PARTITIONED_TABLE)


class Users(Struct, frozen=True):
    """`tables` are read. `contained_in` is a relation that stores the domain inside another type.

    While there is such a one (an array or composite type over the domain) the server refuses what
    it would have to check.
    """

    tables: tuple[str, ...] = ()
    contained_in: str | None = None


def users_of(domain: str, catalog: Catalog) -> Users:
    """The relations that store values of a domain, by name."""
    plain, containers = _types_over(domain, catalog)
    tables: list[str] = []
    contained: list[str] = []
    for relation in catalog.relations.values():
        used = _columns(relation, plain | containers)
        if relation.kind in _STORED and any(name in containers or inside for name, inside in used):
            contained.append(relation.name)
        if relation.kind in _READ and any(name in plain and not inside for name, inside in used):
            tables.append(relation.name)
    return Users(tuple(sorted(tables)), min(contained, default=None))


def _types_over(domain: str, catalog: Catalog) -> tuple[set[str], set[str]]:
    """The domain with all domains over it, and the types that hold its values inside."""
    plain, containers = {domain}, set[str]()
    known = -1
    while known != len(plain) + len(containers):
        known = len(plain) + len(containers)
        for user in catalog.types.values():
            if user.kind is TypeKind.DOMAIN and user.base is not None and user.base.name in plain:
                (containers if user.base.dimensions else plain).add(user.name)
        for relation in catalog.relations.values():
            if relation.kind is RelationKind.COMPOSITE_TYPE and _columns(relation, plain | containers):
                containers.add(relation.name)
    return plain, containers


def _columns(relation: Relation, names: set[str]) -> list[tuple[str, bool]]:
    """The types of its columns that are among the names, and whether each is an array of it."""
    return [
        (column.type.name, bool(column.type.dimensions))
        for column in relation.columns
        if column.type is not None and column.type.name in names
    ]
