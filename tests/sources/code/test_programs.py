"""What each tool's programs run, forth and back, and what of them is told as not read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from migration_lint.model import Document, DownOrigin, Migration, TransactionMode
from migration_lint.sources import find
from migration_lint.sources.source import Reading, Request, source_of

TOOLS = ["rails", "ecto", "knex", "typeorm", "sequelize", "mikro-orm", "node-pg-migrate"]
HOSTILE = ["%q(", "<<~A\n", "(", "{", "`${", '"#{', "'", "/*", "do\n", "~s|", "a.b(", "=> ", "\0", "if "]
ONE, NONE, EACH = TransactionMode.ONE, TransactionMode.NONE, TransactionMode.EACH


def read(tool: str, text: str, name: str = "") -> Reading:
    ending = {"rails": "rb", "ecto": "exs", "typeorm": "ts", "mikro-orm": "ts"}.get(tool, "js")
    return source_of(tool).single(Document(name or f"1_a.{ending}", text), Request())


def statements(sql: str) -> list[str]:
    return [each.strip() for each in sql.split(";\n") if each.strip()]


def only(reading: Reading) -> Migration:
    [entry] = reading.entries
    return entry.migration


def told(reading: Reading) -> str:
    """What is not read, without the advice."""
    return "; ".join(
        f"{gap.error.line}: {gap.error.message.partition(': ')[2].partition('. Write')[0]}"
        for gap in reading.gaps
    )


def rails(body: str, head: str = "") -> str:
    return f"class A < ActiveRecord::Migration[7.1]\n{head}{body}end\n"


class Story(NamedTuple):
    """A program and what it runs, from ``programs.txt``; `down` is None where there is no way back."""

    tool: str
    program: str
    up: list[str]
    down: list[str] | None
    told: str


def stories() -> dict[str, Story]:
    found = {}
    for part in re.split(
        r"^=== ", (Path(__file__).parent / "programs.txt").read_text("utf-8"), flags=re.MULTILINE
    )[1:]:
        title, _, rest = part.partition("\n")
        program, *sections = re.split(r"^--- (\w+)\n", rest, flags=re.MULTILINE)
        parts = dict(zip(sections[::2], sections[1::2], strict=True))
        down = parts["down"].split("\n") if "down" in parts else None
        found[title] = Story(
            title.partition(":")[0],
            program,
            list(filter(None, parts["up"].split("\n"))),
            None if down is None else list(filter(None, down)),
            parts.get("told", "").strip(),
        )
    return found


STORIES = stories()


@pytest.mark.parametrize("title", STORIES)
def test_what_a_program_runs(title: str) -> None:
    story = STORIES[title]
    reading = read(story.tool, story.program)
    migration = only(reading)
    assert statements(migration.up.sql) == story.up
    assert (None if migration.down is None else statements(migration.down.sql)) == story.down
    assert told(reading) == story.told


@pytest.mark.parametrize(
    ("tool", "text", "line", "message"),
    [
        ("rails", "class A\nend\n", 1, "no class of a migration is in it"),
        (
            "rails",
            rails("def up\n execute 'a'\n execute 'b"),
            1,
            "Ruby that makes no sense: nothing of the file is read",
        ),
        (
            "knex",
            "exports.up = (knex) => {\n knex.raw('a');\n knex.raw(",
            1,
            "what makes no sense from line 1 on",
        ),
        ("ecto", 'defmodule A do\n def up do\n execute("a")\n', 1, "a module without `up` or `change`"),
    ],
)
def test_a_program_that_is_half_written(tool: str, text: str, line: int, message: str) -> None:
    [gap] = read(tool, text).gaps
    assert message in gap.error.message
    assert gap.error.line == line


@pytest.mark.parametrize(
    ("tool", "text", "mode"),
    [
        ("rails", rails("def up; execute 'a'; end\n"), ONE),
        ("rails", rails("def up; execute 'a'; end\n", "disable_ddl_transaction!\n"), NONE),
        ("rails", rails("def up; execute 'a'\nexecute 'b'; end\n", "disable_ddl_transaction!\n"), EACH),
        ("ecto", "defmodule A do\n @disable_ddl_transaction true\n def up, do: execute(\"a\")\nend\n", NONE),
        ("ecto", "defmodule A do\n def up, do: execute(\"a\")\nend\n", ONE),
        ("knex", "exports.up = (knex) => knex.raw('a');\nexports.config = { transaction: false };\n", NONE),
        ("knex", "export const config = {transaction: false};\nexport const up = (k) => k.raw('a');", NONE),
        ("knex", "exports.up = (knex) => knex.raw('a');\nexports.config = { transaction: true };\n", ONE),
        ("typeorm", "class A { transaction = false; async up(q) { await q.query('a'); } }", NONE),
        ("typeorm", "class A { async up(q) { await q.query('a'); } }", ONE),
        ("mikro-orm", "class A { isTransactional() { return false; } up() { this.addSql('a'); } }", NONE),
        ("mikro-orm", "class A { async up() { this.addSql('a'); } }", ONE),
        ("sequelize", "exports.up = (queryInterface) => queryInterface.sequelize.query('a');", NONE),
        ("node-pg-migrate", "exports.up = (pgm) => { pgm.noTransaction(); pgm.sql('a'); };", NONE),
        ("node-pg-migrate", "exports.up = (pgm) => { pgm.sql('a'); };", ONE),
    ],
)  # fmt: skip
def test_who_opens_a_transaction(tool: str, text: str, mode: TransactionMode) -> None:
    reading = read(tool, text)
    assert only(reading).up.transaction is mode
    assert reading.gaps == ()


def test_the_way_back_is_written_or_worked_out() -> None:
    origins = {
        text: only(read("rails", rails(text))).down_origin
        for text in (
            "def up; end\ndef down; execute 'a'; end\n",
            "def change; add_column :a, :b; end\n",
            "def change; execute 'a'; end\n",
        )
    }
    assert list(origins.values()) == [DownOrigin.WRITTEN, DownOrigin.DERIVED, DownOrigin.NONE]


@pytest.mark.parametrize(
    "tool", ["rails", "ecto", "knex", "typeorm", "sequelize", "mikro-orm", "node-pg-migrate"]
)
def test_what_is_not_read_says_how_to_have_it_checked(tool: str) -> None:
    text = {
        "rails": rails("def change; add_column :a, :b; end\n"),
        "ecto": "defmodule A do\n def change, do: drop(table(:a))\nend\n",
        "typeorm": "class A { async up(q) { await q.dropTable('a'); } }",
        "mikro-orm": "class A { async up() { this.other(); } }",
    }.get(tool, "exports.up = (a) => a.dropTable('b');")
    [gap] = read(tool, text).gaps
    assert re.match(
        r"(Ruby|Elixir|JavaScript|TypeScript) that is not read: `.*`\. Write it as SQL in ", gap.error.message
    )


@pytest.mark.parametrize(
    ("tool", "comment", "program"),
    [
        ("rails", "#", rails("def up\n  COMMENT\n  execute 'a'\nend\ndef down\n  execute 'b'\nend\n")),
        ("ecto", "#", "defmodule A do\n def up do\n  COMMENT\n  execute(\"a\")\n end\nend\n"),
        ("knex", "//", "exports.up = async (knex) => {\n  COMMENT\n  await knex.raw('a');\n};\n"),
    ],
)  # fmt: skip
def test_a_comment_that_allows_something_comes_along(tool: str, comment: str, program: str) -> None:
    directive = "migration-lint: ignore[drop-table] nobody reads it"
    migration = only(read(tool, program.replace("COMMENT", f"{comment} {directive}")))
    assert statements(migration.up.sql) == [f"-- {directive}\na"]
    assert migration.down is None or directive not in migration.down.sql


@pytest.mark.parametrize(
    "tool", ["rails", "ecto", "knex", "typeorm", "sequelize", "mikro-orm", "node-pg-migrate"]
)
@pytest.mark.parametrize(
    "mark", ["%q(", "<<~A\n", "(", "{", "`${", '"#{', "'", "/*", "do\n", "~s|", "a.b(", "=> ", "\0", "if "]
)
def test_a_large_hostile_program_ends_in_an_answer(tool: str, mark: str) -> None:
    reading = read(tool, mark * (30_000 // len(mark)))
    assert reading.gaps
    assert all(gap.error.line >= 1 and len(gap.error.message) < 1_000 for gap in reading.gaps)


def test_what_is_too_large_for_a_migration_is_told() -> None:
    [gap] = read("rails", "#" * 500_001).gaps
    assert gap.error.message == "larger than 500,000 characters: not read as Ruby"


@pytest.mark.parametrize(
    ("tool", "name", "text"),
    [
        ("knex", "1_a.ts", "export async function up(knex: Knex): Promise<void> {}\n"),
        ("knex", "1_a.js", "exports.up = knex => knex.raw('a');\n"),
        ("knex", "1_a.js", "module.exports = addColumn('knex');\n"),
        ("sequelize", "1-a.ts", "export const up: Migration = async ({ context: queryInterface }) => {};\n"),
        ("sequelize", "1-a.js", "module.exports = { up: (queryInterface) => {} };\n"),
        ("sequelize", "1-a.js", "module.exports = { async up(queryInterface) {} };\n"),
        ("typeorm", "1700000000000-A.js", "class A1700000000000 { async up(queryRunner) {} }\n"),
        ("node-pg-migrate", "1700000000000_a.ts", "export async function up(pgm: MigrationBuilder) {}\n"),
        ("rails", "20240101000000_a.rb", "class A < ActiveRecord::Migration[7.1]\nend\n"),
        ("rails", "20240101000000_a.rb", "class A < Gitlab::Database::Migration[2.2]\nend\n"),
        ("ecto", "20240101000000_a.exs", "defmodule A do\n  use Ecto.Migration\nend\n"),
    ],
)
def test_a_program_gives_its_tool_away(tmp_path: Path, tool: str, name: str, text: str) -> None:
    folder = tmp_path / ("migrate" if tool == "rails" else "migrations")
    folder.mkdir()
    (folder / name).write_text(text)
    assert find(str(tmp_path)) == [(str(folder), tool)]


@pytest.mark.parametrize("name", ["index.js", "1_a.test.js", "helpers.js", "types.d.ts"])
def test_a_helper_is_no_migration(tmp_path: Path, name: str) -> None:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / name).write_text("exports.up = (knex) => {};\n")
    assert find(str(tmp_path)) == []
