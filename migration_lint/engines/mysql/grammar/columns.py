"""Column definitions.

https://dev.mysql.com/doc/refman/8.4/en/create-table.html#create-table-types-attributes
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from migration_lint.engines.mysql.grammar.cursor import Cursor, NotUnderstood
from migration_lint.engines.mysql.grammar.types import data_type
from migration_lint.engines.mysql.lexing import MARK, STRING
from migration_lint.engines.mysql.syntax import Check, ColumnDef, Reference, Term

_STOPS = """
    NOT NULL DEFAULT ON AUTO_INCREMENT UNIQUE PRIMARY KEY COMMENT COLLATE CHECK CONSTRAINT REFERENCES
    INVISIBLE VISIBLE GENERATED AS FIRST AFTER COLUMN_FORMAT STORAGE SRID COMPRESSED WITH WITHOUT
    ENGINE_ATTRIBUTE SECONDARY_ENGINE_ATTRIBUTE REF_SYSTEM_ID
    """.split()
_ACTIONS = ("RESTRICT", "CASCADE")
_OPERATORS = frozenset("+-*/%|&^<>=!")


def column_def(cursor: Cursor) -> ColumnDef:
    """A name, a type and attributes. Raises NotUnderstood."""
    name = cursor.column()
    serial = cursor.sees("SERIAL")
    return column_body(cursor, name, serial=serial)


def column_body(cursor: Cursor, name: str, *, serial: bool = False) -> ColumnDef:
    """The type and attributes of a column whose name is known."""
    found: dict[str, Any] = {"name": name, "type": data_type(cursor), "checks": (), "other": ()}
    if serial:
        found |= {"nullable": False, "auto_increment": True, "key": "unique"}
    while _attribute(cursor, found):
        pass
    return ColumnDef(**found)


def _attribute(cursor: Cursor, found: dict[str, Any]) -> bool:
    """Takes one attribute; False where none comes next."""
    take = cursor.take
    if take("NOT", "NULL"):
        found["nullable"] = False
    elif take("NULL"):
        found["nullable"] = True
    elif take("DEFAULT"):
        found["default"] = default(cursor)
    elif take("ON", "UPDATE"):
        found["on_update"] = cursor.until(*_STOPS).text
    elif take("AUTO_INCREMENT"):
        found["auto_increment"] = True
    elif take("SERIAL", "DEFAULT", "VALUE"):
        found |= {"nullable": False, "auto_increment": True, "key": "unique"}
    elif take("UNIQUE"):
        take("KEY")
        found["key"] = "unique"
    elif take("PRIMARY", "KEY") or take("PRIMARY") or take("KEY"):
        found["key"] = "primary"
    elif take("COMMENT"):
        take("=")
        found["comment"] = cursor.string()
    elif take("COLLATE"):
        take("=")
        found["type"] = replace(found["type"], collation=cursor.name().lower())
    elif take("GENERATED", "ALWAYS", "AS") or take("AS"):
        _generated(cursor, found)
    elif take("INVISIBLE"):
        found["invisible"] = True
    elif take("VISIBLE"):
        found["invisible"] = False
    elif take("REFERENCES"):
        found["references"] = reference(cursor)
    elif cursor.sees("CHECK") or cursor.sees("CONSTRAINT"):
        found["checks"] = (*found["checks"], _check(cursor))
    else:
        return _rare(cursor, found)
    return True


def _rare(cursor: Cursor, found: dict[str, Any]) -> bool:
    take = cursor.take
    if take("COLUMN_FORMAT") or take("STORAGE"):
        found["other"] = (*found["other"], cursor.name())
    elif take("SRID"):
        found["srid"] = cursor.number()
    elif take("REF_SYSTEM_ID"):
        take("=")
        found["srid"] = cursor.number()
    elif take("COMPRESSED"):
        take("=")
        if cursor.peek().kind == STRING or cursor.sees_any("ZLIB"):
            cursor.next()
        found["compressed"] = True
    elif take("WITH", "SYSTEM", "VERSIONING"):
        found["versioned"] = True
    elif take("WITHOUT", "SYSTEM", "VERSIONING"):
        found["versioned"] = False
    elif take("ENGINE_ATTRIBUTE") or take("SECONDARY_ENGINE_ATTRIBUTE"):
        take("=")
        found["other"] = (*found["other"], cursor.string())
    elif take("NOT", "SECONDARY"):
        found["other"] = (*found["other"], "NOT SECONDARY")
    elif take("RESTRICT") or take("CASCADE"):
        pass
    else:
        return False
    return True


def default(cursor: Cursor) -> Term:
    """What follows DEFAULT: a literal, CURRENT_TIMESTAMP, or an expression."""
    if cursor.sees("("):
        return cursor.in_parentheses()
    start = cursor.at
    while cursor.sees("-") or cursor.sees("+"):
        cursor.next()
    cursor.next()
    if cursor.peek().kind == STRING:  # _utf8mb4'x', 'a' 'b'
        cursor.next()
    if cursor.sees("("):
        cursor.skip_parentheses()
    follows = cursor.peek()
    goes_on = follows.value in _OPERATORS if follows.kind == MARK else follows.word not in ("", *_STOPS)
    if goes_on:
        cursor.until(*_STOPS)  # MariaDB takes expressions without parentheses
    return cursor.term(start)


def _generated(cursor: Cursor, found: dict[str, Any]) -> None:
    if cursor.take("ROW"):  # MariaDB: GENERATED ALWAYS AS ROW START
        if cursor.take_any("START", "END") is None:
            raise NotUnderstood(f"START or END expected, not {cursor.shown()}")
        found["row_start_end"] = True
        return
    found["generated"] = cursor.in_parentheses()
    word = cursor.take_any("VIRTUAL", "STORED", "PERSISTENT")
    found["stored"] = word in ("STORED", "PERSISTENT")


def _check(cursor: Cursor) -> Check:
    name = None
    if cursor.take("CONSTRAINT") and not cursor.sees("CHECK"):
        name = cursor.name()
    cursor.expect("CHECK")
    expression = cursor.in_parentheses()
    return Check(expression, name, enforced=enforced(cursor))


def enforced(cursor: Cursor) -> bool:
    """ENFORCED or NOT ENFORCED, where it stands."""
    if cursor.take("NOT", "ENFORCED"):
        return False
    cursor.take("ENFORCED")
    return True


def reference(cursor: Cursor) -> Reference:
    """What follows REFERENCES."""
    table = cursor.table()
    columns = cursor.listed(cursor.column) if cursor.sees("(") else ()
    if cursor.take("MATCH"):
        cursor.next()
    actions = {"DELETE": "no action", "UPDATE": "no action"}
    while cursor.sees("ON", "DELETE") or cursor.sees("ON", "UPDATE"):
        cursor.next()
        event = cursor.next().word
        if cursor.take("SET"):
            word = cursor.take_any("NULL", "DEFAULT")
            actions[event] = f"set {(word or 'null').lower()}"
        elif cursor.take("NO", "ACTION"):
            actions[event] = "no action"
        else:
            word = cursor.take_any(*_ACTIONS)
            if word is None:
                raise NotUnderstood(f"a referential action expected, not {cursor.shown()}")
            actions[event] = word.lower()
    return Reference(table, columns, actions["DELETE"], actions["UPDATE"])
