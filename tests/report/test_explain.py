from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from migration_lint.catalog import Catalog
from migration_lint.engines.postgres.engine import PostgresEngine
from migration_lint.model import Document, Error, Script
from migration_lint.report.explain import Explanation
from migration_lint.report.explain import json as explain_json
from migration_lint.report.explain import text as explain_text
from migration_lint.report.view import View
from tests.report.validation import validate

SNAPSHOTS = Path(__file__).parent / "explained"
BEFORE = "create table users (id bigint primary key); create table orders (id bigint, user_id bigint);"
SQL = """\
SET lock_timeout = '2s';
CREATE INDEX orders_user_id ON orders (user_id);
ALTER TABLE orders
    ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id);
CREATE INDEX CONCURRENTLY orders_both ON orders (id, user_id);
COMMENT ON TABLE orders IS 'what people bought, and when, and where it went to';
"""


def explained(sql: str) -> Explanation:
    engine = PostgresEngine("16")
    before = Script(Document("1.sql", BEFORE), BEFORE)
    script = Script(Document("db/2.sql", sql), sql)
    catalog = engine.run(before, Catalog(complete=True), migration="1").after
    outcome = engine.run(script, catalog, migration="2")
    return Explanation("postgres", "16", outcome.steps, outcome.errors)


def rendered(explanation: Explanation) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(explain_json.render(explanation, View()))
    validate(document, "explain")
    return document


def test_json_has_every_statement() -> None:
    document = rendered(explained(SQL))
    assert (document["schema"], document["engine"], document["engine_version"]) == (
        "migration-lint/explain/1",
        "postgres",
        "16",
    )
    assert [step["line"] for step in document["steps"]] == [1, 2, 3, 5, 6]
    index = document["steps"][1]
    assert index["path"] == "db/2.sql"
    assert index["migration"] == "2"
    assert index["sql"] == "CREATE INDEX orders_user_id ON orders (user_id)"
    assert index["transaction"] == "allowed"
    (change,) = index["changes"]
    assert {key: change[key] for key in ("kind", "relation", "concurrently")} == {
        "kind": "CreateIndex",
        "relation": "public.orders",
        "concurrently": False,
    }
    assert change["name"].endswith("orders_user_id")
    assert {
        "kind": "Lock",
        "relation": "public.orders",
        "mode": "ShareLock",
        "blocks_reads": False,
        "blocks_writes": True,
    } in index["impacts"]
    assert {"kind": "Scan", "relation": "public.orders"} in index["impacts"]
    assert document["steps"][3]["transaction"] == "forbidden"
    assert all(step["certain"] and step["unknown"] == [] for step in document["steps"])


def test_json_has_both_sides_of_a_foreign_key() -> None:
    step = rendered(explained(SQL))["steps"][2]
    assert {impact["relation"] for impact in step["impacts"] if impact["kind"] == "Lock"} >= {
        "public.orders",
        "public.users",
    }
    (change,) = step["changes"]
    assert (change["constraint"], change["constraint_kind"], change["references"]) == (
        "orders_user_fk",
        "foreign key",
        "public.users",
    )


SHOWN: dict[str, Callable[[], str]] = {
    "orders": lambda: explain_text.render(explained(SQL), View()),
    "errors": lambda: explain_text.render(explained("selec 1;\nselect 1;"), View()),
    "nothing": lambda: explain_text.render(Explanation("postgres", "16"), View()),
}


@pytest.mark.parametrize("name", SHOWN)
def test_the_table_is_as_it_was_reviewed(name: str) -> None:
    assert SHOWN[name]() == (SNAPSHOTS / f"{name}.txt").read_text(encoding="utf-8")


def test_no_snapshot_is_left_over() -> None:
    assert {path.stem for path in SNAPSHOTS.glob("*.txt")} == set(SHOWN)


def test_nothing_from_outside_reaches_the_terminal_as_it_is() -> None:
    text = explain_text.render(
        explained('create table "\x1b[31m" (id int); comment on table "\x1b[31m" is null'), View()
    )
    assert "\x1b" not in text
    errors = Explanation("postgres", "16", (), (Error("\x1b.sql", 1, "\u202e"),))
    assert not {"\x1b", "\u202e"} & set(explain_text.render(errors, View()))


if __name__ == "__main__":
    SNAPSHOTS.mkdir(exist_ok=True)
    for shown_name, shown_text in SHOWN.items():
        (SNAPSHOTS / f"{shown_name}.txt").write_text(shown_text(), encoding="utf-8")


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("DO $$ BEGIN DELETE FROM orders; END $$", "the block"),
        ("CALL archive()", "the procedure"),
        ("EXECUTE prepared", "the prepared statement"),
        ("SELECT archive()", "the function"),
    ],
)
def test_what_only_the_server_sees_is_not_known(sql: str, what: str) -> None:
    reason = f"what {what} locks or changes, as its SQL is not read"
    (step,) = rendered(explained(sql))["steps"]
    assert (step["unknown"], step["certain"]) == ([reason], False)
    assert f"unknown: {reason}" in explain_text.render(explained(sql), View())
