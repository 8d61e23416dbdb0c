"""Folders that are broken or mean harm: a clear error each, and the rest is still read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from migration_lint.sources import load
from tests.sources.folders import ids, problems, write

FLYWAY = {"V1__a.sql": "SELECT 1;\n"}
PLAIN = {"1_a.sql": "SELECT 1;\n"}
GOOSE = {"1_a.sql": "-- +goose Up\nSELECT 1;\n"}
PRISMA = {"1_a/migration.sql": "SELECT 1;\n", "migration_lock.toml": ""}


@pytest.mark.parametrize(
    ("files", "link"),
    [(FLYWAY, "V2__b.sql"), (PLAIN, "2_b.sql"), (GOOSE, "2_b.sql"), (PRISMA, "2_b/migration.sql")],
)
def test_a_link_out_of_the_folder(tmp_path: Path, files: dict[str, str], link: str) -> None:
    (tmp_path / "secret").write_text("-- +goose Up\nSELECT 'secret';\n")
    root = write(tmp_path / "m", files)
    path = tmp_path / "m" / link
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(tmp_path / "secret")
    [history] = load([root])
    assert len(ids(history)) == 1
    assert problems(history) == [(link, 1, "a link that leads out of the folder: it is not followed")]
    assert not history.complete


def test_a_link_within_the_repository_is_followed(tmp_path: Path) -> None:
    root = write(tmp_path / "m", PLAIN)
    (tmp_path / ".git").mkdir()
    write(tmp_path, {"shared/x.sql": "SELECT 2;\n"})
    (tmp_path / "m" / "2_b.sql").symlink_to(tmp_path / "shared" / "x.sql")
    [history] = load([root])
    assert (ids(history), problems(history)) == (["1_a", "2_b"], [])


def test_links_in_a_circle(tmp_path: Path) -> None:
    root = write(tmp_path, {**FLYWAY, "sub/V2__b.sql": "SELECT 2;\n"})
    (tmp_path / "sub" / "again").symlink_to(tmp_path)
    (tmp_path / "V3__c.sql").symlink_to("V3__c.sql")
    [history] = load([root])
    assert ids(history) == ["V1", "V2"]
    [(path, _, message)] = problems(history)
    assert path == "V3__c.sql"
    assert message.startswith("cannot be read: ")


@pytest.mark.parametrize("files", [FLYWAY, PLAIN, GOOSE])
def test_what_is_no_regular_file(tmp_path: Path, files: dict[str, str]) -> None:
    root = write(tmp_path, files)
    name = "V2__b.sql" if files is FLYWAY else "2_b.sql"
    os.mkfifo(tmp_path / name)
    [history] = load([root])
    assert len(ids(history)) == 1
    assert problems(history) == [(name, 1, "cannot be read: not a regular file")]


def test_a_huge_file(tmp_path: Path) -> None:
    root = write(tmp_path, PLAIN)
    with (tmp_path / "2_b.sql").open("wb") as file:
        file.truncate(50_000_000)
    [history] = load([root])
    assert (ids(history), problems(history)) == (["1_a"], [("2_b.sql", 1, "larger than 32 MB: not read")])


def test_an_empty_folder(tmp_path: Path) -> None:
    [history] = load([str(tmp_path)])
    assert problems(history) == [(str(tmp_path), 1, "no migrations here")]
