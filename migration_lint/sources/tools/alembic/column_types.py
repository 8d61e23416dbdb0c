"""SQLAlchemy's types as PostgreSQL's.

https://docs.sqlalchemy.org/en/21/core/type_basics.html,
https://docs.sqlalchemy.org/en/21/dialects/postgresql.html; compared with SQLAlchemy's own
rendering in the tests.
"""

from __future__ import annotations

import ast

from migration_lint.names import quoted
from migration_lint.sources.ddl import literal
from migration_lint.sources.python.values import Call, NotLiteral, Reference, Value

_PLAIN = {
    "BigInteger": "BIGINT",
    "BIGINT": "BIGINT",
    "BOOLEAN": "BOOLEAN",
    "Boolean": "BOOLEAN",
    "BYTEA": "BYTEA",
    "CIDR": "CIDR",
    "CITEXT": "CITEXT",
    "DATE": "DATE",
    "DATERANGE": "DATERANGE",
    "DATEMULTIRANGE": "DATEMULTIRANGE",
    "Date": "DATE",
    "DOUBLE": "DOUBLE PRECISION",
    "DOUBLE_PRECISION": "DOUBLE PRECISION",
    "Double": "DOUBLE PRECISION",
    "HSTORE": "HSTORE",
    "INET": "INET",
    "INT": "INTEGER",
    "INT4MULTIRANGE": "INT4MULTIRANGE",
    "INT4RANGE": "INT4RANGE",
    "INT8MULTIRANGE": "INT8MULTIRANGE",
    "INT8RANGE": "INT8RANGE",
    "INTEGER": "INTEGER",
    "Integer": "INTEGER",
    "JSON": "JSON",
    "JSONB": "JSONB",
    "JSONPATH": "JSONPATH",
    "LargeBinary": "BYTEA",
    "MACADDR": "MACADDR",
    "MACADDR8": "MACADDR8",
    "MONEY": "MONEY",
    "NUMMULTIRANGE": "NUMMULTIRANGE",
    "NUMRANGE": "NUMRANGE",
    "OID": "OID",
    "PickleType": "BYTEA",
    "REAL": "REAL",
    "REGCLASS": "REGCLASS",
    "SMALLINT": "SMALLINT",
    "SmallInteger": "SMALLINT",
    "TEXT": "TEXT",
    "TSMULTIRANGE": "TSMULTIRANGE",
    "TSQUERY": "TSQUERY",
    "TSRANGE": "TSRANGE",
    "TSTZMULTIRANGE": "TSTZMULTIRANGE",
    "TSTZRANGE": "TSTZRANGE",
    "TSVECTOR": "TSVECTOR",
    "Text": "TEXT",
    "UUID": "UUID",
    "UnicodeText": "TEXT",
    "Uuid": "UUID",
}
_SIZED = {
    "CHAR": "CHAR",
    "NCHAR": "CHAR",
    "NVARCHAR": "VARCHAR",
    "String": "VARCHAR",
    "Unicode": "VARCHAR",
    "VARCHAR": "VARCHAR",
}
_NUMERIC = ("Numeric", "NUMERIC", "DECIMAL", "Decimal")
_READ = ("timezone", "precision", "scale", "fields", "collation", "varying")
_IGNORED = frozenset(
    """as_uuid astext_type none_as_null create_constraint name native_enum asdecimal decimal_return_scale
    convert_unicode length quote inherit_schema validate_strings values_callable metadata
    native_uuid sort_key_function should_evaluate_none create_type""".split()
)
"""Arguments that say nothing about the type in PostgreSQL, or that are read where they do."""


class EnumType:
    """What of an Enum is more than its name: it is created, and dropped."""

    def __init__(self, call: Call) -> None:
        self.labels = [_text(label, call.node) for label in call.args]
        name = call.keywords.get("name")
        if not isinstance(name, str):
            raise NotLiteral(call.node, "an Enum whose name is not spelled out")
        schema = call.keywords.get("schema")
        self.name = f"{quoted(schema)}.{quoted(name)}" if isinstance(schema, str) else quoted(name)
        self.create = call.keywords.get("create_type", True) is not False

    def creation(self) -> str:
        """The statement that makes the type."""
        return f"CREATE TYPE {self.name} AS ENUM ({', '.join(map(literal, self.labels))})"


def enum_of(value: Value) -> EnumType | None:
    """The Enum in a type, None where there is none. Raises NotLiteral."""
    if not isinstance(value, Call) or value.last not in ("Enum", "ENUM") or not _is_known(value.name):
        return None
    return EnumType(value) if value.keywords.get("native_enum", True) is not False else None


def type_sql(value: Value, node: ast.AST) -> str:
    """The type in PostgreSQL's words. Raises NotLiteral."""
    if isinstance(value, Call) and value.name == ".with_variant":
        return _variant(value)
    if isinstance(value, Reference):
        call = Call(value.name, (), {}, ast.Call(ast.Constant(None), [], []))
    elif isinstance(value, Call):
        call, node = value, value.node
    else:
        raise NotLiteral(node, "a column without a type that is spelled out")
    name = call.last
    if not _is_known(call.name):
        raise NotLiteral(node, f"the type {call.name}, which is not SQLAlchemy's own")
    if (enum := enum_of(call)) is not None:
        return enum.name
    if name in ("Enum", "ENUM"):
        return f"VARCHAR({max((len(str(label)) for label in call.args), default=0)})"
    if name == "ARRAY":
        return _array(call, node)
    sql = _scalar(call, node)
    for keyword in call.keywords:
        if keyword not in _IGNORED and keyword not in _READ:
            raise NotLiteral(node, f"the argument {keyword} of {name}")
    collation = call.keywords.get("collation")
    return f"{sql} COLLATE {quoted(collation)}" if isinstance(collation, str) else sql


def _scalar(call: Call, node: ast.AST) -> str:
    name, keywords = call.last, call.keywords
    if name in ("DateTime", "TIMESTAMP", "DATETIME", "Time", "TIME"):
        word = "TIME" if name in ("Time", "TIME") else "TIMESTAMP"
        zone = keywords.get("timezone", call.args[0] if call.args else False)
        precision = keywords.get("precision")
        size = f"({precision})" if isinstance(precision, int) else ""
        return f"{word}{size} {'WITH' if zone else 'WITHOUT'} TIME ZONE"
    if name in _SIZED:
        length = keywords.get("length", call.args[0] if call.args else None)
        return f"{_SIZED[name]}({length})" if isinstance(length, int) else _SIZED[name]
    if name in _NUMERIC:
        precision = keywords.get("precision", call.args[0] if call.args else None)
        scale = keywords.get("scale", call.args[1] if len(call.args) > 1 else None)
        if not isinstance(precision, int):
            return "NUMERIC"
        return f"NUMERIC({precision}, {scale})" if isinstance(scale, int) else f"NUMERIC({precision})"
    if name in ("Float", "FLOAT"):
        precision = keywords.get("precision", call.args[0] if call.args else None)
        return f"FLOAT({precision})" if isinstance(precision, int) else "FLOAT"
    if name in ("Interval", "INTERVAL"):
        fields, precision = keywords.get("fields"), keywords.get("precision")
        words = f" {fields}" if isinstance(fields, str) else ""
        return f"INTERVAL{words}" + (f" ({precision})" if isinstance(precision, int) else "")
    if name in ("BIT", "VARBIT"):
        length = keywords.get("length", call.args[0] if call.args else None)
        word = "BIT VARYING" if keywords.get("varying") else "BIT"
        return f"{word}({length})" if isinstance(length, int) else word
    if name in _PLAIN:
        return _PLAIN[name]
    raise NotLiteral(node, f"the type {name}, which is not known here")


def _array(call: Call, node: ast.AST) -> str:
    inner = call.args[0] if call.args else call.keywords.get("item_type")
    dimensions = call.keywords.get("dimensions", 1)
    return type_sql(inner, node) + "[]" * (dimensions if isinstance(dimensions, int) else 1)


def _variant(call: Call) -> str:
    """The type for PostgreSQL among the variants."""
    if len(call.args) >= 2 and "postgresql" in call.args[1:]:
        return type_sql(call.args[0], call.node)
    return type_sql(call.receiver, call.node)


def _is_known(name: str) -> bool:
    return name.startswith(("sqlalchemy.", "sqlalchemy_utils.")) and not name.startswith("sqlalchemy_utils")


def _text(value: Value, node: ast.AST) -> str:
    if not isinstance(value, str):
        raise NotLiteral(node, "an Enum whose labels are not spelled out")
    return value
