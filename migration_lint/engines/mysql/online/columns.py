"""What ADD COLUMN, DROP COLUMN and MODIFY COLUMN need."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from migration_lint.engines.mysql.online.need import NO_CHANGE, Need, Table, Work, copied
from migration_lint.engines.mysql.online.types import type_need
from migration_lint.engines.mysql.server import Server
from migration_lint.engines.mysql.shape import Shape
from migration_lint.engines.mysql.syntax import ColumnDef
from migration_lint.schema import Generated

UNSAFE_CALLS = frozenset(
    "UUID UUID_SHORT RAND SYSDATE GET_LOCK LOAD_FILE USER SESSION_USER SYSTEM_USER VERSION SLEEP".split()
)
"""Functions that MySQL does not take in a default when it adds the column (error 1674)."""
_CONSTANT = frozenset("NOW CURRENT_TIMESTAMP RAND USER ABS CONCAT CURDATE CURTIME UUID_SHORT".split())
_ZERO_DATES = ("date", "datetime")


class Session(Struct, frozen=True):
    """What of ``sql_mode`` and ``foreign_key_checks`` decides."""

    strict: bool = True
    no_zero_date: bool = True
    foreign_key_checks: bool = True


def added(
    server: Server, table: Table, session: Session, column: ColumnDef, *, last: bool, filled: bool
) -> list[Need]:
    """ADD COLUMN, its key and checks and references included. `last`: no other column comes after it."""
    found: list[Need] = []
    if column.generated is not None:
        found.append(_added_generated(table, column))
    elif column.row_start_end:
        found.append(copied())
    else:
        found.append(_added_plain(server, table, session, column, last=last, filled=filled))
    if column.key == "unique":
        found.append(Need(False, Work.INDEX, index=True, indexes=(column.name,)))
    elif column.key == "primary":
        found.append(Need(False, Work.REBUILD))
    if column.checks and server.mysql_from(8, 0, 16) and any(check.enforced for check in column.checks):
        found.append(copied("an inline CHECK needs a copy", reasoned=False))
    return found


def _added_generated(table: Table, column: ColumnDef) -> Need:
    if column.stored:
        return copied("a stored generated column is computed for every row", reasoned=False)
    if table.partitioned:
        return Need(True, Work.COPY, virtual=True)
    return Need(True, Work.METADATA, virtual=True)


def _added_plain(
    server: Server, table: Table, session: Session, column: ColumnDef, *, last: bool, filled: bool
) -> Need:
    refused = None
    zero = column.type.name in _ZERO_DATES and column.nullable is False and column.default is None
    if zero and filled and session.strict and session.no_zero_date:
        refused = (
            f"error 1292: the rows there are would get '0000-00-00' in {column.name}, which sql_mode forbids"
        )
    default = column.default
    if default is not None and (default.parenthesised or (server.mariadb and not default.literal)):
        if not server.mariadb:
            unsafe = sorted(default.calls & UNSAFE_CALLS)
            if unsafe:
                refused = (
                    f"error 1674: a default that calls {unsafe[0]}() cannot be added with the column, "
                    "as it differs from server to server"
                )
            return _refusing(
                copied("a default in parentheses is computed for every row", reasoned=False), refused
            )
        if default.names or not default.calls <= _CONSTANT:
            return copied("the default is computed for every row", reasoned=False)
    if column.auto_increment:
        return Need(False, Work.REBUILD, shared=True, offline=True, why="existing rows are numbered")
    instant = _instantly_added(server, table, last=last)
    work = Work.METADATA if server.mariadb and instant else Work.REBUILD
    return Need(instant, work, stored=True, refused=refused, certain=table.known or not instant)


def _refusing(need: Need, refused: str | None) -> Need:
    return replace(need, refused=refused)


def _instantly_added(server: Server, table: Table, *, last: bool) -> bool:
    if table.row_format == "compressed" or table.fulltext:
        return False
    if server.mariadb:
        return last or server.mariadb_from(10, 4)
    return server.mysql_from(8, 0, 29) or (last and server.mysql_from(8, 0, 12))


def dropped(
    server: Server,
    table: Table,
    column: Shape | None,
    *,
    indexed: tuple[str, ...],
    partly: tuple[str, ...],
    primary: bool,
    unique: bool = False,
    before_virtual: bool = False,
) -> Need:
    """DROP COLUMN. `indexed` are indexes of this column alone, `partly` those that keep other columns.

    `unique`: one of them is. `before_virtual`: a virtual column comes after it, and moves up.
    """
    virtual = column is not None and column.generated is Generated.VIRTUAL
    if primary:
        return copied("a column of the primary key goes")
    if virtual:
        if partly:
            return Need(False, Work.INDEX, virtual=True, indexes=partly)
        return Need(not indexed, Work.METADATA, virtual=True)
    reliable = table.known
    if server.mariadb:
        instant = server.mariadb_from(10, 4) and table.row_format != "compressed"
        if not instant or table.fulltext or partly:
            return Need(
                False, Work.REBUILD, stored=True, dropped=True, virtual=before_virtual, certain=reliable
            )
        return Need(
            not indexed,
            Work.METADATA,
            stored=True,
            dropped=True,
            virtual=before_virtual,
            unmixed=unique,
            certain=reliable,
        )
    instant = (
        server.mysql_from(8, 0, 29)
        and not (indexed or partly or table.fulltext)
        and table.row_format != "compressed"
    )
    why = "an index has the column" if indexed or partly else ""
    return Need(instant, Work.REBUILD, stored=True, dropped=True, certain=reliable, why=why)


class Place(Struct, frozen=True):
    """What of a column's surroundings decides. `referenced`: another table's foreign key points at it."""

    indexed: bool = False
    prefixed: bool = False
    referenced: bool = False
    moved: bool = False
    read_by_generated: bool = False
    read_by_check: bool = False
    beside_stored: bool = False
    """Whether the table has a stored generated column."""


def modified(
    server: Server, table: Table, session: Session, old: Shape, new: Shape, place: Place
) -> list[Need]:
    """MODIFY and CHANGE COLUMN, as the server compares the old definition with the new."""
    if (old.generated is None) != (new.generated is None) or old.generated is not new.generated:
        return [_regenerated(server, old, new)]
    if old.generated is not None:
        return _modified_generated(server, table, session, old, new, place)
    redundant = table.row_format == "redundant"
    found = [type_need(server, old, new, indexed=place.indexed, prefixed=place.prefixed, redundant=redundant)]
    if old.auto_increment != new.auto_increment:
        found.append(_auto_increment(server, new))
    if old.not_null != new.not_null:
        found.append(_nullability(server, session, new, redundant, place))
    if place.moved:
        found.append(_moved(server, table))
    if old.name != new.name:
        found.append(renamed(server, place, old.name))
    return [need for need in found if need is not NO_CHANGE] or [NO_CHANGE]


def _regenerated(server: Server, old: Shape, new: Shape) -> Need:
    if Generated.VIRTUAL in (old.generated, new.generated):
        if server.mariadb:
            return _refusing(copied(), f"error 1907: {old.name} cannot change between VIRTUAL and stored")
        return _refusing(copied(), f"error 3106: {old.name} cannot change between VIRTUAL and stored")
    return copied(f"{old.name} is computed anew, or no longer")


def _modified_generated(
    server: Server, table: Table, session: Session, old: Shape, new: Shape, place: Place
) -> list[Need]:
    changed = old.expression != new.expression
    if old.generated is Generated.STORED:
        if server.mariadb or changed:
            return [copied(f"{old.name} is a stored generated column")]
        found = [type_need(server, old, new, indexed=place.indexed, prefixed=place.prefixed, redundant=False)]
        if place.moved:
            found.append(_moved(server, table))
    else:
        if old.type != new.type or (changed and (not server.mariadb or place.indexed)):
            return [copied(f"the definition of {old.name} changes")]
        found = [NO_CHANGE]
        if place.moved:
            found.append(
                Need(True, virtual=True) if server.mysql_from(8, 1) else copied("a virtual column moves")
            )
    if old.not_null != new.not_null:
        found.append(copied(f"{old.name} is a generated column"))
    if old.name != new.name:
        found.append(renamed(server, place, old.name))
    return [need for need in found if need is not NO_CHANGE] or [NO_CHANGE]


def _auto_increment(server: Server, new: Shape) -> Need:
    if new.auto_increment:
        return copied(f"{new.name} gets AUTO_INCREMENT", offline=True)
    return NO_CHANGE if server.mariadb else copied(f"{new.name} loses AUTO_INCREMENT")


def _nullability(server: Server, session: Session, new: Shape, redundant: bool, place: Place) -> Need:
    if server.mariadb and place.beside_stored:
        return copied("the table has a stored generated column", reasoned=False)
    if new.not_null and not session.strict and not server.mariadb:
        return copied("without a strict sql_mode, NULLs are turned into values row by row")
    if server.mariadb_from(10, 4) and redundant and not new.not_null:
        return NO_CHANGE
    return Need(False, Work.REBUILD)


def _moved(server: Server, table: Table) -> Need:
    instant = server.mariadb_from(10, 4) and table.row_format != "compressed" and not table.fulltext
    return Need(instant, Work.METADATA if instant else Work.REBUILD, stored=True)


def renamed(server: Server, place: Place, name: str) -> Need:
    """A column under another name."""
    if server.mariadb:
        return Need(True)
    refused = None
    if place.read_by_generated:
        number = 3108 if server.mysql_from(8, 0, 0) and server.version >= (8, 0, 12) else 1054
        refused = f"error {number}: a generated column or a default reads {name}"
    elif place.read_by_check and server.mysql_from(8, 0, 16):
        refused = f"error 3959: a CHECK constraint reads {name}"
    return Need(server.mysql_from(8, 0, 28) and not place.referenced, refused=refused)
