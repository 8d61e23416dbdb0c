"""What is pending, and what ran on staging: by the document's own table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from migration_lint.checklist import pending, staging_alike, staging_applied
from migration_lint.findings import Status, Verdict
from migration_lint.rehearsal.database import Database
from tests.checklist.world import asked, pair, subject

DOCUMENT = """CREATE TABLE migration_history (
  version varchar(50) PRIMARY KEY,
  applied_at timestamp DEFAULT now(),
  rollback_sql text NOT NULL,
  status varchar(20) CHECK (status IN ('applied', 'rolled_back')))"""
FILES = {
    "001_users.sql": "CREATE TABLE users (id bigint PRIMARY KEY);\n",
    "002_email.sql": "ALTER TABLE users ADD COLUMN email text;\n",
    "010_note.sql": "ALTER TABLE users ADD COLUMN note text;\n",
}


def row(version: str, ago: str = "2 hours", status: str = "applied") -> str:
    return f"INSERT INTO migration_history VALUES ('{version}', now() - interval '{ago}', 'x', '{status}')"


def known(database: Database, folder: Path, *rows: str, **settings: Any) -> tuple[Status, str, object]:
    database.run(*rows)
    about = subject(folder, FILES, database=database, **settings)
    verdict = asked(pending.CHECK, about)
    about.database.close()
    return verdict.status, verdict.why, verdict.evidence.get("pending")


def test_what_is_pending(database: Database, tmp_path: Path) -> None:
    status, why, names = known(database, tmp_path, DOCUMENT, row("001"), row("2"))
    assert (status, why) == (Status.PASSED, "1 of 3 migrations: 010_note")
    assert names == {str(tmp_path): ["010_note"]}
    status, why, names = known(database, tmp_path, row("V010"))
    assert (status, why, names) == (Status.PASSED, "none: all 3 migrations have run", {str(tmp_path): []})


def test_without_the_table_nobody_knows(database: Database, tmp_path: Path) -> None:
    status, why, names = known(database, tmp_path)
    assert status is Status.UNKNOWN and names is None
    assert why == "production has no table migration_history: nothing ran there, or history_table is another"


def test_two_tables_of_that_name(database: Database, tmp_path: Path) -> None:
    for schema in ("a", "b"):
        database.run(f"CREATE SCHEMA {schema}", DOCUMENT.replace("TABLE ", f"TABLE {schema}."))
    _, why, _ = known(database, tmp_path)
    assert "several tables migration_history (a, b): set history_table" in why
    status, _, _ = known(database, tmp_path, history_table="a.migration_history")
    assert status is Status.PASSED


def test_a_failed_migration_has_to_be_repaired_first(database: Database, tmp_path: Path) -> None:
    database.run(DOCUMENT.replace("CHECK (status IN ('applied', 'rolled_back'))", ""))
    status, why, _ = known(database, tmp_path, row("001"), row("002", status="failed"))
    assert status is Status.FAILED and "002_email: its newest row says failed; repair it" in why


def staged(database: Database, folder: Path, *rows: str, soak: str = "0s") -> tuple[Status, str]:
    database.run(*rows)
    settings = {"target": "staging", "min_soak": soak}
    about = subject(folder, FILES, staged=database, pending=("002_email", "010_note"), staging=settings)
    verdict = asked(staging_applied.CHECK, about)
    assert about.staging is not None
    about.staging.close()
    return verdict.status, verdict.why


def test_what_ran_on_staging(database: Database, tmp_path: Path) -> None:
    """This migration counts, not the newest row."""
    status, why = staged(database, tmp_path, DOCUMENT, row("001"), row("010", "1 hour"))
    assert status is Status.FAILED and why == "002_email: it has not run on staging"
    status, why = staged(database, tmp_path, row("002", "3 hours"))
    assert status is Status.PASSED
    assert why == "2 migrations ran there, the last 1 h ago; the history keeps no content to compare"


def test_what_was_rolled_back_on_staging(database: Database, tmp_path: Path) -> None:
    status, why = staged(database, tmp_path, DOCUMENT, row("002"), row("010", status="rolled_back"))
    assert status is Status.FAILED
    assert why == "010_note: it has not run on staging: its newest row says rolled_back"


def test_it_has_to_run_there_for_a_while(database: Database, tmp_path: Path) -> None:
    status, why = staged(database, tmp_path, DOCUMENT, row("002"), row("010", "30 minutes"), soak="1h")
    assert status is Status.FAILED
    assert why == "010_note: it ran on staging 30 min ago, and 1h is the least (min_soak)"
    assert staged(database, tmp_path, soak="20m")[0] is Status.PASSED


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_the_wall_of_the_server_counts(database: Database, tmp_path: Path, zone: str) -> None:
    """`applied_at` has no zone: it is by the clock of the session that wrote it."""
    database.run(DOCUMENT, f"ALTER DATABASE {database.name} SET timezone = '{zone}'")
    database.run(row("002"), row("010", "30 minutes"))
    status, why = staged(database, tmp_path, soak="1h")
    assert status is Status.FAILED and "30 min ago" in why


def test_when_is_not_known(database: Database, tmp_path: Path) -> None:
    database.run(DOCUMENT.replace("applied_at timestamp DEFAULT now()", "applied_at text"))
    database.run(
        "INSERT INTO migration_history VALUES ('002', '', 'x', 'applied'), ('010', 'soon', 'x', 'applied')"
    )
    status, why = staged(database, tmp_path, soak="1h")
    assert status is Status.UNKNOWN and "the history does not say when it ran, and min_soak is 1h" in why


def test_without_a_staging_nobody_knows(tmp_path: Path) -> None:
    verdict = asked(staging_applied.CHECK, subject(tmp_path, FILES))
    assert verdict.status is Status.UNKNOWN and "set staging.target" in verdict.why


ALTER = "ALTER TABLE users ADD COLUMN email text;\n"


def alike(which: Any, folder: Path, here: Database, there: Database, **settings: Any) -> Verdict:
    about = subject(
        folder,
        pair(ALTER),
        database=here,
        staged=there,
        pending=["2_it"],
        staging={"target": "staging", "large": 100} | settings,
    )
    verdict = asked(which, about)
    about.database.close()
    return verdict


def test_staging_has_the_same_version(tmp_path: Path, database: Database) -> None:
    made = alike(staging_alike.VERSION, tmp_path, database, database)
    assert made.status is Status.PASSED and made.why.startswith("PostgreSQL ")
    about = subject(tmp_path, pair(ALTER), database=database, staged=database, engine_version="14")
    made = asked(staging_alike.VERSION, about)
    assert (
        made.status is Status.FAILED and "the migrations were judged for 14: set engine_version" in made.why
    )


def fill(database: Database, rows: int) -> None:
    database.run(
        "CREATE TABLE users (id bigint PRIMARY KEY, name text)",
        f"INSERT INTO users SELECT n, 'x' FROM generate_series(1, {rows}) n",
    )


def test_staging_has_production_like_data(tmp_path: Path, database: Database) -> None:
    other = Database.create(database.server, database.owner)
    try:
        fill(database, 1000)
        made = alike(staging_alike.ROWS, tmp_path, database, other)
        assert made.status is Status.UNKNOWN and "run ANALYZE on it in the target" in made.why
        database.run("ANALYZE users")
        made = alike(staging_alike.ROWS, tmp_path, database, other)
        assert made.status is Status.FAILED and made.why == "public.users: staging has no such table"
        fill(other, 5)
        made = alike(staging_alike.ROWS, tmp_path, database, other)
        assert made.status is Status.UNKNOWN and "run ANALYZE on it there" in made.why
        other.run("ANALYZE users")
        made = alike(staging_alike.ROWS, tmp_path, database, other)
        assert made.status is Status.FAILED and "staging has 5 of its 1,000 rows" in made.why
        assert alike(staging_alike.ROWS, tmp_path, database, other, min_rows=0.004).status is Status.PASSED
        assert alike(staging_alike.ROWS, tmp_path, database, other, large=2000).status is Status.PASSED
    finally:
        other.drop()


@pytest.mark.parametrize(
    "check", [staging_alike.VERSION, staging_alike.ROWS], ids=lambda check: str(check.id)
)
def test_without_a_staging_nobody_can_compare(tmp_path: Path, check: Any) -> None:
    made = asked(check, subject(tmp_path, pair(ALTER)))
    assert made.status is Status.UNKNOWN and "set staging.target" in made.why
