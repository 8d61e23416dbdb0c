"""The clauses of ALTER TABLE, each on its own: one that is not understood spoils no other.

https://dev.mysql.com/doc/refman/8.4/en/alter-table.html, https://mariadb.com/kb/en/alter-table/
"""

from __future__ import annotations

from collections.abc import Callable

from migration_lint.engines.mysql.grammar.columns import column_def, default
from migration_lint.engines.mysql.grammar.cursor import Cursor, NotUnderstood
from migration_lint.engines.mysql.grammar.keys import key_or_constraint, starts_key
from migration_lint.engines.mysql.grammar.options import options
from migration_lint.engines.mysql.grammar.partitions import partition_action
from migration_lint.engines.mysql.syntax import (
    Action,
    AddCheck,
    AddColumns,
    AddForeignKey,
    AddKey,
    Algorithm,
    AlterCheck,
    AlterColumn,
    AlterIndex,
    AlterTable,
    ChangeColumn,
    Check,
    Clause,
    Convert,
    Drop,
    Element,
    Flag,
    ForeignKey,
    Key,
    LockLevel,
    Options,
    Period,
    Rename,
    RenameTo,
    UnknownClause,
)

_FLAGS = (
    "FORCE",
    "DISABLE KEYS",
    "ENABLE KEYS",
    "DISCARD TABLESPACE",
    "IMPORT TABLESPACE",
    "WITH VALIDATION",
    "WITHOUT VALIDATION",
    "ADD SYSTEM VERSIONING",
    "DROP SYSTEM VERSIONING",
    "SECONDARY_LOAD",
    "SECONDARY_UNLOAD",
)


def alter_table(cursor: Cursor) -> AlterTable:
    """What follows ALTER. Raises NotUnderstood where no table is named."""
    online = cursor.take("ONLINE")
    ignore = cursor.take("IGNORE")
    cursor.expect("TABLE")
    gone = cursor.if_exists()
    table = cursor.table()
    wait = cursor.wait()
    clauses = _clauses(cursor)
    return AlterTable(table, tuple(clauses), gone, online, ignore, wait)


def _clauses(cursor: Cursor) -> list[Clause]:
    found: list[Clause] = []
    while not cursor.done:
        first = cursor.at
        start = cursor.peek().start
        try:
            action = _action(cursor)
            complete = cursor.done or cursor.sees(",") or _starts_partitioning(cursor)
        except NotUnderstood:
            complete = False
        if not complete:
            cursor.at = first
            _skip_clause(cursor)
            end = cursor.tokens[cursor.at - 1].end if cursor.at > first else start
            action = UnknownClause(cursor.sql[start:end])
        found.append(Clause(start, cursor.tokens[max(first, cursor.at - 1)].end, action))
        if cursor.take(",") and cursor.done:
            found.append(Clause(len(cursor.sql), len(cursor.sql), UnknownClause(",")))
    return found


def _starts_partitioning(cursor: Cursor) -> bool:
    """PARTITION BY and REMOVE PARTITIONING follow the others without a comma."""
    return cursor.sees("PARTITION", "BY") or cursor.sees("REMOVE", "PARTITIONING")


def _skip_clause(cursor: Cursor) -> None:
    depth = 0
    while not cursor.done and not (depth == 0 and cursor.sees(",")):
        token = cursor.next()
        if token.kind == "mark":
            depth += (token.value == "(") - (token.value == ")")


def _action(cursor: Cursor) -> Action:
    partitioning = partition_action(cursor)
    if partitioning is not None:
        return partitioning
    for flag in _FLAGS:
        if cursor.take(*flag.split()):
            return Flag(flag)
    handler = _HANDLERS.get(cursor.word)
    if handler is not None:
        at = cursor.at
        cursor.next()
        found = handler(cursor)
        if found is not None:
            return found
        cursor.at = at
    values = options(cursor)
    if values:
        return Options(values)
    raise NotUnderstood(f"{cursor.shown()} begins no clause that is known")


# --- ADD -----------------------------------------------------------------------------------------


def _add(cursor: Cursor) -> Action:
    if starts_key(cursor):
        return _added(key_or_constraint(cursor))
    cursor.take("COLUMN")
    absent = cursor.if_not_exists()
    if cursor.sees("("):
        return AddColumns(cursor.listed(lambda: element(cursor)), if_not_exists=absent)
    column = column_def(cursor)
    first, after = position(cursor)
    return AddColumns((column,), first, after, absent)


def element(cursor: Cursor) -> Element:
    """A column, key or constraint between parentheses."""
    return key_or_constraint(cursor) if starts_key(cursor) else column_def(cursor)


def _added(what: Key | ForeignKey | Check | Period) -> Action:
    if isinstance(what, Key):
        return AddKey(what)
    if isinstance(what, ForeignKey):
        return AddForeignKey(what)
    return AddCheck(what) if isinstance(what, Check) else Flag("ADD PERIOD")


def position(cursor: Cursor) -> tuple[bool, str | None]:
    """FIRST, or AFTER a column."""
    if cursor.take("FIRST"):
        return True, None
    return False, cursor.column() if cursor.take("AFTER") else None


# --- CHANGE, MODIFY, ALTER -----------------------------------------------------------------------


def _change(cursor: Cursor) -> Action:
    cursor.take("COLUMN")
    gone = cursor.if_exists()
    old = cursor.column()
    column = column_def(cursor)
    first, after = position(cursor)
    return ChangeColumn(old, column, first, after, gone)


def _modify(cursor: Cursor) -> Action:
    cursor.take("COLUMN")
    gone = cursor.if_exists()
    column = column_def(cursor)
    first, after = position(cursor)
    return ChangeColumn(column.name, column, first, after, gone)


def _alter(cursor: Cursor) -> Action:
    if cursor.take_any("INDEX", "KEY"):
        gone = cursor.if_exists()
        name = cursor.name()
        if cursor.take("NOT", "IGNORED") or cursor.take("VISIBLE"):
            return AlterIndex(name, True, gone)
        if cursor.take_any("IGNORED", "INVISIBLE") is None:
            raise NotUnderstood(f"VISIBLE or INVISIBLE expected, not {cursor.shown()}")
        return AlterIndex(name, False, gone)
    if cursor.take_any("CHECK", "CONSTRAINT"):
        name = cursor.name()
        if cursor.take("NOT", "ENFORCED"):
            return AlterCheck(name, False)
        cursor.expect("ENFORCED")
        return AlterCheck(name, True)
    cursor.take("COLUMN")
    gone = cursor.if_exists()
    column = cursor.column()
    if cursor.take("DROP", "DEFAULT"):
        return AlterColumn(column, drop_default=True, if_exists=gone)
    cursor.expect("SET")
    if cursor.take("DEFAULT"):
        return AlterColumn(column, default=default(cursor), if_exists=gone)
    word = cursor.take_any("VISIBLE", "INVISIBLE")
    if word is None:
        raise NotUnderstood(f"DEFAULT expected, not {cursor.shown()}")
    return AlterColumn(column, invisible=word == "INVISIBLE", if_exists=gone)


# --- DROP, RENAME --------------------------------------------------------------------------------


def _drop(cursor: Cursor) -> Action:
    if cursor.take("PRIMARY", "KEY"):
        return Drop("primary key")
    if cursor.take("PERIOD", "FOR"):
        gone = cursor.if_exists()
        return Drop("period", cursor.name(), gone)
    for words, kind in (
        (("FOREIGN", "KEY"), "foreign key"),
        (("CONSTRAINT",), "constraint"),
        (("CHECK",), "check"),
        (("INDEX",), "index"),
        (("KEY",), "index"),
    ):
        if cursor.take(*words):
            gone = cursor.if_exists()
            return Drop(kind, cursor.column(), gone)
    cursor.take("COLUMN")
    gone = cursor.if_exists()
    found = Drop("column", cursor.column(), gone)
    cursor.take_any("CASCADE", "RESTRICT")
    return found


def _rename(cursor: Cursor) -> Action:
    if cursor.sees_any("COLUMN", "INDEX", "KEY") and cursor.peek(1).kind != "end":
        kind = "column" if cursor.next().word == "COLUMN" else "index"
        gone = cursor.if_exists()
        old = cursor.name()
        cursor.expect("TO")
        return Rename(kind, old, cursor.name(), gone)
    if cursor.take_any("TO", "AS") is None:
        cursor.take("=")
    return RenameTo(cursor.table())


# --- the rest ------------------------------------------------------------------------------------


def _convert(cursor: Cursor) -> Action:
    cursor.expect("TO")
    if not (cursor.take("CHARACTER", "SET") or cursor.take("CHAR", "SET")):
        cursor.expect("CHARSET")
    cursor.take("=")
    charset = None if cursor.take("DEFAULT") else cursor.name().lower()
    collation = None
    if cursor.take("COLLATE"):
        cursor.take("=")
        collation = cursor.name().lower()
    return Convert(charset, collation)


def _order_by(cursor: Cursor) -> Action:
    cursor.expect("BY")
    while True:
        cursor.column()
        cursor.take_any("ASC", "DESC")
        if not cursor.take(","):
            return Flag("ORDER BY")


def algorithm(cursor: Cursor) -> Action:
    """What follows ALGORITHM."""
    cursor.take("=")
    word = cursor.take_any("DEFAULT", "INSTANT", "INPLACE", "NOCOPY", "COPY")
    if word is None:
        raise NotUnderstood(f"an algorithm expected, not {cursor.shown()}")
    return Algorithm(word)


def lock_level(cursor: Cursor) -> Action:
    """What follows LOCK."""
    cursor.take("=")
    word = cursor.take_any("DEFAULT", "NONE", "SHARED", "EXCLUSIVE")
    if word is None:
        raise NotUnderstood(f"a lock expected, not {cursor.shown()}")
    return LockLevel(word)


_HANDLERS: dict[str, Callable[[Cursor], Action | None]] = {
    "ADD": _add,
    "CHANGE": _change,
    "MODIFY": _modify,
    "ALTER": _alter,
    "DROP": _drop,
    "RENAME": _rename,
    "CONVERT": _convert,
    "ORDER": _order_by,
    "ALGORITHM": algorithm,
    "LOCK": lock_level,
}
