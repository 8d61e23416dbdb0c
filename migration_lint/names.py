"""Names as people write them, from names as the catalog keeps them.

The catalog keeps ``schema.name`` unquoted and case-folded; what we print must be SQL that can be
pasted.
"""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")
# Reserved in PostgreSQL ("reserved" and "reserved (can be function or type)" of its key word table).
_RESERVED = frozenset(
    """all analyse analyze and any array as asc asymmetric authorization between binary both case
    cast check collate collation column concurrently constraint create cross current_catalog
    current_date current_role current_schema current_time current_timestamp current_user default
    deferrable desc distinct do else end except false fetch for foreign freeze from full grant
    group having ilike in initially inner intersect into is isnull join lateral leading left like
    limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps
    placing primary references returning right select session_user similar some symmetric
    system_user table tablesample then to trailing true union unique user using variadic verbose
    when where window with""".split()
)


def split(name: str) -> tuple[str, str]:
    """(schema, rest) of a qualified name; the schema is empty where there is none."""
    schema, dot, rest = name.partition(".")
    return (schema, rest) if dot else ("", name)


def bare(name: str) -> str:
    """The name without its schema, unquoted."""
    return split(name)[1]


def quoted(identifier: str) -> str:
    """One identifier as SQL, in quotes only where it needs them."""
    if _PLAIN.match(identifier) and identifier not in _RESERVED:
        return identifier
    return '"' + identifier.replace('"', '""') + '"'


def sql_name(name: str) -> str:
    """A qualified name as SQL; ``public.`` is left out, as people leave it out."""
    schema, rest = split(name)
    if schema in ("", "public"):
        return quoted(rest)
    return f"{quoted(schema)}.{quoted(rest)}"


def sql_names(names: tuple[str | None, ...] | tuple[str, ...]) -> str:
    """Identifiers as a comma-separated SQL list."""
    return ", ".join(quoted(name) for name in names if name is not None)


def shortened(name: str, limit: int = 63) -> str:
    """A made-up name cut to what the server keeps of an identifier (63 bytes)."""
    return name.encode()[:limit].decode(errors="ignore")
