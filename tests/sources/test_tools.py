"""Each tool's folder as the tool lays it out: who knows it, what runs, in which order and transaction."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration_lint.model import History
from migration_lint.sources import detect, load
from migration_lint.sources.source import source_of, sources
from tests.sources.folders import empty, ids, problems, write
from tests.sources.tool_folders import DBMATE, DOWN, FOLDERS, GOOSE, PLAN, SQL_MIGRATE, UP


def shipped(tmp_path: Path, tool: str) -> str:
    folder, files, *_ = FOLDERS[tool]
    return f"{write(tmp_path, files)}/{folder}"


ELSEWHERE = {"alembic", "django"}
"""They have tests of their own."""


def test_there_is_a_folder_for_every_other_tool() -> None:
    assert {source.name for source in sources()} - ELSEWHERE == FOLDERS.keys()


@pytest.mark.parametrize("tool", FOLDERS)
def test_the_tool_is_recognised_by_what_lies_there(tmp_path: Path, tool: str) -> None:
    assert detect(shipped(tmp_path, tool))[0] == tool


@pytest.mark.parametrize("tool", FOLDERS)
def test_what_runs_in_which_order_and_transaction(tmp_path: Path, tool: str) -> None:
    [history] = load([shipped(tmp_path, tool)])
    _, _, order, modes, backs = FOLDERS[tool]
    assert (history.tool, problems(history)) == (tool, [])
    assert ids(history) == order
    assert [migration.up.transaction for migration in history.migrations] == modes
    assert [migration.down is not None for migration in history.migrations] == backs
    assert history.complete
    assert history.known_by


@pytest.mark.parametrize("tool", FOLDERS)
def test_a_repository_is_found_to_use_the_tool(tmp_path: Path, tool: str) -> None:
    folder = shipped(tmp_path, tool)
    assert [(each.root, each.tool) for each in load([str(tmp_path)])] == [(folder, tool)]


@pytest.mark.parametrize("tool", FOLDERS)
def test_each_script_is_its_part_of_the_file(tmp_path: Path, tool: str) -> None:
    [history] = load([shipped(tmp_path, tool)])
    for migration in history.migrations:
        for script, statement in ((migration.up, "CREATE TABLE"), (migration.down, "DROP TABLE")):
            if script is None or tool == "sqitch":
                continue
            start = script.sql.index(statement)
            span = script.span(start, start + len(statement))
            assert script.document.text[span.start : span.end] == statement
            assert ("DROP" in script.sql) == (statement == "DROP TABLE") or tool == "drizzle"


@pytest.mark.parametrize("tool", FOLDERS)
def test_the_facts_of_a_tool_are_sentences(tool: str) -> None:
    source = source_of(tool)
    for fact in (source.outside_transaction, source.edited, source.late, source.removed, source.duplicate):
        assert fact == fact.strip()
        assert not fact.endswith(".")


def one(tmp_path: Path, files: dict[str, str]) -> History:
    [history] = load([write(tmp_path, files)])
    return history


BODY = "CREATE FUNCTION f() RETURNS int AS $$\nBEGIN\n  RETURN 1;\nEND $$ LANGUAGE plpgsql;\n"


@pytest.mark.parametrize(
    ("files", "where", "message"),
    [
        ({"1_a.sql": GOOSE, "2_b.sql": UP}, ("2_b.sql", 1), "it has no -- +goose Up"),
        (
            {"1_a.sql": GOOSE, "2_b.sql": GOOSE + "-- +goose Sideways\n"},
            ("2_b.sql", 5),
            "no annotation 'Sideways'",
        ),
        ({"1_a.sql": GOOSE.replace(UP, BODY)}, ("1_a.sql", 4), "StatementBegin"),
        ({"1_a.sql": GOOSE, "2_b.go": "package x"}, ("2_b.go", 1), "a Go migration"),
        ({"1_a.sql": GOOSE, "seed.sql": UP}, ("seed.sql", 1), "goose never runs it"),
        ({"1_a.sql": GOOSE.replace("Up", "Up\n-- +goose ENVSUB ON\n-- ${X}")}, ("1_a.sql", 3), "${X}"),
        ({"1_a.sql": SQL_MIGRATE, "2_b.sql": UP}, ("2_b.sql", 1), "neither"),
        ({"1_a.sql": SQL_MIGRATE.replace(UP, BODY)}, ("1_a.sql", 4), "StatementBegin"),
        ({"1_a.sql": DBMATE, "2_b.sql": UP}, ("2_b.sql", 1), "does not begin with"),
        ({"1_a.sql": DBMATE.replace("up", "up fast:true")}, ("1_a.sql", 1), "'fast:true'"),
        (
            {"1_a.sql": f"{UP}---- create above / drop below ----\n", "3_b.sql": UP},
            ("3_b.sql", 1),
            "there is no migration 2",
        ),
        (
            {"migration_lock.toml": "", "1_a/migration.sql": UP, "2_b/x.sql": UP},
            ("2_b/x.sql", 1),
            "Prisma stops",
        ),
        (
            {"meta/_journal.json": '{"entries": [{"tag": "0000_a"}]}'},
            ("meta/_journal.json", 1),
            "no 0000_a.sql",
        ),
        ({"meta/_journal.json": "{"}, ("meta/_journal.json", 1), "not Drizzle's journal"),
        (
            {"meta/_journal.json": '{"entries": [{"tag": "a"}]}', "a.sql": UP, "b.sql": UP},
            ("b.sql", 1),
            "does not list it",
        ),
        ({"sqitch.plan": PLAN, "deploy/b.sql": UP}, ("sqitch.plan", 5), "there is no"),
        (
            {"sqitch.plan": PLAN, "deploy/b.sql": UP, "deploy/a.sql": UP, "deploy/c.sql": UP},
            ("deploy/c.sql", 1),
            "no change of the plan",
        ),
        ({"1.a.py": "from yoyo import step\nstep(sql)\n"}, ("1.a.py", 2), "not written out"),
        ({"1.a.py": "from yoyo import step\nstep('x'\n"}, ("1.a.py", 2), "not Python"),
        ({"1_a.sql": DBMATE, "old/0_x.sql": UP}, ("old/0_x.sql", 1), "does not run it from here"),
    ],
)
def test_what_the_tool_refuses_or_never_runs_is_said(
    tmp_path: Path, files: dict[str, str], where: tuple[str, int], message: str
) -> None:
    found = problems(one(tmp_path, files))
    assert [(path, line) for path, line, _ in found] == [where]
    assert message in found[0][2]


def test_reworked_changes_of_sqitch_have_the_tag_in_the_name(tmp_path: Path) -> None:
    line = "2024-01-01T00:00:00Z A <a@x.org>"
    plan = f"%project=x\n\na {line}\n@v1 {line}\na [a@v1] {line}\n"
    history = one(tmp_path, {"sqitch.plan": plan, "deploy/a.sql": UP, "deploy/a@v1.sql": DOWN})
    assert [migration.path.rpartition("/")[2] for migration in history.migrations] == ["a@v1.sql", "a.sql"]
    assert problems(history) == []


def test_a_checkpoint_of_atlas_is_another_way_to_begin(tmp_path: Path) -> None:
    files = {
        "1_a.sql": UP,
        "2_checkpoint.sql": f"-- atlas:checkpoint\n\n{UP}",
        "3_b.sql": UP,
    }
    first, second = load([write(tmp_path, files)])
    assert (ids(first), ids(second)) == (["1_a", "3_b"], ["2_checkpoint"])


def test_templates_of_tern_are_filled_in(tmp_path: Path) -> None:
    files = {
        "1_a.sql": 'SELECT 1;\n{{ template "shared/t.sql" . }}\nSELECT {{.n}};\n'
        "---- create above / drop below ----\n",
        "shared/t.sql": "CREATE TABLE shared (id int);",
        "tern.conf": "[data]\nn = 3\n",
    }
    history = one(tmp_path, files)
    assert problems(history) == []
    assert history.migrations[0].up.sql == "SELECT 1;\nCREATE TABLE shared (id int);\nSELECT 3;\n"
    start = history.migrations[0].up.sql.index("SELECT 3")
    assert history.migrations[0].up.span(start, start + 8).line == 3


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x00\x01\x02", b"", "\ufeff-- x".encode()])
@pytest.mark.parametrize("tool", FOLDERS)
def test_half_a_file_is_read_or_told(tmp_path: Path, tool: str, content: bytes) -> None:
    _, files, *_ = FOLDERS[tool]
    folder = shipped(tmp_path, tool)
    for name in files:
        Path(tmp_path, name).write_bytes(content)
    for history in load([folder], tool=tool):
        assert history.migrations or history.errors


def test_empty_names_are_no_trouble(tmp_path: Path) -> None:
    assert load([write(tmp_path, empty("1_.sql", "_.sql", "1.sql"))])
