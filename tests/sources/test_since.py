from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from migration_lint.errors import UsageError
from migration_lint.sources import load
from tests.repositories import commit, git, pull_request
from tests.sources.folders import empty, ids, problems, targets, write


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A branch that left main after three migrations; main went on."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    commit(root, {f"m/{n}_{c}.sql": f"SELECT {n};\n" for n, c in enumerate("abc", 1)})
    git(root, "switch", "-q", "-c", "feature")
    git(root, "switch", "-q", "main")
    commit(root, {"m/1_a.sql": "SELECT 'changed on main';\n", "m/9_z.sql": "SELECT 9;\n"})
    git(root, "switch", "-q", "feature")
    monkeypatch.chdir(root)
    return root


def test_nothing_new_is_no_target_and_no_error(repository: Path) -> None:
    [history] = load(["m"], since="main")
    assert (ids(history), targets(history), problems(history)) == (["1_a", "2_b", "3_c"], [], [])


def test_what_is_new_or_changed_since_the_merge_base(repository: Path) -> None:
    commit(repository, {"m/4_d.sql": "SELECT 4;\n", "m/2_b.sql": "SELECT 'changed';\n", "other.txt": "x"})
    [history] = load(["m"], since="main")
    assert targets(history) == ["2_b", "4_d"]


def test_what_is_not_yet_committed_counts(repository: Path) -> None:
    write(
        repository, {"m/5_new.sql": "SELECT 5;\n", "m/3_c.sql": "SELECT 'changed';\n", "m/6_staged.sql": ""}
    )
    git(repository, "add", "m/6_staged.sql")
    [history] = load(["m"], since="main")
    assert targets(history) == ["3_c", "5_new", "6_staged"]


def test_ignored_files_are_not_new(repository: Path) -> None:
    write(repository, {".gitignore": "7_*\n", "m/7_local.sql": "SELECT 7;\n"})
    assert targets(load(["m"], since="main")[0]) == []


def test_a_renamed_migration_is_new_and_a_deleted_one_is_gone(repository: Path) -> None:
    git(repository, "mv", "m/3_c.sql", "m/4_c.sql")
    git(repository, "rm", "-q", "m/2_b.sql")
    git(repository, "commit", "-q", "-m", "x")
    [history] = load(["m"], since="main")
    assert (ids(history), targets(history)) == (["1_a", "4_c"], ["4_c"])


def test_a_changed_down_script_makes_its_migration_a_target(repository: Path) -> None:
    commit(repository, dict(empty("m/2_b.down.sql")))
    assert targets(load(["m"], since="main")[0]) == ["2_b"]


def test_only_the_files_that_were_named_and_are_new(repository: Path) -> None:
    commit(repository, dict(empty("m/4_d.sql", "m/5_e.sql")))
    [history] = load(["m/1_a.sql", "m/5_e.sql"], since="main")
    assert targets(history) == ["5_e"]


def test_names_with_odd_characters(repository: Path) -> None:
    names = ["4 größe.sql", '5 "quoted" \'n\ttab.sql', "6\nline.sql", "-7.sql"]
    commit(repository, dict(empty(*(f"m/{name}" for name in names))))
    assert len(targets(load(["m"], since="main")[0])) == len(names)


def test_a_link_to_the_folder_is_followed(repository: Path, tmp_path: Path) -> None:
    commit(repository, dict(empty("m/4_d.sql")))
    (tmp_path / "link").symlink_to(repository / "m")
    assert targets(load([f"{tmp_path.as_posix()}/link"], since="main")[0]) == ["4_d"]


def test_old_misnamed_files_are_left_in_peace(repository: Path) -> None:
    commit(repository, dict(empty("f/V1__a.sql", "f/V2_old.sql")))
    git(repository, "branch", "-q", "base")
    commit(repository, dict(empty("f/V3__b.sql")))
    [history] = load(["f"], since="base")
    assert (targets(history), problems(history)) == (["V3"], [])
    commit(repository, dict(empty("f/V4_new.sql")))
    assert [path for path, _, _ in problems(load(["f"], since="base")[0])] == ["V4_new.sql"]


def test_inside_a_hook_the_folder_still_decides(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(repository, dict(empty("m/4_d.sql")))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "elsewhere" / "index"))
    assert targets(load(["m"], since="main")[0]) == ["4_d"]


@pytest.mark.parametrize("ref", ["--output=x", "-", ""])
def test_what_is_no_ref_is_refused(repository: Path, ref: str) -> None:
    with pytest.raises(UsageError, match="is not a git ref"):
        load(["m"], since=ref)
    assert sorted(path.name for path in repository.iterdir()) == [".git", "m"]


def undetected(folder: str, since: str) -> str:
    """Why git cannot tell what is new. Nothing passes for that: it is an error of the history."""
    [history] = load([folder], since=since)
    assert (ids(history), targets(history)) == ([], [])
    [(_, line, message)] = problems(history)
    assert line == 1
    return message


def test_an_unknown_ref(repository: Path) -> None:
    assert undetected("m", "nowhere").startswith("nowhere: git knows no such commit")


def test_no_common_history(repository: Path) -> None:
    git(repository, "switch", "-q", "--orphan", "other")
    commit(repository, dict(empty("m/1_a.sql")))
    said = undetected("m", "main")
    assert said == "main: git knows no such commit, or it has no common history with HEAD"


def test_no_repository(tmp_path: Path) -> None:
    root = write(tmp_path, empty("1_a.sql"))
    assert "is not in a git repository" in undetected(root, "main")


def test_no_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert "git is not installed" in undetected("m", "main")


# Clones as CI makes them

BEFORE = empty("m/1_a.sql", "m/2_b.sql", "m/3_c.sql")
MEANWHILE = [{f"m/9_{n}.sql": "SELECT 9;\n"} for n in range(60)]
CHANGES: list[Mapping[str, str | None]] = [
    {"m/4_d.sql": "SELECT 4;\n", "m/2_b.sql": None},
    {"m/3_c.sql": None, "m/5_renamed_c.sql": "SELECT 1;\n"},
]


@pytest.mark.parametrize("depth", [1, 2, 3, None])
@pytest.mark.parametrize("since", ["HEAD^1", "origin/main", "the base", "main's tip"])
def test_a_merge_commit_at_any_depth(tmp_path: Path, depth: int | None, since: str) -> None:
    made = pull_request(tmp_path / "origin", BEFORE, CHANGES, MEANWHILE[:3])
    clone = made.checkout(tmp_path / "clone", depth=depth)
    ref = {"the base": made.base, "main's tip": made.tip}.get(since, since)
    [history] = load([f"{clone.as_posix()}/m"], since=ref)
    expected = ["4_d", "5_renamed_c"]
    if since == "the base":  # what main got since then is in the merge as well
        expected += ["9_0", "9_1", "9_2"]
    assert (targets(history), problems(history)) == (expected, [])
    assert "2_b" not in ids(history)


@pytest.mark.parametrize("depth", [1, 2, None])
def test_the_head_of_a_pull_request_at_any_depth(tmp_path: Path, depth: int | None) -> None:
    """Compared with the merge base, not with main: what main got meanwhile is neither new nor deleted."""
    made = pull_request(tmp_path / "origin", BEFORE, CHANGES, MEANWHILE)
    clone = made.checkout(tmp_path / "clone", depth=depth, commit=made.head)
    for ref in ("origin/main", made.base, made.tip):
        [history] = load([f"{clone.as_posix()}/m"], since=ref)
        assert (targets(history), problems(history)) == (["4_d", "5_renamed_c"], [])


def test_a_deeper_clone_stays_as_deep(tmp_path: Path) -> None:
    made = pull_request(tmp_path / "origin", BEFORE, CHANGES, MEANWHILE)
    clone = made.checkout(tmp_path / "clone", depth=20, commit=made.tip)
    git(clone, "switch", "-q", "-c", "x")
    commit(clone, dict(empty("m/9_new.sql")))
    assert targets(load([f"{clone.as_posix()}/m"], since="HEAD~3")[0]) == ["9_58", "9_59", "9_new"]
    assert git(clone, "rev-list", "--count", "HEAD") == "21"


def test_an_empty_pull_request_has_no_targets(tmp_path: Path) -> None:
    made = pull_request(tmp_path / "origin", BEFORE, [{}], MEANWHILE[:1])
    clone = made.checkout(tmp_path / "clone")
    [history] = load([f"{clone.as_posix()}/m"], since="HEAD^1")
    assert (targets(history), problems(history)) == ([], [])


def test_a_shallow_clone_that_cannot_be_deepened_says_what_to_do(tmp_path: Path) -> None:
    made = pull_request(tmp_path / "origin", BEFORE, CHANGES)
    clone = made.checkout(tmp_path / "clone")
    git(clone, "remote", "set-url", "origin", "https://user:secret@127.0.0.1:9/nothing.git")
    said = undetected(f"{clone.as_posix()}/m", "origin/main")
    assert "the clone is shallow" in said and "fetch-depth: 0" in said
    assert "secret" not in said


def test_a_ref_that_is_nowhere_in_a_shallow_clone(tmp_path: Path) -> None:
    made = pull_request(tmp_path / "origin", BEFORE, CHANGES)
    clone = made.checkout(tmp_path / "clone")
    assert "origin/nowhere" in undetected(f"{clone.as_posix()}/m", "origin/nowhere")
    other = made.checkout(tmp_path / "other")
    assert undetected(f"{other.as_posix()}/m", "nowhere").startswith("nowhere: git knows no such commit")


def test_a_base_with_another_history(tmp_path: Path) -> None:
    made = pull_request(tmp_path / "origin", BEFORE, CHANGES)
    git(made.origin, "switch", "-q", "--orphan", "other")
    commit(made.origin, dict(empty("m/1_a.sql")))
    clone = made.checkout(tmp_path / "clone")
    assert "no common history" in undetected(f"{clone.as_posix()}/m", "origin/other")


CHANGELOGS = {
    "xml": (
        '<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog">{}</databaseChangeLog>\n',
        '<changeSet id="{0}" author="a"><dropTable tableName="t{0}"/></changeSet>\n',
        '<changeSet id="{0}" author="a"><unheardOf/></changeSet>\n',
    ),
    "yaml": (
        "databaseChangeLog:\n{}",
        "- changeSet:\n    id: {0}\n    author: a\n    changes:\n    - dropTable: {{tableName: t{0}}}\n",
        "- changeSet:\n    id: {0}\n    author: a\n    changes:\n    - unheardOf: {{x: y}}\n",
    ),
    "sql": (
        "--liquibase formatted sql\n{}",
        "--changeset a:{0}\nDROP TABLE t{0};\n",
        "--changeset a:{0}\nSELECT ${{unset{0}}};\n",
    ),
}


@pytest.mark.parametrize("kind", CHANGELOGS)
def test_of_a_changelog_only_what_is_new_or_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    whole, change, unread = CHANGELOGS[kind]
    file = f"db/changelog.{kind}"

    def written(*parts: str) -> dict[str, str]:
        return {file: whole.format("".join(parts))}

    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path, written(change.format(1), unread.format(2), change.format(3)))
    git(tmp_path, "switch", "-q", "-c", "feature")
    monkeypatch.chdir(tmp_path)
    third = change.format(3).replace("t3", "other")
    commit(tmp_path, written(change.format(1), unread.format(2), third, change.format(4)))
    [history] = load(["db"], since="main")
    assert [each.partition("::")[2] for each in targets(history)] == ["3::a", "4::a"]
    assert problems(history) == []
    commit(tmp_path, written(change.format(1), unread.format(2), third, change.format(4), unread.format(5)))
    [history] = load(["db"], since="main")
    assert len(problems(history)) == 1
