"""Each tool's folder as the tool lays it out: who knows it, what runs, in which order and transaction."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration_lint.model import History, TransactionMode
from migration_lint.sources import detect, load
from migration_lint.sources.source import source_of, sources
from tests.sources.folders import empty, ids, problems, write

ONE, NONE, EACH = TransactionMode.ONE, TransactionMode.NONE, TransactionMode.EACH
UP, DOWN = "CREATE TABLE t (id int);\n", "DROP TABLE t;\n"
GOOSE = f"-- +goose Up\n{UP}-- +goose Down\n{DOWN}"
SQL_MIGRATE = f"-- +migrate Up\n{UP}-- +migrate Down\n{DOWN}"
DBMATE = f"-- migrate:up\n{UP}-- migrate:down\n{DOWN}"
PLAN = (
    "%syntax-version=1.0.0\n%project=shop\n\n"
    "b 2024-01-01T00:00:00Z A <a@x.org> # first\na [b] 2024-01-02T00:00:00Z A <a@x.org>\n"
)

# The folder, the files in it, the ids in order, the modes of the up scripts, and which have a way back.
FOLDERS: dict[str, tuple[str, dict[str, str], list[str], list[TransactionMode], list[bool]]] = {
    "goose": (
        "m",
        {
            "m/00002_b.sql": GOOSE.replace("-- +goose Up", "-- +goose NO TRANSACTION\n-- +goose Up"),
            "m/00001_a.sql": GOOSE.replace("\n", "\r\n"),
            "m/README.md": "",
        },
        ["00001_a", "00002_b"],
        [ONE, EACH],
        [True, True],
    ),
    "liquibase": (
        "db",
        {
            "db/changelog.sql": "--liquibase formatted sql\n--changeset a:1\n"
            f"{UP}--rollback {DOWN}--changeset a:2 runInTransaction:false\n{UP}"
        },
        ["changelog.sql::1::a", "changelog.sql::2::a"],
        [ONE, EACH],
        [True, False],
    ),
    "sql-migrate": (
        "m",
        {
            "m/2-b.sql": SQL_MIGRATE.replace("Up", "Up notransaction"),
            "m/1-a.sql": SQL_MIGRATE,
            "dbconfig.yml": "",
        },
        ["1-a", "2-b"],
        [ONE, EACH],
        [True, True],
    ),
    "dbmate": (
        "db/migrations",
        {
            "db/migrations/20240102000000_b.sql": f"-- migrate:up transaction:false\n{UP}\n-- migrate:down\n",
            "db/migrations/20240101000000_a.sql": f"{DBMATE}{DBMATE}",
            "db/migrations/.gitkeep": "",
            "db/schema.sql": UP,
        },
        ["20240101000000_a", "20240101000000_a (2)", "20240102000000_b"],
        [ONE, ONE, NONE],
        [True, True, False],
    ),
    "rambler": (
        "m",
        {"m/1_a.sql": f"-- rambler up\n{UP}-- rambler down\n{DOWN}", "rambler.hjson": ""},
        ["1_a"],
        [NONE],
        [True],
    ),
    "mybatis": (
        "db/scripts",
        {
            "db/scripts/20240101000000_a.sql": UP.replace("t (", "${schema}.t (") + f"-- //@UNDO\n{DOWN}",
            "db/scripts/bootstrap.sql": UP,
            "db/environments/development.properties": "schema=app\nurl=x\n",
        },
        ["bootstrap", "20240101000000_a"],
        [ONE, ONE],
        [False, True],
    ),
    "supabase": (
        "supabase/migrations",
        {"supabase/migrations/20240101000000_a.sql": UP, "supabase/config.toml": "", "supabase/seed.sql": UP},
        ["20240101000000_a"],
        [ONE],
        [False],
    ),
    "node-pg-migrate": (
        "migrations",
        {
            "migrations/1700000000000_a.sql": f"-- Up Migration\n{UP}-- Down Migration\n{DOWN}",
            "migrations/1700000000001_b.sql": f"-- Up Migration\n{UP}-- Down Migration\n",
        },
        ["1700000000000_a", "1700000000001_b"],
        [ONE, ONE],
        [True, False],
    ),
    "refinery": (
        "migrations",
        {
            "migrations/V10__b.sql": UP,
            "migrations/V1__a.sql": UP,
            "Cargo.toml": '[dependencies]\nrefinery = "0.8"\n',
        },
        ["V1", "V10"],
        [ONE, ONE],
        [False, False],
    ),
    "sqlx": (
        "migrations",
        {
            "migrations/2_b.up.sql": f"-- no-transaction\n{UP}",
            "migrations/2_b.down.sql": DOWN,
            "migrations/1_a.sql": UP,
            "Cargo.toml": '[dependencies]\nsqlx = { version = "0.8" }\n',
        },
        ["1_a", "2_b"],
        [ONE, NONE],
        [False, True],
    ),
    "tern": (
        "m",
        {
            "m/002_b.sql": f"---- tern: disable-tx ----\n{UP}",
            "m/001_a.sql": UP.replace("t (", "{{.prefix}}t (")
            + f"---- create above / drop below ----\n{DOWN}",
            "m/tern.conf": "[database]\n\n[data]\nprefix = x_\n",
        },
        ["001_a", "002_b"],
        [ONE, EACH],
        [True, False],
    ),
    "prisma": (
        "prisma/migrations",
        {
            "prisma/migrations/20240102000000_b/migration.sql": UP,
            "prisma/migrations/20240102000000_b/down.sql": DOWN,
            "prisma/migrations/20240101000000_a/migration.sql": UP,
            "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
        },
        ["20240101000000_a", "20240102000000_b"],
        [NONE, NONE],
        [False, True],
    ),
    "hasura": (
        "hasura/migrations/default",
        {
            "hasura/config.yaml": "version: 3\nmetadata_directory: metadata\n",
            "hasura/migrations/default/1700000000001_b/up.sql": UP,
            "hasura/migrations/default/1700000000000_a/up.sql": UP,
            "hasura/migrations/default/1700000000000_a/down.sql": DOWN,
        },
        ["1700000000000_a", "1700000000001_b"],
        [ONE, ONE],
        [True, False],
    ),
    "drizzle": (
        "drizzle",
        {
            "drizzle/meta/_journal.json": '{"version":"7","dialect":"postgresql","entries":['
            '{"idx":0,"when":1,"tag":"0000_b","breakpoints":true},{"idx":1,"when":2,"tag":"0001_a"}]}',
            "drizzle/meta/0000_snapshot.json": "{}",
            "drizzle/0000_b.sql": f"{UP}--> statement-breakpoint\n{DOWN}",
            "drizzle/0001_a.sql": UP,
        },
        ["0000_b", "0001_a"],
        [ONE, ONE],
        [False, False],
    ),
    "sqitch": (
        "db",
        {
            "db/sqitch.plan": PLAN,
            "db/sqitch.conf": "[core]\n\tengine = pg\n",
            **{f"db/{kind}/{name}.sql": UP for kind in ("deploy", "revert", "verify") for name in "ab"},
        },
        ["b", "a"],
        [EACH, EACH],
        [True, True],
    ),
    "graphile-migrate": (
        "migrations",
        {
            ".gmrc": "{}",
            "migrations/committed/000001-a.sql": UP,
            "migrations/current.sql": f"--! no-transaction\n{UP}",
        },
        ["000001-a", "current"],
        [ONE, NONE],
        [False, False],
    ),
    "yoyo": (
        "m",
        {
            "m/0001.b.sql": f"-- depends: 0002.a\n-- transactional: false\n{UP}",
            "m/0001.b.rollback.sql": DOWN,
            "m/0002.a.py": f'from yoyo import step\n\nsteps = [step("""\n{UP}""", "{DOWN.strip()}")]\n',
            "yoyo.ini": "[DEFAULT]\nsources = m\n",
        },
        ["0002.a", "0001.b"],
        [ONE, EACH],
        [True, True],
    ),
    "diesel": (
        "migrations",
        {
            "migrations/2024-01-01-000000_a/up.sql": UP,
            "migrations/2024-01-01-000000_a/down.sql": DOWN,
            "diesel.toml": "",
        },
        ["2024-01-01-000000_a"],
        [ONE],
        [True],
    ),
    "flyway": ("sql", {"sql/V1__a.sql": UP, "sql/U1__a.sql": DOWN}, ["V1"], [ONE], [True]),
    "golang-migrate": ("m", {"m/1_a.up.sql": UP, "m/1_a.down.sql": DOWN}, ["1_a"], [NONE], [True]),
    "sql": ("m", {"m/1_a.sql": UP}, ["1_a"], [EACH], [False]),
    "atlas": (
        "migrations",
        {
            "migrations/20240101_a.sql": UP,
            "migrations/20240102_b.sql": f"-- atlas:txmode none\n\n{UP}",
            "migrations/atlas.sum": "",
        },
        ["20240101_a", "20240102_b"],
        [ONE, EACH],
        [False, False],
    ),
}


def shipped(tmp_path: Path, tool: str) -> str:
    folder, files, *_ = FOLDERS[tool]
    return f"{write(tmp_path, files)}/{folder}"


ELSEWHERE = {"alembic", "django"}
"""No folders of SQL: they have tests of their own."""


def test_there_is_a_folder_for_every_tool_of_sql() -> None:
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
