"""Which of the server's own types are assigned to which without being asked: ``pg_cast``.

Rows of ``castcontext`` ``a`` and ``i``, the same in PostgreSQL 12 to 18, and the rule beside them:
every value is assigned to text as it is shown (``find_coercion_pathway``).
"""

from __future__ import annotations

from migration_lint.catalog import Catalog
from migration_lint.engines.postgres.types import base_of, is_built_in
from migration_lint.schema import Type

_STRINGS = frozenset(["text", "character varying", "character"])
_NUMBERS = frozenset(["smallint", "integer", "bigint", "numeric", "real", "double precision"])
_ASSIGNED: dict[str, frozenset[str]] = {
    **dict.fromkeys(_NUMBERS, _NUMBERS),
    "smallint": _NUMBERS | {"oid"},
    "integer": _NUMBERS | {"oid", "money"},
    "bigint": _NUMBERS | {"oid", "money"},
    "numeric": _NUMBERS | {"money"},
    "money": frozenset(["numeric"]),
    "oid": frozenset(["integer", "bigint"]),
    "bit": frozenset(["bit varying"]),
    "bit varying": frozenset(["bit"]),
    "box": frozenset(["polygon"]),
    "path": frozenset(["polygon"]),
    "point": frozenset(["box"]),
    "polygon": frozenset(["path"]),
    "cidr": frozenset(["inet"]),
    "inet": frozenset(["cidr"]),
    "json": frozenset(["jsonb"]),
    "jsonb": frozenset(["json"]),
    "macaddr": frozenset(["macaddr8"]),
    "macaddr8": frozenset(["macaddr"]),
    "date": frozenset(["timestamp without time zone", "timestamp with time zone"]),
    "interval": frozenset(["time without time zone"]),
    "time without time zone": frozenset(["interval", "time with time zone"]),
    "time with time zone": frozenset(["time without time zone"]),
    "timestamp without time zone": frozenset(["date", "time without time zone", "timestamp with time zone"]),
    "timestamp with time zone": frozenset(
        ["date", "time without time zone", "time with time zone", "timestamp without time zone"]
    ),
    **dict.fromkeys(_STRINGS, _STRINGS | {"name", "regclass"}),
}
_CERTAIN = frozenset(_ASSIGNED) | frozenset(
    """boolean bytea uuid xml point line lseg box path polygon circle tsvector tsquery jsonpath int4range
    int8range numrange tsrange tstzrange daterange""".split()
)
"""The types of which all casts are known here."""


def is_assignable(old: Type, new: Type, catalog: Catalog) -> bool | None:
    """Whether the server converts a column's values by itself; None where that is not known here."""
    old, _ = base_of(old, catalog)
    new, _ = base_of(new, catalog)
    if (old.name, old.dimensions > 0) == (new.name, new.dimensions > 0):
        return True
    if new.name in _STRINGS and not new.dimensions:
        return True
    if old.name not in _CERTAIN or new.name not in _CERTAIN:
        plain = is_built_in(old) and is_built_in(new)
        known = old.name in _STRINGS and new.name in catalog.types
        return False if known and plain is False and not new.dimensions and not old.dimensions else None
    if bool(old.dimensions) != bool(new.dimensions):
        return False
    return new.name in _ASSIGNED.get(old.name, frozenset())


_FAMILIES = (
    frozenset(["smallint", "integer", "bigint"]),
    frozenset(["real", "double precision"]),
    _STRINGS,
    frozenset(["date", "timestamp without time zone", "timestamp with time zone"]),
    frozenset(["inet", "cidr"]),
    frozenset(["bit", "bit varying"]),
)
_IMPLICIT = {
    **dict.fromkeys(
        ("smallint", "integer", "bigint"), frozenset(["numeric", "real", "double precision", "oid"])
    ),
    "numeric": frozenset(["real", "double precision"]),
    "time without time zone": frozenset(["interval", "time with time zone"]),
    "macaddr": frozenset(["macaddr8"]),
}


def is_comparable(own: Type, referenced: Type, catalog: Catalog) -> bool | None:
    """Whether a foreign key can look up values of the one type in a key of the other; None: not known here.

    Their types share an operator family, or the own one is cast to the other without being asked.
    """
    own, _ = base_of(own, catalog)
    referenced, _ = base_of(referenced, catalog)
    if (own.name, own.dimensions > 0) == (referenced.name, referenced.dimensions > 0):
        return True
    if own.name not in _CERTAIN or referenced.name not in _CERTAIN or own.dimensions or referenced.dimensions:
        return None
    together = any(own.name in family and referenced.name in family for family in _FAMILIES)
    return together or referenced.name in _IMPLICIT.get(own.name, frozenset())
