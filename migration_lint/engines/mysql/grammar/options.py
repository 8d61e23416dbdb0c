"""Table options: ENGINE, CHARSET, COMMENT, …

https://dev.mysql.com/doc/refman/8.4/en/create-table.html#create-table-options,
https://mariadb.com/kb/en/create-table/#table-options
"""

from __future__ import annotations

from migration_lint.engines.mysql.grammar.cursor import Cursor

_NAMES = frozenset(
    """
    ENGINE TYPE AUTO_INCREMENT AVG_ROW_LENGTH CHECKSUM TABLE_CHECKSUM PAGE_CHECKSUM COMMENT COMPRESSION
    CONNECTION DELAY_KEY_WRITE ENCRYPTION ENCRYPTED ENCRYPTION_KEY_ID ENGINE_ATTRIBUTE
    SECONDARY_ENGINE_ATTRIBUTE SECONDARY_ENGINE IETF_QUOTES INSERT_METHOD KEY_BLOCK_SIZE MAX_ROWS
    MIN_ROWS PACK_KEYS PAGE_COMPRESSED PAGE_COMPRESSION_LEVEL PASSWORD ROW_FORMAT SEQUENCE
    STATS_AUTO_RECALC STATS_PERSISTENT STATS_SAMPLE_PAGES STORAGE TRANSACTIONAL UNION AUTOEXTEND_SIZE
    COLLATE CHARSET TABLESPACE NODEGROUP DATA_DIRECTORY INDEX_DIRECTORY
    """.split()
)


def option(cursor: Cursor) -> tuple[str, str] | None:
    """One option, (name in upper case, value); None where none comes next."""
    cursor_at = cursor.at
    cursor.take("DEFAULT")
    if cursor.take("CHARACTER", "SET") or cursor.take("CHAR", "SET") or cursor.take("CHARSET"):
        cursor.take("=")
        return "CHARSET", cursor.name().lower()
    if cursor.take("DATA", "DIRECTORY") or cursor.take("INDEX", "DIRECTORY"):
        cursor.take("=")
        return "DIRECTORY", cursor.string()
    if cursor.sees("START", "TRANSACTION"):
        cursor.at += 2
        return "START TRANSACTION", ""
    if cursor.sees("TABLESPACE") and cursor.peek(1).word in ("DISCARD", "IMPORT"):
        return None
    if not cursor.sees_any(*_NAMES):
        cursor.at = cursor_at
        return None
    name = cursor.next().word
    name = "ENGINE" if name == "TYPE" else name
    equals = cursor.take("=")
    if name == "UNION":
        start = cursor.at
        cursor.skip_parentheses()
        return name, cursor.term(start).text
    if name == "COMMENT" or (equals and name == "CONNECTION"):
        return name, cursor.string()
    value = cursor.next().value
    if name == "TABLESPACE" and cursor.take("STORAGE"):
        cursor.next()
    return name, value.lower() if name in ("COLLATE", "ENGINE", "ROW_FORMAT") else value


def options(cursor: Cursor) -> tuple[tuple[str, str], ...]:
    """All options that stand here, with blanks or commas between them where `commas`."""
    found: list[tuple[str, str]] = []
    while (one := option(cursor)) is not None:
        found.append(one)
    return tuple(found)
