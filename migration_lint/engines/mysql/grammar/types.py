"""Column types, under the names that the server itself shows.

https://dev.mysql.com/doc/refman/8.4/en/data-types.html, https://mariadb.com/kb/en/data-types/
"""

from __future__ import annotations

from migration_lint.engines.mysql.grammar.cursor import Cursor, NotUnderstood
from migration_lint.engines.mysql.syntax import DataType

_CANONICAL = {
    "INTEGER": "int",
    "INT4": "int",
    "INT1": "tinyint",
    "INT2": "smallint",
    "INT3": "mediumint",
    "MIDDLEINT": "mediumint",
    "INT8": "bigint",
    "BOOL": "tinyint",
    "BOOLEAN": "tinyint",
    "DEC": "decimal",
    "NUMERIC": "decimal",
    "FIXED": "decimal",
    "NUMBER": "decimal",
    "REAL": "double",
    "FLOAT8": "double",
    "FLOAT4": "float",
    "CHARACTER": "char",
    "NCHAR": "char",
    "NVARCHAR": "varchar",
    "VARCHAR2": "varchar",
    "VARCHARACTER": "varchar",
    "LONG": "mediumtext",
    "RAW": "varbinary",
    "CLOB": "longtext",
    "GEOMETRYCOLLECTION": "geomcollection",
}
_SIMPLE = frozenset(
    """
    tinyint smallint mediumint int bigint decimal float double bit char varchar binary varbinary
    tinyblob blob mediumblob longblob tinytext text mediumtext longtext enum set json date datetime
    timestamp time year geometry point linestring polygon multipoint multilinestring multipolygon
    geomcollection vector uuid inet4 inet6 xmltype
    """.split()
)
TEXTUAL = frozenset("char varchar tinytext text mediumtext longtext enum set".split())
"""Types whose values are written in a character set."""
_SIZES = {"decimal": (10, 0), "char": (1,), "binary": (1,), "bit": (1,)}


def data_type(cursor: Cursor) -> DataType:
    """A type and its own attributes. Raises NotUnderstood."""
    word = cursor.next().word
    if word == "NATIONAL":
        word = cursor.next().word
        charset: str | None = "utf8mb3"
    else:
        charset = "utf8mb3" if word in ("NCHAR", "NVARCHAR") else None
    name = _CANONICAL.get(word, word.lower())
    serial = word == "SERIAL"
    if serial:
        return DataType("bigint", unsigned=True)
    if name not in _SIMPLE:
        raise NotUnderstood(f"{word.lower() or cursor.shown()} is no type that is known")
    if word in ("BOOL", "BOOLEAN"):
        return DataType("tinyint", (1,))
    if name == "double":
        cursor.take("PRECISION")
    if name in ("char", "binary") and cursor.take_any("VARYING"):
        name = "varchar" if name == "char" else "varbinary"
    if word == "LONG":
        if cursor.take_any("VARBINARY", "BYTE"):
            name = "mediumblob"
        else:
            cursor.take_any("VARCHAR", "VARCHARACTER")
    arguments: tuple[int, ...] = ()
    values: tuple[str, ...] = ()
    if name in ("enum", "set"):
        values = cursor.listed(cursor.string)
    elif cursor.sees("("):
        arguments = cursor.listed(cursor.number)
    arguments = _complete(name, arguments)
    return _attributes(cursor, DataType(name, arguments, values, charset=charset))


def _complete(name: str, arguments: tuple[int, ...]) -> tuple[int, ...]:
    default = _SIZES.get(name, ())
    return (*arguments, *default[len(arguments) :])


def _attributes(cursor: Cursor, made: DataType) -> DataType:
    unsigned = zerofill = False
    charset, collation = made.charset, made.collation
    while True:
        if cursor.take("UNSIGNED"):
            unsigned = True
        elif cursor.take("SIGNED"):
            unsigned = False
        elif cursor.take("ZEROFILL"):
            unsigned = zerofill = True
        elif cursor.take("CHARACTER", "SET") or cursor.take("CHAR", "SET") or cursor.take("CHARSET"):
            cursor.take("=")
            charset = cursor.name().lower()
        elif cursor.sees("COLLATE") and made.name in TEXTUAL:
            cursor.next()
            cursor.take("=")
            collation = cursor.name().lower()
        elif made.name in TEXTUAL and cursor.take("BINARY"):
            collation = "binary"
        elif made.name in TEXTUAL and cursor.take("ASCII"):
            charset = "latin1"
        elif made.name in TEXTUAL and cursor.take("UNICODE"):
            charset = "ucs2"
        elif made.name in TEXTUAL and cursor.take("BYTE"):
            charset = "binary"
        else:
            break
    return DataType(made.name, made.arguments, made.values, unsigned, zerofill, charset, collation)
