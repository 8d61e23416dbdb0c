from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from migration_lint import __version__
from tests.cli.command import OWN, ROOT, check, migrations, run
from tests.linting.world import OWN_RULES
from tests.report.validation import validate

RULES = ("--rules", str(OWN_RULES))


def test_version(tmp_path: Path) -> None:
    assert run(tmp_path, "--version").out == f"migration-lint {__version__}\n"


@pytest.mark.parametrize("command", ["", "check", "explain", "rules", "rule", "init", "completion"])
def test_every_command_has_help_with_examples(tmp_path: Path, command: str) -> None:
    ran = run(tmp_path, *command.split(), "--help")
    assert ran.code == 0
    assert "Examples:\n" in ran.out
    assert ran.err == ""


def test_without_a_command_nothing_passes(tmp_path: Path) -> None:
    ran = run(tmp_path)
    assert ran.code == 2
    assert "Commands:" in ran.out


def test_an_unknown_command(tmp_path: Path) -> None:
    ran = run(tmp_path, "chekc")
    assert ran.code == 2
    assert ran.err.splitlines()[0] == "error: No such command 'chekc'; did you mean 'check'?"
    assert "did you mean" not in run(tmp_path, "xyzzz").err


def test_explain(tmp_path: Path) -> None:
    migrations(tmp_path)
    ran = run(tmp_path, "explain", "db/2_index.sql")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "db/2_index.sql"
    assert "writes wait" in ran.out
    ran = run(tmp_path, "explain", "db", "--output-format", "json", "--engine-version", "14")
    document = ran.json()
    validate(document, "explain")
    assert document["engine_version"] == "14"
    assert [(step["path"], step["migration"]) for step in document["steps"]] == [
        ("db/1_orders.sql", "1_orders"),
        ("db/2_index.sql", "2_index"),
    ]


def test_explain_of_what_cannot_be_read(tmp_path: Path) -> None:
    ran = run(tmp_path, "explain", "-", stdin="selec 1")
    assert ran.code == 3
    assert "<stdin>:1: not read: " in ran.out


def test_rules(tmp_path: Path) -> None:
    ran = run(tmp_path, "rules", *RULES)
    assert "index-build-waits" in ran.out
    line = next(line for line in ran.out.splitlines() if line.startswith("index-build-waits "))
    assert line.split(None, 2)[1:] == ["error", "Writers wait while an index is built."]
    line = next(line for line in ran.out.splitlines() if line.startswith("long-name "))
    assert line.endswith("A long name is hard to read. (pedantic)")


def test_rules_as_json(tmp_path: Path) -> None:
    rules = {rule["id"]: rule for rule in run(tmp_path, "rules", *RULES, "--format", "json").json()}
    assert rules["long-name"] == {
        "id": "long-name",
        "title": "A long name is hard to read.",
        "severity": "note",
        "down_severity": None,
        "confidence": "certain",
        "pedantic": True,
        "engines": ["postgres"],
        "since": "0.1.0",
        "aliases": [],
        "options": {"limit": 8},
    }


def test_the_table_of_counterparts(tmp_path: Path) -> None:
    lines = run(tmp_path, "rules", *RULES, "--aliases").out.splitlines()
    line = next(line for line in lines if line.startswith("index-build-waits "))
    assert (
        line.split(None, 1)[1]
        == "squawk:require-concurrent-index-creation, eugene:E6, pgfence:create-index, elsewhere:index"
    )


@pytest.mark.parametrize("name", ["index-build-waits", "elsewhere:index", "ELSEWHERE:Index"])
def test_the_page_of_a_rule(tmp_path: Path, name: str) -> None:
    ran = run(tmp_path, "rule", name, *RULES)
    assert ran.out.startswith("index-build-waits\n\nWriters wait while an index is built.\n")
    assert "    create index concurrently orders_user_id" in ran.out
    assert "severity: error, warning in a down script\n" in ran.out
    assert "suppress: -- migration-lint: ignore[index-build-waits] REASON\n" in ran.out


def test_the_options_of_a_rule(tmp_path: Path) -> None:
    assert (
        "option: limit (default 8), under [rules.long-name]" in run(tmp_path, "rule", "long-name", *RULES).out
    )


def test_the_page_of_a_note_on_suppressions(tmp_path: Path) -> None:
    assert run(tmp_path, "rule", "unused-suppression").out.startswith(
        "unused-suppression\n\nA suppression of"
    )


def test_a_rule_that_is_not_there(tmp_path: Path) -> None:
    ran = run(tmp_path, "rule", "index-build-wait", *RULES)
    assert ran.code == 2
    assert ran.err == "error: there is no rule 'index-build-wait'; did you mean 'index-build-waits'?\n"


def test_init_writes_what_check_reads(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "svc" / "migrations").mkdir(parents=True)
    (tmp_path / "svc" / "migrations" / "V1__a.sql").write_text("CREATE TABLE a (id int);")
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "structure.sql").write_text("")
    ran = run(tmp_path, "init")
    assert ran.code == 0
    assert ran.out.startswith("wrote migration-lint.toml\n  svc/migrations (flyway)\n")
    assert "migration-lint check" in ran.out
    text = (tmp_path / "migration-lint.toml").read_text()
    assert 'paths = ["svc/migrations"]' in text
    assert '# schema = "db/structure.sql"' in text
    assert check(tmp_path).code == 0
    again = run(tmp_path, "init")
    assert (again.code, again.err) == (
        2,
        "error: migration-lint.toml is there already (--force writes over it)\n",
    )
    assert run(tmp_path, "init", "--force").code == 0


def test_init_where_nothing_is_found(tmp_path: Path) -> None:
    ran = run(tmp_path, "init")
    assert "no migrations found" in ran.out
    assert check(tmp_path).code == 3


@pytest.mark.parametrize(
    ("shell", "sign"),
    [("bash", "complete -o"), ("zsh", "#compdef migration-lint"), ("fish", "complete --no-files")],
)
def test_completion(tmp_path: Path, shell: str, sign: str) -> None:
    ran = run(tmp_path, "completion", shell)
    assert (ran.code, sign in ran.out) == (0, True)
    assert "_MIGRATION_LINT_COMPLETE" in ran.out


def test_completion_completes(tmp_path: Path) -> None:
    ran = run(
        tmp_path, _MIGRATION_LINT_COMPLETE="bash_complete", COMP_WORDS="migration-lint expl", COMP_CWORD="1"
    )
    assert ran.out.split() == ["plain,explain"]


CRASH = """
import sys
from migration_lint.cli import main
from migration_lint.cli.commands import rules
def crash(*_): raise ZeroDivisionError("oh")
rules.all_rules = crash
sys.exit(main.run(["rules"]))
"""


def test_our_own_crash_has_an_exit_code_of_its_own(tmp_path: Path) -> None:
    for debug, traced in (("0", False), ("1", True)):
        done = subprocess.run(
            [sys.executable, "-c", CRASH],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "MIGRATION_LINT_DEBUG": debug},
        )
        assert done.returncode == 3
        assert "this is a bug in migration-lint" in done.stderr
        assert "ZeroDivisionError: oh" in done.stderr
        assert ("Traceback" in done.stderr) is traced


def test_a_reader_that_goes_away_is_no_failure(tmp_path: Path) -> None:
    migrations(tmp_path, {"1.sql": "CREATE INDEX i ON orders (id);\n" * 2000})
    check_all = f"{sys.executable} -m migration_lint check db --full {' '.join(OWN)}"
    command = f"{check_all} | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "1"


def test_an_interrupt_is_quiet(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "migration_lint", "check", "-", *OWN],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    time.sleep(1)  # it is reading standard input by then
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err


def test_json_goes_to_a_file_that_others_read(tmp_path: Path) -> None:
    migrations(tmp_path)
    check(tmp_path, "db", "--output-format", "json=report.json")
    assert (
        json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["schema"]
        == "migration-lint/report/1"
    )
