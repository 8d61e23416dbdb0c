from __future__ import annotations

from pathlib import Path

import pytest

from migration_lint.model import Disorder, TransactionMode
from migration_lint.sources import load
from tests.sources.folders import empty, ids, problems, write


def test_golang_migrate(tmp_path: Path) -> None:
    names = ["10_c.up.sql", "000002_b.up.sql", "000002_b.down.sql", "1_a.up.sql", "notes.md"]
    [history] = load([write(tmp_path, empty(*names))])
    assert history.tool == "golang-migrate"
    assert ids(history) == ["1_a", "000002_b", "10_c"]
    assert [migration.down is not None for migration in history.migrations] == [False, True, False]
    assert {migration.up.transaction for migration in history.migrations} == {TransactionMode.NONE}
    assert history.migrations[1].path == f"{tmp_path.as_posix()}/000002_b.up.sql"
    assert problems(history) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("2_b.down.sql", "golang-migrate runs it after an up script of the same number, and there is none"),
        (
            "seed.sql",
            "golang-migrate never runs it: the name is not NUMBER_name.up.sql or NUMBER_name.down.sql",
        ),
        ("3_x.up.json", "not SQL by its name: what it does is not checked"),
    ],
)
def test_what_golang_migrate_does_not_run_is_said(tmp_path: Path, name: str, message: str) -> None:
    [history] = load([write(tmp_path, empty("000001_a.up.sql", name))])
    assert ids(history) == ["000001_a"]
    assert problems(history) == [(name, 1, message)]


def test_two_up_scripts_of_one_number(tmp_path: Path) -> None:
    [history] = load([write(tmp_path, empty("000001_a.up.sql", "01_again.up.sql"))])
    assert ids(history) == ["000001_a", "01_again"]
    [found] = history.irregularities
    assert (found.disorder, found.migration, found.other) == (
        Disorder.DUPLICATE,
        "01_again",
        "000001_a.up.sql",
    )


def test_folders_of_up_and_down(tmp_path: Path) -> None:
    names = [
        "10_c/up.sql",
        "2_b/up.sql",
        "2_b/down.sql",
        "1_a/up.sql",
        ".keep/up.sql",
        "empty/.gitkeep",
    ]
    root = write(tmp_path, empty(*names))
    (tmp_path / "nothing").mkdir()
    [history] = load([root])
    assert history.tool == "diesel"
    assert ids(history) == ["1_a", "2_b", "10_c"]
    assert [migration.down is not None for migration in history.migrations] == [False, True, False]
    assert {migration.up.transaction for migration in history.migrations} == {TransactionMode.ONE}
    assert problems(history) == [("empty", 1, "a migration's folder holds up.sql, and this one does not")]


def test_diesel_orders_versions_as_text(tmp_path: Path) -> None:
    [history] = load([write(tmp_path, empty("10_c/up.sql", "2_b/up.sql", "1_a/up.sql", "diesel.toml"))])
    assert ids(history) == ["1_a", "10_c", "2_b"]


@pytest.mark.parametrize(
    ("settings", "mode"),
    [
        ("run_in_transaction = true\n", TransactionMode.ONE),
        ("run_in_transaction = false\n", TransactionMode.NONE),
        ("# the key's default is false once there is a file\n", TransactionMode.NONE),
    ],
)
def test_diesel_metadata(tmp_path: Path, settings: str, mode: TransactionMode) -> None:
    files = {**empty("1_a/up.sql", "1_a/down.sql"), "1_a/metadata.toml": settings}
    [history] = load([write(tmp_path, files)])
    [migration] = history.migrations
    assert migration.up.transaction is mode
    assert migration.down is not None
    assert migration.down.transaction is mode


def test_broken_diesel_metadata_is_an_error(tmp_path: Path) -> None:
    files = {**empty("1_a/up.sql", "2_b/up.sql"), "1_a/metadata.toml": "run_in = ["}
    [history] = load([write(tmp_path, files)])
    assert ids(history) == ["1_a", "2_b"]
    [(path, line, message)] = problems(history)
    assert (path, line) == ("1_a/metadata.toml", 1)
    assert message.startswith("not TOML: ")


@pytest.mark.parametrize("given", ["2_b", "2_b/up.sql", "2_b/down.sql", "2_b/metadata.toml"])
def test_one_folder_of_a_history_is_one_target(
    tmp_path: Path, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {**empty("m/1_a/up.sql", "m/2_b/up.sql", "m/2_b/down.sql"), "m/2_b/metadata.toml": ""})
    monkeypatch.chdir(tmp_path)
    [history] = load([f"m/{given}"])
    assert (history.root, history.tool, ids(history)) == ("m", "diesel", ["1_a", "2_b"])
    assert history.targets == {"2_b"}
