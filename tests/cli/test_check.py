from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import OWN, check, migrations, run
from tests.report.validation import validate

CLEAN = {"1_orders.sql": "CREATE TABLE orders (id bigint, user_id bigint);\n"}
BROKEN = {**CLEAN, "2_broken.sql": "CREAT TABLE x ();\nCREATE INDEX i ON orders (id);\n"}
DELETES = {**CLEAN, "2_delete.sql": "DELETE FROM orders;\n"}


@pytest.mark.parametrize(
    ("files", "arguments", "code"),
    [
        (CLEAN, ["db"], 0),
        (None, ["db"], 1),
        (None, ["db/2_index.sql"], 1),
        (None, ["db/1_orders.sql"], 0),
        (None, ["db", "--fail-on", "never"], 0),
        (None, ["db", "--ignore", "index-build-waits"], 0),
        (None, ["db", "--start-after", "2_index"], 0),
        (DELETES, ["db"], 0),
        (DELETES, ["db", "--fail-on", "warning"], 1),
        (BROKEN, ["db"], 3),
        (BROKEN, ["db", "--fail-on", "never"], 3),
        ({}, ["db"], 3),
        ({}, [], 3),
        (None, ["nowhere"], 2),
        (None, ["db", "--fail-on", "fatal"], 2),
        (None, ["db", "--no-such-option"], 2),
        (None, ["db", "--ignore", "no-such-rule"], 2),
        (None, ["db", "--engine-version", "9.6"], 2),
        (None, ["db", "--engine-version", "new"], 2),
        (None, ["db", "--engine", "oracle"], 2),
        (None, ["db", "--tool", "no-such-tool"], 2),
        (None, ["db", "--config", "nowhere.toml"], 2),
        (None, ["db", "--schema", "nowhere.sql"], 2),
        (None, ["db", "--baseline", "nowhere.json"], 2),
        (None, ["db", "--since", "no-such-ref"], 3),
        (None, ["db", "--output-format", "xml"], 2),
        (None, ["db", "--output-format", "json="], 2),
        (None, ["db", "--output-format", "json=/no/such/folder/x.json"], 2),
        (None, ["db", "--output-format", "json", "--output-format", "text"], 2),
    ],
)
def test_exit_codes(tmp_path: Path, files: dict[str, str] | None, arguments: list[str], code: int) -> None:
    ran = check(migrations(tmp_path, files), *arguments)
    assert ran.code == code, ran
    assert "Traceback" not in ran.err
    if code == 2:
        assert ran.err.startswith("error: ")
        assert ran.out == ""


def test_everything_is_said_at_once(tmp_path: Path) -> None:
    ran = check(migrations(tmp_path, BROKEN), "db")
    assert "db/2_broken.sql:1: not checked: " in ran.out
    assert "db/2_broken.sql:2:1: error[index-build-waits]" in ran.out
    assert ran.out.endswith("correct what could not be checked.\n")


def test_standard_input(tmp_path: Path) -> None:
    ran = check(tmp_path, "-", stdin="CREATE INDEX i ON orders (id);")
    assert ran.code == 1
    assert ran.out.startswith("<stdin>:1:1: error[index-build-waits]")


def test_json_of_a_run_is_as_its_schema_says(tmp_path: Path) -> None:
    ran = check(migrations(tmp_path), "db", "--output-format", "json", "--engine-version", "16.3")
    document = ran.json()
    validate(document, "report")
    (finding,) = document["findings"]
    assert (finding["rule"], finding["path"], finding["line"], finding["relation"]) == (
        "index-build-waits",
        "db/2_index.sql",
        1,
        "public.orders",
    )
    assert document["engine_version"] == "16"
    assert document["summary"] == {
        "migrations": 2,
        "statements": 2,
        "error": 1,
        "warning": 0,
        "note": 0,
        "suppressed": 0,
    }
    assert document["decision"] == {"allowed": False, "because": ["1 error"]}


def test_several_outputs_of_one_run(tmp_path: Path) -> None:
    outputs = ["--output-format", "text", "--output-format", "json=a.json", "--output-format", "text=b.txt"]
    ran = check(migrations(tmp_path), "db", *outputs, FORCE_COLOR="1")
    assert json.loads((tmp_path / "a.json").read_text())["findings"]
    assert "\x1b[" in ran.out
    assert "\x1b[" not in (tmp_path / "b.txt").read_text()


@pytest.mark.parametrize(
    ("arguments", "environment", "coloured"),
    [
        ([], {}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "0"}, False),
        ([], {"CLICOLOR_FORCE": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour(tmp_path: Path, arguments: list[str], environment: dict[str, str], coloured: bool) -> None:
    ran = check(migrations(tmp_path), "db", *arguments, **environment)
    assert ("\x1b[" in ran.out) is coloured


def test_a_baseline_is_written_and_honoured(tmp_path: Path) -> None:
    migrations(tmp_path)
    wrote = check(tmp_path, "db", "--write-baseline", "known.json")
    assert (wrote.code, "1 suppressed" in wrote.out) == (0, True)
    assert "known.json: 1 finding written" in wrote.err
    assert check(tmp_path, "db", "--baseline", "known.json").code == 0
    (tmp_path / "db" / "3_more.sql").write_text("CREATE INDEX more ON orders (id);")
    ran = check(tmp_path, "db", "--baseline", "known.json")
    assert ran.code == 1
    assert "db/3_more.sql" in ran.out and "2_index.sql" not in ran.out
    (tmp_path / "db" / "2_index.sql").write_text("SELECT 1;")
    ran = check(tmp_path, "db", "--baseline", "known.json")
    assert "note: db/2_index.sql: index-build-waits is in the baseline and found no more" in ran.err
    assert check(tmp_path, "db", "--baseline", "known.json", "-q").err == ""


def test_the_configuration_counts_and_the_command_line_wins(tmp_path: Path) -> None:
    migrations(tmp_path)
    (tmp_path / "migration-lint.toml").write_text(
        'paths = ["db"]\nfail_on = "never"\nengine_version = 14\nrules_dir = "own"\n'
        '[severity]\nindex-build-waits = "warning"\n'
    )
    own = Path(OWN[1])
    (tmp_path / "own").mkdir()
    for rule in own.glob("*.py"):
        (tmp_path / "own" / rule.name).write_text(rule.read_text())
    arguments = ("check", "--select", "index-build-waits", "--output-format", "json")
    ran = run(tmp_path, *arguments)
    assert ran.code == 0, ran.err
    assert ran.json()["engine_version"] == "14"
    assert [finding["severity"] for finding in ran.json()["findings"]] == ["warning"]
    ran = run(tmp_path, *arguments, "--fail-on", "warning", "--engine-version", "12")
    assert (ran.code, ran.json()["engine_version"]) == (1, "12")
    below = tmp_path / "db"
    assert run(below, *arguments).json()["findings"][0]["path"] == "2_index.sql"


OWN_RULE = """
from migration_lint.linting.rule import Rule
from migration_lint.findings import Severity

class Mine(Rule):
    \"\"\"Everything is found.\"\"\"

    severity = Severity.ERROR

    def check(self, step):
        yield self.finding(step, None, why="it is there", instead="")
"""


@pytest.mark.parametrize(
    ("event", "code"), [("pull_request_target", 2), ("workflow_run", 2), ("pull_request", 1)]
)
def test_a_stranger_s_configuration_brings_no_code(tmp_path: Path, event: str, code: int) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "mine.py").write_text("open('run', 'w').close()\n" + OWN_RULE, encoding="utf-8")
    (tmp_path / "migration-lint.toml").write_text('rules_dir = "own"\n', encoding="utf-8")
    (tmp_path / "1.sql").write_text("CREATE TABLE t (id int); DROP TABLE t;", encoding="utf-8")
    ran = run(tmp_path, "check", "1.sql", "--select", "mine", GITHUB_EVENT_NAME=event)
    assert (ran.code, (tmp_path / "run").exists()) == (code, code == 1), ran.err
    assert code == 1 or f"not run for the event {event}" in ran.err


def test_a_schema_dump_is_the_start(tmp_path: Path) -> None:
    migrations(tmp_path, {"2_index.sql": "CREATE INDEX i ON shop.orders (id);"})
    (tmp_path / "structure.sql").write_text("CREATE SCHEMA shop; CREATE TABLE shop.orders (id bigint);")
    ran = check(tmp_path, "db", "--schema", "structure.sql", "--output-format", "json")
    assert [finding["confidence"] for finding in ran.json()["findings"]] == ["certain"]


def test_old_migrations_that_cannot_be_read_are_only_noted(tmp_path: Path) -> None:
    migrations(tmp_path, {"1_old.sql": "CREAT TABLE x ();", "2_new.sql": "SELECT 1;"})
    ran = check(tmp_path, "db/2_new.sql")
    assert ran.code == 0
    assert "note: db/1_old.sql:1: context only, not read: " in ran.err


def test_migrations_are_found_without_paths(tmp_path: Path) -> None:
    (tmp_path / "app" / "migrations").mkdir(parents=True)
    (tmp_path / "app" / "migrations" / "V1__a.sql").write_text("CREATE TABLE a (id int);")
    ran = check(tmp_path)
    assert (ran.code, ran.out) == (0, "1 migration, 1 statement: no findings\nallowed\n")


def test_a_hostile_file_name_is_written_out(tmp_path: Path) -> None:
    migrations(tmp_path, {"1_\x1b[31m.sql": "CREATE INDEX i ON orders (id);"})
    ran = check(tmp_path, "db")
    assert "\x1b" not in ran.out
    assert "db/1_\\x1b[31m.sql:1:1: error" in ran.out


def test_any_encoding_of_the_terminal_will_do(tmp_path: Path) -> None:
    migrations(tmp_path, {"1_größe.sql": "CREATE INDEX größe ON orders (größe);"})
    ran = check(tmp_path, "db", PYTHONUTF8="0", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert (ran.code, "Traceback" in ran.err) == (1, False)
    assert "gr\\xf6\\xdfe" in ran.out
