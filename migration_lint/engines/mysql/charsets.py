"""Bytes per character, and default collations.

https://dev.mysql.com/doc/refman/8.4/en/charset-charsets.html, https://mariadb.com/kb/en/supported-character-sets-and-collations/
"""

from __future__ import annotations

from migration_lint.engines.mysql.server import Server

_BYTES = {
    "utf8mb4": 4,
    "utf8mb3": 3,
    "utf16": 4,
    "utf16le": 4,
    "utf32": 4,
    "ucs2": 2,
    "gb18030": 4,
    "gbk": 2,
    "gb2312": 2,
    "big5": 2,
    "sjis": 2,
    "cp932": 2,
    "euckr": 2,
    "ujis": 3,
    "eucjpms": 3,
}
_DEFAULT_COLLATIONS = {
    "latin1": "latin1_swedish_ci",
    "ascii": "ascii_general_ci",
    "latin2": "latin2_general_ci",
    "binary": "binary",
    "utf8mb3": "utf8mb3_general_ci",
    "ucs2": "ucs2_general_ci",
    "cp1251": "cp1251_general_ci",
    "gbk": "gbk_chinese_ci",
    "big5": "big5_chinese_ci",
    "sjis": "sjis_japanese_ci",
}


def canonical(name: str) -> str:
    """A character set or collation under its newer name: ``utf8`` is ``utf8mb3``."""
    name = name.lower()
    if name == "utf8":
        return "utf8mb3"
    return f"utf8mb3_{name[5:]}" if name.startswith("utf8_") else name


def bytes_per_character(charset: str) -> int:
    """The most bytes that a character takes."""
    return _BYTES.get(charset, 1)


def charset_of(collation: str) -> str:
    """The character set of a collation."""
    return canonical(collation).partition("_")[0]


DEFAULT_CHARSET = "utf8mb4"
"""What a table has where neither it nor its database says: the servers' own, or what packages configure."""


def default_collation(charset: str, server: Server) -> str:
    """The collation of a character set for which none is said."""
    if charset in ("utf8mb4", "utf8mb3") and server.mariadb_from(11, 5):
        return f"{charset}_uca1400_ai_ci"
    if charset == "utf8mb4":
        return "utf8mb4_0900_ai_ci" if server.mysql_from(8, 0, 1) else "utf8mb4_general_ci"
    return _DEFAULT_COLLATIONS.get(charset, f"{charset}_general_ci")


def is_widening(old: str, new: str) -> bool:
    """Whether every text in `old` is the same bytes in `new`: utf8mb3 in utf8mb4."""
    return (old, new) == ("utf8mb3", "utf8mb4")


def same_but_for_charset(old: str, new: str) -> bool:
    """Whether two collations sort alike, but for their character sets (utf8mb3_bin, utf8mb4_bin)."""
    return old.partition("_")[2] == new.partition("_")[2]
