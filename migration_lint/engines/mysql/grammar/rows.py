"""Statements about rows: which tables they change and read, and whether anything limits them.

https://dev.mysql.com/doc/refman/8.4/en/sql-data-manipulation-statements.html
"""

from __future__ import annotations

from migration_lint.engines.mysql.grammar.cursor import Cursor, NotUnderstood
from migration_lint.engines.mysql.lexing import MARK, NAME, STRING, WORD
from migration_lint.engines.mysql.syntax import Rows, TableName, Term

_MODIFIERS = ("LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "QUICK", "IGNORE")
_AFTER_WHERE = ("ORDER", "LIMIT", "RETURNING", "GROUP", "HAVING", "FOR", "ON", "UNION", "WINDOW")
_JOINS = frozenset(
    """
    JOIN INNER CROSS LEFT RIGHT OUTER NATURAL STRAIGHT_JOIN ON USING SET WHERE ORDER LIMIT AS FROM
    PARTITION FOR USE FORCE IGNORE GROUP HAVING UNION SELECT RETURNING LATERAL VALUES VALUE
    """.split()
)


def row_statement(cursor: Cursor) -> Rows:
    """INSERT, REPLACE, UPDATE, DELETE, SELECT, WITH, LOAD, TABLE, VALUES. Raises NotUnderstood."""
    if cursor.sees("WITH"):
        _with(cursor)
    word = cursor.word
    if word in ("INSERT", "REPLACE"):
        return _insert(cursor)
    if word == "UPDATE":
        return _update(cursor)
    if word == "DELETE":
        return _delete(cursor)
    if word == "LOAD":
        return _load(cursor)
    return select(cursor)


def _with(cursor: Cursor) -> None:
    """Past WITH's queries; what they read is found by `_read`, which looks at the whole text."""
    cursor.expect("WITH")
    cursor.take("RECURSIVE")
    while True:
        cursor.name()
        if cursor.sees("("):
            cursor.skip_parentheses()
        cursor.expect("AS")
        cursor.skip_parentheses()
        if not cursor.take(","):
            return


def select(cursor: Cursor) -> Rows:
    """SELECT, VALUES, TABLE, also in parentheses. Takes all that is left."""
    if not cursor.sees("(") and not cursor.sees_any("SELECT", "VALUES", "VALUE", "TABLE", "WITH"):
        raise NotUnderstood(f"a query expected, not {cursor.shown()}")
    start = cursor.at
    reads = _read(cursor, start)
    where = _where_at(cursor, start)
    words = {token.word for token in cursor.tokens[start:]}
    locking = "LOCK" in words or ("FOR" in words and bool(words & {"UPDATE", "SHARE"}))
    limited = "LIMIT" in words
    cursor.at = len(cursor.tokens)
    return Rows("select", reads=reads, where=where, limited=limited, select=True, locking=locking)


def _insert(cursor: Cursor) -> Rows:
    verb = cursor.next().word.lower()
    ignore = False
    while (word := cursor.take_any(*_MODIFIERS)) is not None:
        ignore = ignore or word == "IGNORE"
    cursor.take("INTO")
    table = cursor.table()
    if cursor.take("PARTITION"):
        cursor.skip_parentheses()
    columns: tuple[str, ...] = ()
    rows: int | None = None
    if cursor.sees("(") and cursor.peek(1).word not in ("SELECT", "WITH"):
        columns = () if cursor.take("(", ")") else cursor.listed(cursor.column)
    start = cursor.at
    selects = False
    if cursor.take_any("VALUES", "VALUE"):
        rows = 0
        while True:
            cursor.take("ROW")
            cursor.skip_parentheses()
            rows += 1
            if not cursor.take(","):
                break
    elif cursor.take("SET"):
        rows = 1
        columns = cursor.names(lambda: _assigned(cursor))
    else:
        selects = True
    rest = {token.word for token in cursor.tokens[cursor.at :]}
    upsert = "DUPLICATE" in rest
    reads = _read(cursor, start) if selects else ()
    if selects and not cursor.sees("(") and not cursor.sees_any("SELECT", "VALUES", "TABLE", "WITH"):
        raise NotUnderstood(f"rows expected, not {cursor.shown()}")
    cursor.at = len(cursor.tokens)
    return Rows(verb, (table,), reads, columns, select=selects, upsert=upsert, ignore=ignore, rows=rows)


def _assigned(cursor: Cursor) -> str:
    column = cursor.column()
    if not (cursor.take("=") or cursor.take(":", "=")):
        raise NotUnderstood(f"= expected, not {cursor.shown()}")
    cursor.until("WHERE", "ORDER", "LIMIT", "ON", "RETURNING")
    return column


def _update(cursor: Cursor) -> Rows:
    cursor.expect("UPDATE")
    ignore = False
    while (word := cursor.take_any(*_MODIFIERS)) is not None:
        ignore = ignore or word == "IGNORE"
    start = cursor.at
    while not cursor.done and not cursor.sees("SET"):
        if cursor.sees("("):
            cursor.skip_parentheses()
        else:
            cursor.next()
    tables = _listed(cursor, start, cursor.at)
    cursor.expect("SET")
    columns = cursor.names(lambda: _assigned(cursor))
    where, limited = _where(cursor)
    reads = tuple(name for name in _read(cursor, 0) if name not in tables)
    cursor.at = len(cursor.tokens)
    changed = tables[:1] if len(tables) > 1 else tables
    others = tables[1:] if len(tables) > 1 else ()
    return Rows("update", changed, (*others, *reads), columns, where, limited, ignore=ignore)


def _delete(cursor: Cursor) -> Rows:
    cursor.expect("DELETE")
    ignore = False
    while (word := cursor.take_any(*_MODIFIERS)) is not None:
        ignore = ignore or word == "IGNORE"
    if cursor.take("HISTORY"):
        cursor.expect("FROM")
        table = cursor.table()
        cursor.at = len(cursor.tokens)
        return Rows("delete", (table,), where=Term("history"), limited=True)
    names: tuple[TableName, ...] = ()
    start = cursor.at
    if cursor.take("FROM"):
        names = cursor.names(lambda: _deleted(cursor))
        if cursor.take("USING"):
            start = cursor.at
            known = _aliased(cursor, start)
            names = tuple(known.get(name.name, name) for name in names)
    else:
        names = cursor.names(lambda: _deleted(cursor))
        cursor.expect("FROM")
        known = _aliased(cursor, cursor.at)
        names = tuple(known.get(name.name, name) for name in names)
    while not cursor.done and not cursor.sees("WHERE") and not cursor.sees_any("ORDER", "LIMIT"):
        if cursor.sees("("):
            cursor.skip_parentheses()
        else:
            cursor.next()
    where, limited = _where(cursor)
    reads = tuple(name for name in _read(cursor, start) if name not in names)
    cursor.at = len(cursor.tokens)
    return Rows("delete", names, reads, where=where, limited=limited, ignore=ignore)


def _deleted(cursor: Cursor) -> TableName:
    table = cursor.table()
    cursor.take(".", "*")
    return table


def _load(cursor: Cursor) -> Rows:
    cursor.expect("LOAD")
    cursor.take_any("DATA", "XML")
    while cursor.take_any("LOW_PRIORITY", "CONCURRENT", "LOCAL"):
        pass
    cursor.expect("INFILE")
    cursor.string()
    ignore = cursor.take_any("REPLACE", "IGNORE") == "IGNORE"
    cursor.expect("INTO", "TABLE")
    table = cursor.table()
    cursor.at = len(cursor.tokens)
    return Rows("load", (table,), ignore=ignore)


def _where(cursor: Cursor) -> tuple[Term | None, bool]:
    """The condition that comes next, and whether a LIMIT follows."""
    where = None
    if cursor.take("WHERE"):
        start = cursor.at
        while not cursor.done and not (cursor.at > start and cursor.sees_any("ORDER", "LIMIT", "RETURNING")):
            if cursor.sees("("):
                cursor.skip_parentheses()
            else:
                cursor.next()
        where = cursor.term(start)
    return where, any(token.word == "LIMIT" for token in cursor.tokens[cursor.at :])


def _where_at(cursor: Cursor, start: int) -> Term | None:
    depth = 0
    for number in range(start, len(cursor.tokens)):
        token = cursor.tokens[number]
        if token.kind == MARK:
            depth += (token.value == "(") - (token.value == ")")
        elif token.word == "WHERE" and depth == 0:
            end = number + 1
            while end < len(cursor.tokens) and cursor.tokens[end].word not in _AFTER_WHERE:
                end += 1
            if end == number + 1:
                return None
            return Term(cursor.sql[cursor.tokens[number + 1].start : cursor.tokens[end - 1].end])
    return None


def _read(cursor: Cursor, start: int) -> tuple[TableName, ...]:
    """The tables that stand after FROM and JOIN, from token number `start` on, subqueries included."""
    found: dict[TableName, None] = {}
    tokens = cursor.tokens
    for number in range(start, len(tokens)):
        if tokens[number].word not in ("FROM", "JOIN", "STRAIGHT_JOIN", "TABLE"):
            continue
        at = number + 1
        while True:
            name, at = _table_at(tokens, at)
            if name is None:
                break
            found[name] = None
            if tokens[number].word != "FROM" or not (at < len(tokens) and tokens[at].value == ","):
                break
            at += 1
    return tuple(name for name in found if name.name.upper() != "DUAL")


def _listed(cursor: Cursor, start: int, end: int) -> tuple[TableName, ...]:
    """The tables of UPDATE: the first, and those after a comma or JOIN."""
    tokens = cursor.tokens[:end]
    found: list[TableName] = []
    expected, depth = True, 0
    at = start
    while at < end:
        token = tokens[at]
        if token.kind == MARK and token.value in "()":
            depth += 1 if token.value == "(" else -1
            at += 1
        elif expected and depth == 0:
            name, following = _table_at(tokens, at)
            if name is not None:
                found.append(name)
            at = max(following, at + 1)
            expected = False
        else:
            expected = depth == 0 and (token.value == "," or token.word in ("JOIN", "STRAIGHT_JOIN"))
            at += 1
    return tuple(found)


def _aliased(cursor: Cursor, start: int) -> dict[str, TableName]:
    """The tables named from token number `start` on, by their aliases and names."""
    known: dict[str, TableName] = {}
    tokens = cursor.tokens
    at, expected = start, True
    while at < len(tokens) and tokens[at].word != "WHERE":
        if expected:
            name, following = _table_at(tokens, at)
            if name is not None:
                known[name.name] = name
                alias = following + (following < len(tokens) and tokens[following].word == "AS")
                after = tokens[alias] if alias < len(tokens) else None
                if after is not None and after.kind in (WORD, NAME) and after.word not in _JOINS:
                    known[after.value] = name
            at, expected = max(following, at + 1), False
        else:
            expected = tokens[at].value == "," or tokens[at].word in ("JOIN", "STRAIGHT_JOIN")
            at += 1
    return known


def _table_at(tokens: list, at: int) -> tuple[TableName | None, int]:  # type: ignore[type-arg]
    """The table named by token number `at`, and the number after it."""
    while at < len(tokens) and tokens[at].value == "(":
        at += 1
    if at >= len(tokens) or tokens[at].kind not in (WORD, NAME) or tokens[at].word in _JOINS:
        return None, at
    first = tokens[at].value
    if at + 2 < len(tokens) and tokens[at + 1].value == "." and tokens[at + 2].kind != STRING:
        return TableName(tokens[at + 2].value, first), at + 3
    return TableName(first), at + 1
