"""Liquibase's column types on PostgreSQL and on MySQL (liquibase.datatype.core, measured with 4.28.0)."""

from __future__ import annotations

import re

from msgspec import Struct

from migration_lint.sources.tools.liquibase.rendering.dialect import Dialect

NUMBER, STRING, TRUTH, TIME, CLOCK = "number", "string", "truth", "time", "clock"
BLOB, OTHER, RAW = "blob", "other", "raw"
"""How a value of the type is written: see `values.default`."""

_WRITTEN = re.compile(
    r"\s*(?P<name>[^()]*[^()\s])\s*(?:\((?P<parameters>(?:'[^']*'|[^()'])*)\)\s*(?P<rest>.*?))?\s*\Z",
    re.DOTALL,
)


class DataType(Struct, frozen=True):
    """A type as a database spells it, and how its values are written."""

    sql: str
    kind: str


class _Known(Struct, frozen=True):
    """``{}`` stands for the parameters in parentheses; without it they are left out."""

    postgres: str
    mysql: str
    kind: str


def _table(*rows: tuple[str, str, str, str]) -> dict[str, _Known]:
    return {name: _Known(pg, my, kind) for names, pg, my, kind in rows for name in names.split(" / ")}


_TYPES = _table(
    ("int / integer / int4 / serial / serial4", "INTEGER", "INT", NUMBER),
    ("bigint / int8 / bigserial / serial8", "BIGINT", "BIGINT", NUMBER),
    ("smallint / int2 / smallserial", "SMALLINT", "SMALLINT", NUMBER),
    ("tinyint", "SMALLINT", "TINYINT{}", NUMBER),
    ("mediumint", "MEDIUMINT", "MEDIUMINT", NUMBER),
    ("float", "FLOAT{}", "FLOAT{}", NUMBER),
    ("float4", "FLOAT4", "FLOAT4", NUMBER),
    ("float8", "FLOAT8", "FLOAT8", NUMBER),
    ("real", "REAL", "REAL", NUMBER),
    ("double", "DOUBLE PRECISION", "DOUBLE{}", NUMBER),
    ("double precision", "DOUBLE PRECISION", "DOUBLE PRECISION", NUMBER),
    ("decimal", "DECIMAL{}", "DECIMAL{}", NUMBER),
    ("dec", "DEC{}", "DEC{}", NUMBER),
    ("number / numeric", "numeric{}", "numeric{}", NUMBER),
    ("currency / money / smallmoney", "DECIMAL", "DECIMAL", NUMBER),
    ("char / character / bpchar", "CHAR{}", "CHAR{}", STRING),
    ("nchar", "NCHAR{}", "NCHAR{}", STRING),
    ("varchar / varchar2 / character varying", "VARCHAR{}", "VARCHAR{}", STRING),
    ("nvarchar / nvarchar2", "VARCHAR{}", "NVARCHAR{}", STRING),
    ("text", "TEXT", "TEXT", STRING),
    ("tinytext", "TEXT", "TINYTEXT", STRING),
    ("mediumtext", "TEXT", "MEDIUMTEXT", STRING),
    ("clob / longtext / longvarchar / longnvarchar / ntext", "TEXT", "LONGTEXT", STRING),
    ("nclob", "TEXT", "LONGTEXT CHARACTER SET utf8", STRING),
    ("blob", "OID", "BLOB", BLOB),
    ("image / longblob / longvarbinary", "BYTEA", "LONGBLOB", OTHER),
    ("mediumblob", "BYTEA", "MEDIUMBLOB", OTHER),
    ("tinyblob", "BYTEA", "TINYBLOB", OTHER),
    ("binary", "BYTEA", "BINARY{}", OTHER),
    ("varbinary", "BYTEA", "VARBINARY{}", OTHER),
    ("java.sql.types.varbinary", "BYTEA", "LONGBLOB", OTHER),
    ("bytea", "BYTEA", "BYTEA", OTHER),
    ("boolean / bool", "BOOLEAN", "TINYINT", TRUTH),
    ("bit", "BIT{}", "BIT{}", TRUTH),
    ("date", "date", "date", CLOCK),
    ("time", "time{} WITHOUT TIME ZONE", "time", CLOCK),
    ("timetz", "time{} WITH TIME ZONE", "time", CLOCK),
    ("datetime / datetime2 / smalldatetime", "TIMESTAMP{} WITHOUT TIME ZONE", "datetime{}", TIME),
    ("timestamp", "TIMESTAMP{} WITHOUT TIME ZONE", "timestamp{}", TIME),
    ("timestamptz", "TIMESTAMP{} WITH TIME ZONE", "timestamp{}", TIME),
    ("java.sql.types.timestamp_with_timezone", "TIMESTAMP{} WITH TIME ZONE", "timestamp{}", TIME),
    ("uuid / uniqueidentifier", "UUID", "char(36)", RAW),
    ("xml / xmltype", "XML", "LONGTEXT", OTHER),
)
_NOT_JAVA = frozenset({"java.sql.types.bit"})
"""Liquibase takes no Java constant of that name."""


def data_type(written: str, dialect: Dialect) -> DataType:
    """The type of a column whose ``type`` is `written`."""
    match = _WRITTEN.match(written)
    if match is None:
        return DataType(written, OTHER)
    name = " ".join(match["name"].split())
    key = name.lower()
    parameters = [part.strip() for part in (match["parameters"] or "").split(",") if part.strip()]
    rest = match["rest"] or ""
    if key.startswith("java.sql.types.") and key not in _TYPES and key not in _NOT_JAVA:
        key = key[len("java.sql.types.") :]
    if rest.startswith("[]"):
        return DataType(f"{name.upper()}[]{_in_parentheses(parameters)}", OTHER)
    if key not in _TYPES:
        head, _, tail = key.partition(" ")
        if head in _TYPES and tail:
            key, rest = head, name[len(head) :].strip()
    known = _TYPES.get(key)
    if known is None:
        return DataType(_unknown(name, parameters, rest), OTHER)
    return DataType(_known(key, known, written, parameters, rest, dialect), known.kind)


def _known(key: str, known: _Known, written: str, parameters: list[str], rest: str, dialect: Dialect) -> str:
    if dialect.postgres:
        if known.kind == STRING:
            parameters = [part.split()[0] for part in parameters]
        made = known.postgres.format(_in_parentheses(parameters))
        if key in ("time", "timestamp") and rest:
            made = made.removesuffix(" WITHOUT TIME ZONE")
            return f"{made} {rest.upper() if key == 'time' else rest}"
        return made if not rest or known.postgres == "INTEGER" else f"{made} {rest}"
    if key.startswith("timestamp") and (rest or parameters):
        return written.strip()
    if dialect.database == "mariadb":
        if key in ("boolean", "bool"):
            return "TINYINT(1)"
        if known.postgres == "UUID":
            return "UUID"
    made = known.mysql.format(_in_parentheses(parameters))
    if not rest or key == "time" or (known.mysql == "INT" and rest.lower() == "identity"):
        return made
    return f"{made} {rest}"


def _unknown(name: str, parameters: list[str], rest: str) -> str:
    name = name.replace('"', "").upper()
    made = name + _in_parentheses(parameters)
    return f"{made} {rest}" if rest else made


def _in_parentheses(parameters: list[str]) -> str:
    return f"({', '.join(parameters)})" if parameters else ""
