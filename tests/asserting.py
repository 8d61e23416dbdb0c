"""A prediction as an assertion: a real MariaDB takes it, and nothing lighter."""

from __future__ import annotations

import re

import pytest

from migration_lint.effects import AlterTable, DropPartitions, Lock
from migration_lint.engines.mysql.grammar.statements import parse
from migration_lint.engines.mysql.server import Server, server_of
from migration_lint.engines.mysql.splitting import split
from migration_lint.engines.mysql.syntax import AlterTable as Alter
from migration_lint.model import Step
from migration_lint.schema import Persistence

from .mariadb import MariaDB, Refused

_ALGORITHMS = ("INSTANT", "NOCOPY", "INPLACE", "COPY")
_LOCKS = ("NONE", "SHARED", "EXCLUSIVE")
_ASSERTED = re.compile(
    r"\b(?:algorithm|lock)\s*=?\s*(?:default|instant|nocopy|inplace|copy|none|shared|exclusive)\b",
    re.IGNORECASE,
)


def server_of_tests(mariadb: MariaDB) -> Server:
    """The running server's flavour and version."""
    server = server_of("mariadb", mariadb.version)
    assert server is not None
    return server


def tried(step: Step, session: str, mariadb: MariaDB, database: str) -> str:
    """Runs a statement; what the session has said so far is said again, as each has a client of its own."""
    sql = f"{step.sql};"
    if step.refused is not None:
        with pytest.raises(Refused) as refusal:
            mariadb.run(session + sql, database)
        assert step.refused.startswith(f"error {refusal.value.number}:"), str(refusal.value)
        return session
    if re.match(
        r"\s*(?:set|use|create\s+temporary|begin|start|commit|rollback|lock|unlock|prepare)\b",
        step.sql,
        re.IGNORECASE,
    ):
        return f"{session}{sql}\n"
    asserted = lighter_ones_are_refused(step, session, mariadb, database)
    mariadb.run(session + (asserted or sql), database)
    return session


def lighter_ones_are_refused(step: Step, session: str, mariadb: MariaDB, database: str) -> str | None:
    """The statement with what is predicted asserted; every lighter assertion is refused before.

    None for what takes no assertion.
    """
    lock = next((one for one in step.each(Lock) if one.algorithm is not None), None)
    (piece,), _ = split(step.sql, server_of_tests(mariadb))
    statement = parse(piece)
    if lock is None or lock.lock is None or _ASSERTED.search(step.sql) or not isinstance(statement, Alter):
        return None
    partitions = any("PARTITION" in change.action for change in step.each(AlterTable))
    sorted_rows = any(change.action == "ORDER BY" for change in step.each(AlterTable))
    if partitions or sorted_rows or any(step.each(DropPartitions)):
        return None  # those take no ALGORITHM
    table = step.before.relation(lock.relation)
    if table is not None and table.persistence is Persistence.TEMPORARY:
        return None  # before 11.2 any ALGORITHM is taken, and copied
    assert lock.algorithm is not None
    for algorithm in _ALGORITHMS[: _ALGORITHMS.index(lock.algorithm)]:
        with pytest.raises(Refused) as refusal:
            mariadb.run(f"{session}{step.sql}, ALGORITHM={algorithm};", database)
        assert refusal.value.number in (1845, 1846), f"{step.sql}: {refusal.value}"
    for level in _LOCKS[: _LOCKS.index(lock.lock)]:
        with pytest.raises(Refused) as refusal:
            mariadb.run(f"{session}{step.sql}, ALGORITHM={lock.algorithm}, LOCK={level};", database)
        assert refusal.value.number in (1845, 1846), f"{step.sql}: {refusal.value}"
    return f"{step.sql}, ALGORITHM={lock.algorithm}, LOCK={lock.lock};"
