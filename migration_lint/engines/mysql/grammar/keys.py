"""Keys and constraints: the same in CREATE TABLE, ALTER TABLE and CREATE INDEX."""

from __future__ import annotations

from migration_lint.engines.mysql.grammar.columns import enforced, reference
from migration_lint.engines.mysql.grammar.cursor import Cursor, NotUnderstood
from migration_lint.engines.mysql.lexing import NUMBER, STRING
from migration_lint.engines.mysql.syntax import Check, ForeignKey, Key, KeyPart, Period

_STARTS = "INDEX KEY UNIQUE PRIMARY FULLTEXT SPATIAL FOREIGN CHECK CONSTRAINT VECTOR PERIOD".split()
_USING = ("BTREE", "HASH", "RTREE")
_OPTIONS = ("KEY_BLOCK_SIZE", "ENGINE_ATTRIBUTE", "SECONDARY_ENGINE_ATTRIBUTE", "CLUSTERING", "M", "DISTANCE")


def starts_key(cursor: Cursor) -> bool:
    """Whether a key or constraint comes next, and not a column of that name."""
    if not cursor.sees_any(*_STARTS):
        return False
    if cursor.sees("VECTOR"):
        return cursor.peek(1).word in ("INDEX", "KEY")
    if cursor.sees("PERIOD"):
        return cursor.peek(1).word == "FOR"
    return True


def key_or_constraint(cursor: Cursor) -> Key | ForeignKey | Check | Period:
    """INDEX …, UNIQUE …, PRIMARY KEY …, FOREIGN KEY …, CHECK …, PERIOD FOR …; raises NotUnderstood."""
    name: str | None = None
    absent = False
    if cursor.take("CONSTRAINT"):
        absent = cursor.if_not_exists()
        if not cursor.sees_any("PRIMARY", "UNIQUE", "FOREIGN", "CHECK"):
            name = cursor.name()
    if cursor.take("PERIOD", "FOR"):
        absent = cursor.if_not_exists()
        period = cursor.name()
        return Period(period, cursor.listed(cursor.name))
    if cursor.take("FOREIGN", "KEY"):
        absent = cursor.if_not_exists() or absent
        if not cursor.sees("("):
            own = cursor.name()
            name = name or own
        columns = cursor.listed(cursor.column)
        cursor.expect("REFERENCES")
        return ForeignKey(columns, reference(cursor), name, absent)
    if cursor.take("CHECK"):
        expression = cursor.in_parentheses()
        return Check(expression, name, enforced(cursor), absent)
    return _key(cursor, name, absent)


def _key(cursor: Cursor, name: str | None, absent: bool) -> Key:
    if cursor.take("PRIMARY", "KEY"):
        kind = "primary"
    elif (word := cursor.take_any("UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR")) is not None:
        kind = word.lower()
        cursor.take_any("INDEX", "KEY")
    elif cursor.take_any("INDEX", "KEY"):
        kind = "index"
    else:
        raise NotUnderstood(f"a key or constraint expected, not {cursor.shown()}")
    cursor.take("CLUSTERED")
    absent = cursor.if_not_exists() or absent
    if not cursor.sees("(") and not cursor.sees_any("USING", "TYPE"):
        own = cursor.name()
        name = name or own
    using = _using(cursor)
    return key_body(cursor, kind, name, using, absent)


def key_body(cursor: Cursor, kind: str, name: str | None, using: str | None, absent: bool) -> Key:
    """The parts and options of a key."""
    found = cursor.listed(lambda: _part(cursor))
    parts = tuple(part for part in found if part is not None)
    visible = True
    parser: str | None = None
    options: list[tuple[str, str]] = []
    while True:
        if (again := _using(cursor)) is not None:
            using = again
        elif cursor.take("INVISIBLE") or cursor.take("IGNORED"):
            visible = False
        elif cursor.take("VISIBLE") or cursor.take("NOT", "IGNORED"):
            visible = True
        elif cursor.take("WITH", "PARSER"):
            parser = cursor.name()
        elif cursor.take("COMMENT"):
            cursor.take("=")
            options.append(("COMMENT", cursor.string()))
        elif cursor.sees_any(*_OPTIONS):
            option = cursor.next().word
            cursor.take("=")
            options.append((option, cursor.next().value))
        else:
            break
    return Key(kind, parts, name, using, visible, absent, parser, None in found, tuple(options))


def _using(cursor: Cursor) -> str | None:
    if not cursor.sees_any("USING", "TYPE") or cursor.peek(1).word not in _USING:
        return None
    cursor.next()
    return cursor.next().word.lower()


def _part(cursor: Cursor) -> KeyPart | None:
    """None for MariaDB's ``period WITHOUT OVERLAPS``."""
    if cursor.sees("("):
        expression = cursor.in_parentheses()
        return KeyPart(None, expression=expression, descending=_order(cursor))
    if cursor.peek().kind in (STRING, NUMBER):
        raise NotUnderstood(f"a column expected, not {cursor.shown()}")
    column = cursor.name()
    if cursor.take("WITHOUT", "OVERLAPS"):
        return None
    length = None
    if cursor.take("("):
        length = cursor.number()
        cursor.expect(")")
    return KeyPart(column, length, descending=_order(cursor))


def _order(cursor: Cursor) -> bool:
    return cursor.take_any("ASC", "DESC") == "DESC"
