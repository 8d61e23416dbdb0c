"""Formats, files and CI servers: what goes where."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from migration_lint.report import formats
from tests.cli.command import ROOT, check, migrations, run
from tests.report.readers import logs

TEXT = "db/2_index.sql:1:1: error[index-build-waits]"


def outputs(*chosen: str) -> list[str]:
    return [argument for output in chosen for argument in ("--output-format", output)]


@pytest.mark.parametrize("name", formats.names())
def test_every_format_can_be_asked_for(tmp_path: Path, name: str) -> None:
    ran = check(migrations(tmp_path), "db", *outputs(f"{name}=out"))
    assert (ran.code, ran.out, ran.err) == (1, "", "")
    assert "index-build-waits" in (tmp_path / "out").read_text(encoding="utf-8")


def test_several_formats_of_one_run(tmp_path: Path) -> None:
    ran = check(migrations(tmp_path), "db", *outputs("sarif=out.sarif", "github", "concise"))
    assert ran.out.splitlines()[0].startswith("::error title=index-build-waits,file=db/2_index.sql,line=1")
    assert ran.out.splitlines()[1].startswith(TEXT)
    assert '"2.1.0"' in (tmp_path / "out.sarif").read_text()


@pytest.mark.parametrize("document", ["json", "sarif", "junit", "gitlab", "markdown", "rdjson", "html"])
def test_a_document_has_standard_output_to_itself(tmp_path: Path, document: str) -> None:
    ran = check(migrations(tmp_path), "db", *outputs(document, "github"))
    assert (ran.code, ran.out) == (2, "")
    assert "use FORMAT=FILE" in ran.err


@pytest.mark.parametrize(
    ("variable", "value", "read", "names"),
    [
        ("GITHUB_ACTIONS", "true", logs.actions, ["error"]),
        ("TF_BUILD", "True", logs.azure, ["task.logissue"]),
        ("TEAMCITY_VERSION", "2025.07", logs.teamcity, ["inspectionType", "inspection", "buildProblem"]),
    ],
)
def test_a_ci_server_gets_what_it_reads_beside_the_text(
    tmp_path: Path, variable: str, value: str, read: object, names: list[str]
) -> None:
    ran = check(migrations(tmp_path), "db", **{variable: value})
    assert ran.out.startswith(TEXT)
    assert callable(read)
    assert [command.name for command in read(ran.out)] == names
    assert read(check(tmp_path, "db", *outputs("text"), **{variable: value}).out) == []


def test_the_job_summary_is_added_to_what_is_there(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("## Tests\n")
    environment = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    check(migrations(tmp_path), "db", **environment)
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("## Tests\n## ⛔ migration-lint: blocked: 1 error\n")
    check(tmp_path, "db", *outputs(f"markdown={summary}"), **environment)
    assert summary.read_text(encoding="utf-8").count("## ⛔") == 2


def test_a_summary_takes_no_more_than_is_left(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("x" * (1024 * 1024 - 50))
    check(migrations(tmp_path), "db", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert summary.stat().st_size <= 1024 * 1024


def test_a_summary_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "no" / "summary.md")
    environment = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": nowhere}
    ran = check(migrations(tmp_path), "db", **environment)
    assert (ran.code, "note: no job summary: " in ran.err) == (1, True)
    assert check(tmp_path, "db", *outputs(f"markdown={nowhere}"), **environment).code == 2


def test_paths_are_from_the_root_of_the_repository(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    migrations(folder)
    (folder / ".git").rmdir()
    (tmp_path / ".git").mkdir()
    (command,) = logs.actions(check(folder, "./db", *outputs("github")).out)
    assert command.properties["file"] == "shop/db/2_index.sql"


HOSTILE = {
    "1_orders.sql": "CREATE TABLE orders (id bigint, user_id bigint);\n",
    "2_::error::injected.sql": "CREATE INDEX i ON orders (id); -- ##[error]injected ##vso[task.complete]\n",
    "3_##[group]x.sql": "CREAT INDEX;\n::error::injected\n::stop-commands::x\n",
    "4_%0A::warning::x.sql": 'CREATE INDEX "##[add-mask]e\nx" ON orders (user_id);\n',
    "5_context.sql": "::error::injected;\n",
}


ARGUMENTS = ["", "--full", "--output-format concise", "--output-format json"]


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_a_runner_obeys_nothing_that_a_migration_says(tmp_path: Path, arguments: str) -> None:
    migrations(tmp_path, HOSTILE)
    ran = check(tmp_path, "db", *arguments.split(), GITHUB_ACTIONS="true")
    expected = [] if "--output-format" in arguments else ["error"]
    found = logs.actions(f"{ran.out}\n{ran.err}")
    assert sorted({command.name for command in found}) == expected
    assert not any("injected" in command.name or command.data.startswith("injected") for command in found)
    told = run(tmp_path, "explain", "db", GITHUB_ACTIONS="true")
    assert logs.actions(f"{told.out}\n{told.err}") == []
    wrong = run(tmp_path, "check", "##[error]x", "\n::error::x", GITHUB_ACTIONS="true")
    assert (wrong.code, logs.actions(f"{wrong.out}\n{wrong.err}")) == (2, [])


def test_junit_without_its_library_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['junit_xml'] = None\n"
        "from migration_lint.cli.main import run\n"
        "sys.exit(run(['check', 'db', '--output-format', 'junit=out.xml']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=migrations(tmp_path),
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'migration-safety-gate[junit]'" in done.stderr
    assert not (tmp_path / "out.xml").exists()


BEGINS = {"markdown": "### db/1\\_orders.sql", "html": "<!doctype html>"}


@pytest.mark.parametrize("form", BEGINS)
def test_explain_has_documents_too(tmp_path: Path, form: str) -> None:
    ran = run(migrations(tmp_path), "explain", "db", "--output-format", form)
    assert (ran.code, ran.out.startswith(BEGINS[form])) == (0, True)
