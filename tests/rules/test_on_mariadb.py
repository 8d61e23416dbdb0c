"""Every example about MariaDB, on a real one: accepted as predicted, and one step lighter refused."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from migration_lint.catalog import Catalog
from migration_lint.effects import AlterTable, DropPartitions, Lock
from migration_lint.engines.mysql.engine import MysqlEngine
from migration_lint.engines.mysql.grammar.statements import parse
from migration_lint.engines.mysql.server import Server, server_of
from migration_lint.engines.mysql.splitting import split
from migration_lint.engines.mysql.syntax import AlterTable as Alter
from migration_lint.model import Step

from ..mariadb import MariaDB, Refused
from .pages import PageExample, examples

CASES = [case for kind in ("bad", "good") for case in examples(kind) if case.on_mariadb]
_ALGORITHMS = ("INSTANT", "NOCOPY", "INPLACE", "COPY")
_LOCKS = ("NONE", "SHARED", "EXCLUSIVE")
_ASSERTED = re.compile(
    r"\b(?:algorithm|lock)\s*=?\s*(?:default|instant|nocopy|inplace|copy|none|shared|exclusive)\b", re.I
)


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariaDB]:
    with MariaDB() as running:
        yield running


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}:{case.example.kind}")
def test_the_server_does_what_is_predicted(case: PageExample, mariadb: MariaDB) -> None:
    engine, catalog, session = MysqlEngine(_server(mariadb)), Catalog(complete=True), ""
    database = mariadb.fresh()
    refused = False
    for migration in case.example.history().migrations:
        outcome = engine.run(migration.up, catalog, migration=migration.id)
        assert outcome.errors == ()
        catalog, session = outcome.after, ""
        for step in outcome.steps:
            session = _tried(step, session, mariadb, database)
            refused = refused or step.refused is not None
    assert refused == case.example.refused


def _tried(step: Step, session: str, mariadb: MariaDB, database: str) -> str:
    """Runs a statement; what the session has said so far is said again, as each has a client of its own."""
    sql = f"{step.sql};"
    if step.refused is not None:
        with pytest.raises(Refused) as refusal:
            mariadb.run(session + sql, database)
        assert step.refused.startswith(f"error {refusal.value.number}:"), str(refusal.value)
        return session
    if re.match(r"\s*(?:set|use|begin|start|commit|rollback|lock|unlock|prepare)\b", step.sql, re.IGNORECASE):
        return f"{session}{sql}\n"
    asserted = _lighter_ones_are_refused(step, session, mariadb, database)
    mariadb.run(session + (asserted or sql), database)
    return session


def _lighter_ones_are_refused(step: Step, session: str, mariadb: MariaDB, database: str) -> str | None:
    """The statement with what is predicted asserted; every lighter assertion is refused before.

    None for what takes no assertion.
    """
    lock = next((one for one in step.each(Lock) if one.algorithm is not None), None)
    (piece,), _ = split(step.sql, _server(mariadb))
    statement = parse(piece)
    if lock is None or lock.lock is None or _ASSERTED.search(step.sql) or not isinstance(statement, Alter):
        return None
    partitions = any("PARTITION" in change.action for change in step.each(AlterTable))
    if partitions or any(step.each(DropPartitions)):
        return None  # those take no ALGORITHM
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


def _server(mariadb: MariaDB) -> Server:
    server = server_of("mariadb", mariadb.version)
    assert server is not None
    return server


def test_examples_are_tried() -> None:
    assert len(CASES) >= 40
    assert {case.example.kind for case in CASES} == {"bad", "good"}
