"""The checks that ask only the rules: lint and compatible."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration_lint.checklist import compatible, lint
from migration_lint.findings import Status
from migration_lint.linting.loader import docstring, load_rules
from migration_lint.linting.page import parse_page
from tests.checklist.world import asked, pair, subject

SAFE = "SET lock_timeout = '2s';\n"
DROP = SAFE + "{}ALTER TABLE users DROP COLUMN name;\n"
ALLOWED = DROP.format("-- migration-lint: ignore[drop-column] nobody reads it\n")


def later(up: str) -> dict[str, str]:
    """After a merged migration, so that the table is in use."""
    return pair(up)


@pytest.mark.parametrize(
    ("up", "status", "why"),
    [
        (SAFE + "ALTER TABLE users ADD COLUMN email text;\n", Status.PASSED, "2 migrations"),
        (DROP.format(""), Status.FAILED, "2_it.up.sql:2: drop-column: "),
        (ALLOWED, Status.PASSED, ""),
        ("ALTER TABEL users;\n", Status.UNKNOWN, "2_it.up.sql:1"),
    ],
)
def test_lint(tmp_path: Path, up: str, status: Status, why: str) -> None:
    verdict = asked(lint.CHECK, subject(tmp_path, later(up)))
    assert verdict.status is status, verdict.why
    assert why in verdict.why


@pytest.mark.parametrize(
    ("up", "status", "why"),
    [
        (SAFE + "ALTER TABLE users ADD COLUMN email text;\n", Status.PASSED, "no statement breaks it"),
        (DROP.format(""), Status.FAILED, "drop-column: "),
        (SAFE + "ALTER TABLE users RENAME COLUMN name TO label;\n", Status.FAILED, "rename-column: "),
        (ALLOWED, Status.PASSED, "1 finding allowed by name"),
        ("CREATE INDEX i ON users (name);\n", Status.PASSED, "no statement breaks it"),
        ("ALTER TABEL users;\n", Status.UNKNOWN, "see lint"),
    ],
)
def test_compatible(tmp_path: Path, up: str, status: Status, why: str) -> None:
    verdict = asked(compatible.CHECK, subject(tmp_path, later(up)))
    assert verdict.status is status, verdict.why
    assert why in verdict.why


def test_a_down_script_does_not_count(tmp_path: Path) -> None:
    """It is the way back, to the code that was there before."""
    files = pair(SAFE + "ALTER TABLE users ADD COLUMN email text;\n", DROP.format(""))
    assert asked(compatible.CHECK, subject(tmp_path, files)).status is Status.PASSED


ABOUT_OTHER_CODE = {"security-definer-search-path", "unanalysed-code", "unique-over-duplicates"}


def test_every_rule_whose_page_is_about_running_code_says_so() -> None:
    """The title names the victim: where that is code, the rule is one of compatibility."""
    rules = load_rules()
    named = {name for name, rule in rules.items() if " code" in parse_page(docstring(rule)).title}
    marked = {name for name, rule in rules.items() if rule.breaks_code}
    assert named - ABOUT_OTHER_CODE <= marked
    assert {"drop-table", "rename-table", "add-required-column", "drop-unique-breaks-upserts"} <= marked
