"""Every example about MariaDB, on a real one: accepted as predicted, and one step lighter refused."""

from __future__ import annotations

import pytest

from migration_lint.catalog import Catalog
from migration_lint.engines.mysql.engine import MysqlEngine

from ..asserting import server_of_tests, tried
from ..mariadb import MariaDB
from .pages import PageExample, examples

CASES = [case for kind in ("bad", "good") for case in examples(kind) if case.on_mariadb]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}:{case.example.kind}")
def test_the_server_does_what_is_predicted(case: PageExample, mariadb: MariaDB) -> None:
    engine, catalog, session = MysqlEngine(server_of_tests(mariadb)), Catalog(complete=True), ""
    database = mariadb.fresh()
    refused = False
    for migration in case.example.history().migrations:
        outcome = engine.run(migration.up, catalog, migration=migration.id)
        assert outcome.errors == ()
        catalog, session = outcome.after, ""
        for step in outcome.steps:
            session = tried(step, session, mariadb, database)
            refused = refused or step.refused is not None
    assert refused == case.example.refused


def test_examples_aretried() -> None:
    assert len(CASES) >= 40
    assert {case.example.kind for case in CASES} == {"bad", "good"}
