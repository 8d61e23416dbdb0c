"""The way back: present, inverse and tested."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from migration_lint.checklist import compatible_queries, rollback_inverse, rollback_present, rollback_tested
from migration_lint.checklist.subject import Subject
from migration_lint.evidence import SCHEMA, Evidence, Result, Results, digest, write_evidence
from migration_lint.findings import Status
from tests.checklist.world import NOW, asked, pair, subject

ADD = "ALTER TABLE users ADD COLUMN email text;\n"
DROP = "ALTER TABLE users DROP COLUMN email;\n"
LOSES = "ALTER TABLE users DROP COLUMN name;\n"
BACK = "ALTER TABLE users ADD COLUMN name text;\n"
OWNED = "-- migration-lint: irreversible nobody reads it since 2024\n" + LOSES


@pytest.mark.parametrize(
    ("up", "down", "policy", "status", "why"),
    [
        (ADD, DROP, "required", Status.PASSED, "2 down scripts"),
        (ADD, None, "required", Status.FAILED, "it has no down script"),
        (ADD, "", "required", Status.FAILED, "the down script does nothing"),
        (ADD, "-- nothing to do\n", "required", Status.FAILED, "the down script does nothing"),
        (ADD, "SELECT 1;\n", "required", Status.FAILED, "the down script does nothing"),
        (ADD, "BEGIN;\nCOMMIT;\n", "required", Status.FAILED, "the down script does nothing"),
        (ADD, "DROP TABEL;\n", "required", Status.UNKNOWN, "could not be read"),
        ("SELECT 1;\n", None, "required", Status.PASSED, "1 down script"),
        (
            LOSES,
            "ALTER TABLE users ADD COLUMN name text;\n",
            "required",
            Status.FAILED,
            "users.name are gone",
        ),
        (
            OWNED,
            None,
            "required",
            Status.PASSED,
            "2_it: irreversible: nobody reads it since 2024",
        ),
        ("-- migration-lint: irreversible\n" + LOSES, DROP, "required", Status.FAILED, "gives no reason"),
        (LOSES, BACK, "annotated", Status.PASSED, "2 down scripts"),
        (LOSES, None, "annotated", Status.FAILED, "it has no down script"),
        (LOSES, None, "forward-fix", Status.PASSED, "not needed"),
        ("DELETE FROM users WHERE id = 1;\n", "SELECT 1;\n", "required", Status.FAILED, "users are gone"),
        (
            "DELETE FROM users WHERE id = 1;\n",
            "INSERT INTO users (id) VALUES (1);\n",
            "required",
            Status.PASSED,
            "2 down scripts",
        ),
    ],
)
def test_present(tmp_path: Path, up: str, down: str | None, policy: str, status: Status, why: str) -> None:
    about = subject(tmp_path, pair(up, down), rollback={"policy": policy})
    verdict = asked(rollback_present.CHECK, about)
    assert verdict.status is status, verdict.why
    assert why in verdict.why


RENAME = "ALTER TABLE users RENAME TO people;\n"
INDEX = "CREATE INDEX i ON users (name);\n"
REFUSED = "BEGIN;\nDROP INDEX CONCURRENTLY i;\nCOMMIT;\n"
BOTH = "column public.users.name is missing; column public.users.email is left"


@pytest.mark.parametrize(
    ("up", "down", "why"),
    [
        (ADD, DROP, "2 migrations: up and down gives the schema before"),
        (INDEX, "DROP INDEX i;\n", ""),
        ("ALTER TABLE users ALTER name SET NOT NULL;\n", "ALTER TABLE users ALTER name DROP NOT NULL;\n", ""),
        (RENAME, "ALTER TABLE people RENAME TO users;\n", ""),
        ("CREATE VIEW v AS SELECT id FROM users;\n", "DROP VIEW v;\n", ""),
        ("CREATE TYPE mood AS ENUM ('a');\n", "DROP TYPE mood;\n", ""),
        (OWNED, None, ""),
    ],
)
def test_what_down_undoes(tmp_path: Path, up: str, down: str | None, why: str) -> None:
    verdict = asked(rollback_inverse.CHECK, subject(tmp_path, pair(up, down)))
    assert verdict.status is Status.PASSED, verdict.why
    assert why in verdict.why


@pytest.mark.parametrize(
    ("up", "down", "why"),
    [
        (ADD, "ALTER TABLE users DROP COLUMN IF EXISTS mail;\n", "column public.users.email is left"),
        (ADD, LOSES, BOTH),
        (ADD, None, "there is no down script"),
        (INDEX, REFUSED, "2_it.down.sql:2: the server refuses the statement after up"),
        (INDEX, LOSES, "column public.users.name is missing"),
        ("DROP TABLE users;\n", "CREATE TABLE users (id bigint);\n", "constraint public.users.users_pkey"),
        (
            "ALTER TABLE users ALTER id TYPE text;\n",
            "ALTER TABLE users ALTER id TYPE int USING id::int;\n",
            "column public.users.id is not as before",
        ),
        (
            RENAME,
            "SELECT 1;\n",
            "after down, relation public.users is missing; relation public.people is left",
        ),
        ("CREATE TABLE a (b int);\n", "SELECT 1;\n", "after down, relation public.a is left"),
    ],
)
def test_what_down_does_not_undo(tmp_path: Path, up: str, down: str | None, why: str) -> None:
    verdict = asked(rollback_inverse.CHECK, subject(tmp_path, pair(up, down)))
    assert verdict.status is Status.FAILED, verdict.why
    assert why in verdict.why


@pytest.mark.parametrize(
    ("up", "down", "why"),
    [
        ("DO $$ BEGIN EXECUTE 'DROP TABLE users'; END $$;\n", "SELECT 1;\n", "2_it.up.sql:1"),
        ("GRANT SELECT ON users TO PUBLIC;\n", "SELECT 1;\n", "rehearse it"),
        (ADD, "DROP TABEL;\n", "2_it.down.sql:1"),
    ],
)
def test_what_the_catalog_cannot_tell(tmp_path: Path, up: str, down: str | None, why: str) -> None:
    verdict = asked(rollback_inverse.CHECK, subject(tmp_path, pair(up, down)))
    assert verdict.status is Status.UNKNOWN, verdict.why
    assert why in verdict.why


def rehearse(about: Subject, folder: Path, **changes: Any) -> None:
    """Write the evidence that a rehearsal of all pending migrations would."""
    results = {"applied": "passed", "rollback_tested": "passed", "fingerprint_equal": "passed"}
    for walked in about.pending:
        migration = walked.migration
        said = results | {name: value for name, value in changes.items() if name in results}
        known: dict[str, Any] = {
            "schema": SCHEMA,
            "migration": migration.id,
            "tool": migration.tool,
            "path": migration.path,
            "up_sha256": digest(migration.up),
            "down_sha256": digest(migration.down) if migration.down else None,
            "transaction": migration.up.transaction.value,
            "engine": "postgres",
            "server_version": "18.6",
            "results": Results(
                **{name: Result(status, "it did") for name, status in said.items()},
                queries_ok=Result(changes.get("queries_ok", "unknown"), changes.get("said", "")),
            ),
            "seconds": 1.0,
            "at": NOW - timedelta(hours=1),
        }
        own = (*results, "queries_ok", "said")
        known |= {name: value for name, value in changes.items() if name not in own}
        write_evidence(Evidence(**known), str(folder))


@pytest.mark.parametrize(
    ("changes", "settings", "status", "why"),
    [
        ({}, {}, Status.PASSED, "2 migrations: up, down, up again and compared"),
        ({"rollback_tested": "failed"}, {}, Status.FAILED, "in the rehearsal, down and up again: it did"),
        ({"fingerprint_equal": "failed"}, {}, Status.FAILED, "the schema after down: it did"),
        ({"fingerprint_equal": "unknown"}, {}, Status.UNKNOWN, "the schema after down: it did"),
        ({"applied": "unknown"}, {}, Status.UNKNOWN, "up: it did"),
        ({"up_sha256": "0" * 64}, {}, Status.UNKNOWN, "the up script has changed since it was rehearsed"),
        ({"down_sha256": "0" * 64}, {}, Status.UNKNOWN, "the down script has changed since it was rehearsed"),
        ({"server_version": "17.2"}, {}, Status.UNKNOWN, "postgres 17.2, and the target is postgres 18"),
        ({"engine": "mysql"}, {}, Status.UNKNOWN, "rehearsed on mysql"),
        ({}, {"max_evidence_age": "30m"}, Status.UNKNOWN, "older than 30m"),
        ({"at": NOW + timedelta(hours=1)}, {}, Status.UNKNOWN, "which is to come"),
    ],
)  # fmt: skip
def test_tested(
    tmp_path: Path, changes: dict[str, Any], settings: dict[str, str], status: Status, why: str
) -> None:
    evidence = tmp_path / "evidence"
    about = subject(tmp_path / "db", pair(ADD, DROP), rollback={"evidence": str(evidence), **settings})
    rehearse(about, evidence, **changes)
    verdict = asked(rollback_tested.CHECK, about)
    assert verdict.status is status, verdict.why
    assert why in verdict.why


def test_without_a_rehearsal_nothing_is_tested(tmp_path: Path) -> None:
    about = subject(tmp_path / "db", pair(ADD, DROP), rollback={"evidence": str(tmp_path / "nowhere")})
    verdict = asked(rollback_tested.CHECK, about)
    assert verdict.status is Status.UNKNOWN and verdict.why.count("no rehearsal of it in") == 2


def test_a_damaged_file_is_no_evidence_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "x.json").write_text("{}")
    about = subject(tmp_path / "db", pair(ADD, DROP), rollback={"evidence": str(tmp_path / "evidence")})
    verdict = asked(rollback_tested.CHECK, about)
    assert verdict.status is Status.UNKNOWN and "x.json" in verdict.why


def test_a_rehearsal_tells_what_the_catalog_cannot(tmp_path: Path) -> None:
    files = pair("GRANT SELECT ON users TO PUBLIC;\n", "REVOKE SELECT ON users FROM PUBLIC;\n")
    about = subject(tmp_path / "db", files, rollback={"evidence": str(tmp_path / "evidence")})
    assert asked(rollback_inverse.CHECK, about).status is Status.UNKNOWN
    rehearse(about, tmp_path / "evidence", fingerprint_equal="failed")
    assert asked(rollback_inverse.CHECK, about).status is Status.UNKNOWN
    rehearse(about, tmp_path / "evidence")
    assert asked(rollback_inverse.CHECK, about).status is Status.PASSED


@pytest.mark.parametrize(
    ("changes", "status", "why"),
    [
        ({"queries_ok": "passed"}, Status.PASSED, "they work after 2 migrations"),
        ({"queries_ok": "failed", "said": "orders.sql: no column"}, Status.FAILED, "orders.sql: no column"),
        ({}, Status.UNKNOWN, "nobody tried them: migration-lint rehearse --queries"),
        ({"queries_ok": "passed", "up_sha256": "0" * 64}, Status.UNKNOWN, "the up script has changed"),
    ],
)
def test_the_deployed_queries(tmp_path: Path, changes: dict[str, Any], status: Status, why: str) -> None:
    evidence = tmp_path / "evidence"
    about = subject(tmp_path / "db", pair(ADD, DROP), queries=True, rollback={"evidence": str(evidence)})
    rehearse(about, evidence, **changes)
    verdict = asked(compatible_queries.CHECK, about)
    assert verdict.status is status, verdict.why
    assert why in verdict.why
