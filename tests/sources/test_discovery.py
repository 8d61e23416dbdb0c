from __future__ import annotations

from pathlib import Path

import pytest

from migration_lint.errors import UsageError
from migration_lint.sources import detect, find, load
from migration_lint.sources.source import by_name, names, sources
from tests.sources.folders import empty, targets, write


@pytest.mark.parametrize(
    ("files", "tools"),
    [
        (["1_x.sql"], ["sql"]),
        (["V1__x.sql"], ["flyway", "sql"]),
        (["R__x.sql"], ["flyway", "sql"]),
        (["V1_x.sql"], ["sql"]),
        (["2024/01/V1__x.sql"], ["flyway"]),
        (["1_x.up.sql"], ["golang-migrate", "sql"]),
        (["1_x.up.sql", "a.sql", "b.sql"], ["sql"]),
        (["x.up.sql", "x.down.sql"], ["sql"]),
        (["1_x/up.sql"], ["diesel"]),
        (["1_x/up.sql", "y.sql"], ["sql"]),
        (["notes.md"], []),
        ([], []),
    ],
)
def test_detect(tmp_path: Path, files: list[str], tools: list[str]) -> None:
    assert detect(write(tmp_path, empty(*files))) == tools


def test_detect_by_configured_names(tmp_path: Path) -> None:
    files = {
        "flyway.conf": "flyway.sqlMigrationPrefix=M\nflyway.sqlMigrationSuffixes=.pg\n",
        "m/M1__x.pg": "",
    }
    root = write(tmp_path, files)
    assert detect(f"{root}/m") == ["flyway"]


def test_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = empty(
        "src/main/resources/db/migration/V1__x.sql",
        "src/main/resources/db/migration/2024/V2__x.sql",
        "src/main/resources/db/migration/seeds/1_x.sql",
        "target/classes/db/migration/V1__x.sql",
        "go/1_x.up.sql",
        "rust/1_x/up.sql",
        "plain/1_x.sql",
        "db/migrate/x.sql",
        "queries/report.sql",
        "node_modules/p/migrations/1_x.sql",
        "vendor/p/migrations/1_x.sql",
        ".git/migrations/1_x.sql",
        "env/pyvenv.cfg",
        "env/migrations/1_x.sql",
    )
    write(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    assert find(".") == [
        ("db/migrate", "sql"),
        ("go", "golang-migrate"),
        ("plain", "sql"),
        ("rust", "diesel"),
        ("src/main/resources/db/migration", "flyway"),
    ]
    assert find("go") == [("go", "golang-migrate")]
    assert find("queries") == []


def test_vendors_are_histories_of_their_own(tmp_path: Path) -> None:
    root = write(tmp_path, empty("db/migration/postgresql/V1__x.sql", "db/migration/mysql/V1__x.sql"))
    assert find(root) == [
        (f"{root}/db/migration/mysql", "flyway"),
        (f"{root}/db/migration/postgresql", "flyway"),
    ]


def test_the_working_folder_may_itself_be_the_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, empty("migrations/x.sql"))
    monkeypatch.chdir(tmp_path / "migrations")
    assert find(".") == [(".", "sql")]


def test_every_tool_has_a_source_of_its_own_name() -> None:
    known = sources()
    assert len({source.name for source in known}) == len(known) == len(names())
    assert [by_name(source.name, known) for source in known] == known
    assert known[-1].name == "sql", "what takes any SQL is asked last"


def test_folders_whose_tool_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "a/migrations/1_a.sql": "SELECT 1;\n",
        "b/sql/V1__a.sql": "SELECT 1;\n",
        "b/sql/inner/V2__b.sql": "SELECT 1;\n",
        "c/1_a.up.sql": "SELECT 1;\n",
    }
    write(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    tools = {"a/migrations": "supabase", "b/sql": "flyway", "./c/": "sqlx"}

    def found(*paths: str) -> list[tuple[str, str, list[str]]]:
        return [(each.root, each.tool, targets(each)) for each in load(paths, tools=tools)]

    everything = [
        ("a/migrations", "supabase", ["1_a"]),
        ("b/sql", "flyway", ["V1", "V2"]),
        ("c", "sqlx", ["1_a"]),
    ]
    assert found(".") == everything
    assert found("a", "b", "c") == everything
    assert found("b/sql/inner") == [("b/sql", "flyway", ["V2"])]
    assert found("b/sql/V1__a.sql") == [("b/sql", "flyway", ["V1"])]
    with pytest.raises(UsageError, match="unknown tool"):
        load(["."], tools={"a": "flywey"})


def test_files_that_are_numbers_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, empty("sql/000001.sql", "sql/000002.sql"))
    assert find(str(tmp_path)) == [(f"{tmp_path}/sql", "sql")]
