"""What a change of a column's type takes: nothing, its definition, an index, or a copy of the table.

MySQL: ``Field::is_equal`` and ``change_prevents_inplace`` of ``sql/field.cc``; MariaDB:
``ha_innobase::can_convert_string`` and its neighbours of ``handler0alter.cc``.
"""

from __future__ import annotations

from migration_lint.engines.mysql.charsets import bytes_per_character, is_widening, same_but_for_charset
from migration_lint.engines.mysql.online.need import NO_CHANGE, Need, Work, copied
from migration_lint.engines.mysql.server import Server
from migration_lint.engines.mysql.shape import Shape

_INTEGERS = ("tinyint", "smallint", "mediumint", "int", "bigint")
_TEXTS = ("tinytext", "text", "mediumtext", "longtext")
_LONGEST_SHORT = 255
"""Bytes up to which the length of a VARCHAR is stored in one byte."""
_LONGEST_REUSED = 127
"""Up to here MariaDB's record format leaves room for the second byte."""


def type_need(
    server: Server, old: Shape, new: Shape, *, indexed: bool, prefixed: bool, redundant: bool
) -> Need:
    """What the change takes. `indexed`: an index holds the column; `prefixed`: a part of it only."""
    if (old.type.name, old.type.suffix) != (new.type.name, new.type.suffix):
        return _other_type(server, old, new)
    name = old.type.name
    if name in ("enum", "set"):
        return _values(server, old, new)
    charset = _charset_need(server, old, new, indexed=indexed, prefixed=prefixed)
    if name in ("varchar", "varbinary"):
        return _worse(_length(server, old, new, indexed, redundant), charset)
    if old.type.modifiers != new.type.modifiers and name not in (*_INTEGERS, "year", *_TEXTS):
        return copied(f"the type of {old.name} changes")
    if name == "char" and not server.mariadb and charset is not NO_CHANGE and old.charset != new.charset:
        return copied(f"the character set of {old.name} changes")
    return charset


def _worse(one: Need, other: Need) -> Need:
    if Work.COPY in (one.work, other.work):
        return one if one.work is Work.COPY else other
    if one.instant and other.instant:
        return one if one.work >= other.work else other
    return max(one, other, key=lambda need: (need.work, not need.instant))


def _other_type(server: Server, old: Shape, new: Shape) -> Need:
    names = (old.type.name, new.type.name)
    same_sign = ("unsigned" in old.type.suffix) == ("unsigned" in new.type.suffix)
    if names[0] == names[1] and same_sign and not server.mariadb:
        return NO_CHANGE  # ZEROFILL alone
    return copied(f"the type of {old.name} changes")


def _values(server: Server, old: Shape, new: Shape) -> Need:
    before, after = old.type.values, new.type.values
    if (old.charset, old.collation) != (new.charset, new.collation):
        return copied(f"the character set of {old.name} changes")
    if after[: len(before)] != before:
        return copied(f"the values of {old.name} are not only added to at the end")
    if _value_bytes(old) != _value_bytes(new):
        return copied(f"the values of {old.name} need more bytes")
    return NO_CHANGE


def _value_bytes(shape: Shape) -> int:
    number = len(shape.type.values)
    if shape.type.name == "enum":
        return 1 if number <= 255 else 2
    needed = (number + 7) // 8
    return needed if needed <= 4 else 8


def _length(server: Server, old: Shape, new: Shape, indexed: bool, redundant: bool) -> Need:
    before = (old.type.modifiers or (0,))[0]
    after = (new.type.modifiers or (0,))[0]
    was = before * (bytes_per_character(old.charset) if old.type.name == "varchar" else 1)
    becomes = after * (bytes_per_character(new.charset) if new.type.name == "varchar" else 1)
    if after < before or becomes < was:
        return copied(f"{old.name} gets shorter")
    crosses = was <= _LONGEST_SHORT < becomes
    if server.mariadb:
        if not server.mariadb_from(10, 4):
            return copied(f"{old.name} grows past {_LONGEST_SHORT} bytes") if crosses else NO_CHANGE
        if crosses and not redundant and was > _LONGEST_REUSED:
            return copied(f"{old.name} grows past {_LONGEST_SHORT} bytes")
        return NO_CHANGE
    if crosses:
        return copied(f"{old.name} grows past {_LONGEST_SHORT} bytes")
    if (before, was) == (after, becomes):
        return NO_CHANGE
    if indexed and not server.mysql_from(8, 0, 12):
        return Need(False, Work.INDEX)
    return Need(False, Work.METADATA)


def _charset_need(server: Server, old: Shape, new: Shape, *, indexed: bool, prefixed: bool) -> Need:
    if (old.charset, old.collation) == (new.charset, new.collation) or not old.charset:
        return NO_CHANGE
    why = f"the character set or collation of {old.name} changes"
    if old.charset != new.charset and not is_widening(old.charset, new.charset):
        return copied(why)
    if not server.mariadb:
        if indexed or not server.mysql_from(8, 0, 12):
            return copied(why)
        return Need(False, Work.METADATA)
    if not server.mariadb_from(10, 4):
        return copied(why)
    if not indexed:
        return NO_CHANGE
    if old.charset != new.charset and same_but_for_charset(old.collation, new.collation):
        return copied(why) if prefixed or not server.mariadb_from(10, 6) else NO_CHANGE
    return Need(False, Work.INDEX) if server.mariadb_from(10, 6) else copied(why)
