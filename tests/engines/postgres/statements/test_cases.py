"""Every case of the SQL files: predicted, and run on a server, which does what was predicted."""

from __future__ import annotations

import pytest

from migration_lint.model import TransactionMode, TransactionRule
from migration_lint.rehearsal.comparison import differences
from migration_lint.rehearsal.observe import observe
from migration_lint.rehearsal.server import Server
from migration_lint.rehearsal.statements import Statement

from ..predict import lines, predict
from .cases import Case, cases

NOT_RUN = ("CREATE DATABASE", "CREATE TABLESPACE", "REINDEX SYSTEM")
"""Too slow, or in need of a folder of the server's machine."""
ALTERED = ("ALTER DATABASE", "ALTER TABLESPACE")
"""Would change the server for the tests after it."""


@pytest.mark.parametrize("case", cases(), ids=str)
def test_predicted(case: Case) -> None:
    step = predict(case.sql, given=case.given)
    assert tuple(lines(step)) == case.effects
    assert (step.transaction is TransactionRule.ALLOWED) is case.transaction_ok


@pytest.mark.parametrize(
    "case", [case for case in cases() if not case.sql.startswith(NOT_RUN + ALTERED)], ids=str
)
def test_observed(case: Case, server: Server) -> None:
    database = server.create()
    try:
        if case.given:
            database.run(case.given)
        mode = TransactionMode.ONE if case.transaction_ok else TransactionMode.EACH
        observed = observe(database, [Statement(case.sql)], mode, probe=False)[-1]
    finally:
        database.drop()
    step = predict(case.sql, given=case.given, version=int(server.version), transaction=mode)
    assert [str(difference) for difference in differences(step, observed)] == []
    assert (step.refused is None) == (observed.error is None), observed.error
