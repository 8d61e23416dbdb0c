from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from migration_lint.errors import UsageError
from migration_lint.model import TransactionMode
from migration_lint.sources import load
from tests.sources.folders import empty, ids, problems, targets, write


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with two histories."""
    write(tmp_path, empty("a/1_x.sql", "a/2_y.sql", "a/3_z.sql", "b/V1__x.sql", "b/V2__y.sql"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_each_folder_is_a_history(here: Path) -> None:
    first, second = load(["b", "a"])
    assert (first.root, first.tool, targets(first)) == ("b", "flyway", ["V1", "V2"])
    assert (second.root, second.tool, targets(second)) == ("a", "sql", ["1_x", "2_y", "3_z"])


def test_a_file_is_a_target_and_the_rest_of_its_folder_context(here: Path) -> None:
    [history] = load(["a/2_y.sql"])
    assert (ids(history), targets(history)) == (["1_x", "2_y", "3_z"], ["2_y"])


def test_files_of_one_folder_share_a_history(here: Path) -> None:
    first, second = load(["a/3_z.sql", "b/V2__y.sql", "./a/1_x.sql", str(here / "a" / "1_x.sql")])
    assert (targets(first), targets(second)) == (["1_x", "3_z"], ["V2"])


def test_a_folder_and_a_file_in_it_are_all_of_the_folder(here: Path) -> None:
    [history] = load(["a/3_z.sql", "a"])
    assert targets(history) == ["1_x", "2_y", "3_z"]


@pytest.mark.parametrize("given", ["a", "a/", "./a", ".//a//"])
def test_paths_are_spelled_as_they_are_given(here: Path, given: str) -> None:
    [history] = load([given])
    assert (history.root, history.migrations[0].path) == ("a", "a/1_x.sql")


def test_absolute_paths_stay_absolute(here: Path) -> None:
    [history] = load([f"{here.as_posix()}/a"])
    assert history.migrations[0].path == f"{here.as_posix()}/a/1_x.sql"


def test_the_working_folder_is_not_spelled_out(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here / "a")
    assert load(["."])[0].migrations[0].path == "1_x.sql"
    assert load(["2_y.sql"])[0].targets == {"2_y"}
    assert load(["../b"])[0].migrations[0].path == "../b/V1__x.sql"


def test_a_file_need_not_be_called_sql(here: Path) -> None:
    (here / "a" / "2_a.txt").write_text("SELECT 1;")
    [history] = load(["a/2_a.txt"])
    assert (ids(history), targets(history)) == (["1_x", "2_a.txt", "2_y", "3_z"], ["2_a.txt"])


def test_standard_input_is_one_migration(here: Path) -> None:
    [history] = load(["-"], stdin=io.BytesIO(b"\xef\xbb\xbfSELECT '${x}';"))
    [migration] = history.migrations
    assert (migration.path, migration.up.sql) == ("<stdin>", "SELECT '${x}';")
    assert migration.up.transaction is TransactionMode.EACH
    assert history.targets == {migration.id}
    assert not history.complete


@pytest.mark.parametrize(
    ("tool", "mode"),
    [
        ("flyway", TransactionMode.ONE),
        ("golang-migrate", TransactionMode.NONE),
        ("diesel", TransactionMode.ONE),
        ("sql", TransactionMode.EACH),
    ],
)
def test_standard_input_is_run_as_the_tool_does(tool: str, mode: TransactionMode) -> None:
    [history] = load(["-"], tool=tool, stdin=io.BytesIO(b"SELECT 1;"))
    assert history.migrations[0].up.transaction is mode
    assert history.tool == history.migrations[0].tool == tool


def test_placeholders_in_standard_input() -> None:
    settings = {"flyway": {"placeholders": {"x": "y"}}}
    [history] = load(["-"], tool="flyway", stdin=io.BytesIO(b"-- ${z}\nSELECT ${X};"), settings=settings)
    assert history.migrations[0].up.sql == "-- __z_\nSELECT y;"
    assert [(error.path, error.line) for error in history.errors] == [("<stdin>", 1)]


def test_standard_input_in_another_encoding() -> None:
    [history] = load(["-"], encoding="utf-8", stdin=io.BytesIO(b"\xff"))
    assert history.migrations == ()
    assert history.errors[0].message.startswith("not utf-8 text")


def test_a_pipe_is_read_as_one_migration(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"SELECT 1;",))
    writer.start()
    [history] = load([pipe.as_posix()])
    writer.join()
    assert [migration.up.sql for migration in history.migrations] == ["SELECT 1;"]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: load(["gone"]), "gone: no such file or folder"),
        (lambda: load(["a"], tool="rake"), "rake: unknown tool .known: alembic, atlas, "),
        (lambda: load(["a"], encoding="utf-9"), "utf-9: unknown text encoding"),
        (lambda: load(["a"], start_after="9_q"), "9_q: no such migration to start after"),
        (lambda: load(["-"]), "no standard input"),
        (lambda: load(["b"], settings={"flyway": 1}), "flyway: the settings of a tool are a table"),
        (lambda: load(["b"], settings={"flyway": {"exclude": "x"}}), "flyway.exclude: a list of patterns"),
    ],
)
def test_what_the_user_can_put_right(here: Path, ask: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ask()


def test_a_link_to_nothing(here: Path) -> None:
    (here / "link.sql").symlink_to("nowhere")
    with pytest.raises(UsageError, match=r"link\.sql: a link to nothing"):
        load(["link.sql"])


def test_nothing_to_check_is_an_error(here: Path) -> None:
    (here / "docs").mkdir()
    [history] = load(["docs"])
    assert history.migrations == ()
    assert problems(history) == [("docs", 1, "no migrations here")]
    [history] = load(["a"], tool="flyway")
    assert history.migrations == ()
    assert len(history.errors) == 3, "each file is one that Flyway never runs"
    [history] = load(["docs"], tool="flyway")
    assert problems(history) == [("docs", 1, "no flyway migrations here")]


def test_a_folder_above_histories_stands_for_them(here: Path) -> None:
    assert [(history.root, history.tool) for history in load(["."])] == [("a", "sql"), ("b", "flyway")]
    assert [history.root for history in load(["."], tool="flyway")] == ["b"]


def test_no_paths_are_no_histories() -> None:
    assert load([]) == []


def test_the_tool_that_was_asked_for_is_used(here: Path) -> None:
    [history] = load(["b"], tool="sql")
    assert (history.tool, ids(history)) == ("sql", ["V1__x", "V2__y"])


def test_a_file_that_the_tool_does_not_run(here: Path) -> None:
    write(here, empty("b/V3_z.sql", "b/notes.txt"))
    [history] = load(["b/V2__y.sql"])
    assert problems(history) == [], "an old misnamed file is not what was asked about"
    [history] = load(["b/V3_z.sql", "b/notes.txt"])
    assert targets(history) == []
    assert [path for path, _, _ in problems(history)] == ["V3_z.sql", "notes.txt"]


@pytest.mark.parametrize("after", ["1_x", "1", "1_x.sql", "a/1_x.sql"])
def test_start_after(here: Path, after: str) -> None:
    [history] = load(["a"], start_after=after)
    assert (ids(history), targets(history)) == (["1_x", "2_y", "3_z"], ["2_y", "3_z"])


def test_start_after_the_last_leaves_no_targets_and_no_error(here: Path) -> None:
    [history] = load(["a"], start_after="3_z")
    assert (targets(history), problems(history)) == ([], [])


def test_start_after_concerns_the_history_that_has_it(here: Path) -> None:
    plain, flyway = load(["a", "b"], start_after="V1")
    assert (targets(plain), targets(flyway)) == (["1_x", "2_y", "3_z"], ["V2"])


def test_start_after_and_named_files(here: Path) -> None:
    [history] = load(["a/1_x.sql", "a/3_z.sql"], start_after="2_y")
    assert targets(history) == ["3_z"]


def test_standard_input_is_after_any_start(here: Path) -> None:
    [history] = load(["-"], start_after="V42", stdin=io.BytesIO(b"SELECT 1;"))
    assert len(history.targets) == 1


def test_an_ambiguous_start_is_refused(here: Path) -> None:
    write(here, empty("a/2_again.sql"))
    with pytest.raises(UsageError, match="2: could be any of 2_again, 2_y"):
        load(["a"], start_after="2")


def test_files_that_are_left_out(here: Path) -> None:
    settings = {"sql": {"exclude": ["2_*"]}, "flyway": {"exclude": ["b/V1*"]}}
    plain, flyway = load(["a", "b"], settings=settings)
    assert (ids(plain), ids(flyway)) == (["1_x", "3_z"], ["V2"])
