"""ALGORITHM= and LOCK= as written: what the server makes of them.

https://dev.mysql.com/doc/refman/8.4/en/alter-table.html#alter-table-performance,
https://mariadb.com/kb/en/alter-table/#algorithm
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from migration_lint.engines.mysql.online.need import (
    COPY,
    INPLACE,
    INSTANT,
    NOCOPY,
    Need,
    Plan,
    Table,
    planned,
    row_version_limit,
)
from migration_lint.engines.mysql.server import Server

_RANK = {INSTANT: 0, NOCOPY: 1, INPLACE: 2, COPY: 3}
_LOCKS = {"DEFAULT": 0, "NONE": 0, "SHARED": 1, "EXCLUSIVE": 2}


class Asked(Struct, frozen=True):
    """What the statement says; None where it does not, or says DEFAULT."""

    algorithm: str | None = None
    lock: str | None = None


class Judged(Struct, frozen=True):
    """The plan as the statement asks for it, or why the server refuses it."""

    plan: Plan
    refused: str | None = None
    best: Plan | None = None
    """What the server would do of itself."""


def judged(server: Server, table: Table, needs: list[Need], asked: Asked) -> Judged:
    """What the server does with the statement as written."""
    best = planned(server, table, needs)
    refused = next((need.refused for need in needs if need.refused is not None), None)
    if refused is not None:
        return Judged(best, refused)
    if asked.algorithm is None and asked.lock is None:
        return Judged(best)
    refused = _syntax(server, asked)
    if refused is not None:
        return Judged(best, refused)
    plan = best
    if asked.algorithm == COPY or (asked.algorithm == INPLACE and not server.mariadb):
        plan = planned(server, table, needs, asked.algorithm)
    if asked.algorithm is not None and best.algorithm is not None:
        refused = _algorithm(server, table, plan, best, asked.algorithm)
    refused = refused or _lock(server, plan, asked)
    return Judged(_held(plan, asked), refused, best)


def _syntax(server: Server, asked: Asked) -> str | None:
    if asked.algorithm == INSTANT and not server.mariadb:
        if not server.mysql_from(8, 0, 12):
            return "error 1064: ALGORITHM=INSTANT is not known before MySQL 8.0.12"
        if asked.lock is not None:
            return f"error 1221: ALGORITHM=INSTANT takes no LOCK={asked.lock}"
    if asked.algorithm == NOCOPY and not server.mariadb:
        return "error 1064: ALGORITHM=NOCOPY is MariaDB's"
    return None


def _algorithm(server: Server, table: Table, plan: Plan, best: Plan, wanted: str) -> str | None:
    if plan.algorithm is None or _RANK[wanted] >= _RANK[plan.algorithm]:
        return None
    if _taken_and_ignored(server, table):
        return None
    if wanted == INSTANT and best.exhausted:
        limit = row_version_limit(server)
        return f"error 4092: the {limit} row versions of the table are used up"
    number = 1846 if plan.reasoned else 1845
    because = f" ({plan.why})" if plan.why else ""
    needs = f"the server needs {plan.algorithm}{because}"
    return f"error {number}: ALGORITHM={wanted} is not supported here, {needs}"


def _taken_and_ignored(server: Server, table: Table) -> bool:
    """MariaDB before 11.2 takes any ALGORITHM for temporary tables, and copies them."""
    return table.temporary and server.mariadb and not server.mariadb_from(11, 2)


def _lock(server: Server, plan: Plan, asked: Asked) -> str | None:
    if asked.lock is None or plan.lock is None or _LOCKS[asked.lock] >= _LOCKS[plan.lock]:
        return None
    if plan.lock == "EXCLUSIVE":
        return f"error 1845: LOCK={asked.lock} is not supported here, the server needs LOCK=EXCLUSIVE"
    because = "a copy" if plan.algorithm == COPY else plan.why or "the work"
    return f"error 1846: LOCK={asked.lock} is not supported here, {because} needs LOCK={plan.lock}"


def _held(plan: Plan, asked: Asked) -> Plan:
    """With the stronger LOCK that the statement asks for."""
    if asked.lock is None or plan.lock is None or _LOCKS[asked.lock] <= _LOCKS[plan.lock]:
        return plan
    return replace(plan, lock=asked.lock)
