"""What of the schema needs an extension: its types, operator classes and functions.

From the scripts of the extensions that PostgreSQL and its packagers ship; of others nothing is known,
but that the wrapper of foreign data has the extension's name (``postgres_fdw``).
"""

from __future__ import annotations

from migration_lint.catalog import Catalog
from migration_lint.engines.postgres.dependents import Thing
from migration_lint.engines.postgres.nodes import names, walk
from migration_lint.names import bare
from migration_lint.schema import Expression, Index, RelationKind

_TYPES = {
    "citext": "citext",
    "hstore": "hstore",
    "ltree": "ltree lquery ltxtquery",
    "cube": "cube",
    "seg": "seg",
    "isn": "ean13 isbn isbn13 ismn ismn13 issn issn13 upc",
    "intarray": "query_int",
    "postgis": "geometry geography box2d box3d geometry_dump",
    "vector": "vector halfvec sparsevec",
}
_CLASSES = {
    "pg_trgm": "gin_trgm_ops gist_trgm_ops",
    "intarray": "gin__int_ops gist__int_ops gist__intbig_ops",
    "vector": "vector_ops vector_l2_ops vector_ip_ops vector_cosine_ops vector_l1_ops",
    "hstore": "gin_hstore_ops gist_hstore_ops",
    "ltree": "gist_ltree_ops",
}
_FUNCTIONS = {
    "uuid-ossp": "uuid_generate_v1 uuid_generate_v1mc uuid_generate_v3 uuid_generate_v4 uuid_generate_v5",
    "pgcrypto": "gen_random_bytes gen_salt crypt digest hmac",
    "unaccent": "unaccent",
    "pg_trgm": "similarity word_similarity show_trgm",
}


_METHODS = {"btree_gist": "gist", "btree_gin": "gin"}
_SCALARS = (
    "smallint",
    "integer",
    "bigint",
    "real",
    "double precision",
    "numeric",
    "text",
    "character",
    "character varying",
    "boolean",
    "uuid",
    "oid",
    "date",
    "bytea",
    "bit",
    "money",
    "interval",
    "time without time zone",
    "time with time zone",
    "timestamp without time zone",
    "timestamp with time zone",
)
"""Types that GiST and GIN index only with an extension's operator classes."""


def things_of_extension(extension: str, catalog: Catalog) -> list[Thing]:
    """The columns, defaults and indexes that go with it."""
    types = frozenset(_TYPES.get(extension, "").split())
    classes = frozenset(_CLASSES.get(extension, "").split())
    functions = frozenset(_FUNCTIONS.get(extension, "").split())
    method = _METHODS.get(extension)
    servers = [name for name, wrapper in catalog.servers.items() if wrapper == extension]
    found = [Thing("relation", known.name) for known in catalog.foreign_tables(servers)]
    if not (types or classes or functions or method):
        return found
    for relation in sorted(catalog.relations.values(), key=lambda known: known.name):
        view = relation.kind in (RelationKind.VIEW, RelationKind.MATERIALIZED_VIEW)
        for column in relation.columns:
            if column.type is not None and bare(column.type.name) in types and not relation.partition_of:
                found.append(
                    Thing("relation", relation.name) if view else Thing("column", relation.name, column.name)
                )
            elif _calls(column.default, functions):
                found.append(Thing("default", relation.name, column.name))
    for index in sorted(catalog.indexes.values(), key=lambda known: known.name):
        by_class = any(name in classes for name in index.operator_classes)
        by_method = index.method == method and _has_scalar(index, catalog)
        if by_class or by_method or any(_calls(expression, functions) for expression in index.expressions):
            owner = index.constraint
            found.append(Thing("constraint", index.relation, owner) if owner else Thing("index", index.name))
    return list(dict.fromkeys(found))


def _has_scalar(index: Index, catalog: Catalog) -> bool:
    table = catalog.relation(index.relation)
    columns = [table.column(name) for name in index.columns if name] if table is not None else []
    return any(
        column is not None
        and column.type is not None
        and column.type.name in _SCALARS
        and not column.type.dimensions
        for column in columns
    )


def _calls(expression: Expression | None, functions: frozenset[str]) -> bool:
    if expression is None or not functions:
        return False
    return any(
        kind == "FuncCall"
        and names(fields.get("funcname"))[-1:]
        and names(fields["funcname"])[-1] in functions
        for kind, fields in walk(expression.tree)
    )
