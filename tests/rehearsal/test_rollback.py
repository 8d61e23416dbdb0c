"""Up, down, up again: what is left, what is lost, and what a failure half way leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from migration_lint.evidence import read_evidence
from migration_lint.rehearsal import rows
from migration_lint.rehearsal.database import Database
from migration_lint.rehearsal.fingerprint import Difference, differing, fingerprint

from ..cli.command import migrations, run
from ..report.validation import validate

SCHEMA = """
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, status text DEFAULT 'new');
CREATE INDEX orders_status ON orders (status);
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE SEQUENCE numbers;
CREATE VIEW statuses AS SELECT status FROM orders;
CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
INSERT INTO orders SELECT n, n FROM generate_series(1, 100) n;
"""


@pytest.mark.parametrize(
    ("sql", "kinds"),
    [
        ("CREATE SCHEMA other", {"schema"}),
        ("CREATE EXTENSION hstore", {"extension", "comment"}),
        ("CREATE TABLE t (id int)", {"relation", "column", "column order"}),
        ("ALTER TABLE orders SET (fillfactor = 50)", {"relation"}),
        ("ALTER TABLE orders ENABLE ROW LEVEL SECURITY", {"relation"}),
        ("ALTER TABLE orders REPLICA IDENTITY FULL", {"relation"}),
        ("GRANT SELECT ON orders TO public", {"relation"}),
        ("CREATE OR REPLACE VIEW statuses AS SELECT status || '' AS status FROM orders", {"relation"}),
        ("ALTER TABLE orders ALTER user_id TYPE int", {"column"}),
        ("ALTER TABLE orders ALTER user_id SET NOT NULL", {"column"}),
        ("ALTER TABLE orders ALTER status SET DEFAULT 'old'", {"column"}),
        ("ALTER TABLE orders ALTER status SET STORAGE external", {"column"}),
        ("ALTER TABLE orders ALTER status SET (n_distinct = 5)", {"column"}),
        ("ALTER TABLE orders ADD CHECK (id > 0) NOT VALID", {"constraint"}),
        ("ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES orders", {"constraint"}),
        ("CREATE INDEX i ON orders (user_id)", {"index"}),
        ("CLUSTER orders USING orders_pkey", {"index"}),
        ("ALTER SEQUENCE numbers INCREMENT 2", {"sequence"}),
        ("CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION fires()", {"trigger"}),
        ("CREATE RULE r AS ON DELETE TO orders DO ALSO NOTHING", {"rule"}),
        ("CREATE POLICY p ON orders USING (true)", {"policy"}),
        ("CREATE STATISTICS s ON id, user_id FROM orders", {"statistics"}),
        ("CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 2'", {"routine"}),
        ("ALTER TYPE mood ADD VALUE 'happy'", {"type"}),
        ("CREATE DOMAIN d AS int CHECK (value > 0)", {"type", "constraint"}),
        ("COMMENT ON COLUMN orders.status IS 'how it is'", {"comment"}),
        ("CREATE PUBLICATION pub FOR TABLE orders", {"publication"}),
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO public", {"default privileges"}),
        ("SELECT nextval('numbers')", set()),
        ("UPDATE orders SET status = 'x'", set()),
        ("ANALYZE", set()),
    ],
)
def test_every_kind_of_object_is_in_the_fingerprint(database: Database, sql: str, kinds: set[str]) -> None:
    database.run(SCHEMA)
    before = fingerprint(database)
    assert differing(before, fingerprint(database)) == []
    database.run(sql)
    assert {difference.kind for difference in differing(before, fingerprint(database))} == kinds


def test_a_difference_says_what_it_was_and_is(database: Database) -> None:
    database.run(SCHEMA)
    before = fingerprint(database)
    database.run("DROP INDEX orders_status", "ALTER TABLE orders ALTER user_id TYPE int")
    assert differing(before, fingerprint(database)) == [
        Difference("column", "public.orders.user_id", "bigint", "integer"),
        Difference(
            "index",
            "public.orders_status",
            "CREATE INDEX orders_status ON public.orders USING btree (status)",
            None,
        ),
    ]


def test_rows_are_compared_in_the_columns_that_both_have(database: Database) -> None:
    database.run(SCHEMA)
    kept = database.copy()
    try:
        assert rows.lost(kept, database) == []
        database.run("ALTER TABLE orders ADD extra int DEFAULT 1", "UPDATE orders SET extra = id")
        assert rows.lost(kept, database) == []
        database.run("UPDATE orders SET status = NULL WHERE id = 7")
        assert rows.lost(kept, database) == ["public.orders: the values of status differ"]
        database.run("DELETE FROM orders WHERE id = 7")
        assert rows.lost(kept, database) == ["public.orders had 100 rows and has 99"]
    finally:
        kept.drop()


def _rehearsed(folder: Path, up: str, down: str | None, *, transaction: bool = True) -> dict[str, Any]:
    """The second of two goose migrations, rehearsed."""
    head = "" if transaction else "-- +goose NO TRANSACTION\n"
    back = "" if down is None else f"-- +goose Down\n{down}\n"
    quoted = SCHEMA.replace("CREATE FUNCTION", "-- no function:")
    files = {
        "00001_orders.sql": f"-- +goose Up\n{quoted}",
        "00002_new.sql": f"{head}-- +goose Up\n{up}\n{back}",
    }
    ran = run(
        migrations(folder, files),
        *("rehearse", "db/00002_new.sql", "--output-format", "json=out.json", "--output-format", "text"),
    )
    document = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    validate(document, "rehearsal")
    (migration,) = document["migrations"]
    made: dict[str, Any] = migration | {"code": ran.code, "text": ran.out}
    return made


def _statuses(rehearsed: dict[str, Any]) -> list[str]:
    return [result["status"] for result in rehearsed["results"].values()][:3]


def test_a_way_back_that_leads_back(tmp_path: Path) -> None:
    seen = _rehearsed(tmp_path, "ALTER TABLE orders ADD note text;", "ALTER TABLE orders DROP note;")
    assert (seen["code"], _statuses(seen)) == (0, ["passed", "passed", "passed"])
    assert seen["rollback"] == {"left": [], "lost": [], "apart": []}
    (evidence,), errors = read_evidence(str(tmp_path / ".migration-lint" / "evidence"))
    assert errors == ()
    assert evidence.migration == "00002_new"
    assert evidence.results.fingerprint_equal.status == "passed"
    assert evidence.down_sha256 is not None


def test_what_down_does_not_bring_back_is_listed(tmp_path: Path) -> None:
    seen = _rehearsed(
        tmp_path, "ALTER TABLE orders DROP status CASCADE;", "ALTER TABLE orders ADD status text;"
    )
    assert (seen["code"], _statuses(seen)) == (1, ["passed", "passed", "failed"])
    assert "missing: index public.orders_status" in seen["text"]
    assert "missing: relation public.statuses" in seen["text"]
    assert "changed: column public.orders.status: text, was text default 'new'::text" in seen["text"]
    assert "lost: public.orders: the values of status differ" in seen["text"]


def test_the_order_of_columns_alone_is_no_failure(tmp_path: Path) -> None:
    seen = _rehearsed(
        tmp_path,
        "ALTER TABLE orders DROP user_id;",
        "ALTER TABLE orders ADD user_id bigint; UPDATE orders SET user_id = id;",
    )
    assert (seen["code"], _statuses(seen)) == (0, ["passed", "passed", "passed"])
    assert [each["kind"] for each in seen["rollback"]["left"]] == ["column order"]
    assert seen["results"]["fingerprint_equal"]["why"] == "only the order of columns differs"


def test_a_down_script_that_fails_and_an_up_that_does_not_run_again(tmp_path: Path) -> None:
    seen = _rehearsed(tmp_path, "ALTER TABLE orders ADD note text;", "ALTER TABLE orders DROP nothing;")
    assert (seen["code"], _statuses(seen)) == (1, ["passed", "failed", "unknown"])
    assert 'rollback failed: the down script fails: 42703 column "nothing"' in seen["text"]
    seen = _rehearsed(tmp_path, "CREATE TABLE t (id int);", "SELECT 1;")
    assert _statuses(seen) == ["passed", "failed", "unknown"]
    assert 'up does not run again after down: 42P07 relation "t" already exists' in seen["text"]


def test_no_way_back_is_not_tested_and_no_failure(tmp_path: Path) -> None:
    seen = _rehearsed(tmp_path, "ALTER TABLE orders ADD note text;", None)
    assert (seen["code"], _statuses(seen)) == (0, ["passed", "unknown", "unknown"])
    assert "rollback not tested: there is no down script" in seen["text"]


def test_a_failure_in_a_transaction_leaves_nothing(tmp_path: Path) -> None:
    up = "ALTER TABLE orders ADD a int; ALTER TABLE orders ADD b int; CREATE ROLE made_on_the_way;"
    down = "ALTER TABLE orders DROP a, DROP b; DROP ROLE made_on_the_way;"
    seen = _rehearsed(tmp_path, up, down)
    assert seen["code"] == 0, seen["text"]
    assert [each["left"] for each in seen["injections"]] == [[], []]
    assert "a failure was injected at 2 places: nothing is left behind" in seen["text"]


def test_a_failure_outside_a_transaction_leaves_half_of_it(tmp_path: Path) -> None:
    up = "ALTER TABLE orders ADD a int;\nCREATE INDEX CONCURRENTLY i ON orders (user_id);"
    seen = _rehearsed(tmp_path, up, "DROP INDEX i; ALTER TABLE orders DROP a;", transaction=False)
    second, midway = seen["injections"]
    assert {(each["kind"], each["identity"]) for each in second["left"]} >= {("column", "public.orders.a")}
    assert (second["midway"], second["recovered"]) == (False, False)
    assert 'the down script fails: 42704 index "i" does not exist' in second["why"]
    assert midway["midway"]
    assert midway["recovered"]
    assert [each["after"][-9:] for each in midway["left"] if each["kind"] == "index"] == [", invalid"]
    assert "a failure in the midst of line 4 leaves" in seen["text"]
    assert "(invalid); the down script puts that right" in seen["text"]


def test_a_failure_of_its_own_is_looked_at_too(tmp_path: Path) -> None:
    up = "ALTER TABLE orders ADD a int;\nSELECT nothing;"
    seen = _rehearsed(tmp_path, up, "ALTER TABLE orders DROP IF EXISTS a;", transaction=False)
    (own,) = seen["injections"]
    assert (own["line"], own["recovered"]) == (4, True)
    assert seen["code"] == 1
