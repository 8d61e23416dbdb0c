"""Experiments on a real MariaDB: what is predicted is accepted, anything lighter refused.

The truth table's cases for the server's own version, and more operations (`experiments.sql`).
"""

from __future__ import annotations

import pytest
from msgspec import Struct

from migration_lint.catalog import Catalog
from migration_lint.engines.mysql.engine import MysqlEngine
from tests.asserting import server_of_tests, tried
from tests.mariadb import MariaDB
from tests.truth.mysql_cases import cases

from .predict import script
from .reading import HERE

_IGNORED = ("add_col_temp_table",)
"""Before 11.2 MariaDB takes any ALGORITHM for it."""


class Experiment(Struct, frozen=True):
    """A schema, and the statement that is tried on it, after SETs."""

    name: str
    given: str
    sql: str


def _more() -> list[Experiment]:
    found: list[Experiment] = []
    name = given = ""
    for line in (HERE / "experiments.sql").read_text(encoding="utf-8").splitlines():
        if line.startswith("-- given "):
            name, given = line.removeprefix("-- given "), ""
        elif not given and name:
            given = line
        elif name and line:
            found.append(Experiment(f"{name}: {line}", given, line))
    return found


MORE = _more()
TABLE = [
    Experiment(case.case, "".join(f"{sql};" for sql in case.create), ";".join((*case.session, case.sql)))
    for case in cases()
    if case.on("mariadb-10.11") is not None and case.case not in _IGNORED
]


@pytest.mark.parametrize("experiment", TABLE + MORE, ids=lambda experiment: experiment.name)
def test_the_server_agrees(experiment: Experiment, mariadb: MariaDB) -> None:
    engine = MysqlEngine(server_of_tests(mariadb))
    database, session = mariadb.fresh(), ""
    before = engine.run(script(experiment.given), Catalog(complete=True), migration="given").after
    mariadb.run(experiment.given, database)
    for step in engine.run(script(experiment.sql), before, migration="case").steps:
        session = tried(step, session, mariadb, database)


def test_there_are_many() -> None:
    assert len(TABLE) >= 120 and len(MORE) >= 140
