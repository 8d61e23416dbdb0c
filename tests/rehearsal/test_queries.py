"""The deployed queries, before and after: which break, which change, and the order that follows."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from migration_lint.errors import UsageError
from migration_lint.rehearsal.database import Database
from migration_lint.rehearsal.queries.compatibility import Order, Outcome, compared, order
from migration_lint.rehearsal.queries.prepare import broken_functions, prepare_all
from migration_lint.rehearsal.queries.query import Query
from migration_lint.rehearsal.queries.reading import queries_of, read_queries, read_queries_at

from ..cli.command import migrations, run
from ..report.validation import validate

SCHEMA = """
CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, age int);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, total int);
CREATE FUNCTION older(int) RETURNS int LANGUAGE sql AS 'SELECT $1 + 1';
CREATE FUNCTION youngest() RETURNS int LANGUAGE sql AS 'SELECT min(age) FROM users';
"""


@pytest.mark.parametrize(
    ("change", "query", "outcome", "why"),
    [
        ("ALTER TABLE users DROP age", "SELECT age FROM users", "broken", "42703"),
        ("ALTER TABLE users RENAME age TO years", "UPDATE users SET age = $1", "broken", "42703"),
        ("DROP TABLE orders", "SELECT id FROM orders", "broken", "42P01"),
        (
            "ALTER TABLE users ADD total int",
            "SELECT u.id FROM users u JOIN orders o ON o.user_id = u.id ORDER BY total",
            "broken",
            "42702",
        ),
        ("ALTER TABLE users ALTER age TYPE bigint", "SELECT older(age) FROM users", "broken", "42883"),
        (
            "ALTER TABLE users ADD email text NOT NULL",
            "INSERT INTO users (id, name) VALUES ($1, $2)",
            "broken",
            "leaves out email",
        ),
        (
            "ALTER TABLE users DROP CONSTRAINT users_pkey",
            "INSERT INTO users (id, name) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
            "broken",
            "42P10",
        ),
        ("ALTER TABLE users ALTER age TYPE bigint", "SELECT age FROM users", "changed", "age bigint"),
        ("ALTER TABLE users ADD note text", "SELECT * FROM users", "changed", "now returns note text"),
        ("ALTER TABLE users DROP age", "SELECT * FROM users", "changed", "no longer age integer"),
        (
            "ALTER TABLE users ALTER age TYPE bigint",
            "UPDATE users SET age = $1",
            "changed",
            "its parameters are (bigint), was (integer)",
        ),
        ("ALTER TABLE users ADD note text", "SELECT id, name FROM users WHERE id = $1", None, ""),
        (
            "ALTER TABLE users ADD email text NOT NULL DEFAULT ''",
            "INSERT INTO users (id, name) VALUES ($1, $2)",
            None,
            "",
        ),
        ("ALTER TABLE users DROP age", "SELECT nonsense FROM users", "unchecked", "42703"),
        ("ALTER TABLE users DROP age", "SELECT 1; SELECT 2", "unchecked", "42601"),
        ("ALTER TABLE users DROP age", "SELEC", "unchecked", "42601"),
    ],
)
def test_what_becomes_of_a_query(
    database: Database, change: str, query: str, outcome: str | None, why: str
) -> None:
    database.run(SCHEMA)
    asked = [Query("q", query, "q.sql:1"), Query("fine", "SELECT 1", "q.sql:2")]
    before = prepare_all(database, asked)
    database.run(change)
    findings = list(compared(asked, before, prepare_all(database, asked)))
    assert [(each.query.name, each.outcome.value) for each in findings] == (
        [("q", outcome)] if outcome else []
    )
    assert all(why in each.why for each in findings)


def test_nothing_of_a_query_is_run(database: Database) -> None:
    database.run(SCHEMA, "INSERT INTO users VALUES (1, 'a', 1)")
    prepare_all(
        database, [Query("q", "DELETE FROM users", "q.sql:1"), Query("p", "DROP TABLE orders", "q:2")]
    )
    assert database.connect().execute("SELECT count(*) FROM users").fetchone() == (1,)
    database.run("SELECT FROM orders")


def test_a_function_that_is_broken_inside(database: Database) -> None:
    database.run(SCHEMA)
    assert broken_functions(database) == {}
    database.run("ALTER TABLE users DROP age")
    (name,) = broken_functions(database)
    assert name == "youngest()"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (Outcome.CHANGED, Outcome.CHANGED, Order.EITHER),
        (Outcome.CHANGED, Outcome.BROKEN, Order.MIGRATE_FIRST),
        (Outcome.BROKEN, Outcome.UNCHECKED, Order.DEPLOY_FIRST),
        (Outcome.BROKEN, Outcome.BROKEN, Order.NEITHER),
    ],
)
def test_the_order_that_follows(old: Outcome, new: Outcome, expected: Order) -> None:
    from migration_lint.rehearsal.queries.compatibility import Finding

    query = Query("q", "SELECT 1", "q.sql:1")
    assert order([Finding(query, old, "")], [Finding(query, new, "")]) is expected


def test_queries_are_read_from_where_teams_keep_them() -> None:
    sqlc = (
        b"-- name: GetUser :one\nSELECT * FROM users\n"
        b"WHERE id = @id OR id = sqlc.arg(id) OR name = sqlc.narg('n');\n\n-- name: All :many\nSELECT 1;\n"
    )
    assert queries_of("q.sql", sqlc) == [
        Query("GetUser", "SELECT * FROM users\nWHERE id = $1 OR id = $1 OR name = $2", "q.sql:1"),
        Query("All", "SELECT 1", "q.sql:5"),
    ]
    assert queries_of("q.sql", b"SELECT 1;\n\nSELECT 2") == [
        Query("query in line 1", "SELECT 1", "q.sql:1"),
        Query("query in line 3", "SELECT 2", "q.sql:3"),
    ]
    exported = b'queryid,query,calls\n77,"SELECT now() - interval $1",1200\n,<insufficient privilege>,5\n'
    assert queries_of("q.csv", exported) == [Query("77", "SELECT now() - $1::interval", "q.csv:1", 1200)]
    document = json.dumps([{"queryid": 78, "query": "SELECT 1", "calls": 3}]).encode()
    assert queries_of("q.json", document) == [Query("78", "SELECT 1", "q.json:1", 3)]
    assert str(Query("78", "SELECT 1", "q.json:1", 1234)) == "78 (q.json:1, 1,234 calls)"


@pytest.mark.parametrize(("name", "data"), [("q.csv", b"a,b\n1,2\n"), ("q.json", b"{}"), ("q.json", b"[{}]")])
def test_what_is_no_export_is_told(name: str, data: bytes) -> None:
    with pytest.raises(UsageError, match=f"{name}: not an export of pg_stat_statements"):
        queries_of(name, data)


def test_no_queries_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no query in"):
        read_queries([str(tmp_path)])
    with pytest.raises(UsageError, match="cannot be read"):
        read_queries([str(tmp_path / "none.sql")])


def _git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Queries that were deployed, and others now."""
    _git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "q").mkdir()
    (tmp_path / "q" / "users.sql").write_text("-- name: Old :one\nSELECT age FROM users;\n")
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "1_users.sql").write_text(SCHEMA)
    _git(tmp_path, "add", "-A")
    _git(tmp_path, "commit", "-qm", "deployed")
    (tmp_path / "q" / "users.sql").write_text("-- name: New :one\nSELECT name FROM users;\n")
    return tmp_path


def test_the_same_files_at_the_deployed_commit(repository: Path) -> None:
    assert [query.name for query in read_queries([str(repository / "q")])] == ["New"]
    (old,) = read_queries_at([str(repository / "q")], "main")
    assert (old.name, old.source) == ("Old", "main:q/users.sql:1")
    assert read_queries_at([str(repository / "q" / "users.sql")], "HEAD")[0].name == "Old"
    with pytest.raises(UsageError, match="--queries-from nothing"):
        read_queries_at([str(repository / "q")], "nothing")


def test_the_command_tells_which_break_and_what_to_do_first(repository: Path) -> None:
    (repository / "db" / "2_drop.sql").write_text("ALTER TABLE users DROP age;")
    ran = run(
        repository,
        *("rehearse", "db/2_drop.sql", "--queries", "q", "--queries-from", "main"),
        *("--output-format", "text", "--output-format", "json=out.json"),
    )
    assert ran.code == 1, ran.out + ran.err
    assert 'breaks: Old (main:q/users.sql:1): 42703 column "age" does not exist' in ran.out
    assert "breaks: function youngest(): 42703" in ran.out
    assert "order: deploy first, then migrate" in ran.out
    document = json.loads((repository / "out.json").read_text(encoding="utf-8"))
    validate(document, "rehearsal")
    assert document["order"].startswith("deploy first")
    (migration,) = document["migrations"]
    assert migration["results"]["queries_ok"]["status"] == "failed"
    assert migration["queries"][0] == {
        "name": "Old",
        "source": "main:q/users.sql:1",
        "calls": None,
        "outcome": "broken",
        "why": '42703 column "age" does not exist',
    }


def test_the_deployed_code_goes_on(tmp_path: Path) -> None:
    (tmp_path / "q.sql").write_text("SELECT name FROM users;")
    files = {"1_users.sql": SCHEMA, "2_add.sql": "ALTER TABLE users ADD note text;"}
    ran = run(migrations(tmp_path, files), "rehearse", "db/2_add.sql", "--queries", "q.sql")
    assert ran.code == 0, ran.out + ran.err
    assert "deployed queries: 1 prepared before and after, none breaks" in ran.out
