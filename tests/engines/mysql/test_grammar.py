"""Nothing of the list is unknown, every clause has its place, and every release of sqlglot gives the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from migration_lint.engines.mysql.lexing import tokens
from migration_lint.engines.mysql.server import MARIADB, MYSQL
from migration_lint.engines.mysql.syntax import (
    AlterTable,
    ChangeColumn,
    CreateIndex,
    CreateTable,
    Drop,
    Rows,
    Statement,
    UnknownClause,
    UnknownStatement,
)

from ...project.readme import ROOT
from .reading import listed, read

LIST = listed()
OLDEST = "30.0.0"
"""The first release of sqlglot that pyproject.toml allows."""


def unknown(statement: Statement) -> list[str]:
    if isinstance(statement, UnknownStatement):
        return [statement.reason]
    clauses = [clause.action for clause in getattr(statement, "clauses", ())]
    clauses += [element for element, _, _ in getattr(statement, "elements", ())]
    return [clause.text for clause in clauses if isinstance(clause, UnknownClause)]


@pytest.mark.parametrize(("number", "flavour", "sql"), LIST, ids=[number for number, _, _ in LIST])
def test_the_list_is_understood(number: str, flavour: str, sql: str) -> None:
    found = read(sql, MARIADB if flavour == MARIADB else MYSQL)
    assert len(found) == (0 if flavour == "client" else 1)
    assert [unknown(one) for one in found] == [[]] * len(found)


def test_the_list_is_long() -> None:
    assert len(LIST) >= 200


@pytest.mark.parametrize(
    "sql",
    [sql for _, flavour, sql in LIST if sql.startswith("ALTER TABLE") and "#" not in sql and "/*" not in sql],
)
def test_clauses_stand_where_they_say(sql: str) -> None:
    """The places are in order, hold whole tokens, and only commas and partitioning stand between them."""
    (statement,) = read(sql)
    assert isinstance(statement, AlterTable)
    covered = [range(clause.start, clause.end) for clause in statement.clauses]
    inside = [token for token in tokens(sql) if any(token.start in place for place in covered)]
    assert all(any(token.end - 1 in place for place in covered) for token in inside)
    last = 0
    for clause in statement.clauses:
        assert last <= clause.start < clause.end <= len(sql)
        assert sql[last : clause.start].strip() in ("", ",") or last == 0
        last = clause.end
    assert last == len(sql)


def test_an_unknown_clause_is_alone() -> None:
    sql = "ALTER TABLE t ADD COLUMN a INT, FROBNICATE (b, c), DROP COLUMN d"
    (statement,) = read(sql)
    assert isinstance(statement, AlterTable)
    first, second, third = statement.clauses
    assert second.action == UnknownClause("FROBNICATE (b, c)")
    assert sql[third.start : third.end] == "DROP COLUMN d"
    assert third.action == Drop("column", "d")
    assert unknown(statement) == ["FROBNICATE (b, c)"] and first.start == len("ALTER TABLE t ")


def test_an_unknown_element_is_alone() -> None:
    (statement,) = read("CREATE TABLE t (a INT, b WOMBAT(3) NOT NULL, KEY (a))")
    assert isinstance(statement, CreateTable)
    kinds = [type(element).__name__ for element, _, _ in statement.elements]
    assert kinds == ["ColumnDef", "UnknownClause", "Key"]


@pytest.mark.parametrize(
    "sql",
    [
        "FROBNICATE TABLE t",
        "ALTER TABLE t ADD COLUMN",
        "ALTER TABLE t ADD COLUMN a INT,",
        "CREATE TABLE t (a INT",
        "CREATE WOMBAT w",
        "DROP TABLE t PURGE NOW",
        "ALTER TABLE t ALGORITHM=QUICK",
        "CREATE INDEX i ON t (a) LOCK=SOME",
        "UPDATE t WHERE a = 1",
        "INSERT INTO t",
        "SET STATEMENT max_statement_time=1 FOR ALTER TABLE t FORCE",
    ],
)
def test_what_is_not_understood_says_so(sql: str) -> None:
    assert unknown(read(sql)[0])


def test_attributes_of_a_column() -> None:
    (statement,) = read(
        "ALTER TABLE t CHANGE `a``b` c VARCHAR(10) CHARACTER SET latin1 NOT NULL "
        "DEFAULT 'it''s' COMMENT 'x' AFTER d"
    )
    assert isinstance(statement, AlterTable)
    change = statement.clauses[0].action
    assert isinstance(change, ChangeColumn)
    assert (change.old, change.after, change.first) == ("a`b", "d", False)
    column = change.column
    assert (column.type.name, column.type.arguments, column.type.charset) == ("varchar", (10,), "latin1")
    assert (column.nullable, column.comment) == (False, "x")
    assert column.default is not None and column.default.literal


@pytest.mark.parametrize(
    ("sql", "literal"),
    [
        ("7", True),
        ("-1.5", True),
        ("'x'", True),
        ("NULL", True),
        ("CURRENT_TIMESTAMP(6)", True),
        ("now()", True),
        ("(1+1)", False),
        ("(uuid())", False),
        ("uuid()", False),
    ],
)
def test_defaults(sql: str, literal: bool) -> None:
    (statement,) = read(f"ALTER TABLE t ALTER a SET DEFAULT {sql}", MARIADB)
    assert isinstance(statement, AlterTable)
    default = getattr(statement.clauses[0].action, "default", None)
    assert default is not None
    assert (default.literal and not default.parenthesised) is literal


def test_rows() -> None:
    (update,) = read("UPDATE a JOIN b ON a.i = b.i SET a.x = 1, a.y = 2 WHERE b.z = 3")
    assert isinstance(update, Rows)
    assert [table.name for table in update.tables] == ["a"]
    assert [table.name for table in update.reads] == ["b"]
    assert update.columns == ("x", "y") and update.where is not None
    (delete,) = read("DELETE o FROM orders o LEFT JOIN users u ON u.id = o.uid")
    assert isinstance(delete, Rows)
    assert [table.name for table in delete.tables] == ["orders"] and delete.where is None
    (insert,) = read("INSERT INTO t (a) SELECT a FROM s WHERE b IN (SELECT b FROM r)")
    assert isinstance(insert, Rows)
    assert [table.name for table in insert.reads] == ["s", "r"] and insert.select


def test_create_index_has_its_own_assertions() -> None:
    sql = "CREATE UNIQUE INDEX u ON t (a, b(10) DESC) ALGORITHM=INPLACE LOCK=NONE"
    (statement,) = read(sql)
    assert isinstance(statement, CreateIndex)
    assert [sql[clause.start : clause.end] for clause in statement.clauses] == [
        "ALGORITHM=INPLACE",
        "LOCK=NONE",
    ]
    assert [(part.column, part.length, part.descending) for part in statement.key.parts] == [
        ("a", None, False),
        ("b", 10, True),
    ]


def _as_json(path: str | None) -> dict[str, object]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*([path] if path else []), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-m", "tests.engines.mysql.reading"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_both_ends_of_sqlglot_give_the_same(tmp_path: Path) -> None:
    """The tokenizer is all that is used of sqlglot, as it is the same from release to release."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check"),
            *("--target", str(tmp_path), f"sqlglot=={OLDEST}"),
        ],
        check=True,
    )
    shown = subprocess.run(
        [sys.executable, "-c", "import sqlglot; print(sqlglot.__version__)"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=True,
    )
    assert shown.stdout.strip() == OLDEST
    assert f'"sqlglot>={OLDEST.partition(".")[0]}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert _as_json(str(tmp_path)) == _as_json(None)
