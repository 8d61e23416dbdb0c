"""Names as people write them, from names as the catalog keeps them.

The catalog keeps ``schema.name`` unquoted and case-folded; what we print must be SQL that can be
pasted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")
_MYSQL_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*\Z")
# Reserved in PostgreSQL ("reserved" and "reserved (can be function or type)" of its key word table).
_RESERVED = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization between binary both case cast
    check collate collation column concurrently constraint create cross current_catalog current_date
    current_role current_schema current_time current_timestamp current_user default deferrable desc
    distinct do else end except false fetch for foreign freeze from full grant group having ilike in
    initially inner intersect into is isnull join lateral leading left like limit localtime
    localtimestamp natural not notnull null offset on only or order outer overlaps placing primary
    references returning right select session_user similar some symmetric system_user table tablesample
    then to trailing true union unique user using variadic verbose when where window with
    """.split()
)

MYSQL = frozenset({"mysql", "mariadb"})
"""Engines that quote names in backticks."""
_MYSQL_RESERVED = frozenset(
    """
    add all alter analyze and as asc before between bigint binary blob both by call cascade case change
    char check collate column condition constraint continue convert create cross current_date
    current_time current_timestamp current_user cursor database databases dec decimal declare default
    delayed delete desc describe deterministic distinct div double drop dual each else elseif enclosed
    escaped except exists exit explain false fetch float for force foreign from fulltext function
    generated grant group groups having high_priority if ignore in index infile inner inout insert int
    integer intersect interval into is iterate join key keys kill lateral leading leave left like limit
    linear lines load localtime localtimestamp lock long loop low_priority match mediumint mod modifies
    natural not null numeric of offset on optimize option optionally or order out outer outfile over
    partition precision primary procedure purge range rank read reads real recursive references regexp
    release rename repeat replace require restrict return returning revoke right rlike row rows
    row_number schema schemas select separator set show signal smallint spatial sql ssl starting stored
    straight_join system table terminated then tinyint to trailing trigger true undo union unique unlock
    unsigned update usage use using values varchar virtual when where while window with write xor
    zerofill
    """.split()
)
_engine: ContextVar[str] = ContextVar("engine", default="postgres")


@contextmanager
def written_for(engine: str) -> Iterator[None]:
    """Names, and SQL made of them, are written as this engine reads them while it lasts."""
    token = _engine.set(engine)
    try:
        yield
    finally:
        _engine.reset(token)


def for_mysql() -> bool:
    """Whether what is written now is for MySQL or MariaDB."""
    return _engine.get() in MYSQL


def split(name: str) -> tuple[str, str]:
    """(schema, rest) of a qualified name; the schema is empty where there is none."""
    schema, dot, rest = name.partition(".")
    return (schema, rest) if dot else ("", name)


def bare(name: str) -> str:
    """The name without its schema, unquoted."""
    return split(name)[1]


def quoted(identifier: str) -> str:
    """One identifier as SQL, in quotes only where it needs them."""
    if for_mysql():
        if _MYSQL_PLAIN.match(identifier) and identifier.lower() not in _MYSQL_RESERVED:
            return identifier
        return "`" + identifier.replace("`", "``") + "`"
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
