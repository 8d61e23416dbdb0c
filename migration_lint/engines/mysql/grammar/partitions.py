"""PARTITION BY, and the partition clauses of ALTER TABLE.

https://dev.mysql.com/doc/refman/8.4/en/alter-table-partition-operations.html,
https://mariadb.com/kb/en/alter-table/#partition-clauses
"""

from __future__ import annotations

from migration_lint.engines.mysql.grammar.cursor import Cursor, NotUnderstood
from migration_lint.engines.mysql.grammar.options import option
from migration_lint.engines.mysql.syntax import (
    Action,
    AddPartition,
    ExchangePartition,
    Flag,
    PartitionBy,
    PartitionWork,
    Scheme,
)

_WORK = "TRUNCATE REBUILD OPTIMIZE ANALYZE CHECK REPAIR".split()


def scheme(cursor: Cursor) -> Scheme:
    """What follows PARTITION BY."""
    cursor.take("LINEAR")
    word = cursor.take_any("RANGE", "LIST", "HASH", "KEY", "SYSTEM_TIME")
    if word is None:
        raise NotUnderstood(f"a way to partition expected, not {cursor.shown()}")
    columns: tuple[str, ...] = ()
    if word == "SYSTEM_TIME":
        _system_time(cursor)
    else:
        if word == "KEY" and cursor.take("ALGORITHM"):
            cursor.take("=")
            cursor.number()
        columns = _key(cursor, cursor.take("COLUMNS") or word == "KEY")
    number = None
    if cursor.take("PARTITIONS"):
        number = cursor.number()
    if cursor.take("SUBPARTITION", "BY"):
        cursor.take("LINEAR")
        cursor.next()
        if cursor.take("ALGORITHM"):
            cursor.take("=")
            cursor.number()
        cursor.skip_parentheses()
        if cursor.take("SUBPARTITIONS"):
            cursor.number()
    start = cursor.at
    names = definitions(cursor) if cursor.sees("(") else ()
    whole = any(token.word == "MAXVALUE" for token in cursor.tokens[start : cursor.at])
    return Scheme(word.lower(), columns, names, number, whole)


def _key(cursor: Cursor, listed: bool) -> tuple[str, ...]:
    if not listed:
        return tuple(sorted(cursor.in_parentheses().names))
    if cursor.take("(", ")"):
        return ()
    return cursor.listed(cursor.column)


def _system_time(cursor: Cursor) -> None:
    while not cursor.done and not cursor.sees("(") and not cursor.sees("PARTITIONS"):
        cursor.next()


def definitions(cursor: Cursor) -> tuple[str, ...]:
    """``(PARTITION p VALUES …, …)``: the names."""
    return cursor.listed(lambda: _definition(cursor))


def _definition(cursor: Cursor) -> str:
    cursor.expect("PARTITION")
    name = cursor.name()
    if cursor.take("VALUES", "LESS", "THAN"):
        if not cursor.take("MAXVALUE"):
            cursor.skip_parentheses()
    elif cursor.take("VALUES", "IN"):
        cursor.skip_parentheses()
    elif cursor.take("DEFAULT") or cursor.take("HISTORY") or cursor.take("CURRENT"):
        pass
    while option(cursor) is not None:
        pass
    if cursor.sees("("):
        cursor.skip_parentheses()
    return name


def partition_action(cursor: Cursor) -> Action | None:
    """The partition clause that comes next, None where there is none."""
    if cursor.take("PARTITION", "BY"):
        return PartitionBy(scheme(cursor))
    if cursor.take("REMOVE", "PARTITIONING"):
        return Flag("REMOVE PARTITIONING")
    if cursor.take("ADD", "PARTITION"):
        absent = cursor.if_not_exists()
        cursor.take_any("NO_WRITE_TO_BINLOG", "LOCAL")
        if cursor.take("PARTITIONS"):
            return AddPartition(number=cursor.number(), if_not_exists=absent)
        return AddPartition(definitions(cursor), if_not_exists=absent)
    if cursor.take("DROP", "PARTITION"):
        gone = cursor.if_exists()
        return PartitionWork("drop", cursor.names(cursor.name), if_exists=gone)
    if cursor.take("COALESCE", "PARTITION"):
        cursor.take_any("NO_WRITE_TO_BINLOG", "LOCAL")
        return PartitionWork("coalesce", (str(cursor.number()),))
    if cursor.take("REORGANIZE", "PARTITION"):
        return _reorganize(cursor)
    if cursor.take("EXCHANGE", "PARTITION"):
        return _exchange(cursor)
    if cursor.sees_any("CONVERT") and cursor.peek(1).word in ("PARTITION", "TABLE"):
        return _convert(cursor)
    if cursor.sees_any("DISCARD", "IMPORT") and cursor.peek(1).word == "PARTITION":
        action = cursor.next().word.lower()
        found = _named(cursor, action)
        cursor.expect("TABLESPACE")
        return found
    if cursor.sees_any(*_WORK) and cursor.peek(1).word == "PARTITION":
        return _named(cursor, cursor.next().word.lower())
    return None


def _named(cursor: Cursor, action: str) -> PartitionWork:
    cursor.expect("PARTITION")
    cursor.take_any("NO_WRITE_TO_BINLOG", "LOCAL")
    if cursor.take("ALL"):
        return PartitionWork(action, all=True)
    names = cursor.names(cursor.name)
    while cursor.take_any("QUICK", "FAST", "MEDIUM", "EXTENDED", "CHANGED", "USE_FRM") or cursor.take(
        "FOR", "UPGRADE"
    ):
        pass
    return PartitionWork(action, names)


def _reorganize(cursor: Cursor) -> PartitionWork:
    cursor.take_any("NO_WRITE_TO_BINLOG", "LOCAL")
    if cursor.done or cursor.sees(","):
        return PartitionWork("reorganize", all=True)
    names = cursor.names(cursor.name)
    cursor.expect("INTO")
    definitions(cursor)
    return PartitionWork("reorganize", names)


def _exchange(cursor: Cursor) -> ExchangePartition:
    partition = cursor.name()
    cursor.expect("WITH", "TABLE")
    table = cursor.table()
    validation = not cursor.take("WITHOUT", "VALIDATION")
    if validation:
        cursor.take("WITH", "VALIDATION")
    return ExchangePartition(partition, table, validation)


def _convert(cursor: Cursor) -> PartitionWork:
    """MariaDB's CONVERT PARTITION p TO TABLE t and CONVERT TABLE t TO PARTITION p VALUES …"""
    cursor.expect("CONVERT")
    if cursor.take("PARTITION"):
        name = cursor.name()
        cursor.expect("TO", "TABLE")
        return PartitionWork("convert to table", (name,), table=cursor.table())
    cursor.expect("TABLE")
    table = cursor.table()
    cursor.expect("TO")
    name = _definition(cursor)
    if cursor.take_any("WITH", "WITHOUT"):
        cursor.expect("VALIDATION")
    return PartitionWork("convert table", (name,), table=table)
