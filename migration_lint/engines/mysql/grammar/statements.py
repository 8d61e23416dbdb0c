"""Which statement it is. Nothing is passed over: what is not known is `UnknownStatement`.

https://dev.mysql.com/doc/refman/8.4/en/sql-statements.html, https://mariadb.com/kb/en/sql-statements/
"""

from __future__ import annotations

from collections.abc import Callable

from migration_lint.engines.mysql.grammar.alter import alter_table
from migration_lint.engines.mysql.grammar.cursor import Cursor, NotUnderstood
from migration_lint.engines.mysql.grammar.others import (
    account,
    alter_others,
    create_code,
    create_trigger,
    create_view,
    databases,
    lock_tables,
    maintain,
    run_sql,
    set_variables,
    transact,
)
from migration_lint.engines.mysql.grammar.rows import row_statement
from migration_lint.engines.mysql.grammar.tables import (
    create_index,
    create_table,
    drop,
    drop_index,
    rename_tables,
    truncate,
)
from migration_lint.engines.mysql.lexing import Unreadable, tokens
from migration_lint.engines.mysql.splitting import Piece
from migration_lint.engines.mysql.syntax import (
    CreateSequence,
    Other,
    Statement,
    UnknownStatement,
    Use,
)

_COMMITTING = frozenset(
    "INSTALL UNINSTALL RESET CACHE CHANGE START STOP FLUSH PURGE SHUTDOWN RESTART CLONE IMPORT BACKUP".split()
)
_HARMLESS = frozenset(
    """
    SHOW DESCRIBE DESC EXPLAIN HELP KILL HANDLER SIGNAL RESIGNAL GET BINLOG CHECKSUM DO PURGE INSTALL
    UNINSTALL RESET CACHE CHANGE START STOP SHUTDOWN RESTART CLONE IMPORT BACKUP XA
    """.split()
)
_ROWS = ("INSERT", "REPLACE", "UPDATE", "DELETE", "SELECT", "WITH", "LOAD", "TABLE", "VALUES", "VALUE", "(")


def parse(piece: Piece) -> Statement:
    """The statement in a piece of a script."""
    try:
        cursor = Cursor(piece.sql, tokens(piece.sql, piece.modes))
        if cursor.done:
            return Other("nothing")
        made = _statement(cursor)
        if not cursor.done:
            return UnknownStatement(f"{cursor.shown()} is more than the statement was known to take")
    except NotUnderstood as error:
        return UnknownStatement(str(error))
    except Unreadable as error:
        return UnknownStatement(f"it cannot be read: {error}")
    except RecursionError:
        return UnknownStatement("the statement is nested too deep to be read")
    return made


def _statement(cursor: Cursor) -> Statement:
    if cursor.sees("(") or cursor.sees_any(*_ROWS):
        return row_statement(cursor)
    word = cursor.word
    handler = _HANDLERS.get(word)
    if handler is not None:
        cursor.next()
        return handler(cursor)
    if word in ("START", "XA") and cursor.peek(1).word in ("TRANSACTION", "BEGIN"):
        return transact(cursor)
    if word in ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"):
        return transact(cursor)
    if word in _HARMLESS:
        cursor.at = len(cursor.tokens)
        return Other(word.lower(), commits=word in _COMMITTING)
    raise NotUnderstood(f"{cursor.shown()} begins no statement that is known")


def _create(cursor: Cursor) -> Statement:
    or_replace = cursor.take("OR", "REPLACE")
    if cursor.take("TEMPORARY"):
        if cursor.take("TABLE"):
            return create_table(cursor, temporary=True, or_replace=or_replace)
        cursor.expect("SEQUENCE")
        return _sequence(cursor)
    if cursor.take("TABLE"):
        return create_table(cursor, temporary=False, or_replace=or_replace)
    kinds = {"UNIQUE": "unique", "FULLTEXT": "fulltext", "SPATIAL": "spatial", "VECTOR": "vector"}
    for word, kind in kinds.items():
        if cursor.take(word):
            cursor.expect("INDEX")
            return create_index(cursor, kind, or_replace=or_replace)
    if cursor.take_any("ONLINE", "OFFLINE"):
        cursor.expect("INDEX")
        return create_index(cursor, "index", or_replace=or_replace)
    if cursor.take("INDEX"):
        return create_index(cursor, "index", or_replace=or_replace)
    if cursor.take("SEQUENCE"):
        return _sequence(cursor)
    if cursor.take_any("DATABASE", "SCHEMA"):
        return databases(cursor, "create")
    if cursor.sees_any("USER", "ROLE"):
        return account(cursor, "create")
    if cursor.sees_any("TABLESPACE", "UNDO", "LOGFILE", "SERVER", "RESOURCE", "SPATIAL", "LIBRARY"):
        what = cursor.word.lower()
        cursor.at = len(cursor.tokens)
        return Other(f"create {what}", commits=True)
    return _defined(cursor, or_replace)


def _defined(cursor: Cursor, or_replace: bool) -> Statement:
    """A view, trigger, routine, event or package, after ALGORITHM, DEFINER and SQL SECURITY."""
    while not cursor.done:
        if cursor.take("VIEW"):
            return create_view(cursor, or_replace)
        if cursor.take("TRIGGER"):
            return create_trigger(cursor, or_replace)
        if cursor.take("AGGREGATE"):
            continue
        kind = cursor.take_any("PROCEDURE", "FUNCTION", "EVENT", "PACKAGE")
        if kind is not None:
            return create_code(cursor, kind.lower(), or_replace)
        if cursor.take_any("ALGORITHM", "DEFINER") or cursor.take("SQL", "SECURITY"):
            cursor.take("=")
            cursor.name()
            if cursor.take("@"):
                cursor.name()
            if cursor.sees("("):
                cursor.skip_parentheses()
        else:
            break
    raise NotUnderstood(f"{cursor.shown()} is nothing that is known to be created")


def _sequence(cursor: Cursor) -> CreateSequence:
    absent = cursor.if_not_exists()
    name = cursor.table()
    cursor.at = len(cursor.tokens)
    return CreateSequence(name, absent)


def _alter(cursor: Cursor) -> Statement:
    if cursor.sees_any("TABLE", "ONLINE", "IGNORE"):
        return alter_table(cursor)
    if cursor.take_any("DATABASE", "SCHEMA"):
        return databases(cursor, "alter")
    if cursor.sees_any("USER", "ROLE"):
        return account(cursor, "alter")
    return alter_others(cursor)


def _drop(cursor: Cursor) -> Statement:
    if cursor.take("INDEX"):
        return drop_index(cursor)
    if cursor.take("PREPARE"):
        cursor.name()
        return Other("drop prepare")
    if cursor.take_any("DATABASE", "SCHEMA"):
        return databases(cursor, "drop")
    if cursor.sees_any("USER", "ROLE"):
        return account(cursor, "drop")
    if cursor.sees_any("TABLESPACE", "UNDO", "LOGFILE", "SERVER", "RESOURCE", "SPATIAL"):
        what = cursor.word.lower()
        cursor.at = len(cursor.tokens)
        return Other(f"drop {what}", commits=True)
    return drop(cursor)


def _rename(cursor: Cursor) -> Statement:
    if cursor.take("USER"):
        return account(cursor, "rename user")
    if cursor.take_any("TABLE", "TABLES") is None:
        cursor.expect("TABLE")
    return rename_tables(cursor)


def _use(cursor: Cursor) -> Use:
    return Use(cursor.name())


_HANDLERS: dict[str, Callable[[Cursor], Statement]] = {
    "ALTER": _alter,
    "CREATE": _create,
    "DROP": _drop,
    "RENAME": _rename,
    "TRUNCATE": truncate,
    "SET": set_variables,
    "USE": _use,
    "LOCK": lock_tables,
    "UNLOCK": lambda cursor: _unlock(cursor),
    "OPTIMIZE": lambda cursor: maintain(cursor, "optimize"),
    "ANALYZE": lambda cursor: maintain(cursor, "analyze"),
    "CHECK": lambda cursor: maintain(cursor, "check"),
    "REPAIR": lambda cursor: maintain(cursor, "repair"),
    "FLUSH": lambda cursor: maintain(cursor, "flush"),
    "GRANT": lambda cursor: account(cursor, "grant"),
    "REVOKE": lambda cursor: account(cursor, "revoke"),
    "CALL": lambda cursor: run_sql(cursor, "call"),
    "PREPARE": lambda cursor: run_sql(cursor, "prepare"),
    "EXECUTE": lambda cursor: run_sql(cursor, "execute"),
    "DEALLOCATE": lambda cursor: run_sql(cursor, "deallocate"),
}


def _unlock(cursor: Cursor) -> Other:
    if cursor.take_any("TABLES", "TABLE", "INSTANCE") is None:
        cursor.expect("TABLES")
    return Other("unlock tables")
