"""CREATE TABLE, CREATE INDEX, DROP INDEX, RENAME TABLE, TRUNCATE and DROP."""

from __future__ import annotations

from migration_lint.engines.mysql.grammar.alter import algorithm, element, lock_level
from migration_lint.engines.mysql.grammar.cursor import Cursor, NotUnderstood
from migration_lint.engines.mysql.grammar.keys import key_body
from migration_lint.engines.mysql.grammar.options import option
from migration_lint.engines.mysql.grammar.partitions import scheme
from migration_lint.engines.mysql.grammar.rows import select
from migration_lint.engines.mysql.syntax import (
    Clause,
    CreateIndex,
    CreateTable,
    DropIndex,
    DropObjects,
    Element,
    RenameTables,
    Rows,
    Scheme,
    TableName,
    TruncateTable,
    UnknownClause,
)

_QUERY = ("AS", "SELECT", "IGNORE", "REPLACE", "WITH", "TABLE", "VALUES")


def create_table(cursor: Cursor, *, temporary: bool, or_replace: bool) -> CreateTable:
    """What follows CREATE TABLE."""
    absent = cursor.if_not_exists()
    table = cursor.table()
    if cursor.take("LIKE"):
        like = cursor.table()
        return CreateTable(table, (), (), None, temporary, absent, or_replace, like)
    if cursor.take("(", "LIKE"):
        like = cursor.table()
        cursor.expect(")")
        return CreateTable(table, (), (), None, temporary, absent, or_replace, like)
    elements: list[tuple[Element | UnknownClause, int, int]] = []
    if cursor.sees("(") and cursor.peek(1).word not in ("SELECT", "WITH", "VALUES"):
        elements = _elements(cursor)
    options: list[tuple[str, str]] = []
    partitioning: Scheme | None = None
    versioned = False
    rows: Rows | None = None
    while not cursor.done:
        if (one := option(cursor)) is not None:
            options.append(one)
        elif cursor.take(","):
            continue
        elif cursor.take("PARTITION", "BY"):
            partitioning = scheme(cursor)
        elif cursor.take("WITH", "SYSTEM", "VERSIONING"):
            versioned = True
        elif cursor.sees("(") or cursor.sees_any(*_QUERY):
            cursor.take_any("IGNORE", "REPLACE")
            cursor.take("AS")
            rows = select(cursor)
        else:
            raise NotUnderstood(f"{cursor.shown()} is no table option that is known")
    return CreateTable(
        table,
        tuple(elements),
        tuple(options),
        partitioning,
        temporary,
        absent,
        or_replace,
        None,
        rows,
        versioned,
    )


def _elements(cursor: Cursor) -> list[tuple[Element | UnknownClause, int, int]]:
    cursor.expect("(")
    found: list[tuple[Element | UnknownClause, int, int]] = []
    while True:
        first, start = cursor.at, cursor.peek().start
        made: Element | UnknownClause
        try:
            made = element(cursor)
            complete = cursor.sees(",") or cursor.sees(")")
        except NotUnderstood:
            complete = False
        if not complete:
            cursor.at = first
            _skip_element(cursor)
            made = UnknownClause(cursor.sql[start : cursor.tokens[max(first, cursor.at - 1)].end])
        found.append((made, start, cursor.tokens[cursor.at - 1].end))
        if cursor.take(")"):
            return found
        cursor.expect(",")


def _skip_element(cursor: Cursor) -> None:
    while not cursor.sees(",") and not cursor.sees(")"):
        if cursor.done:
            raise NotUnderstood("an opening parenthesis that nothing closes")
        if cursor.sees("("):
            cursor.skip_parentheses()
        else:
            cursor.next()


def create_index(cursor: Cursor, kind: str, *, or_replace: bool) -> CreateIndex:
    """What follows CREATE INDEX."""
    absent = cursor.if_not_exists()
    name = cursor.name()
    using = None
    if cursor.take_any("USING", "TYPE"):
        using = cursor.next().word.lower()
    cursor.expect("ON")
    table = cursor.table()
    wait = cursor.wait()
    key = key_body(cursor, kind, name, using, absent)
    clauses = _execution(cursor)
    wait = cursor.wait() if wait is None else wait
    return CreateIndex(table, key, clauses, or_replace, wait)


def drop_index(cursor: Cursor) -> DropIndex:
    """What follows DROP INDEX."""
    gone = cursor.if_exists()
    name = cursor.name()
    cursor.expect("ON")
    table = cursor.table()
    wait = cursor.wait()
    return DropIndex(table, name, _execution(cursor), gone, wait)


def _execution(cursor: Cursor) -> tuple[Clause, ...]:
    found: list[Clause] = []
    while cursor.sees_any("ALGORITHM", "LOCK"):
        token = cursor.next()
        action = algorithm(cursor) if token.word == "ALGORITHM" else lock_level(cursor)
        found.append(Clause(token.start, cursor.tokens[cursor.at - 1].end, action))
        cursor.take(",")
    return tuple(found)


def rename_tables(cursor: Cursor) -> RenameTables:
    """What follows RENAME TABLE."""
    gone = cursor.if_exists()
    pairs: list[tuple[TableName, TableName]] = []
    wait: int | None = None
    while True:
        old = cursor.table()
        found = cursor.wait()
        wait = found if found is not None else wait
        cursor.expect("TO")
        pairs.append((old, cursor.table()))
        if not cursor.take(","):
            return RenameTables(tuple(pairs), gone, wait)


def truncate(cursor: Cursor) -> TruncateTable:
    """What follows TRUNCATE."""
    cursor.take("TABLE")
    return TruncateTable(cursor.table(), cursor.wait())


def drop(cursor: Cursor) -> DropObjects:
    """What follows DROP, an index excepted."""
    temporary = cursor.take("TEMPORARY")
    word = cursor.next().word
    if word == "PACKAGE" and cursor.take("BODY"):
        word = "PACKAGE BODY"
    if word == "PREPARE" or not word:
        raise NotUnderstood(f"what to drop expected, not {cursor.shown()}")
    kind = {"TABLES": "table", "SCHEMA": "database", "VIEWS": "view"}.get(word, word.lower())
    gone = cursor.if_exists()
    names = cursor.names(cursor.table)
    wait = cursor.wait()
    cursor.take_any("CASCADE", "RESTRICT")
    return DropObjects(kind, names, gone, temporary, wait)
