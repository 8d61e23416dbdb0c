"""Every kind of statement and every clause of ALTER TABLE that the grammar has is handled by name."""

from __future__ import annotations

import pglast.ast
import pglast.enums
import pytest

from migration_lint.engines.postgres.statements import handler_of
from migration_lint.engines.postgres.statements.alter_table import _HANDLERS

NEVER_PARSED = {
    "PLAssignStmt": "an assignment of PL/pgSQL, which has a parser of its own",
    "RawStmt": "the wrapper around a statement",
    "ReplicaIdentityStmt": "a part of ALTER TABLE … REPLICA IDENTITY",
    "ReturnStmt": "the body of a function (RETURN …)",
    "SetOperationStmt": "made of SelectStmt when a query is analysed",
}
NEVER_WRITTEN = {
    "AT_AddColumnToView": "CREATE OR REPLACE VIEW",
    "AT_AddIndex": "ADD PRIMARY KEY and UNIQUE, once they are analysed",
    "AT_AddIndexConstraint": "ADD … USING INDEX, once it is analysed",
    "AT_ReAddIndex": "made again after a change of type",
    "AT_ReAddConstraint": "made again after a change of type",
    "AT_ReAddDomainConstraint": "made again after a change of type",
    "AT_ReAddComment": "made again after a change of type",
    "AT_ReAddStatistics": "made again after a change of type",
}
"""What the server makes by itself, and where."""

STATEMENTS = sorted(name for name in dir(pglast.ast) if name.endswith("Stmt"))
CLAUSES = sorted(clause.name for clause in pglast.enums.AlterTableType)


def test_the_grammar_was_found() -> None:
    assert len(STATEMENTS) > 110
    assert len(CLAUSES) > 60
    assert set(STATEMENTS) > NEVER_PARSED.keys()
    assert set(CLAUSES) > NEVER_WRITTEN.keys()


@pytest.mark.parametrize("name", [name for name in STATEMENTS if name not in NEVER_PARSED])
def test_a_kind_of_statement_has_a_handler(name: str) -> None:
    assert handler_of(name) is not None


@pytest.mark.parametrize("name", [name for name in CLAUSES if name not in NEVER_WRITTEN])
def test_a_clause_of_alter_table_has_a_handler(name: str) -> None:
    assert name in _HANDLERS or name == "AT_AttachPartition"


@pytest.mark.parametrize("name", sorted(NEVER_PARSED))
def test_what_is_never_parsed_has_none(name: str) -> None:
    assert handler_of(name) is None
