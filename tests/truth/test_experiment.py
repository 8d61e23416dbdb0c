"""The truth table again, on the embedded server: it repeats, and `observe` sees what was seen before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from migration_lint.model import TransactionMode

from ..observation.observation import Observation
from ..observation.observe import Statement, observe
from ..server import Database, Server
from .cases import Case, Observed, cases, schema


@pytest.fixture(scope="module")
def populated(server: Server) -> Iterator[Database]:
    """The schema of the table, with its rows."""
    database = server.create()
    database.run(schema())
    yield database
    database.drop()


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.case)
def test_the_server_does_it_again(case: Case, populated: Database) -> None:
    expected = case.on(int(populated.server.version))
    assert expected is not None
    database = populated.copy()
    try:
        database.run(*case.setup)
        mode = TransactionMode.ONE if expected.in_transaction_ok else TransactionMode.EACH
        statements = [Statement(sql) for sql in (*case.settings, *case.pre, case.sql)]
        observed = observe(database, statements, mode)[-1]
    finally:
        database.drop()
    assert _facts_of(observed) == _expected(expected)


def _facts_of(observed: Observation) -> dict[str, object]:
    if observed.error is not None:
        return {"refused": observed.error.partition(" ")[0]}
    return {
        "locks": {_bare(name): mode for name, mode in observed.locks.items()},
        "rewrites": sorted(map(_bare, observed.rewrites - observed.sparse)),
        "truncates": sorted(map(_bare, observed.truncates)),
        "index_rebuilds": sorted(map(_bare, observed.index_rebuilds)),
        "scans": sorted(map(_bare, observed.scans - observed.rewrites)),
        "in_transaction_ok": observed.in_transaction_ok,
    }


def _expected(observed: Observed) -> dict[str, object]:
    if observed.error is not None:
        return {"refused": observed.sqlstate}
    return {
        "locks": observed.locks,
        "rewrites": sorted(observed.rewrites),
        "truncates": sorted(observed.truncates),
        "index_rebuilds": sorted(observed.index_rebuilds),
        "scans": sorted(set(observed.full_scans) - set(observed.rewrites)),
        "in_transaction_ok": observed.in_transaction_ok,
    }


def _bare(name: str) -> str:
    return name.removeprefix("public.")
