"""The truth table again, on the embedded server: it repeats, and `observe` sees what was seen before."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from migration_lint.model import TransactionMode
from migration_lint.rehearsal.database import Database
from migration_lint.rehearsal.observation import Observation
from migration_lint.rehearsal.observe import observe
from migration_lint.rehearsal.server import Server
from migration_lint.rehearsal.statements import Statement

from .cases import Case, Observed, cases, schema


class Databases:
    """Populated databases, made as copies. The one of the last `setup` is kept, while it is unchanged."""

    def __init__(self, populated: Database) -> None:
        self._populated = populated
        self._last: Database | None = None
        self._setup: tuple[str, ...] = ()

    def after(self, setup: tuple[str, ...]) -> Database:
        """A database in which `setup` was run and committed."""
        if self._last is None or self._setup != setup:
            self.discard()
            self._last, self._setup = self._populated.copy(), setup
            self._last.run(*setup)
        return self._last

    def discard(self) -> None:
        """Drop the one that was kept."""
        if self._last is not None:
            self._last.drop()
            self._last = None


@pytest.fixture(scope="module")
def databases(server: Server) -> Iterator[Databases]:
    populated = server.create()
    populated.run(schema(), "ANALYZE", "DROP ROLE IF EXISTS app", "CREATE ROLE app")
    made = Databases(populated)
    yield made
    made.discard()
    populated.drop()


_TRIES = 3
"""What no transaction may hold is watched while it runs: on a busy machine the watcher may look too late."""


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.case)
def test_the_server_does_it_again(case: Case, server: Server, databases: Databases) -> None:
    expected = case.on(int(server.version))
    assert expected is not None
    facts = _expected(expected, case.minor_releases.get(server.release, {}))
    for left in reversed(range(1 if expected.in_transaction_ok else _TRIES)):
        seen = _observed(case, expected, databases)
        if seen is None:  # not with this server
            return
        assert left or _facts_of(seen) == facts
        if _facts_of(seen) == facts:
            return


def _observed(case: Case, expected: Observed, databases: Databases) -> Observation | None:
    """What the server does with the case; None where it was built without what the case needs."""
    try:
        database = databases.after(case.setup)
        mode = TransactionMode.ONE if expected.in_transaction_ok else TransactionMode.EACH
        named = case.sql.replace("{database}", database.name)
        statements = [Statement(sql) for sql in (*case.settings, *case.pre, named)]
        observed = observe(database, statements, mode, keep=False, probe=False)[-1]
        if mode is TransactionMode.EACH:
            databases.discard()
    except psycopg.errors.UndefinedObject as error:
        assert _built_without(case, str(error))
        return None
    if observed.error is not None and _built_without(case, observed.error):
        return None
    return observed


def _built_without(case: Case, error: str) -> bool:
    """Whether the server refused for want of ICU or XML, which the embedded one is built without."""
    return ("icu" in case.sql + "".join(case.setup) and "collation" in error) or "unsupported XML" in error


def _facts_of(observed: Observation) -> dict[str, object]:
    if observed.error is not None:
        return {"refused": observed.error.partition(" ")[0]}
    return {
        "locks": {_bare(name): mode for name, mode in observed.locks.items()},
        "rewrites": sorted(map(_bare, observed.rewrites)),
        "truncates": sorted(map(_bare, observed.truncates)),
        "index_rebuilds": sorted(map(_bare, observed.index_rebuilds)),
        "scans": sorted(map(_bare, observed.scans - observed.rewrites)),
        "in_transaction_ok": observed.in_transaction_ok,
    }


def _expected(observed: Observed, later: dict[str, str]) -> dict[str, object]:
    if observed.error is not None:
        return {"refused": observed.sqlstate}
    return {
        "locks": observed.locks | later,
        "rewrites": sorted(observed.rewrites),
        "truncates": sorted(observed.truncates),
        "index_rebuilds": sorted(observed.index_rebuilds),
        "scans": sorted(set(observed.full_scans) - set(observed.rewrites)),
        "in_transaction_ok": observed.in_transaction_ok,
    }


def _bare(name: str) -> str:
    return name.removeprefix("public.")
