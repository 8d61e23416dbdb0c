"""What became of merged migrations, in real repositories: ``--since`` against the merge base."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration_lint.model import Disorder
from migration_lint.sources import load
from tests.sources.folders import targets, write
from tests.sources.test_since import commit, git

ONE, TWO, THREE = (f"CREATE TABLE t{n} (id int);\n" for n in (1, 2, 3))
GOOSE = "-- +goose Up\n{}-- +goose Down\nDROP TABLE t;\n"
Found = list[tuple[Disorder, str, str, str]]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with three kinds of histories, and a branch."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    files: dict[str, str | bytes] = {
        "f/V1__a.sql": ONE,
        "f/V3__b.sql": THREE,
        "f/R__r.sql": "SELECT 1;\n",
        "g/00001_a.sql": GOOSE.format(ONE),
        "g/00003_b.sql": GOOSE.format(THREE),
        "p/1_a/migration.sql": ONE,
        "p/3_b/migration.sql": THREE,
        "p/migration_lock.toml": 'provider = "postgresql"\n',
    }
    commit(root, files)
    git(root, "switch", "-q", "-c", "feature")
    monkeypatch.chdir(root)
    return root


def irregular(folder: str) -> Found:
    return [
        (found.disorder, found.migration, found.path, found.other)
        for history in load([folder], since="main")
        for found in history.irregularities
    ]


@pytest.mark.parametrize("folder", ["f", "g", "p"])
def test_nothing_changed_is_nothing_to_say(repository: Path, folder: str) -> None:
    assert irregular(folder) == []


@pytest.mark.parametrize(
    ("folder", "files", "found"),
    [
        ("f", {"f/V1__a.sql": TWO}, [(Disorder.EDITED, "V1", "f/V1__a.sql", "")]),
        ("f", {"f/V1__a.sql": f"-- why\n{ONE}"}, [(Disorder.EDITED, "V1", "f/V1__a.sql", "")]),
        ("f", {"f/V1__a.sql": ONE.replace("\n", "\r\n") + "\n\n"}, []),  # as Flyway's checksum has it
        ("f", {"f/R__r.sql": "SELECT 2;\n"}, []),
        ("f", {"f/V4__c.sql": TWO}, []),
        ("f", {"f/V2__c.sql": TWO}, [(Disorder.LATE, "V2", "f/V2__c.sql", "V3")]),
        ("f", {"f/V2__c.sql": TWO, "flyway.conf": "flyway.outOfOrder=true\n"}, []),
        ("g", {"g/00001_a.sql": GOOSE.format(TWO)}, [(Disorder.EDITED, "00001_a", "g/00001_a.sql", "")]),
        ("g", {"g/00001_a.sql": GOOSE.format(f"-- why\n\n{ONE}")}, []),  # no checksums: only SQL counts
        ("g", {"g/00001_a.sql": GOOSE.format(ONE) + "-- no way back\n"}, []),
        ("g", {"g/00002_c.sql": GOOSE.format(TWO)}, [(Disorder.LATE, "00002_c", "g/00002_c.sql", "00003_b")]),
        ("p", {"p/2_c/migration.sql": TWO}, [(Disorder.LATE, "2_c", "p/2_c/migration.sql", "3_b")]),
        ("p", {"p/1_a/migration.sql": TWO}, [(Disorder.EDITED, "1_a", "p/1_a/migration.sql", "")]),
    ],
)
def test_what_is_not_as_it_was_merged(
    repository: Path, folder: str, files: dict[str, str | bytes], found: Found
) -> None:
    write(repository, files)
    assert irregular(folder) == found
    commit(repository, {})
    assert irregular(folder) == found


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("f/V1__a.sql", "f/V01__words.sql", (Disorder.RENAMED, "V01", "f/V01__words.sql", "V1")),
        ("f/V3__b.sql", "f/V2__b.sql", (Disorder.RENAMED, "V2", "f/V2__b.sql", "V3")),
        ("p/3_b", "p/4_b", (Disorder.RENAMED, "4_b", "p/4_b/migration.sql", "3_b")),
        ("f/V1__a.sql", None, (Disorder.DELETED, "V1", "f/V1__a.sql", "")),
        ("p/1_a", None, (Disorder.DELETED, "1_a", "p/1_a/migration.sql", "")),
    ],
)
def test_what_is_gone_or_renamed(
    repository: Path, old: str, new: str | None, found: tuple[Disorder, str, str, str]
) -> None:
    if new is None:
        git(repository, "rm", "-q", "-r", old)
    else:
        git(repository, "mv", old, new)
    assert irregular(old[0]) == [found]


def test_the_line_is_the_first_one_that_differs(repository: Path) -> None:
    write(repository, {"f/V1__a.sql": f"{ONE}{TWO}"})
    [history] = load(["f"], since="main")
    assert [found.line for found in history.irregularities] == [2]
    assert targets(history) == ["V1"]


def test_a_history_that_is_new_has_no_past(repository: Path) -> None:
    write(repository, {"n/V1__a.sql": ONE})
    assert irregular("n") == []


def test_a_repository_that_is_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path, {"V1__a.sql": ONE})
    git(tmp_path, "switch", "-q", "-c", "feature")
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"V1__a.sql": TWO})
    assert irregular(".") == [(Disorder.EDITED, "V1", "V1__a.sql", "")]
