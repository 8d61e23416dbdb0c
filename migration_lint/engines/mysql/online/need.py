"""What one clause needs of the server, and what the needs of a whole statement come to.

The order of what the servers try is in ``mysql_alter_table`` and ``check_if_supported_inplace_alter``;
https://dev.mysql.com/doc/refman/8.4/en/innodb-online-ddl-operations.html,
https://mariadb.com/kb/en/innodb-online-ddl-overview/
"""

from __future__ import annotations

from enum import IntEnum

from msgspec import Struct
from msgspec.structs import replace

from migration_lint.engines.mysql.server import Server

INSTANT = "INSTANT"
NOCOPY = "NOCOPY"
INPLACE = "INPLACE"
COPY = "COPY"


class Work(IntEnum):
    """What in-place execution of a clause does, cheapest first."""

    NOTHING = 0
    METADATA = 1
    INDEX = 2
    """An index is built."""
    REBUILD = 3
    """The table is written anew."""
    COPY = 4
    """There is no in-place execution: the table is copied row by row."""


class Need(Struct, frozen=True):
    """One clause's.

    `instant`: the data dictionary alone can do it. `work` is what else it takes. `shared`: writes have to
    wait. `stored`: it adds, drops or moves a stored column, which MariaDB does not do instantly beside the
    build of an index. `virtual`: it adds, drops or moves a virtual column, which stands beside few others.
    `alone`: of `virtual`'s companions. `rename`: nothing but a change of the table's name or flags.
    `offline`: even a copy that would let writes go on does not. `certain` is false where the catalog could
    not settle it. `why` says what makes it so.
    """

    instant: bool
    work: Work = Work.METADATA
    shared: bool = False
    stored: bool = False
    dropped: bool = False
    virtual: bool = False
    index: bool = False
    unmixed: bool = False
    """Whether it cannot stand beside a virtual column that is added, dropped or moved: a unique index."""
    rename: bool = False
    offline: bool = False
    certain: bool = True
    indexes: tuple[str, ...] = ()
    why: str = ""
    reasoned: bool = False
    """Whether the server's refusal of a lighter algorithm gives a reason: error 1846 instead of 1845."""
    refused: str | None = None


NO_CHANGE = Need(True, Work.NOTHING)


def copied(why: str = "", *, certain: bool = True, offline: bool = False, reasoned: bool = True) -> Need:
    """A clause that only a copy of the table can carry out."""
    return Need(False, Work.COPY, certain=certain, offline=offline, why=why, reasoned=reasoned)


class Table(Struct, frozen=True):
    """What of a table decides. `known` is false where the catalog has not seen it whole."""

    temporary: bool = False
    engine: str = "innodb"
    row_format: str = "dynamic"
    fulltext: bool = False
    fulltext_after: bool = False
    """Whether it has a FULLTEXT index once the statement is done."""
    spatial_after: bool = False
    partitioned: bool = False
    cascades: bool = False
    """Whether it has a foreign key with ON … CASCADE, SET NULL or SET DEFAULT."""
    row_versions: int = 0
    known: bool = True


class Plan(Struct, frozen=True):
    """What the server does. `algorithm` is None for statements that take no ALGORITHM.

    `lock` is the weakest that the server accepts: ``NONE``, ``SHARED``, ``EXCLUSIVE``, or ``DEFAULT``
    where it takes no other.
    """

    algorithm: str | None
    lock: str | None
    work: Work
    certain: bool = True
    why: str = ""
    reasoned: bool = False
    """Whether a lighter algorithm is refused with a reason (1846), or without one (1845)."""
    exhausted: bool = False
    """Whether INSTANT would do, but for the row versions that are used up."""


def row_version_limit(server: Server) -> int:
    """How often a column may be added or dropped instantly before a rebuild: MySQL 8.0.29 and later."""
    return 255 if server.mysql_from(9, 1) else 64


def uses_row_version(server: Server, plan: Plan, needs: list[Need]) -> bool:
    """Whether the statement uses one up."""
    return server.mysql_from(8, 0, 29) and plan.algorithm == INSTANT and any(need.stored for need in needs)


def planned(server: Server, table: Table, needs: list[Need], ceiling: str | None = None) -> Plan:
    """The plan for all clauses together. `ceiling` is an algorithm that the statement asks for."""
    needs = [need for need in needs if need is not NO_CHANGE] or [NO_CHANGE]
    certain = all(need.certain for need in needs)
    if table.temporary:
        return Plan(COPY, "NONE", Work.COPY, certain, "temporary tables are always copied")
    if table.engine != "innodb":
        return _of_another_engine(server, needs, certain)
    if ceiling == COPY:
        return _copy(server, table, needs, certain, "the statement asks for ALGORITHM=COPY")
    found = _mariadb(server, table, needs) if server.mariadb else _mysql(server, table, needs, ceiling)
    if found.algorithm == COPY:
        copy = _copy(server, table, needs, certain, found.why)
        return replace(copy, reasoned=found.reasoned)
    return replace(found, certain=certain)


def _worst(needs: list[Need]) -> Need:
    return max(needs, key=lambda need: (need.work, need.shared))


def _mysql(server: Server, table: Table, needs: list[Need], ceiling: str | None) -> Plan:
    worst = _worst(needs)
    instant = server.mysql_from(8, 0, 12) and all(need.instant for need in needs)
    full = any(need.stored for need in needs) and table.row_versions >= row_version_limit(server)
    if instant and not full and ceiling != INPLACE:
        return Plan(INSTANT, "DEFAULT", Work.METADATA)
    if worst.work is Work.COPY or _mixes(needs, server):
        return Plan(COPY, None, Work.COPY, why=worst.why or _MIXED, reasoned=worst.reasoned)
    if worst.work is Work.REBUILD and table.fulltext:
        why = "a table with a FULLTEXT index cannot be rebuilt in place"
        return Plan(COPY, None, Work.COPY, why=why, reasoned=True)
    shared = any(need.shared for need in needs) or (worst.work is Work.REBUILD and table.spatial_after)
    work = max(worst.work, Work.METADATA)
    if all(need.rename for need in needs):
        return Plan(INPLACE, "EXCLUSIVE", work)
    limit = row_version_limit(server)
    why = f"the {limit} row versions of the table are used up" if instant and full else worst.why
    return Plan(INPLACE, "SHARED" if shared else "NONE", work, why=why, exhausted=instant and full)


def _mariadb(server: Server, table: Table, needs: list[Need]) -> Plan:
    worst = _worst(needs)
    if worst.work is Work.COPY or _mixes(needs, server):
        return Plan(COPY, None, Work.COPY, why=worst.why or _MIXED, reasoned=worst.reasoned)
    stored = any(need.stored for need in needs)
    work = worst.work
    if stored and (table.fulltext or work is Work.INDEX):
        work = Work.REBUILD
    shared = any(need.shared for need in needs)
    if work is Work.REBUILD:
        shared = shared or table.fulltext_after or table.spatial_after
        return Plan(INPLACE, "SHARED" if shared else "NONE", work, why=worst.why)
    if all(need.instant for need in needs):
        return Plan(INSTANT, "EXCLUSIVE" if all(need.rename for need in needs) else "NONE", Work.METADATA)
    return Plan(NOCOPY, "SHARED" if shared else "NONE", work, why=worst.why, reasoned=True)


_MIXED = "a virtual column is added or dropped beside other changes"


def _mixes(needs: list[Need], server: Server) -> bool:
    """Whether a virtual column is added or dropped beside what InnoDB does not take along."""
    if not any(need.virtual for need in needs):
        return False
    others = [need for need in needs if not need.virtual and not need.index]
    if server.mariadb and _rebuilds_beside(needs):
        return True
    return any(not (server.mariadb and need.dropped) for need in others)


def _rebuilds_beside(needs: list[Need]) -> bool:
    """Whether MariaDB would have to rebuild the table, or drop a unique index, beside a virtual column."""
    moved = any(need.virtual and need.stored for need in needs)
    works = {need.work for need in needs}
    return any(need.unmixed for need in needs) or Work.REBUILD in works or (moved and Work.INDEX in works)


def _copy(server: Server, table: Table, needs: list[Need], certain: bool, why: str) -> Plan:
    """Since MariaDB 11.2 a copy lets writes go on, where nothing stands against it.

    https://mariadb.com/kb/en/online-schema-change/
    """
    online = server.mariadb_from(11, 2) and not table.cascades and not any(need.offline for need in needs)
    return Plan(COPY, "NONE" if online else "SHARED", Work.COPY, certain, why)


def _of_another_engine(server: Server, needs: list[Need], certain: bool) -> Plan:
    """MyISAM, Aria, …: what is in the table's definition alone is changed there; all else is a copy."""
    if all(need.work <= Work.METADATA and not need.stored and not need.index for need in needs):
        if all(need.rename for need in needs):
            return Plan(INSTANT if server.mariadb else INPLACE, "EXCLUSIVE", Work.METADATA, certain)
        if server.mariadb:
            return Plan(INSTANT, "NONE", Work.METADATA, certain)
        return Plan(INPLACE, "NONE", Work.METADATA, certain)
    return Plan(COPY, "SHARED", Work.COPY, certain, "the table's engine is not InnoDB")
