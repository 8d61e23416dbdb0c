"""PostgreSQL's types: their names, and what changing a column from one to another costs.

A change is free where the stored bytes are right for the new type as they are: the server then
only writes its catalog (``ATColumnChangeRequiresRewrite`` in ``commands/tablecmds.c``).
https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from msgspec import Struct

from migration_lint.catalog import Catalog
from migration_lint.engines.postgres.nodes import Node, body, constant, names, tag
from migration_lint.schema import Type, TypeKind

# pg_type.typname → the name that format_type() shows.
_SHOWN = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "int": "integer",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
    "varchar": "character varying",
    "bpchar": "character",
    "varbit": "bit varying",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone",
    "timetz": "time with time zone",
    "decimal": "numeric",
}
_PLAIN = frozenset(
    """
    text uuid json jsonb bytea date numeric interval inet cidr macaddr macaddr8 money xml oid name
    bit point line lseg box path polygon circle tsvector tsquery jsonpath pg_lsn xid xid8
    txid_snapshot pg_snapshot regclass regproc regprocedure regoper regoperator regtype regrole
    regnamespace regconfig regdictionary regcollation int4range int8range numrange tsrange
    tstzrange daterange int4multirange int8multirange nummultirange tsmultirange tstzmultirange
    datemultirange char oidvector int2vector refcursor cid tid void record
    """.split()
)
SERIALS = {
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
    "smallserial": "smallint",
    "serial2": "smallint",
}
"""Pseudo-types of CREATE TABLE and ADD COLUMN, and the types of their columns."""

# pg_cast rows with castmethod 'b': the bytes are the same. citext is the extension's.
_SAME_BYTES = frozenset(
    [
        ("text", "character varying"),
        ("character varying", "text"),
        ("text", "character"),
        ("character varying", "character"),
        ("xml", "text"),
        ("xml", "character varying"),
        ("xml", "character"),
        ("cidr", "inet"),
        ("bit", "bit varying"),
        ("bit varying", "bit"),
        ("integer", "oid"),
        ("oid", "integer"),
        ("citext", "text"),
        ("citext", "character varying"),
        ("citext", "character"),
        ("text", "citext"),
        ("character varying", "citext"),
        *((a, "oid") for a in _PLAIN if a.startswith("reg")),
        *(("oid", a) for a in _PLAIN if a.startswith("reg")),
        *((a, "integer") for a in _PLAIN if a.startswith("reg")),
        *(("integer", a) for a in _PLAIN if a.startswith("reg")),
    ]
)
# Types that share their default operator class; the rest have one of their own.
_OPERATORS = {
    "character varying": "text",
    "cidr": "inet",
    **{name: "oid" for name in _PLAIN if name.startswith("reg")},
}
_ZERO_OFFSET = frozenset(
    """
    utc gmt etc/utc etc/gmt etc/gmt0 etc/gmt+0 etc/gmt-0 gmt0 gmt+0 gmt-0 etc/uct uct universal
    etc/universal zulu etc/zulu etc/greenwich greenwich 0 +0 -0 00:00 +00:00 +00
    """.split()
)
_PRECISION_FIRST = frozenset(
    [
        "timestamp without time zone",
        "timestamp with time zone",
        "time without time zone",
        "time with time zone",
    ]
)


class TypeChange(Struct, frozen=True):
    """What a change of type costs.

    `rewrite`: the table is written anew. `same_operators`: an index on the column has the same
    operator class before and after, and is kept where the table is not rewritten. `certain` is
    false where it depends on something unknown (the old type, the server's time zone).
    """

    rewrite: bool
    same_operators: bool = True
    certain: bool = True


def read_type(node: Node, resolve: object) -> tuple[Type, bool]:
    """The type of a TypeName's fields, and whether it was one of the serial pseudo-types.

    `resolve` is a function from a list of name parts to the qualified name of a user's type.
    """
    parts = names(node.get("names"))
    name = parts[-1] if parts else ""
    serial = len(parts) == 1 and name in SERIALS
    if serial:
        shown = SERIALS[name]
    elif (len(parts) == 1 or parts[0] == "pg_catalog") and (name in _SHOWN or name in _PLAIN):
        shown = _SHOWN.get(name, name)
        if shown == "char" and parts[0] == "pg_catalog":
            shown = '"char"'
    elif parts[:1] == ["pg_catalog"]:
        shown = name
    else:
        shown = resolve(parts)  # type: ignore[operator]
    modifiers = tuple(
        value if isinstance(value, int) else -1
        for value in (constant(item) for item in node.get("typmods") or ())
    )
    return Type(shown, modifiers, len(node.get("arrayBounds") or ())), serial


def base_of(type_: Type, catalog: Catalog) -> tuple[Type, bool | None]:
    """The type under a domain, and whether any domain on the way is constrained (None: not known)."""
    constrained: bool | None = False
    seen = 0
    while type_.dimensions == 0 and seen < 32:
        user = catalog.types.get(type_.name)
        if user is None or user.kind is not TypeKind.DOMAIN or user.base is None:
            break
        constrained = constrained or user.not_null or bool(user.constraints)
        type_ = user.base
        seen += 1
    return type_, constrained


def change_of_type(
    old: Type | None, new: Type | None, catalog: Catalog, time_zone: str | None, version: int
) -> TypeChange:
    """The cost of changing a column's type where the server converts it by itself (or by ``c::new``)."""
    if old is None or new is None:
        return TypeChange(rewrite=True, same_operators=False, certain=False)
    if old == new:
        return TypeChange(rewrite=False)
    constrained: bool | None = False
    same_declared = True
    if old.name != new.name or old.dimensions != new.dimensions:
        declared = (old, new)
        new, constrained = base_of(new, catalog)
        old, _ = base_of(old, catalog)
        if old != declared[0]:  # a domain's values come without its length
            old = Type(old.name, dimensions=old.dimensions)
        if (old.dimensions or _is_enum(old, catalog)) and (old.name, new.name) != tuple(
            one.name for one in declared
        ):
            # Their operators are those of anyarray and anyenum, and serve one declared type each.
            same_declared = False
    if bool(old.dimensions) != bool(new.dimensions):
        return TypeChange(rewrite=True, same_operators=False)
    same = same_declared and operators(old, catalog) == operators(new, catalog)
    if constrained:
        return TypeChange(rewrite=True, same_operators=same)
    if old.dimensions:
        free = _bare(old.name) == _bare(new.name) and _modifier_free(old, new)
        unbounded = not new.modifiers or old.modifiers == new.modifiers
        return TypeChange(rewrite=not (free and unbounded), same_operators=same and old.name == new.name)
    a, b = _bare(old.name), _bare(new.name)
    if a == b:
        return TypeChange(rewrite=not _modifier_free(old, new), same_operators=same)
    if {a, b} == {"timestamp without time zone", "timestamp with time zone"}:
        if version < 12:
            return TypeChange(rewrite=True, same_operators=False)
        if time_zone is None:
            return TypeChange(rewrite=True, same_operators=False, certain=False)
        free = time_zone.strip("'\"").lower() in _ZERO_OFFSET and _precision_free(old, new)
        return TypeChange(rewrite=not free, same_operators=False)
    if (a, b) in _SAME_BYTES:
        # Relabelled first, without its modifiers; then cut to the new length, which reads every value.
        return TypeChange(rewrite=not _modifier_free(Type(new.name), new), same_operators=same)
    unknown = _is_foreign(old, catalog) or _is_foreign(new, catalog)
    return TypeChange(rewrite=True, same_operators=False, certain=not unknown)


def operators(type_: Type | None, catalog: Catalog) -> str:
    """What stands for the type's default operator class: equal where the classes are."""
    if type_ is None:
        return "?"
    type_, _ = base_of(type_, catalog)
    name = _bare(type_.name)
    return _OPERATORS.get(name, name) + ("[]" if type_.dimensions else "")


def _is_enum(type_: Type, catalog: Catalog) -> bool:
    known = catalog.types.get(type_.name)
    return known is not None and known.kind is TypeKind.ENUM


def _bare(name: str) -> str:
    """Types of extensions are known by their name in whatever schema they stand."""
    last = name.rpartition(".")[2]
    return last if last == "citext" else name


def _is_foreign(type_: Type, catalog: Catalog) -> bool:
    return "." in type_.name and type_.name not in catalog.types and _bare(type_.name) != "citext"


def _modifier_free(old: Type, new: Type) -> bool:
    """Whether the length coercion is left out, by the support functions of the server's types."""
    if old.modifiers == new.modifiers:
        return True
    name = _bare(new.name)
    if name in ("character", "bit"):
        return not new.modifiers
    if not new.modifiers:
        return True
    if name in ("character varying", "bit varying"):
        return bool(old.modifiers) and old.modifiers[0] <= new.modifiers[0]
    if name == "numeric":
        if not old.modifiers:
            return False
        old_precision, old_scale = (*old.modifiers, 0)[:2]
        new_precision, new_scale = (*new.modifiers, 0)[:2]
        return old_scale == new_scale and old_precision <= new_precision
    if name in _PRECISION_FIRST:
        return _precision_free(old, new)
    if name == "interval":
        return _interval_free(old, new)
    return False


def _precision_free(old: Type, new: Type) -> bool:
    if not new.modifiers or new.modifiers[0] >= 6:
        return True
    return bool(old.modifiers) and old.modifiers[0] <= new.modifiers[0]


_FULL_RANGE = 0x7FFF
# The lowest field that an interval keeps, by the bit of its INTERVAL_MASK: a lower one keeps more.
_FIELDS = {2: 1, 1: 0, 3: 2, 10: 3, 11: 4, 12: 5}


def _interval_free(old: Type, new: Type) -> bool:
    old_range, old_precision = (*old.modifiers, _FULL_RANGE, 6)[:2] if old.modifiers else (_FULL_RANGE, 6)
    new_range, new_precision = (*new.modifiers, 6)[:2]
    if len(old.modifiers) == 1:
        old_precision = 6
    lowest = _least_field(old_range)
    if _least_field(new_range) > lowest:
        return False
    return lowest > 0 or new_precision >= 6 or old_precision <= new_precision


def _least_field(mask: int) -> int:
    """0 for seconds, higher for coarser fields."""
    for place, bit in enumerate((12, 11, 10, 3, 1, 2)):
        if mask & (1 << bit):
            return place
    return 0


def cast_chain(node: Node, column: str) -> list[Node] | None:
    """The TypeNames of ``column::a::b``, innermost first; None for any other expression."""
    if tag(node) == "CollateClause":
        return cast_chain(body(node).get("arg", {}), column)
    if tag(node) == "ColumnRef":
        fields = body(node).get("fields") or []
        last = names(fields[-1:])
        return [] if last == [column] else None
    if tag(node) == "TypeCast":
        inner = cast_chain(body(node).get("arg", {}), column)
        return None if inner is None else [*inner, body(node).get("typeName", {})]
    return None


_FIXED = frozenset(
    """smallint integer bigint real double precision boolean date money uuid oid point line lseg box circle
    interval macaddr macaddr8 name "char" pg_lsn xid xid8 cid tid""".split()
) | {
    "double precision",
    "timestamp without time zone",
    "timestamp with time zone",
    "time without time zone",
    "time with time zone",
}
_VARYING = frozenset(
    """text character bytea json jsonb xml numeric inet cidr bit tsvector tsquery path polygon jsonpath
    int4range int8range numrange tsrange tstzrange daterange citext""".split()
) | {"character varying", "bit varying"}


def is_built_in(type_: Type) -> bool:
    """Whether the type is one of the server's own."""
    return "." not in type_.name


def is_varlena(type_: Type, catalog: Catalog) -> bool | None:
    """Whether values of the type have no fixed length (``typlen`` -1); None where that is not known."""
    type_, _ = base_of(type_, catalog)
    if type_.dimensions or type_.name in _VARYING:
        return True
    if type_.name in _FIXED or _is_enum(type_, catalog):
        return False
    return None
