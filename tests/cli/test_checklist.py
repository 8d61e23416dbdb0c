"""``checklist`` as people run it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migration_lint.report import formats
from tests.cli.command import Ran, migrations, run
from tests.report.validation import validate

FILES = {
    "1_users.up.sql": "CREATE TABLE users (id bigint PRIMARY KEY, name text);\n",
    "1_users.down.sql": "DROP TABLE users;\n",
}
CONFIG = """\
paths = ["db"]

[targets.production.backup]
provider = "command"
command = ["true"]
finished_at = false

[targets.production.checks]
rollback-tested = "off"
staging = "off"
database = "off"
monitoring = "off"
backup-archiving = "off"
backup-running = "off"
"""


def checklist(folder: Path, *arguments: str, config: str = CONFIG, **environment: str) -> Ran:
    migrations(folder, FILES)
    (folder / "migration-lint.toml").write_text(config)
    return run(folder, "checklist", *arguments, **environment)


def test_what_is_met_is_allowed(tmp_path: Path) -> None:
    ran = checklist(tmp_path)
    assert ran.code == 0, ran.out
    assert [line[:10] for line in ran.out.splitlines()[:6]] == ["[OK]      "] * 6
    assert "[OK]      Recent backup exists" in ran.out
    assert ran.out.endswith("allowed\n")
    assert ran.err.startswith("note: not asked, as the configuration says: staging-applied, ")


def test_what_failed_blocks(tmp_path: Path) -> None:
    ran = checklist(tmp_path, config=CONFIG.replace('"true"', '"false"'))
    assert ran.code == 1
    assert "[FAILED]  Recent backup exists" in ran.out
    assert "blocked: backup-recent: failed" in ran.out


def test_what_nobody_can_tell_blocks_too(tmp_path: Path) -> None:
    ran = checklist(tmp_path, config=CONFIG.replace('"true"', '"no-such-program"'))
    assert ran.code == 3
    assert "[UNKNOWN] Recent backup exists" in ran.out
    assert "blocked: backup-recent: unknown" in ran.out


def test_what_only_advises_does_not_block(tmp_path: Path) -> None:
    config = CONFIG.replace('"true"', '"false"') + 'backup = "advisory"\n'
    ran = checklist(tmp_path, config=config)
    assert ran.code == 0
    assert "[FAILED]  Recent backup exists" in ran.out and "(advisory)" in ran.out


WAIVER = """
[[targets.production.waivers]]
check = "backup"
reason = "a new database, nothing in it"
by = "alice"
until = 9999-12-31
"""


@pytest.mark.parametrize("name", sorted(set(formats.names()) - {"gitlab", "rdjson"}))
def test_a_waiver_shows_in_every_output_that_holds_checks(tmp_path: Path, name: str) -> None:
    ran = checklist(tmp_path, "--output-format", name, config=CONFIG.replace('"true"', '"false"') + WAIVER)
    assert ran.code == 0, ran.out
    assert "alice" in ran.out and "9999-12-31" in ran.out and "nothing in it" in ran.out


def test_the_json_is_as_the_schema_says(tmp_path: Path) -> None:
    ran = checklist(tmp_path, "--output-format", "json", config=CONFIG.replace('"true"', '"false"'))
    document = json.loads(ran.out)
    validate(document, "report")
    assert document["decision"] == {"allowed": False, "because": ["backup-recent: failed"]}
    (backup,) = [verdict for verdict in document["verdicts"] if verdict["check"] == "backup-recent"]
    assert (backup["title"], backup["status"], backup["required"]) == ("Recent backup exists", "failed", True)


def test_several_formats_in_one_run(tmp_path: Path) -> None:
    outputs = ("text", "json=a.json", "junit=a.xml", "markdown=a.md", "github=a.txt")
    arguments = [part for output in outputs for part in ("--output-format", output)]
    ran = checklist(tmp_path, *arguments, config=CONFIG.replace('"true"', '"false"'))
    assert ran.code == 1 and "[FAILED]  Recent backup exists" in ran.out
    assert '<testcase name="backup-recent"' in (tmp_path / "a.xml").read_text()
    assert "❌ **failed** `backup-recent` Recent backup exists" in (tmp_path / "a.md").read_text()
    assert (tmp_path / "a.txt").read_text().startswith("::error title=backup-recent%3A failed::")


def test_explain_asks_nobody(tmp_path: Path) -> None:
    config = CONFIG.replace('["true"]', '["touch", "asked"]')
    ran = checklist(tmp_path, "--explain", config=config)
    assert ran.code == 0
    assert "asks the command touch asked" in ran.out
    assert "rollback-tested        off       Rollback script tested" in ran.out
    assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize(
    ("config", "arguments", "complaint"),
    [
        ('paths = ["db"]\n', (), "no target: add [targets.production]"),
        (CONFIG, ("--target", "prodution"), "'prodution' is not in the configuration; did you mean"),
        (CONFIG + "[targets.staging]\n", (), "--target: which one? (known: production, staging)"),
        (CONFIG + "monitorin = 1\n", (), "targets.production.checks"),
        (CONFIG + 'backups = "off"\n', (), "no check is called 'backups'; did you mean 'backup'?"),
    ],
)  # fmt: skip
def test_wrong_usage(tmp_path: Path, config: str, arguments: tuple[str, ...], complaint: str) -> None:
    ran = checklist(tmp_path, *arguments, config=config)
    assert ran.code == 2
    assert complaint in ran.err


def test_nothing_to_check_is_not_allowed(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "migration-lint.toml").write_text(CONFIG.replace('paths = ["db"]', ""))
    ran = run(tmp_path, "checklist")
    assert ran.code == 3 and "no migrations found here" in ran.out


def test_a_stranger_s_configuration_is_not_asked_beside_secrets(tmp_path: Path) -> None:
    ran = checklist(tmp_path, GITHUB_EVENT_NAME="pull_request_target")
    assert ran.code == 2 and "which may see secrets" in ran.err
