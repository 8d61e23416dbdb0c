"""The hook, run by pre-commit itself in a repository that uses it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import Struct

from tests.cli.command import ROOT
from tests.repositories import commit, git

TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);\n"
BLOCKS = "SET lock_timeout = '2s';\nCREATE INDEX {} ON orders (user_id);\n"
CONFIG = """\
repos:
  - repo: {url}
    rev: {rev}
    hooks:
      - id: migration-lint
        files: ^db/
"""


class Ran(Struct, frozen=True):
    code: int
    log: str


class PreCommit(Struct, frozen=True):
    """pre-commit with a home of its own, and a repository of ours that it can clone."""

    home: Path
    url: str
    rev: str

    def run(self, folder: Path, *arguments: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "--color=never", *arguments],
            cwd=folder,
            env={**os.environ, "PRE_COMMIT_HOME": str(self.home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
        )
        return Ran(done.returncode, done.stdout.decode())


@pytest.fixture(scope="module")
def pre_commit(tmp_path_factory: pytest.TempPathFactory) -> PreCommit:
    """Made from the files as they are now, committed or not. The first hook installs the package."""
    folder = tmp_path_factory.mktemp("hooks")
    clone = folder / "migration-lint"
    clone.mkdir()
    for name in (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, clone / name)
    for name in ("migration_lint", "rules"):
        shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
    git(clone, "init", "-q", "-b", "main")
    return PreCommit(folder / "home", str(clone), commit(clone, {}))


@pytest.fixture
def repository(tmp_path: Path, pre_commit: PreCommit) -> Path:
    """It has a table, and an old migration that blocks writes."""
    git(tmp_path, "init", "-q", "-b", "main")
    config = CONFIG.format(url=pre_commit.url, rev=pre_commit.rev)
    files = {"db/V1__orders.sql": TABLE, "db/V2__old.sql": BLOCKS.format("old")}
    commit(tmp_path, {".pre-commit-config.yaml": config, **files})
    return tmp_path


def stage(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    git(folder, "add", name)


def test_what_is_staged_is_judged(repository: Path, pre_commit: PreCommit) -> None:
    stage(repository, "db/V3__new.sql", BLOCKS.format("new"))
    ran = pre_commit.run(repository)
    assert ran.code == 1, ran.log
    assert "db/V3__new.sql:2:1: error[create-index-blocks-writes]" in ran.log
    assert "V2__old" not in ran.log


def test_the_rest_of_the_folder_is_context(repository: Path, pre_commit: PreCommit) -> None:
    """The same index on a table that is made in the same migration blocks nobody."""
    stage(repository, "db/V3__new.sql", TABLE.replace("orders", "carts") + BLOCKS.replace("orders", "carts"))
    stage(
        repository, "db/V4__gone.sql", "SET lock_timeout = '2s';\nALTER TABLE orders DROP COLUMN user_id;\n"
    )
    ran = pre_commit.run(repository)
    assert "create-index-blocks-writes" not in ran.log
    assert "db/V4__gone.sql:2:" in ran.log
    assert "orders" in ran.log


def test_what_is_not_staged_is_not_judged(repository: Path, pre_commit: PreCommit) -> None:
    (repository / "db/V3__later.sql").write_text(BLOCKS.format("later"))
    stage(repository, "notes.sql", "what is no migration\n")
    stage(repository, "db/notes.txt", "what is no SQL\n")
    ran = pre_commit.run(repository)
    assert ran.code == 0, ran.log
    assert "no files to check" in ran.log


def test_other_tools_files_are_judged_where_they_write_them(tmp_path: Path, pre_commit: PreCommit) -> None:
    """With no `files` in the configuration; code elsewhere is not taken for migrations."""
    git(tmp_path, "init", "-q", "-b", "main")
    config = CONFIG.format(url=pre_commit.url, rev=pre_commit.rev).replace("        files: ^db/\n", "")
    commit(tmp_path, {".pre-commit-config.yaml": config})
    shutil.copytree(ROOT / "fixtures" / "histories" / "alembic-shop", tmp_path / "shop")
    (tmp_path / "shop" / "models.py").write_text("print('no migration')\n")
    git(tmp_path, "add", ".")
    ran = pre_commit.run(tmp_path)
    assert ran.code == 1, ran.log
    assert "8a77e0f3d214_index_orders_by_customer.py:26:5: error[create-index-blocks-writes]" in ran.log
    assert "models.py" not in ran.log
    assert "not checked" not in ran.log


def test_a_harmless_migration_passes(repository: Path, pre_commit: PreCommit) -> None:
    stage(repository, "db/V3__new.sql", TABLE.replace("orders", "carts"))
    ran = pre_commit.run(repository)
    assert (ran.code, "Passed" in ran.log) == (0, True), ran.log


def test_what_cannot_be_read_does_not_pass(repository: Path, pre_commit: PreCommit) -> None:
    stage(repository, "db/V3__new.sql", "CREATE TABEL x ();\n")
    ran = pre_commit.run(repository)
    assert ran.code == 1, ran.log
    assert "exit code: 3" in ran.log


def test_many_files_are_one_run(repository: Path, pre_commit: PreCommit) -> None:
    """Their findings are counted once, in order, whatever the number of cores."""
    for number in range(3, 60):
        stage(repository, f"db/V{number}__new.sql", BLOCKS.format(f"i{number}"))
    ran = pre_commit.run(repository, "--all-files")
    assert ran.log.count("blocked:") == 1, ran.log
    assert "58 errors" in ran.log


def test_pre_commit_takes_the_file() -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", ".pre-commit-hooks.yaml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


CHECKLIST = """\
repos:
  - repo: {url}
    rev: {rev}
    hooks:
      - id: migration-lint-checklist
        args: [--target, production]
"""
TARGET = """\
paths = ["db"]

[targets.production.backup]
provider = "command"
command = ["{program}"]
finished_at = false

[targets.production.checks]
staging = "off"
database = "off"
monitoring = "off"
backup-archiving = "off"
backup-running = "off"
rollback = "off"
"""


@pytest.mark.parametrize(
    ("program", "code", "said"), [("true", 0, "allowed"), ("false", 1, "blocked: backup-recent")]
)
def test_the_checklist_is_run_by_hand(
    tmp_path: Path, pre_commit: PreCommit, program: str, code: int, said: str
) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    files = {
        ".pre-commit-config.yaml": CHECKLIST.format(url=pre_commit.url, rev=pre_commit.rev),
        "migration-lint.toml": TARGET.format(program=program),
        "db/V1__orders.sql": TABLE,
    }
    commit(tmp_path, files)
    ran = pre_commit.run(tmp_path, "--hook-stage", "manual")
    assert ran.code == code, ran.log
    assert said in ran.log
    stage(tmp_path, "db/V2__more.sql", TABLE.replace("orders", "more"))
    assert "Recent backup exists" not in pre_commit.run(tmp_path).log
