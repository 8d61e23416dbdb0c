"""`rules/README.md` says which rule covers which hazard, and it is true."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .pages import rules

TEXT = (Path(__file__).parents[2] / "rules" / "README.md").read_text()
HAZARDS, SQUAWK = TEXT.split("## Coming from squawk")
NOT_OURS, MISLEADING = SQUAWK.split("Where it speaks and we do not")
ROWS = re.findall(r"^\| ([a-z][a-z0-9-]+-[a-z0-9-]+|truncate) \| (.+) \|$", HAZARDS, re.MULTILINE)
_RULE = re.compile(r"`([a-z][a-z-]+)`( \*)?")


def test_every_hazard_has_a_line_of_its_own() -> None:
    names = [name for name, _ in ROWS]
    assert len(names) == len(set(names)) == 204


@pytest.mark.parametrize(("hazard", "answer"), ROWS, ids=[name for name, _ in ROWS])
def test_a_line_names_rules_or_says_why_not(hazard: str, answer: str) -> None:
    named = _RULE.findall(answer)
    assert named or answer.startswith("none"), hazard
    for rule, star in named:
        assert rule in rules()
        assert rules()[rule].pedantic == bool(star), f"{rule}: a star marks opinions"


def test_every_rule_covers_something() -> None:
    named = {rule for _, answer in ROWS for rule, _ in _RULE.findall(answer)}
    assert set(rules()) - named == {"unexplained-stall"}


SQUAWK_RULES = """
adding-field-with-default adding-foreign-key-constraint adding-not-nullable-field adding-required-field
adding-serial-primary-key-field ban-add-column ban-add-composite-attribute ban-add-enum-value
ban-alter-database-options ban-alter-domain-with-add-constraint ban-alter-extension
ban-alter-function-options ban-alter-generated-expression ban-alter-identity ban-alter-policy-condition
ban-alter-policy-roles ban-alter-role-options ban-alter-row-level-security ban-alter-sequence-values
ban-alter-system-options ban-alter-view-options ban-char-field ban-concurrent-index-creation-in-transaction
ban-create-domain-with-constraint ban-create-policy ban-detach-inheritance ban-disable-trigger
ban-drop-column ban-drop-constraint ban-drop-database ban-drop-default ban-drop-domain ban-drop-extension
ban-drop-function ban-drop-generated-expression ban-drop-index ban-drop-not-null ban-drop-policy
ban-drop-schema ban-drop-sequence ban-drop-table ban-drop-trigger ban-drop-type ban-drop-view
ban-duplicate-column-assignments ban-new-write-restriction ban-replace-view-function ban-replica-identity
ban-revoke ban-set-default ban-set-schema ban-truncate-cascade ban-uncommitted-transaction
changing-column-type constraint-missing-not-valid disallowed-unique-constraint identifier-too-long
prefer-bigint-over-int prefer-bigint-over-smallint prefer-identity prefer-repack prefer-robust-stmts
prefer-text-field prefer-timestamp-tz prefer-timestamptz renaming-column renaming-object renaming-table
require-concurrent-index-creation require-concurrent-index-deletion require-concurrent-partition-detach
require-concurrent-reindex require-enum-value-ordering require-lock-timeout require-statement-timeout
require-table-schema require-timeout-settings transaction-nesting
""".split()


def test_every_rule_of_squawk_has_a_counterpart_or_a_reason() -> None:
    aliases = {
        alias.removeprefix("squawk:")
        for rule in rules().values()
        for alias in rule.aliases
        if alias.startswith("squawk:")
    }
    reasons = {name for row in re.findall(r"^\| ([a-z, -]+) \|", NOT_OURS, re.M) for name in row.split(", ")}
    assert set(SQUAWK_RULES) - aliases == reasons - {"squawk", "---"}
    assert aliases <= set(SQUAWK_RULES)


def test_squawk_knows_these_names(tmp_path: Path) -> None:
    squawk = Path(sys.executable).parent / "squawk"
    migration = tmp_path / "1.sql"
    migration.write_text("select 1;\n")
    command = [str(squawk), f"--exclude={','.join(SQUAWK_RULES)}", str(migration)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr
