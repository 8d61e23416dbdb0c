"""Views, triggers, routines, events, SET, LOCK TABLES, maintenance, accounts, databases, transactions."""

from __future__ import annotations

from migration_lint.engines.mysql.grammar.cursor import Cursor, NotUnderstood
from migration_lint.engines.mysql.grammar.options import option
from migration_lint.engines.mysql.grammar.rows import select
from migration_lint.engines.mysql.lexing import NUMBER, STRING
from migration_lint.engines.mysql.syntax import (
    Account,
    CreateCode,
    CreateTrigger,
    CreateView,
    Databases,
    LockTables,
    Maintain,
    Other,
    RunSql,
    SetVariables,
    TableName,
    Transact,
)

_ALTERED = """
    EVENT PROCEDURE FUNCTION INSTANCE TABLESPACE UNDO SERVER SEQUENCE LOGFILE RESOURCE LIBRARY
    """.split()
_SCOPES = {
    "GLOBAL": "global",
    "PERSIST": "persist",
    "PERSIST_ONLY": "persist",
    "SESSION": "session",
    "LOCAL": "session",
}


def create_view(cursor: Cursor, replace: bool) -> CreateView:
    """What follows VIEW."""
    absent = cursor.if_not_exists()
    view = cursor.table()
    columns = cursor.listed(cursor.name) if cursor.sees("(") else ()
    cursor.expect("AS")
    rows = select(cursor)
    return CreateView(view, rows.reads, columns, replace, absent)


def create_trigger(cursor: Cursor, replace: bool) -> CreateTrigger:
    """What follows TRIGGER."""
    cursor.if_not_exists()
    name = cursor.table()
    timing = cursor.take_any("BEFORE", "AFTER")
    event = cursor.take_any("INSERT", "UPDATE", "DELETE")
    if timing is None or event is None:
        raise NotUnderstood(f"BEFORE or AFTER and an event expected, not {cursor.shown()}")
    cursor.expect("ON")
    table = cursor.table()
    cursor.expect("FOR", "EACH", "ROW")
    if cursor.take_any("FOLLOWS", "PRECEDES"):
        cursor.name()
    return CreateTrigger(name, table, timing.lower(), event.lower(), _rest(cursor), replace)


def create_code(cursor: Cursor, kind: str, replace: bool) -> CreateCode:
    """What follows PROCEDURE, FUNCTION, EVENT or PACKAGE."""
    if kind == "package" and cursor.take("BODY"):
        kind = "package body"
    cursor.if_not_exists()
    name = cursor.table()
    arguments = 0
    if cursor.sees("("):
        start = cursor.at
        cursor.skip_parentheses()
        inside = cursor.tokens[start + 1 : cursor.at - 1]
        arguments = 1 + _commas(inside) if inside else 0
    return CreateCode(kind, name, _rest(cursor), arguments, replace)


def _commas(tokens: list) -> int:  # type: ignore[type-arg]
    depth = found = 0
    for token in tokens:
        depth += (token.value == "(") - (token.value == ")")
        found += token.value == "," and depth == 0
    return found


def _rest(cursor: Cursor) -> str:
    start = cursor.peek().start
    if cursor.done:
        raise NotUnderstood("a body expected, not the end")
    cursor.at = len(cursor.tokens)
    return cursor.sql[start:]


def alter_others(cursor: Cursor) -> CreateView | CreateCode | Other:
    """ALTER VIEW, EVENT, PROCEDURE, FUNCTION, INSTANCE, TABLESPACE, SERVER, SEQUENCE."""
    start = cursor.at
    while not cursor.done:
        if cursor.take("VIEW"):
            return create_view(cursor, replace=True)
        word = cursor.take_any(*_ALTERED)
        if word is not None:
            cursor.at = len(cursor.tokens)
            return Other(f"alter {word.lower()}", commits=True)
        if cursor.take_any("ALGORITHM", "DEFINER") or cursor.take("SQL", "SECURITY"):
            cursor.take("=")
            cursor.name()
            if cursor.take("@"):
                cursor.name()
        else:
            break
    cursor.at = start
    raise NotUnderstood(f"{cursor.shown()} is nothing that is known to be altered")


def set_variables(cursor: Cursor) -> SetVariables | Account | Transact | Other:
    """What follows SET."""
    if cursor.sees_any("PASSWORD", "ROLE") or cursor.sees("DEFAULT", "ROLE"):
        return account(cursor, "set")
    if cursor.take("STATEMENT"):  # MariaDB: SET STATEMENT … FOR …
        raise NotUnderstood("SET STATEMENT … FOR is not read")
    if cursor.take("NAMES"):
        return SetVariables((("session", "names", cursor.name().lower()), *_collate(cursor)))
    if cursor.take("CHARACTER", "SET") or cursor.take("CHARSET"):
        return SetVariables((("session", "names", cursor.name().lower()),))
    scope = ""
    if cursor.sees_any("GLOBAL", "SESSION", "LOCAL") and cursor.peek(1).word == "TRANSACTION":
        scope = cursor.next().word
    if cursor.sees("TRANSACTION"):
        cursor.at = len(cursor.tokens)
        return Other(f"set {scope.lower()} transaction".replace("  ", " "))
    return SetVariables(cursor.names(lambda: _assignment(cursor)))


def _collate(cursor: Cursor) -> tuple[tuple[str, str, str | None], ...]:
    if cursor.take("COLLATE"):
        return (("session", "collation_connection", cursor.name().lower()),)
    return ()


def _assignment(cursor: Cursor) -> tuple[str, str, str | None]:
    scope = "session"
    if cursor.take("@", "@"):
        if cursor.word in _SCOPES and cursor.peek(1).value == ".":
            scope = _SCOPES[cursor.next().word]
            cursor.next()
    elif cursor.take("@"):
        scope = "user"
    elif cursor.word in _SCOPES and cursor.peek(1).value not in ("=", ":", "."):
        scope = _SCOPES[cursor.next().word]
        cursor.take("@", "@")
    name = cursor.name()
    while cursor.take("."):
        name += f".{cursor.name()}"
    name = name if scope == "user" else name.lower()
    if not (cursor.take("=") or cursor.take(":", "=")):
        raise NotUnderstood(f"= expected, not {cursor.shown()}")
    if cursor.take("DEFAULT"):
        return scope, name, None
    token = cursor.peek()
    term = cursor.until()
    alone = term.text == cursor.sql[token.start : token.end]
    value = token.value if alone and token.kind in (STRING, NUMBER) else term.text
    return scope, name, value


def lock_tables(cursor: Cursor) -> LockTables | Other:
    """What follows LOCK."""
    if cursor.take("INSTANCE"):
        cursor.at = len(cursor.tokens)
        return Other("lock instance for backup")
    if cursor.take_any("TABLES", "TABLE") is None:
        cursor.expect("TABLES")
    found: list[tuple[TableName, str]] = []
    while True:
        table = cursor.table()
        cursor.take("AS")
        if not cursor.sees_any("READ", "WRITE", "LOW_PRIORITY"):
            cursor.name()
        cursor.take("LOW_PRIORITY")
        mode = cursor.take_any("READ", "WRITE")
        if mode is None:
            raise NotUnderstood(f"READ or WRITE expected, not {cursor.shown()}")
        cursor.take_any("LOCAL", "CONCURRENT")
        found.append((table, mode.lower()))
        if not cursor.take(","):
            cursor.wait()
            return LockTables(tuple(found))


def maintain(cursor: Cursor, verb: str) -> Maintain | Other:
    """OPTIMIZE, ANALYZE, CHECK, REPAIR TABLE; FLUSH."""
    cursor.take_any("NO_WRITE_TO_BINLOG", "LOCAL")
    if cursor.take_any("TABLE", "TABLES") is None:
        cursor.at = len(cursor.tokens)
        return Other(verb, commits=verb == "flush")
    tables: tuple[TableName, ...] = ()
    if not cursor.done and not cursor.sees("WITH"):
        tables = cursor.names(cursor.table)
    words = {token.word for token in cursor.tokens[cursor.at :]}
    cursor.at = len(cursor.tokens)
    return Maintain(verb, tables, read_lock=bool(words & {"READ", "EXPORT"}))


def run_sql(cursor: Cursor, what: str) -> RunSql:
    """CALL, PREPARE, EXECUTE, DEALLOCATE PREPARE."""
    text = None
    if what == "prepare":
        cursor.name()
        cursor.expect("FROM")
        if cursor.peek().kind == STRING:
            text = cursor.string()
    if cursor.done and what == "call":
        raise NotUnderstood("a procedure expected, not the end")
    cursor.at = len(cursor.tokens)
    return RunSql(what, text)


def transact(cursor: Cursor) -> Transact:
    """BEGIN, START TRANSACTION, COMMIT, ROLLBACK, SAVEPOINT, RELEASE SAVEPOINT."""
    word = cursor.next().word
    rest = [token.word or token.value for token in cursor.tokens[cursor.at :]]
    cursor.at = len(cursor.tokens)
    if word in ("BEGIN", "START", "XA"):
        return Transact("begin")
    if word == "SAVEPOINT":
        return Transact(f"savepoint {rest[-1] if rest else ''}".lower())
    if word == "RELEASE":
        return Transact(f"release {rest[-1] if rest else ''}".lower())
    if "TO" in rest:
        return Transact(f"rollback to {rest[-1]}".lower())
    return Transact(word.lower())


def databases(cursor: Cursor, action: str) -> Databases:
    """What follows CREATE, ALTER or DROP DATABASE."""
    absent = cursor.if_not_exists()
    gone = cursor.if_exists()
    name = ""
    if action != "alter" or option(cursor) is None:
        name = cursor.name()
    options: list[tuple[str, str]] = []
    while not cursor.done:
        one = option(cursor)
        if one is not None:
            options.append(one)
        elif cursor.take("READ", "ONLY") or cursor.take("UPGRADE"):
            cursor.at = len(cursor.tokens)
        elif not cursor.take("DEFAULT"):
            raise NotUnderstood(f"{cursor.shown()} is no option of a database that is known")
    return Databases(action, name, tuple(options), gone, absent)


def account(cursor: Cursor, action: str) -> Account:
    """GRANT, REVOKE, CREATE USER, … : all that is left."""
    privileges: list[str] = []
    objects = ""
    if action in ("grant", "revoke"):
        start = cursor.at
        words: list[str] = []
        while not cursor.done and not cursor.sees_any("ON", "TO", "FROM"):
            if cursor.take(","):
                privileges.append(" ".join(words).lower())
                words = []
            elif cursor.sees("("):
                cursor.skip_parentheses()
            else:
                words.append(cursor.next().value)
        if words:
            privileges.append(" ".join(words).lower())
        if cursor.take("ON"):
            start = cursor.at
            while not cursor.done and not cursor.sees_any("TO", "FROM"):
                cursor.next()
            objects = cursor.term(start).text
    cursor.at = len(cursor.tokens)
    return Account(action, tuple(privileges), objects)
